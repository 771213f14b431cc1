"""How fast batches are, as ratios to work that everyone knows, and what many pictures cost.

    python benchmarks/batch.py --pictures 48 --rounds 3
    python benchmarks/batch.py --only scale --many 10000

Throughput: JPEG of 1024 x 1024 px, against decoding each of them and doing ten rfft2 of 2048 x 2048
float32, one process a core, and against running `diag --no-figures` one by one, in turn in every
round. What it takes to start is left out by the difference between a large and a small batch, and
of the bound alike. Processor time says the same on a machine that is busy with other things.

Scale: small pictures, time per picture, and the peak of the resident memory of all processes
together. What it takes to start is left out by the difference to a batch of a few.
"""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from PIL import Image
from speed import wall
from tables import markdown_table

DEFAULT_OUT = Path("build") / "bench" / "batch"
CLI = "from tiling_diag.command.main import main; main()"
SEEDS = 12
# Pictures of the batch that is little but start.
FEW = 10
THROUGHPUT_AIM, ONE_BY_ONE_AIM = 0.8, 10.0
TIME_AIM, MEMORY_AIM = 0.10, 0.20


def save(path: Path, pixels: torch.Tensor, **how: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rgb = (pixels * 255).round().byte().movedim(0, -1).numpy()
    Image.fromarray(rgb).save(path, **how)


def linked(folder: Path, sources: list[Path], count: int) -> Path:
    """A folder of `count` pictures that share the files of a few."""
    folder.mkdir(parents=True)
    for index in range(count):
        source = sources[index % len(sources)]
        os.link(source, folder / f"{index:05}{source.suffix}")
    return folder


@functools.cache
def noise() -> torch.Tensor:
    """What the bound transforms, once for each process."""
    torch.set_num_threads(1)
    return torch.randn(2048, 2048)


def bound_work(path: str) -> None:
    """What a picture costs at the bound: decode it and do ten transforms."""
    with Image.open(path) as image:
        image.convert("RGB").load()
    for _ in range(10):
        torch.fft.rfft2(noise())


def cost(call: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time in processes that it started and waited for."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    call()
    spent, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bound(folder: Path, workers: int) -> None:
    """What every picture of a folder costs at the bound, one process a core."""
    paths = [str(path) for path in sorted(folder.iterdir())]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        pool.map(bound_work, paths, chunksize=1)
        pool.close()
        pool.join()


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", CLI, *map(str, arguments)]


def batch(folder: Path, workers: int) -> None:
    """A batch, from start to end."""
    with tempfile.TemporaryDirectory() as out:
        call = command("batch", folder, "--out", out, "--workers", workers)
        subprocess.run(call, check=True, capture_output=True)


def diag(paths: list[Path]) -> None:
    """`diag --no-figures`, one process after another."""
    for path in paths:
        with tempfile.TemporaryDirectory() as out:
            call = command("diag", "--pred", path, "--no-figures", "--out", out)
            subprocess.run(call, check=True, capture_output=True)


def throughput_round(
    few: Path, many: Path, singles: list[Path], workers: int
) -> dict[str, tuple[float, float]]:
    """Seconds a picture, by the clock and of processor time, of everything that is compared."""
    less, more = (len(list(folder.iterdir())) for folder in (few, many))
    costs: dict[str, tuple[float, float]] = {}
    for name, work in (("batch", batch), ("bound", bound)):
        small, large = (cost(lambda f=f, w=work: w(f, workers)) for f in (few, many))
        each = [(b - a) / (more - less) for a, b in zip(small, large, strict=True)]
        costs[name] = (each[0], each[1])
        costs[f"{name} with its start"] = (large[0] / more, large[1] / more)
    spent, processor = cost(lambda: diag(singles))
    costs["diag"] = (spent / len(singles), processor / len(singles))
    return costs


def throughput(options: argparse.Namespace, folder: Path) -> tuple[str, dict]:
    sources = []
    for seed in range(SEEDS):
        sources.append(folder / "sources" / f"{seed}.jpg")
        save(sources[-1], wall(1024, seed), quality=90)
    few = linked(folder / "few", sources, max(8, options.pictures // 4))
    many = linked(folder / "many", sources, options.pictures)
    rounds = [
        throughput_round(few, many, sources[: options.singles], options.workers)
        for _ in range(options.rounds)
    ]
    clock, processor = 0, 1
    lines = []
    for what, key, against, kind, aim in (
        ("over the bound", "batch", "bound", clock, THROUGHPUT_AIM),
        ("over the bound, in processor time", "batch", "bound", processor, None),
        ("over diag one by one", "batch", "diag", clock, ONE_BY_ONE_AIM),
        ("the same with its start", "batch with its start", "diag", clock, None),
        ("over diag one by one, in processor time", "batch", "diag", processor, None),
    ):
        own, others = ([one[name][kind] for one in rounds] for name in (key, against))
        ratios = [other / mine for mine, other in zip(own, others, strict=True)]
        middle = median(others) / median(own)
        lines.append(
            [
                what,
                f"{1 / median(own):.2f}",
                f"{1 / median(others):.2f}",
                f"{middle:.2f}x",
                f"{min(ratios):.2f} to {max(ratios):.2f}",
                "" if aim is None else f"{aim:g}x",
                "" if aim is None else "yes" if middle >= aim else "NO",
            ]
        )
    name = f"batch of {options.pictures} JPEG 1024 x 1024"
    header = [name, "pictures/s", "against", "ratio", "over the rounds", "at least", "met"]
    return markdown_table(header, lines), {"rounds": rounds}


def descendants(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            with open(f"/proc/{one}/task/{one}/children") as file:
                waiting += [int(child) for child in file.read().split()]
        except OSError:  # it has just ended
            continue
    return found


def resident_bytes(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def measured_run(folder: Path, workers: int) -> dict:
    """Seconds that a batch takes from start to end, its pictures, and its peak memory."""
    with tempfile.TemporaryDirectory() as out:
        call = command("batch", folder, "--out", out, "--workers", workers, "--figures", "none")
        start, peak = time.perf_counter(), 0
        process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        drained = threading.Thread(target=process.stderr.read, daemon=True)
        drained.start()
        while process.poll() is None:
            peak = max(peak, sum(resident_bytes(pid) for pid in descendants(process.pid)))
            time.sleep(0.05)
        spent = time.perf_counter() - start
        count = (Path(out) / "results.jsonl").read_bytes().count(b"\n")
    return {"pictures": count, "seconds": spent, "peak": peak}


def scale(options: argparse.Namespace, folder: Path) -> tuple[str, dict]:
    sources = []
    for seed in range(SEEDS):
        sources.append(folder / "small" / f"{seed}.jpg")
        save(sources[-1], wall(options.side, seed), quality=90)
    runs = {}
    for count in (FEW, 100):
        some = linked(folder / f"{count}", sources, count)
        runs[count] = [measured_run(some, options.workers) for _ in range(3)]
    large = measured_run(linked(folder / "many", sources, options.many), options.workers)
    start = median(run["seconds"] for run in runs[FEW])
    base = {key: median(run[key] for run in runs[100]) for key in ("seconds", "peak")}
    base["seconds"] = (base["seconds"] - start) / (100 - FEW)
    large["seconds"] = (large["seconds"] - start) / (options.many - FEW)
    lines = []
    for what, key, unit, limit in (
        ("time per picture", "seconds", 1e-3, TIME_AIM),
        ("peak memory of all processes", "peak", 1e6, MEMORY_AIM),
    ):
        change = large[key] / base[key] - 1
        name = "ms" if key == "seconds" else "MB"
        lines.append(
            [
                what,
                f"{base[key] / unit:.1f} {name}",
                f"{large[key] / unit:.1f} {name}",
                f"{change:+.1%}",
                f"{limit:.0%}",
                "yes" if change <= limit else "NO",
            ]
        )
    header = [f"{options.side} x {options.side} px", "100", str(options.many)]
    table = markdown_table([*header, "change", "at most", "met"], lines)
    return table, {"runs": runs, "many": large}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=48, help="for throughput")
    parser.add_argument("--singles", type=int, default=6, help="pictures of diag one by one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", type=int, default=10_000, help="pictures for scale")
    parser.add_argument("--side", type=int, default=96, help="of the pictures for scale, px")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", choices=("throughput", "scale"))
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    options = parser.parse_args()
    parts = [f"torch {torch.__version__}, {options.workers} processes, {os.cpu_count()} cores"]
    raw = {}
    with tempfile.TemporaryDirectory() as name:
        for part in (throughput, scale):
            if options.only in (None, part.__name__):
                table, raw[part.__name__] = part(options, Path(name))
                parts.append(table)
    text = "\n\n".join(parts)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text + "\n", encoding="utf-8")
    (options.out / "rows.json").write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
