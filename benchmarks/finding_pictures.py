"""The pictures of docs/reference/findings.md: a wall for every finding, and what is said of it.

    python benchmarks/finding_pictures.py --out docs/reference/findings

One small WebP for each code: the picture as it is, and beside it with the lattice and the zones
that were found. Where a reference is needed, it is at the left, at the same scale. Where the defect
is fine, a piece of a clean picture is at the left and one of the picture at the right, enlarged.
A picture in which its finding is not found is an error.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import tiling_diag as td
from tiling_diag.report.gallery import draw_thumbnail
from tiling_diag.synth import Material, View, draw_wall
from tiling_diag.synth.defects.catalogue import DEFECTS

SAMPLES = Path(__file__).parents[1] / "sample_data"
HALF = (360, 270)
# Sides of the piece that is enlarged, and by how much, where the defect is fine.
DETAIL, TIMES, GAP = (90, 67), 4, 8


class Case(NamedTuple):
    """A picture that shows a finding; `fine` where only a piece of it, enlarged, shows it."""

    picture: Callable[[], Tensor]
    ref: bool = False
    fine: bool = False


def sample(name: str) -> Tensor:
    """``(3, H, W)`` a picture of `sample_data`."""
    pixels = np.asarray(Image.open(SAMPLES / name).convert("RGB"))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255


def _defect(name: str, strength: float = 1.0) -> Tensor:
    clean = sample("brick_reference.jpg")
    return DEFECTS[name](clean, strength=strength).image


def _rescaled(factor: float) -> Tensor:
    """Bricks `factor` times as large, drawn so that nothing has to be resized."""
    material = Material(width_px=70.5 * factor, height_px=23.4 * factor, mortar_px=3.0, seed=4)
    return draw_wall(material, View(size=(360, 480), seed=4)).image


def _jpeg() -> Tensor:
    buffer = io.BytesIO()
    wall = sample("brick_reference.jpg")
    small = _as_picture(wall).resize((480, 360), Image.Resampling.BICUBIC)
    small.save(buffer, "JPEG", quality=12)
    return torch.from_numpy(np.asarray(Image.open(buffer)).copy()).permute(2, 0, 1).float() / 255


def _enlarged() -> Tensor:
    """Twice as large, by cubics."""
    wall = _as_picture(sample("brick_reference.jpg"))
    larger = wall.resize((2 * wall.width, 2 * wall.height), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.asarray(larger).copy()).permute(2, 0, 1).float() / 255


def _faint_boards() -> Tensor:
    """Boards of a tenth of the contrast, under light that falls off upwards."""
    boards = Material(bond="plank_1d", width_px=0.0, height_px=30.0, mortar_px=2.0, seed=1)
    wall = draw_wall(boards, View(size=(360, 480), seed=1)).image
    return (0.5 + 0.1 * (wall - 0.5)) * torch.linspace(0.05, 1, 360)[:, None]


def _plaster() -> Tensor:
    noise = torch.randn(1, 1, 45, 60, generator=torch.Generator().manual_seed(3))
    clouds = torch.nn.functional.interpolate(noise, (360, 480), mode="bicubic")[0]
    return (0.6 + 0.08 * clouds).clamp(0, 1).expand(3, -1, -1)


CASES = {
    "period_doubled": Case(lambda: sample("brick_doubled.jpg"), ref=True),
    "period_halved": Case(lambda: _rescaled(0.5), ref=True),
    "period_off": Case(lambda: _rescaled(1.3), ref=True),
    "doubling_bands": Case(lambda: sample("brick_zones.jpg")),
    "upsampling_grid": Case(lambda: _defect("grid_8", 1.0), fine=True),
    "jpeg_blocks": Case(_jpeg, fine=True),
    "resize_alias": Case(lambda: _defect("alias_nearest"), fine=True),
    "enlarged": Case(_enlarged, fine=True),
    "perspective_drift": Case(lambda: sample("brick_perspective.jpg")),
    "edge_cross": Case(_faint_boards),
    "no_period": Case(_plaster),
}


def drawn(code: str, case: Case) -> Image.Image:
    """The picture as it is, and beside it what was found.

    Raises:
        SystemExit: if the finding is not among what was found.
    """
    wall = case.picture()
    d = td.diagnose(wall, ref=sample("brick_reference.jpg") if case.ref else None)
    if code not in {finding.code for finding in d.findings}:
        raise SystemExit(f"{code}: not found, but {[f.code for f in d.findings]}")
    print(f"{code}: {d.findings[0].title}")
    plain = _as_picture(wall)
    if case.fine:
        halves = [_piece(_as_picture(sample("brick_reference.jpg"))), _piece(plain)]
    else:
        marked = Image.open(io.BytesIO(draw_thumbnail(d)))
        left = plain.resize(marked.size, Image.Resampling.LANCZOS)
        if case.ref:
            clean = _as_picture(sample("brick_reference.jpg"))
            zoom = marked.width / plain.width
            side = (round(clean.width * zoom), round(clean.height * zoom))
            left = clean.resize(side, Image.Resampling.LANCZOS)
            left = left.crop((0, 0, min(left.width, marked.width), min(left.height, marked.height)))
        halves = [left, marked]
    size = (sum(h.width for h in halves) + GAP, max(h.height for h in halves))
    paper = Image.new("RGB", size, "white")
    paper.paste(halves[0], (0, 0))
    paper.paste(halves[1], (halves[0].width + GAP, 0))
    return paper


def _as_picture(wall: Tensor) -> Image.Image:
    return Image.fromarray((wall * 255).round().byte().permute(1, 2, 0).numpy())


def _piece(picture: Image.Image) -> Image.Image:
    """A piece from the middle, enlarged so that single pixels can be seen."""
    left, top = (picture.width - DETAIL[0]) // 2, (picture.height - DETAIL[1]) // 2
    cut = picture.crop((left, top, left + DETAIL[0], top + DETAIL[1]))
    return cut.resize((DETAIL[0] * TIMES, DETAIL[1] * TIMES), Image.Resampling.NEAREST)


def main() -> None:
    """Write a picture for every code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/bench/findings"))
    parser.add_argument("--only", nargs="*", choices=CASES, default=list(CASES))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for code in options.only:
        drawn(code, CASES[code]).save(options.out / f"{code}.webp", quality=55, method=6)


if __name__ == "__main__":
    main()
