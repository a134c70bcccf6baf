#!/usr/bin/env python3
"""Collecting CSV through a SQL mapping beside DuckDB running the same SQL into Parquet: the ratio of wall times, and peak memory.

    python3 benches/mapping.py [ROWS]

A file of 1,000,000 tickets is generated, about 110 bytes a line. PACELINE_BIN names the binary to measure, which should be built
with --release. Both run on two processors. Runs alternate, so that a busy machine is busy for both; medians of five are
compared. DuckDB is installed from PyPI into a folder under ~/.cache.
"""

import datetime
import os
import random
import statistics
import subprocess
import sys
import tempfile

from landing import RUNS, duckdb, measure

TARGET = 2.0
COLUMNS = """id AS ticket_id, concat(team, '/', form) AS project, lower(priority) AS priority, status,
    CASE WHEN status IN ('solved', 'closed') THEN 'done' ELSE 'open' END AS state,
    subject, {opened} AS opened_at, {solved} AS resolved_at, {reopened} AS reopened"""
FILTER = "WHERE status <> 'deleted'"


def main():
    binary = os.path.abspath(os.environ.get("PACELINE_BIN", "paceline"))
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    python = duckdb()
    with tempfile.TemporaryDirectory() as folder:
        kept = generate(folder, rows)
        columns = COLUMNS.format(
            opened="CAST(opened AS TIMESTAMP)", solved="CAST(solved AS TIMESTAMP)", reopened="CAST(reopened AS BIGINT)"
        )
        copy = (
            f"import duckdb; duckdb.sql('''SET threads = 2; COPY (SELECT {columns} FROM read_csv('{folder}/tickets.csv', "
            f"all_varchar = true) {FILTER}) TO '{folder}/x.parquet' (COMPRESSION zstd)''')"
        )
        ours, theirs, memory, their_memory = [], [], [], []
        for run in range(RUNS):
            data = os.path.join(folder, f"data{run}")
            seconds, peak = measure([binary, "--project", folder, "--data", data, "collect"])
            ours.append(seconds)
            memory.append(peak)
            seconds, peak = measure([python, "-c", copy])
            theirs.append(seconds)
            their_memory.append(peak)
        count = subprocess.check_output(
            [binary, "--project", folder, "--data", data, "--format", "csv", "sql", "SELECT count(*) FROM tickets"],
            text=True,
        )
        if count.split()[1] != str(kept):
            sys.exit(f"{count.split()[1]} of {kept} rows arrived")
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(
        f"{rows} lines: paceline {statistics.median(ours):.2f} s, DuckDB {statistics.median(theirs):.2f} s, "
        f"ratio {ratio:.2f} (target {TARGET}), peak memory {max(memory) / 1024:.0f} MiB and "
        f"{max(their_memory) / 1024:.0f} MiB"
    )


def generate(folder, rows):
    """A project with a pipeline and its mapping, and the file that they read; the number of rows that the mapping keeps."""
    os.makedirs(os.path.join(folder, "pipelines"))
    with open(os.path.join(folder, "pipelines", "desk.toml"), "w") as pipeline:
        pipeline.write('type = "files"\npath = "tickets.csv"\nmap = { tickets = "tickets.sql" }\n')
    with open(os.path.join(folder, "pipelines", "tickets.sql"), "w") as sql:
        sql.write(f"SELECT {COLUMNS.format(opened='opened', solved='solved', reopened='reopened')} FROM input {FILTER}\n")
    chance, kept = random.Random(20261127), 0
    begin = datetime.datetime(2025, 1, 1)
    with open(os.path.join(folder, "tickets.csv"), "w") as tickets:
        tickets.write("id,team,form,priority,status,subject,opened,solved,reopened\n")
        for number in range(rows):
            opened = begin + datetime.timedelta(seconds=30 * number + chance.randrange(30))
            solved = opened + datetime.timedelta(seconds=chance.randrange(60, 600_000))
            status = chance.choice(["open", "solved", "solved", "closed", "closed", "deleted"])
            kept += status != "deleted"
            subject = f'"Build {chance.randrange(9_000)} fails, again"' if number % 10 == 0 else f"Access to {chance.randrange(9_000)}"
            fields = [
                f"T-{number}",
                f"team-{chance.randrange(200)}",
                chance.choice(["access", "build", "other"]),
                chance.choice(["LOW", "NORMAL", "HIGH"]),
                status,
                subject,
                opened.isoformat(sep=" "),
                "" if status == "open" else solved.isoformat(sep=" "),
                str(chance.randrange(3)),
            ]
            tickets.write(",".join(fields) + "\n")
    return kept


if __name__ == "__main__":
    main()
