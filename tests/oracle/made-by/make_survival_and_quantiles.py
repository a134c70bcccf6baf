"""Reference figures for Kaplan-Meier (lifelines) and interpolated quantiles (DuckDB).

Inputs to data/survival.csv and data/quantiles.csv, answers to ref/survival.json and ref/quantiles.json.
Run in tests/oracle: python made-by/make_survival_and_quantiles.py
"""
import csv, json, math, warnings
import duckdb, lifelines, numpy as np
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times, restricted_mean_survival_time

warnings.simplefilter("ignore")
rng = np.random.default_rng(20261128)


def dataset(name, time, seen, weight=None):
    return name, np.asarray(time, float), np.asarray(seen, bool), None if weight is None else np.asarray(weight, float)


n = 60
hours, stop = rng.exponential(30, n), rng.uniform(0, 90, n)
whole = np.ceil(rng.weibull(0.7, 200) * 10)
sets = [
    # Freireich et al. (1963), 6-MP arm: the example of most textbooks, with ties and censoring.
    dataset("freireich", [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
            [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]),
    dataset("exponential_uniform", np.minimum(hours, stop).round(3), hours <= stop),
    dataset("many_ties", np.minimum(whole, 12), whole <= 12),
    dataset("all_seen", rng.lognormal(2, 1, 41).round(2), np.ones(41)),
    dataset("censored_at_events", [1, 1, 2, 2, 2, 3, 3, 5, 5, 8], [1, 0, 1, 1, 0, 0, 0, 1, 0, 0]),
    dataset("few", [4, 1, 3], [1, 1, 0]),
    dataset("zero_durations", [0, 0, 1, 2, 2, 4, 6], [1, 0, 1, 1, 0, 1, 1]),
    dataset("weighted", np.ceil(rng.exponential(6, 50)), rng.uniform(size=50) < 0.7, rng.choice([0.2, 0.4, 0.6, 1.0], 50)),
]

with open("data/survival.csv", "w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["dataset", "duration", "observed", "weight"])
    for name, time, seen, weight in sets:
        for index in range(len(time)):
            rows.writerow([name, repr(float(time[index])), int(seen[index]), 1.0 if weight is None else weight[index]])

answers = {"lifelines": lifelines.__version__, "sets": {}}
none = lambda value: None if not math.isfinite(value) else float(value)
for name, time, seen, weight in sets:
    fit = KaplanMeierFitter(alpha=0.05).fit(time, seen, weights=weight)
    table, limits = fit.event_table, fit.confidence_interval_
    steps = []
    for at, row in table.iterrows():
        if row["removed"] == 0:
            continue
        surviving = float(fit.survival_function_.loc[at].iloc[0])
        low, high = (float(limits.loc[at].iloc[it]) for it in (0, 1))
        inside = 0 < surviving < 1
        steps.append(dict(time=float(at), at_risk=float(row["at_risk"]), events=float(row["observed"]),
                          censored=float(row["censored"]), survival=surviving,
                          low=none(low) if inside else None, high=none(high) if inside else None))
    bounds = median_survival_times(limits)
    horizon = float(np.quantile(time, 0.8))
    # The variance of lifelines is that of one row's time; Greenwood's is that of the mean (Klein & Moeschberger 4.5.2).
    order = [step for step in steps if step["time"] < horizon and step["events"] > 0]
    points = [0.0] + [step["time"] for step in steps if step["time"] < horizon] + [horizon]
    levels = [1.0] + [step["survival"] for step in steps if step["time"] < horizon]
    area = lambda start: sum(level * (b - a) for level, a, b in zip(levels, points, points[1:]) if a >= start)
    variance = sum(area(step["time"]) ** 2 * step["events"] / (step["at_risk"] * (step["at_risk"] - step["events"])) for step in order)
    answers["sets"][name] = dict(
        steps=steps, median=none(fit.median_survival_time_), quarter=none(fit.percentile(0.75)),
        median_low=none(float(bounds.iloc[0, 0])), median_high=none(float(bounds.iloc[0, 1])),
        horizon=horizon, restricted_mean=float(restricted_mean_survival_time(fit, t=horizon)), restricted_mean_error=math.sqrt(variance))
json.dump(answers, open("ref/survival.json", "w"), indent=1)

samples = {
    "lognormal": rng.lognormal(3, 1, 997).round(4), "ties": rng.integers(0, 7, 240).astype(float),
    "one": np.array([3.5]), "two": np.array([1.0, 4.0]), "signed": rng.normal(0, 1e6, 58).round(1),
}
with open("data/quantiles.csv", "w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["sample", "value"])
    for name, values in samples.items():
        rows.writerows([name, repr(float(value))] for value in values)
db = duckdb.connect()
db.execute("CREATE TABLE samples AS SELECT * FROM read_csv('data/quantiles.csv', types={'value': 'DOUBLE'})")
found = {"duckdb": duckdb.__version__, "samples": {}}
for name in samples:
    found["samples"][name] = {
        str(at): db.execute(f"SELECT quantile_cont(value, {at / 1000}) FROM samples WHERE sample = ?", [name]).fetchone()[0]
        for at in (0, 10, 50, 100, 250, 333, 500, 750, 900, 950, 990, 999, 1000)
    }
json.dump(found, open("ref/quantiles.json", "w"), indent=1)
