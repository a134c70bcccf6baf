#!/usr/bin/env python3
"""Collecting NDJSON files beside DuckDB writing the same file as Parquet: the ratio of wall times, and peak memory.

    python3 benches/landing.py [ROWS]

A file of 1,000,000 builds is generated, about 250 bytes a line. PACELINE_BIN names the binary to measure, which should be
built with --release. Both run on two processors. Runs alternate, so that a busy machine is busy for both; medians of five are
compared. DuckDB is installed from PyPI into a folder under ~/.cache.
"""

import datetime
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import venv

RUNS = 5
DUCKDB = "2.0.1"
COLUMNS = {
    "repository": "VARCHAR",
    "build_id": "VARCHAR",
    "pull_request": "BIGINT",
    "workflow": "VARCHAR",
    "sha": "VARCHAR",
    "trigger": "VARCHAR",
    "attempt": "BIGINT",
    "status": "VARCHAR",
    "started_at": "TIMESTAMPTZ",
    "finished_at": "TIMESTAMPTZ",
}


def main():
    binary = os.path.abspath(os.environ.get("PACELINE_BIN", "paceline"))
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    python = duckdb()
    with tempfile.TemporaryDirectory() as folder:
        events = generate(folder, rows)
        copy = (
            f"import duckdb; duckdb.sql(\"SET threads = 2; COPY (SELECT * FROM read_json('{events}', "
            f"format = 'newline_delimited', columns = {COLUMNS})) TO '{folder}/x.parquet' (COMPRESSION zstd)\")"
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
            [binary, "--project", folder, "--data", data, "--format", "csv", "sql", "SELECT count(*) FROM builds"],
            text=True,
        )
        if count.split()[1] != str(rows):
            sys.exit(f"{count.split()[1]} of {rows} rows arrived")
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(
        f"{rows} builds: paceline {statistics.median(ours):.2f} s, DuckDB {statistics.median(theirs):.2f} s, "
        f"ratio {ratio:.2f}, peak memory {max(memory) / 1024:.0f} MiB and {max(their_memory) / 1024:.0f} MiB"
    )


def duckdb():
    """The Python that has DuckDB."""
    folder = os.path.expanduser(f"~/.cache/paceline/duckdb-{DUCKDB}")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "complete")):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"duckdb=={DUCKDB}"], check=True)
        open(os.path.join(folder, "complete"), "w").close()
    return python


def measure(command):
    """Wall seconds and peak resident KiB of a command whose output is thrown away."""
    two = sorted(os.sched_getaffinity(0))[:2]
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, two),
    )
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        sys.exit(f"{' '.join(command)} failed with status {status}: {errors.decode()}")
    return seconds, usage.ru_maxrss


def generate(folder, rows):
    """A project with a pipeline, and the file that it reads."""
    os.makedirs(os.path.join(folder, "pipelines"))
    with open(os.path.join(folder, "pipelines", "ci.toml"), "w") as pipeline:
        pipeline.write('type = "files"\npath = "events.ndjson"\ntable = "builds"\n')
    path, chance = os.path.join(folder, "events.ndjson"), random.Random(20261127)
    begin = datetime.datetime(2025, 1, 1)
    with open(path, "w") as events:
        for number in range(rows):
            started = begin + datetime.timedelta(seconds=30 * number + chance.randrange(30))
            finished = started + datetime.timedelta(seconds=chance.randrange(30, 3_600))
            build = {
                "repository": f"acme/service-{chance.randrange(200)}",
                "build_id": str(9_000_000_000 + number),
                "pull_request": chance.randrange(1, 40_000),
                "workflow": chance.choice(["build", "test", "lint", "release", "integration"]),
                "sha": f"{chance.getrandbits(160):040x}",
                "trigger": chance.choice(["push", "pull_request", "schedule"]),
                "attempt": 1 + (chance.random() < 0.1),
                "status": chance.choice(["success", "success", "success", "failure", "cancelled"]),
                "started_at": started.isoformat() + "Z",
                "finished_at": finished.isoformat() + "Z",
            }
            events.write(json.dumps(build, separators=(",", ":")) + "\n")
    return path


if __name__ == "__main__":
    main()
