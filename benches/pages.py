#!/usr/bin/env python3
"""How long pages take: the server's answers under 50 readers, and the first paint beside the same three charts drawn by ECharts.

    python3 benches/pages.py [--pulls 1000000] [--readers 50] [--seconds 30] [--only answers|paint]

PACELINE_BIN names the binary to measure, which should be built with --release. The pull requests are those of benches/metrics.py; what
metrics are made of is kept as facts. Server and readers share two processors.

Answers: after a start every page is asked for once, one after the other, from facts on disk: cold. Then each of the readers asks for a
page, reads it for half a second to a second and a half, and asks for the next: warm. Times are from the request to the last byte.

Paint: a dashboard of three charts and a page where ECharts draws the same three from the numbers in it, each served from loopback to a
browser without a cache. The time is that from the navigation to the first frame in which all three can be seen, by the browser's own clock;
medians of the runs are compared. ECharts is installed from npm into a folder under ~/.cache, and needs Node and Chromium.
"""

import argparse
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import metrics
from landing import duckdb

WARM_MS, COLD_MS, TIMES_SOONER = 50, 300, 3
PAGES = ["/", "/flow", "/delivery", "/maintainability", "/support", "/adoption", "/metrics/pr_cycle_time", "/metrics/pr_throughput"]
FILTERS = ["", "?weeks=12", "?weeks=52", "?team=team07", "?team=team31&weeks=52"]
HERE = os.path.dirname(os.path.abspath(__file__))
THREE = """+++
title = "Three charts"
weeks = 52
+++
```trend
metric = "pr_cycle_time"
```

```trend
metric = "pr_pickup_time"
```

```heatmap
metric = "pr_cycle_time"
by     = "team"
```
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pulls", type=int, default=1_000_000)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--only", choices=["answers", "paint"])
    arguments = parser.parse_args()
    binary = os.path.abspath(os.environ.get("PACELINE_BIN", "paceline"))
    os.environ["PACELINE_NOW"] = metrics.NOW
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    with tempfile.TemporaryDirectory() as folder:
        metrics.generate(duckdb(), folder, arguments.pulls)
        os.makedirs(os.path.join(folder, "dashboards"))
        with open(os.path.join(folder, "dashboards", "three.md"), "w") as dashboard:
            dashboard.write(THREE)
        paceline = [binary, "--project", folder, "--data", os.path.join(folder, "data")]
        metrics.run(paceline + ["collect"])
        metrics.run(paceline + ["metric", "refresh"])
        serve = paceline + ["serve", "--http", "127.0.0.1:0"]
        if arguments.only != "paint":
            answers(serve, arguments)
        if arguments.only != "answers":
            paint(serve)


class Server:
    def __init__(self, words):
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"serving http://(127\.0\.0\.1):(\d+)", line)
            if found:
                self.port = int(found[2])
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return
        sys.exit("the server ended")

    def end(self):
        self.process.terminate()
        self.process.wait()


def answers(serve, arguments):
    addresses = [page + query for page in PAGES for query in FILTERS]
    server = Server(serve)
    try:
        reader = Reader(server.port)
        cold = sorted(reader.ask(address) for address in addresses)
        warm = readers(server.port, addresses, arguments)
    finally:
        server.end()
    say(f"cold, {len(cold)} pages of {arguments.pulls} pull requests", cold, COLD_MS)
    say(f"warm, {len(warm)} answers to {arguments.readers} readers", warm, WARM_MS)


def readers(port, addresses, arguments):
    times, until = [], time.monotonic() + arguments.seconds

    def read(number):
        chance, reader = random.Random(number), Reader(port)
        while time.monotonic() < until:
            times.append(reader.ask(chance.choice(addresses)))
            time.sleep(chance.uniform(0.5, 1.5))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(arguments.readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(times)


class Reader:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, address):
        """Milliseconds of one answer."""
        start = time.perf_counter()
        self.connection.request("GET", address, headers={"accept-encoding": "gzip"})
        answer = self.connection.getresponse()
        body = answer.read()
        spent = (time.perf_counter() - start) * 1_000
        if answer.status != 200 or not body:
            sys.exit(f"{address} was answered {answer.status}")
        return spent


def say(what, times, target):
    rank = lambda part: times[min(int(part * len(times)), len(times) - 1)]
    print(f"{what}: median {rank(0.5):.1f} ms, p95 {rank(0.95):.1f} ms (target {target}), longest {times[-1]:.1f} ms")


def paint(serve):
    package = os.path.join(HERE, "pages")
    metrics.run(["npm", "ci", "--no-audit", "--no-fund", "--silent", "--prefix", package])
    server = Server(serve)
    try:
        told = metrics.run(["node", os.path.join(package, "paint.mjs"), f"http://127.0.0.1:{server.port}/three"])
    finally:
        server.end()
    runs = json.loads(told)
    ours, theirs = statistics.median(runs["paceline"]), statistics.median(runs["echarts"])
    print(
        f"three charts can be seen after {ours:.0f} ms, by ECharts after {theirs:.0f} ms: {theirs / ours:.1f} times sooner "
        f"(target {TIMES_SOONER}); {runs['bytes']['paceline'] / 1024:.0f} KiB and {runs['bytes']['echarts'] / 1024:.0f} KiB over the wire"
    )


if __name__ == "__main__":
    main()
