#!/usr/bin/env python3
"""All metrics of pull requests, by team and week over 52 weeks, beside DuckDB computing the same from the same files.

    python3 benches/metrics.py [PULL_REQUESTS …]

Without an argument 100,000, 1,000,000 and 10,000,000 pull requests are generated, of 1,000 people in 50 teams over two years.
PACELINE_BIN names the binary to measure, which should be built with --release. Both run on two processors and read the facts
that `paceline metric refresh` keeps. Runs alternate, so that a busy machine is busy for both; medians of five are compared. Before
that the results are: values to a relative 1e-9, and where the statistic is a quantile the order statistics that bound it.

Then 0.1 % new pull requests are collected, and the facts are refreshed by what changed and as a whole. Both must be the same
files. DuckDB is installed from PyPI into a folder under ~/.cache.
"""

import csv
import glob
import io
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

from landing import RUNS, duckdb, measure

TARGET, REFRESH_TARGET, MEMORY_TARGET = 1.0, 0.05, 4 * 1024
SIZES = [100_000, 1_000_000, 10_000_000]
TEAMS, PEOPLE, WEEKS = 50, 1_000, 52
NOW = "2026-06-30T12:00:00Z"
MINIMUM_ROWS = 5
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main():
    binary = os.path.abspath(os.environ.get("PACELINE_BIN", "paceline"))
    os.environ["PACELINE_NOW"] = NOW
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    python, found = duckdb(), []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            found.append((size, *compare(binary, python, folder, size)))
    for (size, seconds, whole), (larger, more_seconds, more_whole) in zip(found, found[1:]):
        print(
            f"{larger / size:.0f} times as many pull requests: {more_seconds / seconds:.1f} times the time for numbers, "
            f"{more_whole / whole:.1f} times for facts"
        )


def compare(binary, python, folder, size):
    """Seconds for numbers and for all facts."""
    generate(python, folder, size)
    paceline = [binary, "--project", folder, "--data", os.path.join(folder, "data")]
    run(paceline + ["collect"])
    run(paceline + ["metric", "refresh"])
    metrics = kept(folder)
    show = ["metric", "show", "--all", "--by", "team", "--series", "--weeks", str(WEEKS)]
    script = os.path.join(folder, "theirs.py")
    with open(script, "w") as text:
        text.write(statements(metrics, folder))
    run([python, script])
    same(run(paceline + ["--format", "csv"] + show), folder, metrics)
    ours, theirs, memory, their_memory = [], [], [], []
    for _ in range(RUNS):
        seconds, peak = measure(paceline + ["--format", "parquet"] + show)
        ours.append(seconds)
        memory.append(peak)
        seconds, peak = measure([python, script])
        theirs.append(seconds)
        their_memory.append(peak)
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(
        f"{size} pull requests, {len(metrics)} metrics: paceline {statistics.median(ours):.2f} s, DuckDB "
        f"{statistics.median(theirs):.2f} s, ratio {ratio:.2f} (target {TARGET}), peak memory {max(memory) / 1024:.0f} MiB "
        f"(target {MEMORY_TARGET}) and {max(their_memory) / 1024:.0f} MiB"
    )
    changed, whole, peak = refresh(python, paceline, folder, size)
    print(
        f"{size} pull requests: facts of {max(size // 1_000, 1)} new ones refreshed in {changed:.2f} s, all in {whole:.2f} s, "
        f"ratio {changed / whole:.3f} (target {REFRESH_TARGET}), peak memory {peak / 1024:.0f} MiB"
    )
    return statistics.median(ours), whole


def refresh(python, paceline, folder, size):
    """Seconds to refresh what changed and everything, and peak memory in KiB."""
    new = max(size // 1_000, 1)
    pulls(python, f"{folder}/pulls1.parquet", size, size + new, "TIMESTAMPTZ '2026-06-22 00:00:00+00'", 60 * 60 * 24 * 6)
    # `collect` refreshes facts that are kept, and would leave nothing to measure.
    facts, aside = os.path.join(folder, "data", "facts"), os.path.join(folder, "facts")
    os.rename(facts, aside)
    run(paceline + ["collect"])
    os.rename(aside, facts)
    before = parts(folder)
    changed, changed_peak = measure(paceline + ["metric", "refresh"])
    corrected = parts(folder)
    if corrected == before:
        sys.exit("nothing was refreshed")
    whole, whole_peak = measure(paceline + ["metric", "refresh", "--whole"])
    if corrected != parts(folder):
        sys.exit("the corrected facts are not those of a whole computation")
    return changed, whole, max(changed_peak, whole_peak)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with status {done.returncode}: {done.stderr}")
    return done.stdout


def generate(python, folder, size):
    """A project with a pipeline of pull requests and one of teams."""
    os.makedirs(os.path.join(folder, "pipelines"))
    with open(os.path.join(folder, "pipelines", "forge.toml"), "w") as pipeline:
        pipeline.write('type = "files"\npath = "pulls*.parquet"\ntable = "pull_requests"\n')
    with open(os.path.join(folder, "pipelines", "people.toml"), "w") as pipeline:
        pipeline.write('type = "teams"\npath = "teams.csv"\n')
    with open(os.path.join(folder, "teams.csv"), "w") as teams:
        teams.write("team,email\n")
        for person in range(PEOPLE):
            teams.write(f"team{person % TEAMS:02},dev{person}@acme.example\n")
    pulls(python, f"{folder}/pulls0.parquet", 0, size, "TIMESTAMPTZ '2024-06-24 00:00:00+00'", 60 * 60 * 24 * 7 * 104)


def pulls(python, path, begin, end, start, seconds):
    """Pull requests of numbers from `begin` on, merged over so many seconds. Chance is arithmetic on the number."""
    chance = lambda salt: f"(((i * 2654435761 + {salt} * 40503) % 4294967291 * 1103515245 % 4294967291) + 0.5) / 4294967291"
    hours = lambda salt, mean: f"to_microseconds(CAST(-ln({chance(salt)}) * {mean} * 3600000000 AS BIGINT))"
    statement = f"""
        COPY (SELECT repository, number, author_id, state, is_revert, is_draft, first_commit_at, created_at, ready_at, first_review_at,
                     approved_at, merged_at, updated_at, lines_added, lines_deleted, review_comments
              FROM (SELECT 'service-' || (i % 200) AS repository, i AS number,
                           'dev' || CAST(floor({chance(1)} * {PEOPLE}) AS BIGINT) || '@acme.example' AS author_id, 'merged' AS state,
                           {chance(2)} < 0.02 AS is_revert, false AS is_draft,
                           {start} + to_seconds(CAST((i - {begin}) / {end - begin} * {seconds} AS BIGINT)) AS merged_at,
                           merged_at AS updated_at,
                           CASE WHEN {chance(3)} < 0.9 THEN merged_at - {hours(4, 3)} END AS approved_at,
                           coalesce(approved_at, merged_at) - {hours(5, 9)} AS first_review_at,
                           first_review_at - {hours(6, 5)} AS ready_at, ready_at AS created_at,
                           CASE WHEN {chance(7)} < 0.95 THEN ready_at - {hours(8, 20)} END AS first_commit_at,
                           CAST(exp(6 * {chance(9)}) AS BIGINT) AS lines_added, CAST(exp(5 * {chance(10)}) AS BIGINT) AS lines_deleted,
                           CAST(floor(8 * {chance(11)}) AS BIGINT) AS review_comments
                    FROM range({begin}, {end}) t(i)))
        TO '{path}' (COMPRESSION zstd)"""
    # Ten million rows of text are not kept in memory for their order.
    run([python, "-c", f"import duckdb; duckdb.sql('SET preserve_insertion_order = false'); duckdb.sql({statement!r})"])


def kept(folder):
    """Header and files of each metric that has facts and can be cut by team, by name."""
    found = {}
    for manifest in sorted(glob.glob(f"{folder}/data/facts/*/*/facts.json")):
        name = os.path.basename(os.path.dirname(manifest))
        [path] = glob.glob(f"{HERE}/queries/*/{name}.sql")
        header = tomllib.loads(open(path).read().split("*/")[0].removeprefix("/*"))
        listed = json.load(open(manifest))["parts"]
        if listed and "team" in header.get("dimensions", []):
            found[name] = (header, [os.path.join(os.path.dirname(manifest), part["file"]) for part in listed])
    return found


def parts(folder):
    return {path: json.load(open(path))["parts"] for path in sorted(glob.glob(f"{folder}/data/facts/*/*/facts.json"))}


def probability(statistic):
    if statistic == "median":
        return 0.5
    return float(statistic[1:]) / 100 if statistic[0] == "p" and statistic[1:].replace(".", "").isdigit() else None


# One statement a kind of number: n is the rows whose value is known.
VALUES = {
    "mean": ("count(value)", "avg(value)"),
    "geometric_mean": ("count(value)", "exp(avg(ln(value)))"),
    "share": ("count(value)", "avg(CAST(value AS INTEGER))"),
    "ratio": ("count(numerator + denominator)", "sum(numerator) FILTER (denominator IS NOT NULL) / sum(denominator) FILTER (numerator IS NOT NULL)"),
    "rate": ("count(numerator + denominator)", "sum(numerator) FILTER (denominator IS NOT NULL) / sum(denominator) FILTER (numerator IS NOT NULL)"),
    "count": ("count(*)", "CAST(count(*) AS DOUBLE)"),
    "distinct": ("count(*)", "CAST(count(DISTINCT value) AS DOUBLE)"),
}


def statements(metrics, folder):
    """A program that writes metric, team, week, value, low, high and n; team and week are `all` where rows are of all."""
    lines = ["import duckdb", "db = duckdb.connect()", "db.sql('SET threads = 2')", "db.sql(\"SET TimeZone = 'UTC'\")"]
    window = f"""WITH latest AS (SELECT max(updated_at) AS through FROM '{folder}/pulls0.parquet')
        SELECT date_trunc('week', through) - INTERVAL {7 * (WEEKS - 1)} DAY AS "from", through FROM latest"""
    lines.append(f"[(first, through)] = db.sql({window!r}).fetchall()")
    lines.append("db.execute('CREATE TABLE weeks AS SELECT ?::TIMESTAMPTZ AS first, ?::TIMESTAMPTZ AS through', [first, through])")
    lines.append(RANKS)
    lines.append("parts = []")
    for name, (header, files) in metrics.items():
        statistic, facts = header["statistic"], f"read_parquet({files})"
        inside = f'(SELECT *, date_trunc(\'week\', "at") AS week FROM {facts}, weeks WHERE "at" >= first AND "at" <= through)'
        sets = "GROUPING SETS ((team, week), (team), (week), ())"
        keys = f"'{name}' AS metric, CASE WHEN GROUPING(team) = 1 THEN 'all' ELSE coalesce(team, '–') END AS team, CASE WHEN GROUPING(week) = 1 THEN 'all' ELSE strftime(week, '%Y-%m-%d') END AS week"
        p = probability(statistic)
        if p is not None:
            # Sorted once for the value and its bounds.
            lines.append(f"""
counts = db.sql(\"\"\"SELECT DISTINCT count(value) AS n FROM {inside} GROUP BY {sets}\"\"\").fetchall()
bounds = [(n, *ranks(n, {p})) for (n,) in counts]
db.execute('CREATE OR REPLACE TABLE ranks (n BIGINT, low DOUBLE, high DOUBLE)')
db.executemany('INSERT INTO ranks VALUES (?, ?, ?)', bounds)
parts.append(\"\"\"SELECT metric, team, week, CASE WHEN n >= {MINIMUM_ROWS} THEN value END, CASE WHEN n >= {MINIMUM_ROWS} THEN low END, CASE WHEN n >= {MINIMUM_ROWS} THEN high END, n FROM (
    SELECT metric, team, week, n, value, least(at_rank(sorted, low), value) AS low, greatest(at_rank(sorted, high), value) AS high
    FROM (SELECT {keys}, count(value) AS n, quantile_cont(value, {p}) AS value, list_sort(list(value) FILTER (value IS NOT NULL)) AS sorted
          FROM {inside} GROUP BY {sets}) JOIN ranks USING (n))\"\"\")
db.execute(f"CREATE TABLE part{{len(parts)}} AS {{parts[-1]}}")""")
        elif statistic in VALUES:
            n, value = VALUES[statistic]
            least = 0 if statistic in ("count", "distinct") else MINIMUM_ROWS
            lines.append(f"""
parts.append(\"\"\"SELECT {keys}, CASE WHEN {n} >= {least} THEN {value} END AS value, NULL::DOUBLE AS low, NULL::DOUBLE AS high, {n} AS n FROM {inside} GROUP BY {sets}\"\"\")
db.execute(f"CREATE TABLE part{{len(parts)}} AS {{parts[-1]}}")""")
    lines.append(f"""
union = ' UNION ALL '.join(f'SELECT * FROM part{{number + 1}}' for number in range(len(parts)))
db.execute(f"COPY ({{union}}) TO '{folder}/theirs.csv' (HEADER)")
""")
    return "\n".join(lines) + "\n"


# The interval of a quantile: order statistics interpolated by the rule of Nyblom (1992).
RANKS = '''
import math

db.execute("""CREATE MACRO at_rank(sorted, rank) AS CASE WHEN rank IS NULL OR len(sorted) = 0 THEN NULL ELSE
    sorted[CAST(greatest(floor(rank), 1) AS BIGINT)] * (1 - (rank - floor(rank)))
    + sorted[CAST(least(floor(rank) + 1, len(sorted)) AS BIGINT)] * (rank - floor(rank)) END""")


def ranks(n, p):
    def lower(p):
        if n == 0:
            return None
        first = int(max(n * p - 10 * math.sqrt(n * p * (1 - p)), 0))
        log = math.lgamma(n + 1) - math.lgamma(first + 1) - math.lgamma(n - first + 1)
        mass = math.exp(log + first * math.log(p) + (n - first) * math.log1p(-p))
        below, rank, tail = 0.0, first, 0.025
        while below + mass <= tail and rank < n:
            below += mass
            mass *= (n - rank) / (rank + 1) * p / (1 - p)
            rank += 1
        if rank == 0:
            return None
        inside, outside = tail - below, below + mass - tail
        if inside <= 0 or rank == n:
            return float(rank)
        return rank + 1 / (1 + rank * (1 - p) * outside / ((n - rank) * p * inside))

    low, high = lower(p), lower(1 - p)
    return (None, None) if low is None or high is None else (low, n + 1 - high)
'''


def same(ours, folder, metrics):
    """Stops where a number differs."""
    theirs = {(row["metric"], row["team"], row["week"]): row for row in csv.DictReader(open(f"{folder}/theirs.csv"))}
    compared = 0
    for row in csv.DictReader(io.StringIO(ours)):
        week = row.get("period") or row.get("week")
        key = (row["metric"], row["team"], week)
        header = metrics.get(row["metric"], ({},))[0]
        statistic = header.get("statistic")
        # Of a count over several weeks ours is the mean of complete ones; other grains have other periods.
        if statistic not in VALUES and probability(statistic or "-") is None or header.get("grain", "week") != "week":
            continue
        if statistic in ("count", "distinct") and week == "all":
            continue
        other = theirs.get(key)
        if other is None:
            if float(row["n"] or 0) > 0:
                sys.exit(f"{key}: DuckDB has no such row")
            continue
        columns = ["value", "n"] + (["low_95", "high_95"] if probability(statistic) is not None else [])
        for name, their_name in zip(columns, ["value", "n", "low", "high"]):
            one, two = row[name], other[their_name]
            if (one == "") != (two == "") or one and not math.isclose(float(one), float(two), rel_tol=1e-9, abs_tol=1e-12):
                sys.exit(f"{key}: {name} is {one} here and {two} in DuckDB")
        compared += 1
    print(f"{compared} numbers are the same")
    if compared == 0:
        sys.exit("nothing was compared")


if __name__ == "__main__":
    main()
