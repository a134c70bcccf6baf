#!/usr/bin/env python3
"""Collecting a repository beside `git log --numstat -M` on it: the ratio of wall times, and peak memory.

    python3 benches/collect.py [REPOSITORY …]

Without an argument a history of 50,000 commits is generated. PACELINE_BIN names the binary to measure, which should be
built with --release. Runs alternate, so that a busy machine is busy for both; medians of five are compared.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 5
COMMITS = 50_000
FILES = 2_000


def main():
    binary = os.environ.get("PACELINE_BIN", "paceline")
    repositories = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        if not repositories:
            repositories = [generate(os.path.join(folder, "generated"))]
        for repository in repositories:
            compare(binary, repository, folder)


def compare(binary, repository, folder):
    commits = subprocess.check_output(["git", "-C", repository, "rev-list", "--count", "HEAD"], text=True).strip()
    ours, git, memory = [], [], []
    for run in range(RUNS):
        data = tempfile.mkdtemp(dir=folder)
        seconds, peak = measure([binary, "collect", repository, "--data", data, "--code", "off"])
        ours.append(seconds)
        memory.append(peak)
        git.append(measure(["git", "-C", repository, "log", "--numstat", "-M", "HEAD"])[0])
    ratio = statistics.median(ours) / statistics.median(git)
    print(
        f"{os.path.basename(repository.rstrip('/'))}: {commits} commits, paceline {statistics.median(ours):.2f} s, "
        f"git log {statistics.median(git):.2f} s, ratio {ratio:.2f}, peak memory {max(memory) / 1024:.0f} MiB"
    )


def measure(command):
    """Wall seconds and peak resident KiB of a command whose output is thrown away."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        sys.exit(f"{' '.join(command)} failed with status {status}")
    return seconds, usage.ru_maxrss


def generate(path):
    """A history in which every commit edits a few lines of one to four files, and some rename one."""
    subprocess.run(["git", "init", "--quiet", "--bare", path], check=True)
    importer = subprocess.Popen(
        ["git", "-C", path, "fast-import", "--quiet"], stdin=subprocess.PIPE, text=True, encoding="utf-8"
    )
    chance = random.Random(20261123)
    files = {}
    write = importer.stdin.write
    for commit in range(1, COMMITS + 1):
        author = f"Author {commit % 97} <author{commit % 97}@example.org>"
        when = f"{1_500_000_000 + commit * 600} +0000"
        message = f"Change {commit} (#{commit})" if commit % 3 == 0 else f"Change {commit}"
        write(f"commit refs/heads/main\nauthor {author} {when}\ncommitter {author} {when}\n")
        write(f"data {len(message)}\n{message}\n")
        for _ in range(chance.randint(1, 4)):
            edit(chance, files, write)
        if commit % 50 == 0 and files:
            old = chance.choice(sorted(files))
            new = f"{old}.{commit}"
            files[new] = files.pop(old)
            write(f"R {old} {new}\n")
        write("\n")
    importer.stdin.close()
    if importer.wait() != 0:
        sys.exit("git fast-import failed")
    subprocess.run(["git", "-C", path, "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
    subprocess.run(["git", "-C", path, "gc", "--quiet"], check=True)
    return path


def edit(chance, files, write):
    name = f"src/{chance.randrange(40)}/file{chance.randrange(FILES)}.rs"
    lines = files.setdefault(name, [])
    for _ in range(chance.randint(1, 12)):
        line = f"let value_{chance.randrange(10**6)} = {chance.randrange(10**6)};"
        lines.insert(chance.randint(0, len(lines)), line)
    while len(lines) > 300:
        lines.pop(chance.randrange(len(lines)))
    text = "\n".join(lines) + "\n"
    write(f"M 644 inline {name}\ndata {len(text)}\n{text}\n")


if __name__ == "__main__":
    main()
