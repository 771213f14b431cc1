"""Does a small change of a picture change the answer? Lattice and verdict, before and after.

    python benchmarks/stability.py --workers 2

Every picture of the corpora is changed in ways that nobody sees: a crop by 3 px, JPEG of quality
95, noise of 0.7 grey levels, a mirror, 0.97 times the size, 4 % brighter. The lattice is the same
if it spans the same points within 3 %, or if there is none before and after.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from corpus import DEFAULT_CORPUS, load_corpus
from score_pictures import as_jpeg
from tables import markdown_table, percent, run_tasks
from torch import Tensor
from torch.nn.functional import interpolate

from tiling_diag import diagnose
from tiling_diag.kernels.lattice_algebra import same_lattice

DEFAULT_OUT = Path("build") / "bench" / "stability"
TOLERANCE = 0.03
CROP_PX, NOISE_LEVELS, SMALLER, BRIGHTER = 3, 0.7, 0.97, 1.04


def _smaller(image: Tensor) -> Tensor:
    size = [round(SMALLER * side) for side in image.shape[-2:]]
    return interpolate(image[None], size=size, mode="bilinear", antialias=True)[0]


def _noisy(image: Tensor) -> Tensor:
    source = torch.Generator().manual_seed(0)
    return image + NOISE_LEVELS / 255 * torch.randn(image.shape, generator=source)


CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "crop by 3 px": lambda image: image[:, CROP_PX:-CROP_PX, CROP_PX:-CROP_PX],
    "JPEG 95": functools.partial(as_jpeg, quality=95),
    "noise of 0.7 levels": _noisy,
    "mirror": lambda image: image.flip(-1),
    "0.97 times the size": _smaller,
    "4 % brighter": lambda image: image * BRIGHTER,
}


@dataclass(frozen=True)
class Task:
    """One picture."""

    corpus: Path
    name: str


def run_task(task: Task) -> list[dict]:
    """Whether each change of one picture leaves lattice and verdict as they were."""
    row = next(row for row in load_corpus(task.corpus) if row.name == task.name)
    image = torch.from_numpy(row.pixels().astype(np.float32) / 255).movedim(-1, 0)
    before = diagnose(image).summary()
    rows = []
    for change, function in CHANGES.items():
        after = diagnose(function(image).clamp(0, 1).contiguous()).summary()
        rows.append(
            {
                "file": row.name,
                "change": change,
                "lattice": _same(before["lattice"], after["lattice"], change),
                "verdict": before["verdict"] == after["verdict"],
                "sure": min(s["periodicity"]["probability"] for s in (before, after)) >= 0.8,
            }
        )
    return rows


def _same(before: dict | None, after: dict | None, change: str) -> bool:
    if before is None or after is None:
        return before is after
    if (before["b_px"] is None) != (after["b_px"] is None):
        return False
    scale = SMALLER if change.startswith("0.97") else 1.0
    mirror = -1.0 if change == "mirror" else 1.0
    bases = [
        torch.tensor([one["a_px"], one["b_px"] or [-one["a_px"][1], one["a_px"][0]]])
        for one in (before, after)
    ]
    moved = bases[0].double() * torch.tensor([mirror * scale, scale])
    return bool(same_lattice(moved.double(), bases[1].double(), TOLERANCE))


def report(rows: list[dict]) -> str:
    """A line for each change, and every picture whose answer changed."""
    lines = []
    for change in [*CHANGES, "all"]:
        mine = [row for row in rows if change in ("all", row["change"])]
        counts = [sum(row[key] for row in mine) for key in ("lattice", "verdict")]
        lines.append([change, len(mine), *(percent(count, len(mine)) for count in counts)])
    table = markdown_table(["change", "pictures", "same lattice", "same verdict"], lines)
    moved = [
        f"{row['file']}, {row['change']}: "
        + " and ".join(key for key in ("lattice", "verdict") if not row[key])
        for row in rows
        if not (row["lattice"] and row["verdict"])
    ]
    return "\n".join([table, "", *moved])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    both = [DEFAULT_CORPUS, DEFAULT_CORPUS.with_name("corpus2")]
    parser.add_argument("--corpus", type=Path, nargs="+", default=both)
    parser.add_argument("--only", help="pictures with this in their name")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    options = parser.parse_args()
    work = [
        Task(folder, row.name)
        for folder in options.corpus
        for row in load_corpus(folder, options.only)
    ]
    rows = [row for rows in run_tasks(run_task, work, options.workers) for row in rows]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "rows.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    text = report(rows)
    (options.out / "stability.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
