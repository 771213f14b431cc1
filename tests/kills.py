"""Kills at random moments: of a whole run, its parent, a worker, a worker while it starts.

    python tests/kills.py --kills 50

A batch is killed and started again until it is done, and again from the beginning until there were
enough kills. No row may be lost, doubled or other than that of a run that nobody disturbed.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from batch_walls import rows_in, save_wall, start, without_times

# A run that adds no row for so long hangs.
HANGS_S = 1800
KINDS = ("run", "parent", "worker", "starting worker")


def make_walls(folder, count, seeds=30, full_every=3):
    """Small walls, some large enough to be measured in full; linked, for drawing takes long."""
    for seed in range(seeds):
        size = (32, 40) if seed % full_every == 0 else (16, 20)
        save_wall(folder / "seeds" / f"{seed}.png", seed, size=size, period=(8, 10))
    for index in range(count):
        place = folder / "walls" / f"{index // 1000:02}"
        place.mkdir(parents=True, exist_ok=True)
        os.link(folder / "seeds" / f"{index % seeds}.png", place / f"{index:05}.png")
    return folder / "walls"


def children(pid):
    """Processes that a process has started, without those that are gone."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_worker(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return "spawn_main" in file.read()
    except OSError:
        return False


def whole_lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


class Killer:
    """Runs one batch again and again, with a kill each time, and checks what is left."""

    def __init__(self, folder, pictures, seed):
        self.folder, self.pictures = folder, pictures
        self.chance = random.Random(seed)
        self.out, self.results = folder / "out", folder / "out" / "results.jsonl"
        walls = make_walls(folder, pictures, full_every=10)
        self.command = (
            "batch", walls, "--recursive", "--figures", "none", "--workers", "2", "--out",
        )  # fmt: skip
        self.kills, self.codes, self.batches = Counter(), Counter(), 0
        unbroken = start(*self.command, folder / "unbroken")
        _, stderr = unbroken.communicate()
        assert unbroken.returncode == 0, stderr
        self.wanted = comparable(folder / "unbroken")

    def kill(self, count):
        """Kill `count` times, of every kind alike, and see every batch to its end."""
        kinds = [KINDS[k % len(KINDS)] for k in range(count)]
        self.chance.shuffle(kinds)
        while kinds or self.out.exists():
            self.run(kinds)

    def run(self, kinds):
        """One run, with kills of its workers, until it ends or is killed itself."""
        before = self.paths()
        process = start(*self.command, self.out)
        ended = False
        while kinds and not ended:
            if not self.reach(process, kinds[-1]):
                break
            kind = kinds.pop()
            ended = self.strike(process, kind)
        _, stderr = process.communicate()
        self.codes[process.returncode] += 1
        assert "Traceback" not in stderr, stderr
        assert self.paths() >= before, "a row was lost"
        if not ended:
            # 2 where workers never got to begin, 3 where a picture was given up: run again.
            assert process.returncode in (0, 2, 3), stderr
            if process.returncode == 0:
                self.check()

    def reach(self, process, kind):
        """Wait for a random moment; whether the run is still there then."""
        if kind == "starting worker":
            found = wait_until(lambda: self.workers(process) or process.poll() is not None, HANGS_S)
            time.sleep(self.chance.random() * 1.5)
        else:
            goal = whole_lines(self.results) + self.chance.randint(0, 8)
            found = wait_until(
                lambda: whole_lines(self.results) >= goal or process.poll() is not None, HANGS_S
            )
            time.sleep(self.chance.random() * 0.2)
        assert found, "the run does nothing any more"
        return process.poll() is None

    def paths(self):
        """Pictures that have a whole row."""
        if not self.results.exists():
            return set()
        lines = self.results.read_bytes().split(b"\n")[:-1]
        assert len(set(lines)) == len(lines), "a row was doubled"
        return {json.loads(line)["path"] for line in lines}

    def workers(self, process):
        return [pid for pid in children(process.pid) if is_worker(pid)]

    def strike(self, process, kind):
        """Kill; whether that ends the run."""
        workers = self.workers(process)
        if kind in ("run", "parent"):
            if kind == "run":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
            # What it had started ends by itself.
            assert wait_until(lambda: not any(map(alive, workers)), HANGS_S), "a worker lives on"
        elif workers:
            # The last one of them is the youngest.
            victim = workers[-1] if kind == "starting worker" else self.chance.choice(workers)
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                kind = "nothing"
        else:
            kind = "nothing"
        self.kills[kind] += 1
        print(f"{sum(self.kills.values())}: {kind}", file=sys.stderr, flush=True)
        return kind in ("run", "parent")

    def check(self):
        """A batch that is done: every row once and as it should be, no temporary file."""
        paths = [row["path"] for row in rows_in(self.out)]
        assert len(paths) == len(set(paths)) == self.pictures, "a row was lost or doubled"
        assert comparable(self.out) == self.wanted, "a row differs"
        assert not [p for p in self.out.rglob("*.tmp")], "a temporary file is left"
        assert (self.out / "index.html").stat().st_size > 3000
        self.batches += 1
        shutil.rmtree(self.out)


def comparable(folder):
    return [json.dumps(row) for row in without_times(rows_in(folder))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--pictures", type=int, default=90)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        killer = Killer(Path(folder), options.pictures, options.seed)
        killer.kill(options.kills)
    what = ", ".join(f"{count} of a {kind}" for kind, count in killer.kills.items())
    ends = ", ".join(f"{code}: {count}" for code, count in sorted(killer.codes.items()))
    print(f"{sum(killer.kills.values())} kills ({what}); exit codes of the runs: {ends}")
    print(f"{killer.batches} batches of {options.pictures} done: no row lost, doubled or other")


if __name__ == "__main__":
    sys.exit(main())
