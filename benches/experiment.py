#!/usr/bin/env python3
"""An experiment's analysis and its plan beside the packages of Python that do the same.

    python3 benches/experiment.py [--rows 50000] [--simulations 1000] [--only analysis|plan]

PACELINE_BIN names the binary to measure, which should be built with --release. Everything runs on two processors. Runs of the
analysis alternate, so that a busy machine is busy for both; medians of five are compared. A plan is made once. The packages are
installed from PyPI into a folder under ~/.cache.

Analysis: a table of 40 teams of unequal sizes is analysed by `paceline experiment analyze`, the whole report with everything beside
the answer: 100,000 draws of the lottery with the interval that inverts the test, and the wild cluster bootstrap. The peers read the same
table: `wildboottest` with 99,999 draws, which gives a p-value and no interval, and scipy's permutation test of Welch's t over the
teams' means with as many. A second run of `wildboottest` has as many draws as paceline's bootstrap. p-values must agree.

Plan: `paceline experiment plan` simulates on 52 weeks of 60 teams, the declared design and others, and several durations. The peer is
`cluster-experiments`: the power of one design, one duration and one size of effect by clustered least squares on the same metric by
team and week, 100 simulations of it, counted ten times.
"""

import argparse
import csv
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import venv

from landing import measure

PACKAGES = ["cluster-experiments==0.31.0", "numpy==2.4.6", "pandas==3.1.1", "scipy==1.17.1", "statsmodels==0.15.0", "wildboottest==0.3.2"]
HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "experiment_peers.py")
RUNS = 5
FASTER, PLAN_SECONDS = 20, 60
TEAMS, DRAWS = 40, 99_999
# Those of the lottery, as src/trial/sensitivity/rows.rs has it.
BOOTSTRAP_DRAWS = 99_999
PEER_SIMULATIONS = 100
PLAN_TEAMS, WEEKS = 60, 52
NOW = "2026-06-01T12:00:00Z"
SPEC = """title = "Assistant"

[data]
unit = "team"
treatment = "arm"
control = "off"
treated = "on"

[design]
design = "complete"
shares = { control = 50, treated = 50 }
seed = "bench"

[[outcome]]
column = "hours"
role = "goal"
margin = "10%"
better = "lower"
transformation = "log"
"""
DEFINITION = """title = "Assistant"
hypothesis = "It shortens the wait."

[assignment]
unit = "team"
variants = { control = 50, assistant = 50 }
stratify = ["team_size"]
seed = "bench"

[schedule]
start = 2026-06-01
end = 2026-07-26

[analysis]
goals = { pr_cycle_time = "10%" }
guardrails = { support_tickets = "10%" }
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--simulations", type=int, default=1_000)
    parser.add_argument("--only", choices=["analysis", "plan"])
    arguments = parser.parse_args()
    binary = os.path.abspath(os.environ.get("PACELINE_BIN", "paceline"))
    os.environ["PACELINE_NOW"] = NOW
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    python = packages()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.only != "plan":
            analysis(binary, python, folder, arguments.rows)
        if arguments.only != "analysis":
            plan(binary, python, folder, arguments.simulations)


def packages():
    """The Python that has the peers."""
    name = hashlib.sha256("\n".join(PACKAGES).encode()).hexdigest()[:16]
    folder = os.path.expanduser(f"~/.cache/paceline/experiment-{name}")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "complete")):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
        open(os.path.join(folder, "complete"), "w").close()
    return python


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with status {done.returncode}: {done.stderr}")
    return done.stdout


def analysis(binary, python, folder, rows):
    data, spec = os.path.join(folder, "outcomes.csv"), os.path.join(folder, "spec.toml")
    outcomes(data, rows)
    with open(spec, "w") as file:
        file.write(SPEC)
    ours = [binary, "--project", folder, "--format", "json", "experiment", "analyze", "--data", data, "--spec", spec]
    answer = os.path.join(folder, "answer.json")
    peers = {
        "wildboottest": [python, PEERS, "wild", data, str(DRAWS), answer],
        f"wildboottest, {BOOTSTRAP_DRAWS} draws": [python, PEERS, "wild", data, str(BOOTSTRAP_DRAWS), answer],
        "scipy": [python, PEERS, "permutation", data, str(DRAWS), answer],
    }
    times, inside, theirs = {name: [] for name in ["paceline", *peers]}, {name: [] for name in peers}, {}
    for _ in range(RUNS):
        times["paceline"].append(measure(ours)[0])
        for name, command in peers.items():
            times[name].append(measure(command)[0])
            with open(answer) as file:
                theirs[name] = json.load(file)
            inside[name].append(theirs[name]["seconds"])
    same(json.loads(run(ours)), theirs)
    seconds = {name: statistics.median(of) for name, of in times.items()}
    calls = {name: statistics.median(of) for name, of in inside.items()}
    print(f"analysis of {rows} rows in {TEAMS} teams: paceline {seconds['paceline']:.3f} s (median of {RUNS})")
    for name in peers:
        print(
            f"  {name}: {seconds[name]:.2f} s with start and reading, ratio {seconds[name] / seconds['paceline']:.1f}; "
            f"{calls[name]:.2f} s the test alone, ratio {calls[name] / seconds['paceline']:.1f}"
        )
    whole = seconds["wildboottest"] + seconds["scipy"]
    alone = calls["wildboottest"] + calls["scipy"]
    print(
        f"  both tests with {DRAWS} draws: {whole:.2f} s, ratio {whole / seconds['paceline']:.1f} (target {FASTER}); "
        f"alone {alone:.2f} s, ratio {alone / seconds['paceline']:.1f}"
    )


def same(report, theirs):
    """p-values within four standard errors of chance, the peer's and paceline's own."""
    result = report["results"][0]
    wild = [it for it in result["sensitivity"] if "bootstrap" in it["method"]]
    if len(wild) != 1 or "bootstrap" in result["effect"]["method"]:
        sys.exit(f"one wild bootstrap was expected beside the answer: {result}")
    print(f"  {result['effect']['method']}: p = {result['effect']['p']:.4f}; {wild[0]['method']}: p = {wild[0]['p']:.4f}")
    pairs = [("scipy", result["effect"]["p"], DRAWS), ("wildboottest", wild[0]["p"], BOOTSTRAP_DRAWS)]
    for name, p, draws in pairs:
        far = 4 * (p * (1 - p) * (1 / draws + 1 / DRAWS)) ** 0.5
        if abs(theirs[name]["p"] - p) > far:
            sys.exit(f"{name} has p = {theirs[name]['p']}, paceline {p}, which is not chance (±{far:.4f})")


def outcomes(path, rows):
    """Hours of changes by team: sizes with a heavy tail, teams that differ, a tenth less for the treated."""
    chance = random.Random(20261128)
    shares = [chance.lognormvariate(0, 0.8) for _ in range(TEAMS)]
    sizes = [max(20, int(rows * share / sum(shares))) for share in shares]
    sizes[0] += rows - sum(sizes)
    treated = set(chance.sample(range(TEAMS), TEAMS // 2))
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["team", "arm", "hours"])
        for team, size in enumerate(sizes):
            level = 2.5 + chance.gauss(0, 0.3) - (0.1 if team in treated else 0)
            for _ in range(size):
                table.writerow([f"team-{team:02}", "on" if team in treated else "off", f"{chance.lognormvariate(level, 1):.4f}"])


def plan(binary, python, folder, simulations):
    paceline = [binary, "--project", folder, "--data", os.path.join(folder, "data")]
    acme = os.path.join(folder, "acme")
    run(paceline + ["simulate", "--out", acme, "--teams", str(PLAN_TEAMS), "--weeks", "60", "--until", NOW[:10]])
    run(paceline + ["collect", acme])
    os.makedirs(os.path.join(folder, "experiments"))
    with open(os.path.join(folder, "experiments", "assistant.toml"), "w") as file:
        file.write(DEFINITION)
    panel, answer = os.path.join(folder, "panel.csv"), os.path.join(folder, "power.json")
    show = ["metric", "show", "pr_cycle_time", "--by", "team", "--series", "--weeks", str(WEEKS)]
    with open(panel, "w") as file:
        file.write(run(paceline + ["--format", "csv"] + show))
    ours = paceline + ["experiment", "plan", "assistant", "--simulations", str(simulations), "--weeks", str(WEEKS)]
    start = time.monotonic()
    planned = json.loads(run([*ours, "--format", "json"]))
    seconds = time.monotonic() - start
    measure([python, PEERS, "power", panel, str(PEER_SIMULATIONS), answer])
    with open(answer) as file:
        found = json.load(file)
    scaled = found["seconds"] * simulations / PEER_SIMULATIONS
    # The declared one is in both lists.
    curves = len(planned["durations"]) + len(planned["designs"]) - 1
    sizes = len(planned["outcomes"][planned["deciding"]]["curve"])
    print(
        f"plan of {PLAN_TEAMS} teams on {WEEKS} weeks: paceline {seconds:.1f} s (target {PLAN_SECONDS}) for {curves} designs and "
        f"durations of {simulations} simulations each, every size of effect at once\n"
        f"  cluster-experiments: {scaled:.1f} s for {simulations} simulations of one design, one duration and one size of effect "
        f"({found['rows']} rows, {PEER_SIMULATIONS} simulated and scaled), ratio {scaled / seconds:.2f}; of as many designs and "
        f"durations, ratio {scaled * curves / seconds:.2f}; with {sizes} sizes of effect each, ratio "
        f"{scaled * curves * sizes / seconds:.1f}"
    )


if __name__ == "__main__":
    main()
