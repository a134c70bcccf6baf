#!/usr/bin/env python3
"""How long tools wait for a flag: 5,000 evaluations a second over loopback, beside npm's flagd-core answering from the same flags.

    python3 benches/flags.py [--rate 5000] [--seconds 20] [--rounds 3]

PACELINE_BIN names the binary to measure, which should be built with --release. An organisation of 60 teams is simulated and an
experiment on them started. `paceline serve` is asked for everybody in it, and for somebody unknown once in twenty; so is the peer,
`@openfeature/flagd-core` behind Node's own HTTP server with the file that `paceline experiment flags` writes. Both run on two
processors, which the asking takes its part of; they take turns, and medians over the rounds are compared.

Requests are due at a steady rate whatever is answered. The time of each counts from the moment it was due, so that a slow answer
counts for those behind it too, and so does whatever the asking itself was late. Every answer is held against the assignment.
"""

import argparse
import asyncio
import collections
import gc
import json
import os
import random
import selectors
import statistics
import subprocess
import sys
import tempfile
import time

TARGET_MS = 5.0
TEAMS, CONNECTIONS, REQUESTS = 60, 64, 4_096
UNKNOWN_EVERY = 20
HERE = os.path.dirname(os.path.abspath(__file__))
NOW = "2026-06-10T12:00:00Z"
DEFINITION = """title = "Assistant"
hypothesis = "It helps."

[assignment]
unit = "team"
variants = { control = 50, assistant = 50 }
seed = "flags"

[schedule]
start = 2026-06-08
end = 2026-08-02

[analysis]
goals = { pr_cycle_time = "10%" }
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    binary = os.path.abspath(os.environ.get("PACELINE_BIN", "paceline"))
    os.environ["PACELINE_NOW"] = NOW
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    # Nothing here is a cycle, and looking for them makes the asking late.
    gc.disable()
    with tempfile.TemporaryDirectory() as folder:
        file = organisation(binary, folder)
        asked = requests(folder)
        ours = [binary, "--project", folder, "serve", "--http", "127.0.0.1:0"]
        found = {"paceline": [], "flagd-core": []}
        servers = {"paceline": Server(ours), "flagd-core": Server(peer(file))}
        try:
            for name, server in servers.items():
                server.ready(asked[0][0])
                run(server, asked, arguments.rate, 2)
            for _ in range(arguments.rounds):
                for name, server in servers.items():
                    found[name].append(run(server, asked, arguments.rate, arguments.seconds))
        finally:
            for server in servers.values():
                server.end()
    for name, rounds in found.items():
        say(name, rounds, arguments.rate)
    p99 = {name: statistics.median(it.p99 for it in rounds) for name, rounds in found.items()}
    print(
        f"p99 at {arguments.rate} a second: paceline {p99['paceline']:.2f} ms (target {TARGET_MS}), "
        f"ratio to flagd-core {p99['paceline'] / p99['flagd-core']:.2f}"
    )


def organisation(binary, folder):
    """A project whose experiment has begun; the path of its flags as a file."""
    paceline = [binary, "--project", folder]
    acme = os.path.join(folder, "acme")
    command(paceline + ["simulate", "--out", acme, "--teams", str(TEAMS), "--weeks", "12", "--until", "2026-06-08"])
    command(paceline + ["collect", acme])
    os.makedirs(os.path.join(folder, "experiments"))
    with open(os.path.join(folder, "experiments", "assistant.toml"), "w") as definition:
        definition.write(DEFINITION)
    command(paceline + ["experiment", "start", "assistant"])
    path = os.path.join(folder, "flags.json")
    with open(path, "w") as file:
        file.write(command(paceline + ["experiment", "flags"]))
    return path


def peer(file):
    package = os.path.join(HERE, "flags")
    command(["npm", "ci", "--no-audit", "--no-fund", "--silent", "--prefix", package])
    return ["node", os.path.join(package, "peer.mjs"), file]


def command(words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)} failed with status {done.returncode}: {done.stderr}")
    return done.stdout


def requests(folder):
    """Requests, each with what its answer must contain."""
    with open(os.path.join(folder, "flags.json")) as file:
        flag = json.load(file)["flags"]["assistant"]
    steps = flag["targeting"]["if"]
    who = [(key, variant) for test, variant in zip(steps[::2], steps[1::2]) for key in test["in"][1]]
    if {variant for _, variant in who} != {"control", "assistant"}:
        sys.exit("not everybody of the experiment is in the file")
    chance = random.Random(20261128)
    all_of_them = []
    for number in range(REQUESTS):
        key, variant = chance.choice(who) if number % UNKNOWN_EVERY else (f"stranger-{number}", "")
        body = json.dumps({"context": {"targetingKey": key}}).encode()
        head = (
            "POST /ofrep/v1/evaluate/flags/assistant HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        all_of_them.append((head.encode() + body, f'"variant":"{variant}"'.encode()))
    return all_of_them


class Server:
    def __init__(self, words):
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if line.startswith("serving http://"):
                host, port = line.split()[1].removeprefix("http://").split(":")
                self.address = (host, int(port))
                return
        sys.exit(f"{' '.join(words)} ended")

    def ready(self, request):
        """Flags are read after the pages are open."""
        for _ in range(600):
            if asyncio.run(once(self.address, request)) == 200:
                return
            time.sleep(0.1)
        sys.exit(f"{self.address}: no flags within a minute")

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident MiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            line = next(line for line in status if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def end(self):
        self.process.kill()
        self.process.wait()


async def once(address, request):
    reader, writer = await asyncio.open_connection(*address)
    writer.write(request)
    status = int((await reader.readline())[9:12])
    writer.close()
    return status


class Connection(asyncio.Protocol):
    """One request at a time; `free` is called when it is answered."""

    def __init__(self, load):
        self.load, self.buffer = load, b""

    def connection_made(self, transport):
        self.transport = transport

    def send(self, due, request, expected):
        self.due, self.sent, self.expected = due, time.monotonic(), expected
        self.transport.write(request)

    def data_received(self, data):
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        at = head.index(b"content-length:") + 15
        length = int(head[at:].split(b"\r\n", 1)[0])
        if len(self.buffer) < end + 4 + length:
            return
        is_right = head[9:12] == b"200" and self.expected in self.buffer
        self.buffer = b""
        self.load.answered(self, is_right)

    def connection_lost(self, _):
        self.load.lost += 1


class Load:
    """An open loop: a request that is due goes out by any free connection, and waits for one where there is none."""

    def __init__(self, asked, rate, seconds):
        self.asked, self.rate, self.count = asked, rate, rate * seconds
        self.free, self.waiting = [], collections.deque()
        self.times, self.served, self.late = [], [], []
        self.wrong = self.lost = self.done = 0
        self.ended = asyncio.get_running_loop().create_future()

    def answered(self, connection, is_right):
        now = time.monotonic()
        self.times.append(now - connection.due)
        self.served.append(now - connection.sent)
        self.wrong += not is_right
        self.done += 1
        if self.waiting:
            connection.send(*self.waiting.popleft())
        else:
            self.free.append(connection)
        if self.done == self.count and not self.ended.done():
            self.ended.set_result(None)

    def begin(self):
        self.start, self.next = time.monotonic() + 0.1, 0
        self.tick()

    def tick(self):
        loop, now = asyncio.get_running_loop(), time.monotonic()
        while self.next < self.count and (due := self.start + self.next / self.rate) <= now:
            self.late.append(now - due)
            request, expected = self.asked[self.next % len(self.asked)]
            if self.free:
                self.free.pop().send(due, request, expected)
            else:
                self.waiting.append((due, request, expected))
            self.next += 1
        if self.next < self.count:
            loop.call_later(max(self.start + self.next / self.rate - time.monotonic(), 0), self.tick)


async def load(server, asked, rate, seconds):
    it = Load(asked, rate, seconds)
    loop = asyncio.get_running_loop()
    for _ in range(CONNECTIONS):
        _, connection = await loop.create_connection(lambda: Connection(it), *server.address)
        it.free.append(connection)
    processor = server.processor_seconds()
    it.begin()
    # A server that does not keep up is not waited for without end.
    await asyncio.wait([it.ended], timeout=3 * seconds)
    return Round(it, server.processor_seconds() - processor, server.memory())


def run(server, asked, rate, seconds):
    # epoll waits in whole milliseconds, select in microseconds.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        return runner.run(load(server, asked, rate, seconds))


class Round:
    def __init__(self, load, processor, memory):
        self.took = time.monotonic() - load.start
        self.answers, self.unanswered = load.done, load.count - load.done
        self.wrong, self.lost = load.wrong, load.lost
        self.processor, self.memory = processor, memory
        times, late = sorted(load.times), sorted(load.late)
        part = lambda of, share: 1e3 * of[int(share * (len(of) - 1))] if of else float("inf")
        self.p50, self.p99, self.worst = (part(times, share) for share in (0.5, 0.99, 1))
        self.late, self.served = part(late, 0.99), part(sorted(load.served), 0.99)


def say(name, rounds, rate):
    median = lambda pick: statistics.median(pick(it) for it in rounds)
    wrong, lost, unanswered = (sum(getattr(it, what) for it in rounds) for what in ("wrong", "lost", "unanswered"))
    print(
        f"{name}: {median(lambda it: it.answers / it.took):.0f} a second of {rate} wanted, p50 {median(lambda it: it.p50):.2f} ms, "
        f"p99 {median(lambda it: it.p99):.2f} ms, worst {median(lambda it: it.worst):.1f} ms (medians of {len(rounds)}); "
        f"p99 from when it was sent {median(lambda it: it.served):.2f} ms, and the asking was late itself by "
        f"{median(lambda it: it.late):.2f} ms (p99); "
        f"{median(lambda it: it.processor / it.took):.2f} processors, {median(lambda it: it.memory):.0f} MiB"
    )
    if wrong or lost or unanswered:
        sys.exit(f"{name}: {wrong} wrong answers, {unanswered} unanswered, {lost} connections lost")


if __name__ == "__main__":
    main()
