"""What benches/experiment.py compares with, each as its documentation has it. Writes the seconds of the call and its answer.

    python experiment_peers.py wild|permutation|power TABLE DRAWS ANSWER
"""

import json
import sys
import time


def wild(path, draws):
    import numpy
    import pandas
    import statsmodels.api
    from wildboottest.wildboottest import wildboottest

    table = pandas.read_csv(path)
    columns = pandas.DataFrame({"constant": 1.0, "treated": (table["arm"] == "on").astype(float)})
    model = statsmodels.api.OLS(numpy.log(table["hours"]), columns)
    teams = pandas.Series(pandas.factorize(table["team"])[0])
    start = time.monotonic()
    found = wildboottest(model, param="treated", cluster=teams, B=draws, seed=1, show=False)
    return {"seconds": time.monotonic() - start, "p": float(found["p-value"].iloc[0])}


def permutation(path, draws):
    import numpy
    import pandas
    from scipy.stats import permutation_test

    table = pandas.read_csv(path)
    table["log"] = numpy.log(table["hours"])
    means = table.groupby(["team", "arm"], as_index=False)["log"].mean()
    arms = [means.loc[means["arm"] == arm, "log"].to_numpy() for arm in ("on", "off")]

    def welch(x, y, axis):
        variance = x.var(axis=axis, ddof=1) / x.shape[axis] + y.var(axis=axis, ddof=1) / y.shape[axis]
        return (x.mean(axis=axis) - y.mean(axis=axis)) / numpy.sqrt(variance)

    start = time.monotonic()
    chance = numpy.random.default_rng(1)
    found = permutation_test(arms, welch, n_resamples=draws, vectorized=True, batch=1_000, rng=chance)
    return {"seconds": time.monotonic() - start, "p": float(found.pvalue)}


def power(path, simulations):
    import numpy
    import pandas
    from cluster_experiments import ClusteredOLSAnalysis, ClusteredSplitter, ConstantPerturbator, PowerAnalysis

    table = pandas.read_csv(path)
    table = table.loc[(table["team"] != "all") & (table["value"] > 0)]
    panel = pandas.DataFrame({"team": table["team"], "week": table["week"], "target": numpy.log(table["value"])})
    analysis = PowerAnalysis(
        splitter=ClusteredSplitter(cluster_cols=["team"]),
        perturbator=ConstantPerturbator(),
        analysis=ClusteredOLSAnalysis(cluster_cols=["team"]),
        n_simulations=simulations,
        seed=1,
    )
    start = time.monotonic()
    found = analysis.power_analysis(panel, average_effect=float(numpy.log(0.9)))
    return {"seconds": time.monotonic() - start, "power": float(found), "rows": len(panel)}


def main():
    what, path, draws, answer = sys.argv[1:]
    found = {"wild": wild, "permutation": permutation, "power": power}[what](path, int(draws))
    with open(answer, "w") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main()
