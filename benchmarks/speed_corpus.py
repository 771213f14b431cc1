"""How long the pictures of the corpora take, each as a ratio to one transform of 2048 px.

Part of `speed.py --corpus`. Processor time on one thread is compared, so that other processes on
the machine change little, and the transform is timed again before every picture.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean, median

import torch
from operations import mixed_batch
from PIL import Image
from tables import markdown_table
from torch import Tensor

import tiling_diag
from tiling_diag.inputs.images import load_image

LONG_SIDE_PX, BATCH = 1024, 16
GOAL_MEAN, GOAL_WORST, GOAL_BATCH = 15.0, 40.0, 8.0
CORPORA, PHOTOGRAPHS = ("corpus", "corpus2"), "negatives"
WORST_NAMED = 5
# The transform beside a picture: median of this many of the nearest timings.
NEAREST = 9


def pictures(shared: Path, only: str | None) -> Iterator[tuple[str, str, Tensor]]:
    """Group, name and ``(3, H, W)`` of every picture, corpora resized to 1024 px."""
    for folder in CORPORA:
        manifest = json.loads((shared / folder / "manifest.json").read_text(encoding="utf-8"))
        for entry in manifest:
            if only is not None and only not in entry["file"]:
                continue
            picture = Image.open(shared / folder / entry["file"]).convert("RGB")
            scale = LONG_SIDE_PX / max(picture.size)
            size = (round(picture.width * scale), round(picture.height * scale))
            resized = picture.resize(size, Image.Resampling.LANCZOS)
            yield entry["kind"], entry["file"], load_image(resized).pixels
    for path in sorted((shared / PHOTOGRAPHS).glob("*.jpg")):
        if only is None or only in path.name:
            yield PHOTOGRAPHS, path.name, load_image(path).pixels


def time_pictures(shared: Path, only: str | None = None) -> list[dict]:
    """One row a picture: its ratio to the transform."""
    noise = torch.randn(2048, 2048)

    def transform() -> object:
        return torch.fft.rfft2(noise)

    rows, bases = [], []
    first = True
    for group, name, image in pictures(shared, only):
        if first:
            transform()
            tiling_diag.diagnose(image).summary()
            first = False
        bases.append(_processor_seconds(transform))
        taken = _processor_seconds(lambda image=image: tiling_diag.diagnose(image).summary())
        rows.append({"group": group, "name": name, "seconds": taken})
    for i, row in enumerate(rows):
        start = max(0, min(i - NEAREST // 2, len(bases) - NEAREST))
        row["base_seconds"] = median(bases[start : start + NEAREST])
        row["ratio"] = row["seconds"] / row["base_seconds"]
    return rows


def time_batch(shared: Path, size_px: int = LONG_SIDE_PX, rounds: int = 3) -> dict:
    """Time of a batch of mixed pictures, for each picture in it."""
    noise = torch.randn(2048, 2048)
    walls = mixed_batch(shared, BATCH, size_px)

    def batch() -> object:
        return [d.summary() for d in tiling_diag.diagnose_batch(walls)]

    bases, times = [], []
    for _ in range(rounds):
        bases += [_processor_seconds(lambda: torch.fft.rfft2(noise)) for _ in range(3)]
        times.append(_processor_seconds(batch) / BATCH)
    ratio = median(times) / median(bases)
    return {"name": f"diagnose_batch of {BATCH} mixed pictures, {size_px} px", "ratio": ratio}


def _processor_seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def corpus_table(rows: list[dict], batch: dict | None) -> str:
    """Mean and worst by kind of picture, the slowest by name, and the batch."""
    groups = [*dict.fromkeys(row["group"] for row in rows), None]
    lines = []
    for group in groups:
        mine = [row for row in rows if group in (None, row["group"])]
        worst = sorted(mine, key=lambda row: -row["ratio"])
        slow = ", ".join(f"{r['name']} {r['ratio']:.0f}x" for r in worst[:WORST_NAMED])
        average, most = mean(row["ratio"] for row in mine), worst[0]["ratio"]
        over = sum(row["ratio"] > GOAL_WORST for row in mine)
        cells = [group or "all", len(mine), f"{average:.1f}x", f"{most:.1f}x", over]
        lines.append([*cells, _within(average <= GOAL_MEAN and most <= GOAL_WORST), slow])
    header = ["pictures", "number", f"mean (goal {GOAL_MEAN:g}x)", f"worst (goal {GOAL_WORST:g}x)"]
    header += ["over the worst", "within", "slowest"]
    parts = [markdown_table(header, lines)] if rows else []
    if batch is not None:
        ok = _within(batch["ratio"] <= GOAL_BATCH)
        parts.append(
            f"{batch['name']}: {batch['ratio']:.1f}x each, goal {GOAL_BATCH:g}x, within: {ok}"
        )
    return "\n\n".join(parts)


def _within(reached: bool) -> str:
    return "yes" if reached else "NO"


def run(shared: Path, only: str | None, out: Path) -> str:
    """Measure all of it, write the rows, and return the table."""
    torch.set_num_threads(1)
    rows = time_pictures(shared, only)
    batch = time_batch(shared) if only is None else None
    base = median(row["base_seconds"] for row in rows) if rows else float("nan")
    text = corpus_table(rows, batch)
    text += f"\n\nOne rfft2 of 2048 x 2048 float32: {1000 * base:.0f} ms of processor time."
    out.mkdir(parents=True, exist_ok=True)
    raw = json.dumps({"pictures": rows, "batch": batch}, indent=1) + "\n"
    (out / "corpus.json").write_text(raw, encoding="utf-8")
    (out / "corpus.md").write_text(text + "\n", encoding="utf-8")
    return text
