"""What the engine of Ray costs beside that of one machine, on this machine.

    python benchmarks/ray_speed.py --pictures 500 --rounds 3

Both engines measure the same pictures in turn in every round, with as many workers. Time counts
from the outcome of the last of a few pictures that come first until the last one, so that what it
takes to start is left out. What Ray costs a row is the time that a file takes which is no picture:
it is read and refused, and nothing is measured.
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
from batch import DEFAULT_OUT, SEEDS, linked, save
from speed import wall
from tables import markdown_table

from tiling_diag.batch.cluster.engine import RayEngine
from tiling_diag.batch.local import LocalEngine
from tiling_diag.batch.work import Engine, Job, Work
from tiling_diag.settings import Settings

# Pictures that come first and are not counted: each worker has done several.
FIRST = 64
RATIO_AIM, ROW_AIM_MS = 0.85, 5.0


def seconds_each(engine: Engine, paths: list[Path]) -> float:
    """Seconds a picture, after the first ones."""
    work = Work(Settings(device="cpu"), "none")
    times = [time.perf_counter() for _ in engine.run(work, [Job(str(path)) for path in paths])]
    return (times[-1] - times[FIRST - 1]) / (len(times) - FIRST)


def compare(paths: list[Path], workers: int, rounds: int) -> dict[str, list[float]]:
    """Seconds a picture of both engines, in turn."""
    engines: dict[str, Callable[[], Engine]] = {
        "local": lambda: LocalEngine(workers, "cpu"),
        "ray": lambda: RayEngine(workers, "cpu"),
    }
    found: dict[str, list[float]] = {name: [] for name in engines}
    for number in range(rounds):
        # Whoever comes second meets a warmer machine.
        for name in sorted(engines, reverse=number % 2 == 1):
            found[name].append(seconds_each(engines[name](), paths))
            print(f"round {number + 1}, {name}: {found[name][-1] * 1e3:.2f} ms", flush=True)
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
    each = {engine: 1e3 * median(values) for engine, values in measured.items()}
    ratios = [a / b for a, b in zip(measured["local"], measured["ray"], strict=True)]
    row_ms = 1e3 * (median(empty["ray"]) - median(empty["local"]))
    lines = [
        [
            f"pictures/s of Ray over those of the local engine, {options.pictures} pictures",
            f"{median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})",
            f"{each['local']:.1f} and {each['ray']:.1f} ms a picture",
            f"{RATIO_AIM:g}x",
            "yes" if median(ratios) >= RATIO_AIM else "NO",
        ],
        [
            f"what a row costs more with Ray, {options.rows} files that are no pictures",
            f"{row_ms:.2f} ms",
            " and ".join(f"{1e3 * median(v):.2f}" for v in empty.values()) + " ms a file",
            f"under {ROW_AIM_MS:g} ms",
            "yes" if row_ms < ROW_AIM_MS else "NO",
        ],
    ]
    about = f"torch {torch.__version__}, {options.workers} workers, {os.cpu_count()} cores"
    table = markdown_table(["what", "value", "local and Ray", "aim", "met"], lines)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(f"{about}\n\n{table}\n", encoding="utf-8")
    raw = json.dumps({"pictures": measured, "rows": empty}, indent=1)
    (options.out / "rows.json").write_text(raw + "\n", encoding="utf-8")
    print(about, table, f"written to {options.out}", sep="\n\n")


if __name__ == "__main__":
    main()
