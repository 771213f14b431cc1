"""What the engine of Ray costs beside that of one machine, on this machine.

    python benchmarks/ray_speed.py --pictures 500 --rounds 3

Both engines measure the same pictures in turn in every round, with as many workers. Time counts
from the outcome of the last of a few pictures that come first until the last one, so that what it
takes to start is left out. What Ray costs a row is the time that a file takes which is no picture:
it is read and refused, and nothing is measured. Processor time, of all processes together, says
the same on a machine that is busy with other things.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from batch import DEFAULT_OUT, SEEDS, descendants, linked, save
from speed import wall
from tables import markdown_table

from tiling_diag.batch.cluster.engine import RayEngine
from tiling_diag.batch.local import LocalEngine
from tiling_diag.batch.work import Engine, Job, Work
from tiling_diag.settings import Settings

# Pictures that come first and are not counted: each worker has done several.
FIRST = 64
RATIO_AIM, ROW_AIM_MS = 0.85, 5.0


def processor_seconds() -> float:
    """Processor time so far of this process and of all that it started and that still run."""
    ticks = 0
    for pid in descendants(os.getpid()):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def seconds_each(engine: Engine, paths: list[Path]) -> tuple[float, float]:
    """Seconds a picture, after the first ones: by the clock, and of processor time."""
    work, begin, end = Work(Settings(device="cpu"), "none"), (0.0, 0.0), (0.0, 0.0)
    outcomes = engine.run(work, [Job(str(path)) for path in paths])
    for done, _ in enumerate(outcomes, 1):
        if done == FIRST:
            begin = (time.perf_counter(), processor_seconds())
        elif done == len(paths):
            # Before the processes end, and their time with them.
            end = (time.perf_counter(), processor_seconds())
    clock, processor = (b - a for a, b in zip(begin, end, strict=True))
    return clock / (len(paths) - FIRST), processor / (len(paths) - FIRST)


def compare(paths: list[Path], workers: int, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds a picture of both engines, in turn."""
    engines: dict[str, Callable[[], Engine]] = {
        "local": lambda: LocalEngine(workers, "cpu"),
        "ray": lambda: RayEngine(workers, "cpu"),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}
    for number in range(rounds):
        # Whoever comes second meets a warmer machine.
        for name in sorted(engines, reverse=number % 2 == 1):
            found[name].append(seconds_each(engines[name](), paths))
            clock, processor = (1e3 * one for one in found[name][-1])
            print(f"round {number + 1}, {name}: {clock:.2f} ms, {processor:.2f} ms of processor")
    return found


def pictures(folder: Path, side: int, count: int) -> list[Path]:
    sources = []
    for seed in range(SEEDS):
        sources.append(folder / "sources" / f"{side}-{seed}.jpg")
        save(sources[-1], wall(side, seed), quality=90)
    return sorted(linked(folder / "many", sources, count).iterdir())


def no_pictures(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{k:05}.png" for k in range(count)]
    for path in paths:
        path.write_bytes(b"no picture")
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--rows", type=int, default=2000, help="files that are no pictures")
    parser.add_argument("--side", type=int, default=96, help="of the pictures, px")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT.with_name("ray_speed"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measured = compare(
            pictures(Path(name), options.side, options.pictures + FIRST),
            options.workers,
            options.rounds,
        )
        empty = compare(
            no_pictures(Path(name) / "none", options.rows + FIRST), options.workers, options.rounds
        )
    lines = []
    for kind, how in enumerate(("", ", in processor time")):
        local, ray = ([one[kind] for one in measured[name]] for name in ("local", "ray"))
        ratios = [a / b for a, b in zip(local, ray, strict=True)]
        lines.append(
            [
                f"speed of Ray over that of the local engine, {options.pictures} pictures{how}",
                f"{median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})",
                f"{1e3 * median(local):.1f} and {1e3 * median(ray):.1f} ms a picture",
                f"{RATIO_AIM:g}x",
                "yes" if median(ratios) >= RATIO_AIM else "NO",
            ]
        )
        local, ray = ([one[kind] for one in empty[name]] for name in ("local", "ray"))
        row_ms = 1e3 * (median(ray) - median(local))
        lines.append(
            [
                f"what a row costs more with Ray, {options.rows} files that are no pictures{how}",
                f"{row_ms:.2f} ms",
                f"{1e3 * median(local):.2f} and {1e3 * median(ray):.2f} ms a file",
                f"under {ROW_AIM_MS:g} ms",
                "yes" if row_ms < ROW_AIM_MS else "NO",
            ]
        )
    about = f"torch {torch.__version__}, {options.workers} workers, {os.cpu_count()} cores"
    table = markdown_table(["what", "value", "local and Ray", "aim", "met"], lines)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(f"{about}\n\n{table}\n", encoding="utf-8")
    raw = json.dumps({"pictures": measured, "rows": empty}, indent=1)
    (options.out / "rows.json").write_text(raw + "\n", encoding="utf-8")
    print(about, table, f"written to {options.out}", sep="\n\n")


if __name__ == "__main__":
    main()
