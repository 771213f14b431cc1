"""Do the losses mend a model? A small flow paints walls from a reference tile and a mask.

    python benchmarks/training.py --out build/bench/training --seeds 3
    python benchmarks/training.py --out build/bench/training --arms MSE Tiling --seeds 1 --walls 8

An autoencoder of stride 8 and a base flow are trained first, and kept in the folder. The base has
seen references of unknown scale: it paints 70 % of its walls at twice the reference's. Then it is
fine-tuned for few steps on walls of the right scale, by the MSE of the velocity alone (MSE), and by
it plus a loss on the decoded picture. Walls of materials that were never trained on are painted and
measured by `diagnose` against their known sizes.

Writes a table with 95 % intervals (bootstrap over materials), results.json and painted.png.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from loss_peers import make_loss
from PIL import Image
from tables import markdown_table
from torch import Tensor
from training_model import STRIDE, Autoencoder, Flow, train_autoencoder
from training_run import (
    DOUBLED_SHARE,
    Extra,
    new_flow,
    paint,
    reconstruction,
    train_flow,
)
from training_walls import HELD_OUT, SIDE_PX, Walls, draw_walls

import tiling_diag as td
from tiling_diag.losses import (
    ACFPeriodLoss,
    LogPolarAlignLoss,
    ScaleConsistencyLoss,
    SpectralPeriodLoss,
    TilingLoss,
)
from tiling_diag.training import LatentTilingLoss
from tiling_diag.training.numbers import codes_of, is_octave_error, period_error

# Weight of each loss beside the MSE.
ARMS: dict[str, tuple[Callable[[], Any], float] | None] = {
    "MSE": None,
    "SpectralPeriod": (SpectralPeriodLoss, 0.3),
    "LogPolarAlign": (LogPolarAlignLoss, 0.3),
    "ScaleConsistency": (ScaleConsistencyLoss, 0.3),
    "ACFPeriod": (ACFPeriodLoss, 0.3),
    "Tiling": (TilingLoss, 0.1),
    "focal-frequency": (lambda: make_loss("focal-frequency"), 1.0),
}
DRAWS = 2000


def extra_loss(arm: str, model: Autoencoder, sigma_max: float, every: int) -> Extra | None:
    """The loss beside the MSE, on decoded crops."""
    chosen = ARMS[arm]
    if chosen is None:
        return None
    build, weight = chosen
    latent = LatentTilingLoss(
        build(),
        model.decode,
        value_range=(-1, 1),
        stride=STRIDE,
        token=1,
        crop=SIDE_PX // STRIDE,
        sigma_max=sigma_max,
        every=every,
    )

    def extra(noisy: Tensor, output: Tensor, sigma: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        return weight * latent(noisy, output, sigma, target * 2 - 1, mask)[0]

    return extra


def octaves(found: td.Diagnosis, size_px: Tensor) -> float | None:
    """The larger ``log2`` of measured over true size among unit and course; None without both."""
    lattice = found.summary()["lattice"] or {}
    sizes = [lattice.get("unit_px"), lattice.get("course_px")]
    if None in sizes:
        return None
    unit, course = size_px.tolist()
    # Which side of a square tile is its course is a matter of chance.
    ways = [
        [math.log2(a / b) for a, b in zip(sizes, way, strict=True)]
        for way in ((unit, course), (course, unit))
    ]
    return max(min(ways, key=lambda way: sum(map(abs, way))), key=abs)


def score(painted: Tensor, walls: Walls) -> list[dict[str, Any]]:
    """A row for each painted wall."""
    rows = []
    for picture, size_px, right in zip(painted, walls.sizes_px, walls.right, strict=True):
        unit, course = size_px.tolist()
        found = td.diagnose(picture, settings=td.Settings(unit_px=unit, course_px=course))
        rows.append(
            {
                "octaves": octaves(found, size_px),
                "codes": sorted(codes_of(found)),
                "verdict": found.verdict,
                "mse": float((picture - right).square().mean()),
            }
        )
    return rows


def prepared(out: Path, materials: int, steps: int) -> tuple[Walls, Autoencoder, Flow]:
    """Walls, autoencoder and base flow: from the folder, or made and kept there."""
    walls = draw_walls(0, materials, out)
    file = out / "autoencoder.pt"
    if file.exists():
        model = Autoencoder()
        model.load_state_dict(torch.load(file))
        model.requires_grad_(False).eval()
    else:
        model = train_autoencoder(torch.cat((walls.right, walls.doubled)), 200)
        torch.save(model.state_dict(), file)
    flow, file = new_flow(0), out / f"base_{steps}.pt"
    if file.exists():
        flow.load_state_dict(torch.load(file))
    else:
        train_flow(flow, model, walls, steps=steps, rate=2e-3, doubled=DOUBLED_SHARE)
        torch.save(flow.state_dict(), file)
    return walls, model, flow


def interval(rows: list[dict[str, Any]], count: int, value: Callable[[Any], float]) -> str:
    """A statistic of the rows and its 95 % interval, materials drawn with replacement."""
    groups: list[list[dict[str, Any]]] = [rows[i::count] for i in range(count)]
    chance = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        chosen = [row for i in chance.integers(0, count, count) for row in groups[i]]
        draws.append(value(chosen))
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return f"{100 * value(rows):.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def octave_rate(rows: list[dict[str, Any]]) -> float:
    found = [row["octaves"] for row in rows if row["octaves"] is not None]
    return sum(map(is_octave_error, found)) / len(found) if found else math.nan


def median_error(rows: list[dict[str, Any]]) -> float:
    found = [period_error(row["octaves"]) for row in rows if row["octaves"] is not None]
    return float(np.median(found)) if found else math.nan


def share(rows: list[dict[str, Any]], chosen: Callable[[dict[str, Any]], bool]) -> float:
    return sum(map(chosen, rows)) / len(rows)


def table(results: dict[str, Any], count: int) -> str:
    """A row for each arm that was run."""
    lines = []
    for arm, result in results.items():
        rows = result["rows"]
        lines.append(
            [
                arm,
                interval(rows, count, octave_rate),
                interval(rows, count, median_error),
                f"{100 * share(rows, lambda row: row['octaves'] is None):.0f} %",
                f"{100 * share(rows, lambda row: row['verdict'] == 'defect'):.0f} %",
                f"{np.mean([row['mse'] for row in rows]):.4f}",
                f"{np.mean(result['velocity']):.4f}" if result["velocity"] else "-",
                f"{1000 * np.mean(result['seconds']):.0f} ms" if result["seconds"] else "-",
                f"{len(rows) // count}",
            ]
        )
    header = ("loss", "octave errors", "median period error", "no lattice", "defect")
    return markdown_table((*header, "pixel MSE", "velocity MSE", "step", "seeds"), lines)


def sheet(pictures: dict[str, Tensor], file: Path) -> None:
    """A row of walls for each arm."""
    rows = [torch.cat(list(one[:8]), -1) for one in pictures.values()]
    pixels = (torch.cat(rows, -2).clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(file)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--steps", type=int, default=150, help="of fine-tuning")
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--base-steps", type=int, default=900)
    parser.add_argument("--materials", type=int, default=150)
    parser.add_argument("--walls", type=int, default=16, help="held-out materials")
    parser.add_argument("--sigma-max", type=float, default=0.9)
    parser.add_argument("--every", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    walls, model, base = prepared(options.out, options.materials, options.base_steps)
    held_out = draw_walls(HELD_OUT, options.walls, options.out)
    file = options.out / "results.json"
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    pictures = {"right": held_out.right}
    began = time.monotonic()
    with torch.no_grad():
        through = 0.5 + 0.5 * model.decode(model.encode(held_out.right * 2 - 1))
    starts = {
        "right, through the autoencoder": through,
        "base": paint(base, model, held_out.tiles, 0),
    }
    for name, painted in starts.items():
        pictures[name] = painted
        if name not in results:
            results[name] = {
                "rows": score(painted, held_out),
                "velocity": [],
                "seconds": [],
                "seeds": [],
            }
    for seed in options.seeds:
        for arm in options.arms:
            result = results.setdefault(
                arm, {"rows": [], "velocity": [], "seconds": [], "seeds": []}
            )
            if seed in result["seeds"]:
                continue
            flow = copy.deepcopy(base)
            extra = extra_loss(arm, model, options.sigma_max, options.every)
            seconds = train_flow(
                flow, model, walls, steps=options.steps, rate=options.rate, extra=extra, seed=seed
            )
            painted = paint(flow, model, held_out.tiles, seed)
            pictures[arm] = painted
            result["rows"] += score(painted, held_out)
            result["velocity"].append(reconstruction(flow, model, held_out))
            result["seconds"].append(seconds)
            result["seeds"].append(seed)
            file.write_text(json.dumps(results))
            sheet(pictures, options.out / "painted.png")
            print(f"seed {seed} {arm}: {time.monotonic() - began:.0f} s", flush=True)
    text = table(results, options.walls)
    (options.out / "table.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
