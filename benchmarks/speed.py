"""How long a diagnosis takes, as ratios to work that everyone knows, measured in one run.

    python benchmarks/speed.py --repeats 7
    python benchmarks/speed.py --corpus     # every picture of the corpora, see `speed_corpus.py`

Contestants and what they are measured against take turns, so that a busy machine slows both; the
ratio of their medians is printed beside its limit, with the range over the rounds. Peak memory is
that of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import speed_corpus
import torch
from corpus import DEFAULT_CORPUS
from PIL import Image
from tables import markdown_table
from torch import Tensor

import tiling_diag
from tiling_diag.synth import Material, View, draw_wall

DEFAULT_OUT = Path("build") / "bench" / "speed"
MEMORY_LIMIT_GB = 3.0
# The console script, without relying on where it was installed.
CLI = "import sys; from tiling_diag.command.main import main; sys.exit(main())"
# The picture is made without drawing it: only the diagnosis should count. Tiles of one picture
# repeat exactly, which is as much work as any other wall.
MEMORY_PROBE = """
import json, resource, sys, torch
torch.set_num_threads(int(sys.argv[2]))
import tiling_diag
def peak():
    # On Linux ru_maxrss starts from the peak of the parent, which has done more than this.
    if sys.platform == "linux":
        lines = open("/proc/self/status").read().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
wall = torch.load(sys.argv[1])
big = wall.repeat(1, 4, 4)[:, :4096, :4096].contiguous()
before = peak()
tiling_diag.diagnose(big).summary()
print(json.dumps({"before": before, "peak": peak()}))
"""


@dataclass(frozen=True)
class Contest:
    """Something to time, what it is measured against, and how many times that it may take."""

    name: str
    run: Callable[[], object]
    against: str
    base: Callable[[], object]
    limit: float
    aim: float | None = None


def wall(size: int, seed: int = 0) -> Tensor:
    """A square picture of brick, ``(3, size, size)``."""
    view = View(size=(size, size), rotation_deg=3.0, jpeg_quality=90, seed=seed)
    material = Material(bond="running_bond", width_px=size / 8, height_px=size / 20, seed=seed)
    return draw_wall(material, view).image


def in_process_contests() -> list[Contest]:
    """Contests of calls in this process."""
    noise = torch.randn(2048, 2048)
    large = wall(1024)
    eight = torch.stack([wall(512, seed) for seed in range(8)])

    def single() -> object:
        return tiling_diag.diagnose(large).summary()

    def batch() -> object:
        return [d.summary() for d in tiling_diag.diagnose_batch(eight)]

    def singles() -> object:
        return [tiling_diag.diagnose(image).summary() for image in eight]

    return [
        Contest(
            name="diagnose, 1024 x 1024",
            run=single,
            against="rfft2 of 2048 x 2048 float32",
            base=lambda: torch.fft.rfft2(noise),
            limit=15.0,
            aim=10.0,
        ),
        Contest(
            name="diagnose_batch of 8, 512 x 512",
            run=batch,
            against="8 x diagnose",
            base=singles,
            limit=1.0,
        ),
    ]


def process_contests(folder: Path) -> list[Contest]:
    """Contests of whole processes; the picture and the reports go to `folder`."""
    picture = folder / "wall.png"
    pixels = (wall(1024) * 255).round().byte().movedim(0, -1).numpy()
    Image.fromarray(pixels).save(picture)
    diag = [sys.executable, "-c", CLI, "diag", "--pred", str(picture)]

    def process(*command: str) -> Callable[[], object]:
        return lambda: subprocess.run(command, check=True, capture_output=True)

    base = process(sys.executable, "-c", "import torch")
    contests = [
        ("diag with all figures", [*diag, "--out", str(folder / "report")], 3.0),
        ("diag --no-figures --json", [*diag, "--no-figures", "--json"], 1.3),
        ("--help", [sys.executable, "-c", CLI, "--help"], 0.15),
    ]
    return [
        Contest(name, process(*command), 'python -c "import torch"', base, limit)
        for name, command, limit in contests
    ]


def seconds(call: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def time_contests(contests: list[Contest], repeats: int) -> list[dict]:
    """Median times and ratios, all contestants and bases in turn in every round."""
    calls: dict[str, Callable[[], object]] = {}
    for contest in contests:
        calls.setdefault(contest.against, contest.base)
        calls[contest.name] = contest.run
    for call in calls.values():
        call()  # imports, plans and caches are not what is compared
    rounds = [{name: seconds(call) for name, call in calls.items()} for _ in range(repeats)]
    results = []
    for contest in contests:
        times, bases = ([r[name] for r in rounds] for name in (contest.name, contest.against))
        ratios = [t / b for t, b in zip(times, bases, strict=True)]
        results.append(
            {
                "name": contest.name,
                "seconds": median(times),
                "against": contest.against,
                "base_seconds": median(bases),
                "ratio": median(times) / median(bases),
                "ratio_range": [min(ratios), max(ratios)],
                "limit": contest.limit,
                "aim": contest.aim,
            }
        )
    return results


def peak_memory(folder: Path, threads: int) -> dict:
    """Peak resident bytes of a process that diagnoses 4096 x 4096 px, and before it does."""
    path = folder / "wall.pt"
    torch.save(wall(1024), path)
    command = [sys.executable, "-c", MEMORY_PROBE, str(path), str(threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict = json.loads(done.stdout)
    return found


def speed_table(results: list[dict]) -> str:
    lines = []
    for r in results:
        low, high = r["ratio_range"]
        aim = "" if r["aim"] is None else f", aim {r['aim']:g}x"
        lines.append(
            [
                r["name"],
                f"{1000 * r['seconds']:.0f} ms",
                r["against"],
                f"{1000 * r['base_seconds']:.0f} ms",
                f"{r['ratio']:.2f}x",
                f"{low:.2f} to {high:.2f}",
                f"{r['limit']:g}x{aim}",
                "yes" if r["ratio"] <= r["limit"] else "NO",
            ]
        )
    header = ["what", "median", "against", "median", "ratio", "over the rounds", "limit", "within"]
    return markdown_table(header, lines)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="rounds (default %(default)s)")
    parser.add_argument("--threads", type=int, help="of torch, here and in the processes")
    parser.add_argument("--only", choices=("calls", "processes", "memory"))
    parser.add_argument(
        "--corpus",
        type=Path,
        nargs="?",
        const=DEFAULT_CORPUS.parent,
        metavar="SHARED",
        help="only the pictures of the corpora and of the negatives, on one thread",
    )
    parser.add_argument("--name", help="with --corpus: files whose name contains this")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    if options.corpus is not None:
        print(speed_corpus.run(options.corpus, options.name, options.out))
        print(f"written to {options.out}")
        return
    if options.threads:
        torch.set_num_threads(options.threads)
        os.environ["OMP_NUM_THREADS"] = str(options.threads)
    threads = torch.get_num_threads()
    parts = [
        f"torch {torch.__version__}, {threads} threads, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {options.repeats} rounds"
    ]
    results: list[dict] = []
    memory = None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.only in (None, "calls"):
            results += time_contests(in_process_contests(), options.repeats)
        if options.only in (None, "processes"):
            results += time_contests(process_contests(folder), options.repeats)
        if results:
            parts.append(speed_table(results))
        if options.only in (None, "memory"):
            memory = peak_memory(folder, threads)
            parts.append(
                f"Peak memory of diagnose, 4096 x 4096: {memory['peak'] / 1e9:.2f} GB (with the "
                f"imports and the picture alone {memory['before'] / 1e9:.2f} GB); limit "
                f"{MEMORY_LIMIT_GB:g} GB"
            )
    text = "\n\n".join(parts)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text + "\n", encoding="utf-8")
    raw = {"threads": threads, "contests": results, "memory": memory}
    (options.out / "rows.json").write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
