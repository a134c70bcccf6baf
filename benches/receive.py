#!/usr/bin/env python3
"""How many webhooks a second are taken durably, how long each waits, and whether memory stays flat.

    python3 benches/receive.py [--rate 2000] [--seconds 30] [--memory 1000000]

Starts `paceline serve` (PACELINE_BIN, built with --release) on a free port of loopback with a pipeline that takes webhooks.
First deliveries come in at a steady rate; the time of each counts from the moment it was due, so that a slow answer counts
for those behind it too. With --memory that many more are sent as fast as they are answered, and the server's memory is
looked at on the way. Every delivery is another pull request of 2 to 8 KB with its own signature.

The peer is the disk itself: how long a write of 4 KiB and an fsync take in the same folder at the same time of day.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import statistics
import subprocess
import tempfile
import time

SECRET = b"It's a Secret to Everybody"
CONNECTIONS = 64
PULLS = 50_000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--memory", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            asyncio.run(steady(server, arguments.rate, arguments.seconds))
            if arguments.memory:
                asyncio.run(flood(server, arguments.memory))
        finally:
            server.end()
        print(f"a write of 4 KiB with fsync in the same folder: {fsync(folder):.2f} ms (median of 200)")


class Server:
    def __init__(self, folder):
        os.makedirs(os.path.join(folder, "pipelines"))
        with open(os.path.join(folder, "secret"), "wb") as file:
            file.write(SECRET)
        with open(os.path.join(folder, "pipelines", "forge.toml"), "w") as file:
            file.write('type = "github"\npath = "answers"\nwebhook_secret = { file = "secret" }\n')
        binary = os.environ.get("PACELINE_BIN", "paceline")
        command = [binary, "serve", "--http", "127.0.0.1:0", "--project", folder]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if line.startswith("serving http://"):
                host, port = line.split()[1].removeprefix("http://").split(":")
                self.address = (host, int(port))
                break
        self.sent = 0

    def end(self):
        self.process.kill()
        self.process.wait()

    def memory(self):
        """Resident MiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            line = next(line for line in status if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def request(self):
        """The bytes of the next delivery."""
        self.sent += 1
        number = self.sent % PULLS
        minute = self.sent // PULLS
        body = json.dumps(
            {
                "action": "edited",
                "repository": {"node_id": "R_1", "full_name": "acme/shop"},
                "pull_request": {
                    "node_id": f"PR_{number}", "number": number, "title": f"Change {number}", "state": "open",
                    "user": {"id": number % 500, "login": f"dev-{number % 500}", "type": "User"}, "draft": False,
                    "created_at": "2026-01-01T00:00:00Z", "updated_at": f"2026-01-02T00:{minute:02}:00Z",
                    "commits": 1, "additions": number % 90, "deletions": 1, "changed_files": 1,
                    "body": "x" * (1_600 + self.sent * 7_919 % 6_000),
                },
            }
        ).encode()
        signature = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        head = (
            f"POST /api/v1/webhooks/forge HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
            f"x-github-event: pull_request\r\nx-github-delivery: d-{self.sent}\r\n"
            f"x-hub-signature-256: sha256={signature}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Connection:
    @classmethod
    async def open(cls, server):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(*server.address)
        return self

    async def send(self, request):
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        await self.reader.readexactly(length)
        return int(head[9:12])


async def steady(server, rate, seconds):
    connections = [await Connection.open(server) for _ in range(CONNECTIONS)]
    waits, refused, start = [], 0, time.monotonic() + 0.5

    async def one(index):
        nonlocal refused
        for step in range(rate * seconds // CONNECTIONS):
            due = start + (step * CONNECTIONS + index) / rate
            request = server.request()
            if (early := due - time.monotonic()) > 0:
                await asyncio.sleep(early)
            status = await connections[index].send(request)
            refused += status != 202
            waits.append(time.monotonic() - due)

    await asyncio.gather(*(one(index) for index in range(CONNECTIONS)))
    took = time.monotonic() - start
    waits.sort()
    part = lambda share: 1e3 * waits[int(share * (len(waits) - 1))]
    print(
        f"{len(waits)} deliveries, {len(waits) / took:.0f} a second of {rate} wanted, {refused} refused; "
        f"p50 {part(0.5):.1f} ms, p99 {part(0.99):.1f} ms, worst {part(1):.1f} ms; {server.memory():.0f} MiB"
    )


async def flood(server, count):
    connections = [await Connection.open(server) for _ in range(CONNECTIONS)]
    left, refused, start, every = count, 0, time.monotonic(), count // 10

    async def one(connection):
        nonlocal left, refused
        while left > 0:
            left -= 1
            if (count - left) % every == 0:
                print(f"  {count - left} sent, {time.monotonic() - start:.0f} s, {server.memory():.0f} MiB", flush=True)
            while await connection.send(server.request()) == 503:
                refused += 1
                await asyncio.sleep(0.5)

    await asyncio.gather(*(one(connection) for connection in connections))
    took = time.monotonic() - start
    print(f"{count} deliveries in {took:.0f} s, {count / took:.0f} a second, {refused} told to come again")


def fsync(folder):
    times = []
    with open(os.path.join(folder, "peer"), "wb") as file:
        for _ in range(200):
            begin = time.monotonic()
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - begin)
    return 1e3 * statistics.median(times)


if __name__ == "__main__":
    main()
