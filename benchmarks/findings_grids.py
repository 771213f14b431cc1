"""How often grids of every shape are found, after what is done to pictures on their way.

    python benchmarks/findings_grids.py --every 3

Grids of 1.5 grey levels are put on every n-th flat picture of the corpus. The lattice is the
manifest's, so that the grid's check alone is measured, by the probabilities that the package ships.
"""

from __future__ import annotations

import argparse
import io
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from corpus import DEFAULT_CORPUS, Row, load_corpus
from defect_cases import as_picture, as_tensor
from PIL import Image
from tables import markdown_table, percent, run_tasks
from torch import Tensor

from tiling_diag import Settings
from tiling_diag.checks.artifacts.jpeg_blocks import measure_jpeg
from tiling_diag.checks.artifacts.traces import difference_profiles
from tiling_diag.checks.artifacts.upsampling_grid import measure_grid
from tiling_diag.checks.batches import item
from tiling_diag.checks.lattice.measure import claimed
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import Walls
from tiling_diag.findings import evidence
from tiling_diag.findings.calibration import probability
from tiling_diag.synth.defects.catalogue import autoencoder_grid, transposed_convolution_grid

# Lines along one axis, meshes and chequerboards; 2-D grids come from real layers (`synth`).
SHAPES = ("rows", "columns", "mesh", "chequer")
# What pictures go through on their way; "png" leaves them as they are.
POST = ("png", "jpeg95", "jpeg80", "jpeg60", "noise", "lanczos0.8", "lanczos1.5")
NOISE_LEVELS = 1.5
LEVELS = 1.5
SUSPECT = 0.5
PERIODS = {"rows": (4, 16), "columns": (8, 32), "mesh": (8, 16), "chequer": (2, 8)}


def shaped_grid(
    image: Tensor, *, shape: str, period_px: int, levels: float, seed: int = 0, share: float = 1.0
) -> Tensor:
    """A picture ``(C, H, W)`` with a pattern locked to the pixel grid.

    Args:
        image: in [0, 1].
        shape: one of `SHAPES`.
        period_px: of the pattern, at least 2.
        levels: root mean square in grey levels of 255.
        seed: of the pattern.
        share: part of the picture, from the top, that has it.
    """
    height, width = image.shape[-2:]
    rng = np.random.default_rng([seed, period_px])
    profiles = [_profile(rng, period_px, n) for n in (height, width)]
    down, across = profiles[0][:, None], profiles[1][None]
    if shape == "rows":
        pattern = down.expand(height, width)
    elif shape == "columns":
        pattern = across.expand(height, width)
    elif shape == "mesh":
        pattern = down + across
    else:
        half = max(1, period_px // 2)
        y, x = torch.arange(height) // half, torch.arange(width) // half
        pattern = 1.0 - 2.0 * ((y[:, None] + x[None]) % 2)
    pattern = pattern - pattern.mean()
    pattern = pattern * (levels / 255 / pattern.square().mean().sqrt())
    there = (torch.arange(height) < share * height)[:, None]
    return (image + pattern * there).clamp(0, 1)


def _profile(rng: np.random.Generator, period: int, count: int) -> Tensor:
    """``(count,)`` a random wave of the period: its own and its first overtones, falling off."""
    place = np.arange(count)
    wave = np.zeros(count)
    for order in range(1, max(1, min(3, period // 2)) + 1):
        phase = 0.0 if 2 * order == period else rng.uniform(0, 2 * np.pi)
        wave += np.cos(2 * np.pi * order * place / period + phase) / order
    return torch.from_numpy(wave).float()


def processed(image: Tensor, post: str, seed: int = 0) -> Tensor:
    """A picture ``(3, H, W)`` of whole grey levels after one of `POST`."""
    picture = as_picture(image)
    if post.startswith("jpeg"):
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(post.removeprefix("jpeg")))
        picture = Image.open(file).convert("RGB")
    elif post == "noise":
        values = np.asarray(picture).astype(np.float32)
        noise = np.random.default_rng(seed).normal(0, NOISE_LEVELS, values.shape)
        picture = Image.fromarray(np.clip(values + noise + 0.5, 0, 255).astype(np.uint8))
    elif post.startswith("lanczos"):
        factor = float(post.removeprefix("lanczos"))
        size = (round(picture.width * factor), round(picture.height * factor))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return as_tensor(np.asarray(picture))


def variants() -> dict[str, tuple[int | None, partial[Tensor] | None]]:
    """Names of what is put on a picture, its period, and how; no grid first."""
    made: dict[str, tuple[int | None, partial[Tensor] | None]] = {"no grid": (None, None)}
    for layer, name in ((transposed_convolution_grid, "deconv"), (autoencoder_grid, "vae")):
        for period in (8, 16):
            made[f"{name} {period}"] = (period, partial(_layer, layer, period))
    for shape, periods in PERIODS.items():
        for period in periods:
            add = partial(shaped_grid, shape=shape, period_px=period, levels=LEVELS)
            made[f"{shape} {period}"] = (period, add)
    return made


def _layer(layer, period: int, image: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
    return layer(image, period_px=period, strength=LEVELS / 6).image


def run_task(task: tuple[Row, str]) -> list[dict]:
    """What is said of one picture with one grid, after every kind of processing."""
    row, name = task
    image = as_tensor(row.pixels())
    period, add = variants()[name]
    image = image if add is None else add(image)
    found = []
    for post in POST:
        # A resize moves the grid off the pixels.
        if add is not None and post.startswith("lanczos"):
            continue
        factor = float(post.removeprefix("lanczos")) if post.startswith("lanczos") else 1.0
        picture = processed((image.clamp(0, 1) * 255).round() / 255, post)
        walls = Walls(picture[None], torch.ones_like(picture[:1]))
        with torch.inference_mode():
            d = SimpleNamespace(
                grid=item(
                    measure_grid(walls, known_lattice(row, factor), Settings().grid_periods_px), 0
                ),
                jpeg=item(measure_jpeg(walls, difference_profiles(walls)), 0),
            )
        known = evidence.upsampling_grid(d)
        sure = probability("upsampling_grid", known) if known else 0.0
        right = evidence.grid_period(d) == period
        found.append({"name": name, "post": post, "probability": sure, "period": right})
    return found


def known_lattice(row: Row, factor: float) -> LatticeResult:
    """The lattice of the manifest in a picture `factor` times as large."""
    unknown = (float("nan"),) * 2
    vectors = [unknown if v is None else v for v in (row.truth.a, row.truth.b)]
    basis = factor * torch.tensor([vectors], dtype=torch.float64)
    number = torch.ones(1, dtype=torch.float64)
    periodic = torch.tensor([row.truth.a is not None])
    return claimed(
        LatticeResult(
            basis_px=basis,
            is_periodic=periodic,
            strength=number,
            probability=number,
            second_unit_px=number,
            second_course_px=number,
            second_angle_deg=number,
            reason=torch.tensor([Reason.FOUND if periodic else Reason.NOTHING_REPEATS]),
            unit_px=number,
            course_px=number,
            angle_deg=number,
            wave_vector=basis[:, 0] / basis[:, 0].square().sum(-1, keepdim=True),
            fundamental_px=basis[:, 0].norm(dim=-1),
        )
    )


def report(rows: list[dict]) -> str:
    """Found, and with the right period, for every grid and every processing."""
    lines = []
    for name in variants():
        cells: list[object] = [name]
        for post in POST:
            mine = [r for r in rows if r["name"] == name and r["post"] == post]
            found = [r for r in mine if r["probability"] >= SUSPECT]
            period = sum(r["period"] for r in found)
            of_those = "" if name == "no grid" or not found else f" ({percent(period, len(found))})"
            cells.append(percent(len(found), len(mine)) + of_those if mine else "-")
        lines.append(cells)
    return markdown_table(["grid", *POST], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=DEFAULT_CORPUS, help="folder of pictures")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every n-th picture")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    flat = [r for r in load_corpus(options.corpus) if r.kind not in ("zones", "perspective")]
    tasks = [(row, name) for row in flat[:: options.every] for name in variants()]
    rows = [one for found in run_tasks(run_task, tasks, options.workers) for one in found]
    print("Found (of those with the right period); without a grid: false alarms.\n")
    print(report(rows))


if __name__ == "__main__":
    main()
