"""Kills at random moments: what a batch on Ray loses or doubles.

    python benchmarks/ray_kills.py --kills 100

A cluster of three nodes for work on this machine. In turn the command, a worker or a node is
killed at a random moment; a killed command is run again, a killed node is replaced. When a run ends
by itself its rows are checked, and the next one starts in a new folder, until there were enough
kills. A row is lost if a picture has none or one that no later run mends, doubled if it has two.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_worker_niceness", "0")

import torch
from batch import CLI, save
from tables import markdown_table

NODES = 3
# A run that takes longer than this hangs.
HANGS_S = 900.0
LAST_RUNS = 4
# Of a node, and the longest time between two kills.
STARTS = 5
PAUSE_S = 15.0


class Nodes:
    """The cluster, its head without a processor for work."""

    def __init__(self) -> None:
        """Start it."""
        from ray.cluster_utils import Cluster

        self._cluster = Cluster()
        self._cluster.add_node(num_cpus=0, include_dashboard=False)
        self._work = [self._add() for _ in range(NODES)]
        self.address = self._cluster.address

    def _add(self) -> Any:
        """A node; a busy machine may take longer for it than Ray waits."""
        for left in reversed(range(STARTS)):
            try:
                return self._cluster.add_node(num_cpus=1)
            except Exception:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def replace(self, chance: random.Random) -> None:
        """Kill a node and bring another."""
        gone = self._work.pop(chance.randrange(len(self._work)))
        self._cluster.remove_node(gone, allow_graceful=False)
        self._work.append(self._add())

    def end(self) -> None:
        """Take it down."""
        self._cluster.shutdown()


def workers() -> list[int]:
    """Processes of this cluster that measure."""
    parents, found = {}, []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            with open(f"/proc/{pid}/stat") as file:
                parents[pid] = int(file.read().rpartition(")")[2].split()[1])
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if b"ray::MapWorker" in file.read():
                    found.append(pid)
        except OSError:  # it has just ended
            continue
    return [pid for pid in found if os.getpid() in ancestors(pid, parents)]


def ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid := parents.get(pid, 0):
        yield pid


def start(walls: Path, out: Path, address: str) -> subprocess.Popen[str]:
    call = [sys.executable, "-c", CLI, "batch", walls, "--out", out, "--figures", "none"]
    return subprocess.Popen(
        [str(part) for part in (*call, "--engine", "ray", "--address", address)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill(what: str, process: subprocess.Popen[str], nodes: Nodes, chance: random.Random) -> bool:
    """Whether there was something to kill."""
    if what == "command":
        os.killpg(process.pid, signal.SIGKILL)
    elif what == "node":
        nodes.replace(chance)
    else:
        there = workers()
        if not there:
            return False
        os.kill(chance.choice(there), signal.SIGKILL)
    return True


def check(out: Path, wanted: set[str]) -> dict[str, int]:
    """How many rows are lost, doubled or errors."""
    rows = [json.loads(line) for line in (out / "results.jsonl").read_bytes().splitlines()]
    count = Counter(row["path"] for row in rows)
    return {
        "lost": len(wanted - count.keys()),
        "doubled": sum(number - 1 for number in count.values()),
        "errors": sum(row["status"] == "error" for row in rows),
    }


def finish(walls: Path, out: Path, nodes: Nodes, wanted: set[str]) -> dict[str, int]:
    """What is left after runs that nobody kills have mended what was given up."""
    for _ in range(LAST_RUNS):
        found = check(out, wanted)
        if not found["errors"]:
            break
        start(walls, out, nodes.address).communicate(timeout=HANGS_S)
    return found


def one_batch(
    walls: Path, out: Path, nodes: Nodes, chance: random.Random, kills: Counter[str], most: int
) -> dict[str, Any]:
    """A batch from its start to its end, however often it has to be started."""
    wanted = {str(path) for path in walls.iterdir()}
    while True:
        process, begin = start(walls, out, nodes.address), time.monotonic()
        pause = chance.uniform(0.5, PAUSE_S)
        while process.poll() is None and time.monotonic() - begin < HANGS_S:
            time.sleep(0.2)
            pause -= 0.2
            if pause <= 0 and kills.total() < most:
                what = chance.choice(("command", "worker", "node"))
                kills[what] += kill(what, process, nodes, chance)
                print(f"{time.monotonic() - begin:.0f} s: {dict(kills)}", flush=True)
                pause = chance.uniform(0.5, PAUSE_S)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            return {"hung": 1}
        _, stderr = process.communicate()
        if process.returncode in (0, 3):
            return {"hung": 0, **finish(walls, out, nodes, wanted)}
        if process.returncode != -signal.SIGKILL:
            print(stderr.splitlines()[-1] if stderr else process.returncode, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("build") / "bench" / "ray_kills")
    options = parser.parse_args()
    chance, kills, sums = random.Random(options.seed), Counter[str](), Counter[str]()
    torch.set_num_threads(1)
    nodes = Nodes()
    try:
        with tempfile.TemporaryDirectory() as name:
            walls = Path(name) / "walls"
            for seed in range(options.pictures):
                noise = torch.rand(3, 32, 40, generator=torch.Generator().manual_seed(seed))
                save(walls / f"{seed:03}.png", noise)
            while kills.total() < options.kills:
                out = Path(name) / "out"
                found = one_batch(walls, out, nodes, chance, kills, options.kills)
                sums.update(found)
                sums["batches"] += 1
                print(f"{dict(kills)}: {found}", flush=True)
                shutil.rmtree(out)
    finally:
        nodes.end()
    lines = [[f"kills of a {what}", str(kills[what])] for what in ("command", "worker", "node")]
    lines += [
        ["batches of " + f"{options.pictures} pictures", str(sums["batches"])],
        ["rows lost", str(sums["lost"])],
        ["rows doubled", str(sums["doubled"])],
        ["rows that stayed errors", str(sums["errors"])],
        ["runs that did not end", str(sums["hung"])],
    ]
    table = markdown_table(["what", "how many"], lines)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(table + "\n", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
