"""Pairs of walls of one material at a known scale, for `benchmarks/losses.py`.

A target is one crop of a corpus picture, a prediction another crop of it resampled by ``s``
(``s = 2``: everything twice as large). The resampling is differentiable in ``s``, so that the
derivative of a loss by the scale can be read off autograd.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from tiling_diag.kernels.luma import luma

# A file wraps around if its sides are whole numbers of units, up to this share of a unit.
WRAP_TOLERANCE = 0.06
# Units across the target: three of 2.5 times the size still fit, and at the least two.
UNITS_ACROSS = 8.0
LEAST_UNITS_ACROSS = 5.0
SMALLEST_UNIT_PX = 12.0
# A file that does not wrap around is reduced to no less than so many crops, and is left out if it
# holds fewer than the second number: there is no other crop, or s = 1 does not fit.
CROPS_ACROSS = 2.2
LEAST_CROPS_ACROSS = 1.25
Vector = Sequence[float]
SCALES = tuple(math.exp(x) for x in np.linspace(math.log(0.4), math.log(2.5), 25))
NEAR = (0.97, 0.985, 1.015, 1.03)
OCTAVES = (0.5, 2.0)


@dataclass(frozen=True)
class Material:
    """A corpus picture brought to a size at which `size_px` pixels show enough units."""

    name: str
    rgb: Tensor  # (3, h, w) in [0, 1]
    seamless: bool
    unit_px: float  # square root of the lattice cell's area, or the distance of planks

    def crop(self, size_px: int, scale: Tensor, centre: tuple[float, float], grey: bool) -> Tensor:
        """``(C, size, size)`` around `centre` (shares of the width and height), magnified."""
        source = self.grey if grey else self.rgb
        h, w = source.shape[-2:]
        rows = _resampling(size_px, h, scale, centre[1] * h, self.seamless)
        columns = _resampling(size_px, w, scale, centre[0] * w, self.seamless)
        return rows @ source @ columns.mT

    @cached_property
    def grey(self) -> Tensor:
        """``(1, h, w)`` luma."""
        return luma(self.rgb)[None]

    def smallest_scale(self, size_px: int) -> float:
        """The smallest scale at which a crop stays inside the picture (0 for seamless ones)."""
        return 0.0 if self.seamless else size_px / min(self.rgb.shape[-2:])

    def centres(
        self, size_px: int, scale: float
    ) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where target and prediction are cropped: apart as far as the picture allows.

        At the first one a prediction of any scale stays inside the picture too.
        """
        if self.seamless:
            return (0.3, 0.35), (0.83, 0.71)
        h, w = self.rgb.shape[-2:]
        half = [size_px / 2 / w, size_px / 2 / h]
        target = (half[0] * max(1.0, 1 / scale), half[1] * max(1.0, 1 / scale))
        prediction = tuple(max(0.5, 1 - x / scale) if x / scale < 0.5 else 0.5 for x in half)
        return target, (prediction[0], prediction[1])


def _resampling(size_px: int, n: int, scale: Tensor, centre_px: float, wrap: bool) -> Tensor:
    """``(size, n)`` cubic (Keys 1981) interpolation, widened when shrinking: a low-pass."""
    place = (torch.arange(size_px, dtype=scale.dtype) - (size_px - 1) / 2) / scale + centre_px - 0.5
    away = torch.arange(n, dtype=scale.dtype) - place[:, None]
    if wrap:
        away = away - n * torch.round(away / n).detach()
    x = (away * scale.clamp(max=1.0)).abs()
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    taps = torch.where(x < 1, near, torch.where(x < 2, far, 0.0))
    return taps / taps.sum(-1, keepdim=True)


def load_materials(corpus: Path, size_px: int) -> list[Material]:
    """The regular and near-regular periodic pictures with enough units for `size_px`."""
    rows = json.loads((corpus / "manifest.json").read_text())
    found = []
    for row in rows:
        if row["kind"] in ("none", "perspective", "zones") or row["regularity"] == "weak":
            continue
        (ax, ay), b = row["a"], row["b"]
        unit = math.hypot(ax, ay) if b is None else math.sqrt(abs(ax * b[1] - ay * b[0]))
        image = Image.open(corpus / row["file"]).convert("RGB")
        seamless = is_seamless(image.size, row["a"], b)
        shrink = min(1.0, size_px / UNITS_ACROSS / unit)
        shrink = min(1.0, max(shrink, SMALLEST_UNIT_PX / unit))
        if not seamless:
            shrink = min(1.0, max(shrink, CROPS_ACROSS * size_px / min(image.size)))
            if min(image.size) * shrink < LEAST_CROPS_ACROSS * size_px:
                continue
        if size_px / (unit * shrink) < LEAST_UNITS_ACROSS:
            continue
        if shrink < 1:
            size = (round(image.width * shrink), round(image.height * shrink))
            image = image.resize(size, Image.Resampling.LANCZOS)
        pixels = torch.from_numpy(np.asarray(image, dtype=np.float32) / 255).movedim(-1, 0)
        found.append(Material(row["file"].rsplit(".", 1)[0], pixels, seamless, unit * shrink))
    return found


def is_seamless(size: tuple[int, int], a: Vector, b: Vector | None) -> bool:
    """Whether the lattice goes on over the edges of a file of `size` (width, height) repeated."""
    if b is None:
        square = a[0] ** 2 + a[1] ** 2
        units = np.array([size[0] * a[0], size[1] * a[1]]) / square
    else:
        units = np.linalg.solve(np.array([a, b]).T, np.diag(size)).flatten()
    return bool(np.abs(units - np.round(units)).max() <= WRAP_TOLERANCE)


def wall_mask(size_px: int) -> Tensor:
    """``(1, 1, size, size)``: a slanted wall with a window in it, 55 % of the picture."""
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, size_px), torch.linspace(-1, 1, size_px), indexing="ij"
    )
    wall = (x - 0.15 * y).abs().lt(0.88) & (y + 0.1 * x).abs().lt(0.85)
    window = (x - 0.55).abs().lt(0.25) & (y - 0.5).abs().lt(0.28)
    return (wall & ~window).float()[None, None]


def outside(size_px: int) -> Tensor:
    """What fills the picture where the wall is not: a bright slope with a few hard edges."""
    y, x = torch.meshgrid(
        torch.linspace(0, 1, size_px), torch.linspace(0, 1, size_px), indexing="ij"
    )
    return (0.5 + 0.4 * x - 0.2 * y + 0.15 * torch.sign(torch.sin(9 * x + 4 * y))).clamp(0, 1)


def turned_crop(
    material: Material, size_px: int, centre: tuple[float, float], angle: float
) -> Tensor:
    """``(1, size, size)`` grey crop turned by `angle` radians about its middle; bilinear."""
    grey = material.grey[0]
    h, w = grey.shape
    side = torch.arange(size_px) - (size_px - 1) / 2
    y, x = torch.meshgrid(side, side, indexing="ij")
    at_x = centre[0] * w - 0.5 + x * math.cos(angle) - y * math.sin(angle)
    at_y = centre[1] * h - 0.5 + x * math.sin(angle) + y * math.cos(angle)
    if material.seamless:
        grey = F.pad(grey[None], (0, 1, 0, 1), mode="circular")[0]
        at_x, at_y = at_x % w, at_y % h
    places = torch.stack(
        [2 * at_x / (grey.shape[1] - 1) - 1, 2 * at_y / (grey.shape[0] - 1) - 1], dim=-1
    )
    return F.grid_sample(
        grey[None, None], places[None], padding_mode="reflection", align_corners=True
    )[0]
