"""Is the scale against a reference right? Two crops of one material, the first one resampled.

    python benchmarks/reference_ratio.py --pairs 6

For every picture of the corpus with a known lattice: a prediction and a reference are cropped from
different places; the prediction is resampled by ``(sx, sy)`` in 0.4 to 2.5, equal in the even pairs
and not in the odd ones, and both get their own light and noise. `scale_ratio` is scored where both
are equal, `scale_ratio_x` and `scale_ratio_y` wherever the material repeats along that axis; an
octave error is a ratio nearer to 2, 3 or 4 times the truth, or one of that, than to the truth.
Tables and raw rows are written to a folder.
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from corpus import DEFAULT_CORPUS, Row, load_corpus
from PIL import Image
from stresses import periods_along_axes
from tables import markdown_table, percent, run_tasks
from torch import Tensor

DEFAULT_OUT = Path("build") / "bench" / "reference_ratio"
SCALES = (0.4, 2.5)
# Both crops show at least this many periods, which are at least this long after resampling.
PERIODS, SHORTEST_PERIOD_PX = 4.0, 6.0
# Crops are this share of the picture where that leaves enough periods, and results this large.
CROP_SHARE, LARGEST_PX = 0.65, 1200
LARGEST_FALL_OF_LIGHT, NOISE = 0.4, 0.02
RATIOS = ("scale_ratio", "scale_ratio_x", "scale_ratio_y")


@dataclass(frozen=True)
class Pair:
    """A prediction and a reference, ``(3, H, W)`` in [0, 1], and the ratios between them."""

    prediction: Tensor
    reference: Tensor
    truth: dict[str, float]


@dataclass(frozen=True)
class Task:
    """One pair of crops of one picture."""

    row: Row
    number: int
    seed: int


def make_pair(row: Row, number: int, seed: int = 0) -> Pair:
    """The pair of a number, the same at every call; even ones have equal scales."""
    rng = np.random.default_rng([zlib.crc32(row.name.encode()), number, seed])
    pixels = row.pixels()
    assert row.truth.a is not None
    periods = periods_along_axes(row.truth.a, row.truth.b)
    low, high = (math.log(s) for s in SCALES)
    scales = [math.exp(rng.uniform(low, high)) for _ in range(2)]
    if number % 2 == 0:
        scales[1] = scales[0]
    shortest = [SHORTEST_PERIOD_PX / p if p else 0.0 for p in periods]
    if number % 2 == 0:
        shortest = [max(shortest)] * 2
    scales = [max(s, least) for s, least in zip(scales, shortest, strict=True)]
    crop = _crop_size(pixels.shape[1::-1], periods, scales)
    # Opposite corners, so that the crops share as little as the picture allows.
    spare = [n - c for n, c in zip(pixels.shape[1::-1], crop, strict=True)]
    near, far = ([round(n * share) for n in spare] for share in rng.permutation([0.05, 0.95]))
    first, second = (pixels[y : y + crop[1], x : x + crop[0]] for x, y in (near, far))
    size = [round(n * s) for n, s in zip(crop, scales, strict=True)]
    resampled = np.asarray(Image.fromarray(first).resize(size, Image.Resampling.LANCZOS))
    x, y = (new / old for new, old in zip(size, crop, strict=True))
    truth = {} if number % 2 else {"scale_ratio": math.sqrt(x * y)}
    truth |= {
        key: value
        for key, value, period in zip(RATIOS[1:], (x, y), periods, strict=True)
        if period is not None
    }
    return Pair(_worn(resampled, rng), _worn(second, rng), truth)


def _crop_size(
    size: tuple[int, int], periods: tuple[float | None, float | None], scales: list[float]
) -> list[int]:
    """Width and height of both crops in the picture's px."""
    found = []
    for n, period, scale in zip(size, periods, scales, strict=True):
        wanted = min(CROP_SHARE * n, LARGEST_PX / scale)
        enough = PERIODS * period if period else 0.3 * n
        found.append(min(n, math.ceil(max(wanted, enough))))
    return found


def _worn(pixels: np.ndarray, rng: np.random.Generator) -> Tensor:
    """The pixels under light that falls off to one side, with noise, ``(3, H, W)`` in [0, 1]."""
    height, width = pixels.shape[:2]
    angle, fall = rng.uniform(0, 2 * math.pi), rng.uniform(0, LARGEST_FALL_OF_LIGHT)
    y, x = np.mgrid[:height, :width]
    across = x / width * math.cos(angle) + y / height * math.sin(angle)
    across = (across - across.min()) / np.ptp(across)
    lit = pixels / 255 * (1 - fall * across)[..., None]
    values = np.clip(lit + NOISE * rng.standard_normal(pixels.shape), 0, 1)
    return torch.from_numpy(values.astype(np.float32)).movedim(-1, 0).contiguous()


def judge_ratio(measured: float | None, true: float) -> str:
    """Is it "missed", "octave" or "near"? How near is the error's business."""
    if measured is None:
        return "missed"
    factors = [1.0, 2.0, 3.0, 4.0, 1 / 2, 1 / 3, 1 / 4]
    nearest = min(factors, key=lambda k: abs(math.log(measured / true / k)))
    return "near" if nearest == 1.0 else "octave"


def run_task(task: Task) -> list[dict]:
    """One raw row for each ratio of a pair."""
    import tiling_diag

    pair = make_pair(task.row, task.number, task.seed)
    failure, reference = None, None
    try:
        summary = tiling_diag.diagnose(pair.prediction, ref=pair.reference).summary()
        reference = summary["reference"]
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    rows = []
    for key, true in pair.truth.items():
        measured = None if reference is None else reference[key]
        rows.append(
            {
                "file": task.row.path.name,
                "pair": task.number,
                "scales": "unequal" if task.number % 2 else "equal",
                "key": key,
                "true": true,
                "measured": measured,
                "verdict": "crash" if failure else judge_ratio(measured, true),
                "failure": failure,
                "error": None if measured is None else abs(measured / true - 1),
            }
        )
    return rows


def table(rows: list[dict]) -> str:
    """Errors and verdicts by key and by whether the two scales are equal."""
    lines = []
    groups = dict.fromkeys((row["key"], row["scales"]) for row in rows)
    for key, scales in sorted(groups):
        mine = [r for r in rows if (r["key"], r["scales"]) == (key, scales)]
        errors = [r["error"] for r in mine if r["error"] is not None]
        verdicts = [r["verdict"] for r in mine]
        lines.append(
            [key, scales, len(mine)]
            + [f"{100 * np.quantile(errors, q):.2f} %" if errors else "-" for q in (0.5, 0.95, 1)]
            + [percent(verdicts.count(v), len(mine)) for v in ("octave", "missed", "crash")]
        )
    header = ["ratio", "scales", "n", "median error", "95th", "largest", "octave", "missed"]
    return markdown_table([*header, "crash"], lines)


def worst(rows: list[dict], more_than: float = 0.02) -> list[str]:
    """A line for every ratio further off than the bound on the 95th percentile, or missing."""
    lines = []
    for row in rows:
        if row["error"] is None or row["error"] > more_than:
            seen = "-" if row["measured"] is None else f"{row['measured']:.3f}"
            lines.append(
                f"- {row['file']} pair {row['pair']} ({row['scales']}), {row['key']}: true "
                f"{row['true']:.3f}, reported {seen}, {row['failure'] or row['verdict']}"
            )
    return lines or ["- none"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=DEFAULT_CORPUS, help="folder to score")
    parser.add_argument("--pairs", type=int, default=6, help="per picture (default %(default)s)")
    parser.add_argument("--only", metavar="NAME", help="files whose name contains NAME")
    parser.add_argument("--seed", type=int, default=0, help="other scales, light and noise")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    corpus = [
        row
        for row in load_corpus(options.corpus, options.only)
        if row.truth.a is not None and not row.zone_boxes
    ]
    tasks = [Task(row, i, options.seed) for row in corpus for i in range(options.pairs)]
    rows = [row for found in run_tasks(run_task, tasks, options.workers) for row in found]
    text = "\n\n".join([table(rows), "More than 2 % off, or missed:", "\n".join(worst(rows))])
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text + "\n", encoding="utf-8")
    (options.out / "rows.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
