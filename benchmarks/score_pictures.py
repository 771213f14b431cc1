"""Pictures that the score of lattices is fitted on: walls with what stands before them, and none.

Walls of the corpora and drawn walls are cropped, turned, scaled, lit and covered in part; the truth
is carried along. Everything is decided by a name and a seed.
"""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from scoring import Vector
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

# A crop keeps so many periods each way, and what stands in front covers at most this share.
CROP_PERIODS, MOST_COVERED = 5, 0.5
# A crop of few periods.
FEW_PERIODS, LEAST_CROP_PX = (2.7, 4.2), 64


@dataclass(frozen=True)
class Wall:
    """A picture ``(3, H, W)`` in [0, 1] with its lattice; None where there is none."""

    name: str
    image: Tensor
    a: Vector | None
    b: Vector | None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return int(self.image.shape[-2]), int(self.image.shape[-1])


def changed(wall: Wall, seed: int, others: Sequence[Wall]) -> Wall:
    """A wall as a user may have it; seed 0 leaves it as it is.

    Args:
        wall: what is shown.
        seed: decides what is done.
        others: pictures that may cover part of it.
    """
    if seed == 0:
        return wall
    rng = np.random.default_rng([zlib.crc32(wall.name.encode()), seed])
    torch.manual_seed(seed)
    if rng.uniform() < 0.35:
        wall = _turned(wall, 90.0 if rng.uniform() < 0.3 else rng.uniform(-60, 60))
    if rng.uniform() < 0.4:
        wall = _cropped(wall, rng)
    if rng.uniform() < 0.4:
        wall = _scaled(wall, rng.uniform(0.5, 1.3))
    image = wall.image
    if rng.uniform() < 0.6:
        image = covered(image, rng, others)
    if rng.uniform() < 0.45:
        image = lit(image, rng)
    if rng.uniform() < 0.3:
        image = image + rng.uniform(0.002, 0.03) * torch.randn_like(image)
    if rng.uniform() < 0.5:
        image = as_jpeg(image, int(rng.integers(60, 96)))
    return replace(wall, image=image.clamp(0, 1).contiguous())


def few_periods(wall: Wall, seed: int) -> Wall:
    """A crop of few periods each way, as who shows a single place makes it."""
    rng = np.random.default_rng([zlib.crc32(wall.name.encode()), seed, 7])
    height, width = wall.size
    vectors = [v for v in (wall.a, wall.b) if v is not None]
    longest = max((math.hypot(*v) for v in vectors), default=min(height, width) / 8)
    rows, columns = (
        min(side, max(LEAST_CROP_PX, int(rng.uniform(*FEW_PERIODS) * longest)))
        for side in (height, width)
    )
    wall = _cut(wall, rows, columns, rng)
    if rng.uniform() < 0.3:
        wall = _scaled(wall, rng.uniform(0.7, 1.5))
    image = as_jpeg(wall.image, int(rng.integers(60, 96))) if rng.uniform() < 0.5 else wall.image
    return replace(wall, image=image.clamp(0, 1).contiguous())


def _turned(wall: Wall, angle_deg: float) -> Wall:
    turn = math.radians(angle_deg)
    cos, sin = math.cos(turn), math.sin(turn)

    def carry(vector: Vector | None) -> Vector | None:
        return vector and (cos * vector[0] - sin * vector[1], sin * vector[0] + cos * vector[1])

    height, width = wall.size
    if angle_deg == 90.0:
        return replace(wall, image=wall.image.rot90(-1, (-2, -1)), a=carry(wall.a), b=carry(wall.b))
    smaller = abs(cos) + abs(sin) * max(height / width, width / height)
    rows, columns = int(height / smaller), int(width / smaller)
    y, x = plane(rows, columns)
    y, x = y - (rows - 1) / 2, x - (columns - 1) / 2
    grid = torch.stack([(cos * x + sin * y) / (width / 2), (cos * y - sin * x) / (height / 2)], -1)
    image = grid_sample(
        wall.image[None], grid[None], mode="bicubic", padding_mode="reflection", align_corners=False
    )
    return replace(wall, image=image[0].clamp(0, 1), a=carry(wall.a), b=carry(wall.b))


def _cropped(wall: Wall, rng: np.random.Generator) -> Wall:
    height, width = wall.size
    period = math.hypot(*(wall.b or wall.a)) if wall.a else min(height, width) / 6
    share, least = rng.uniform(0.5, 1), int(CROP_PERIODS * period)
    rows, columns = (max(int(side * share), min(side, least)) for side in (height, width))
    return _cut(wall, rows, columns, rng)


def _cut(wall: Wall, rows: int, columns: int, rng: np.random.Generator) -> Wall:
    """A part of this size, anywhere."""
    height, width = wall.size
    top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
    return replace(wall, image=wall.image[:, top : top + rows, left : left + columns])


def _scaled(wall: Wall, scale: float) -> Wall:
    height, width = wall.size
    rows, columns = round(height * scale), round(width * scale)
    image = interpolate(wall.image[None], size=(rows, columns), mode="bilinear", antialias=True)

    def carry(vector: Vector | None) -> Vector | None:
        return vector and (vector[0] * columns / width, vector[1] * rows / height)

    return replace(wall, image=image[0], a=carry(wall.a), b=carry(wall.b))


def lit(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Under lamps, blinds, uneven light or a shadow: light multiplies what is there."""
    height, width = image.shape[-2:]
    short = min(height, width)
    y, x = (place / side for place, side in zip(plane(height, width), (height, width), strict=True))
    # Blinds twice as often: their shadows repeat as walls do.
    kind = (0, 1, 1, 2, 3, 4)[rng.integers(6)]
    if kind == 0:
        count, top, upright = rng.integers(2, 7), rng.uniform(0, 0.6), rng.uniform() < 0.3
        along, across = (y, x) if upright else (x, y)
        gain = torch.full((height, width), float(rng.uniform(0.25, 0.6)))
        for k in range(count):
            beam = ((along - (k + 0.5) / count) * count / 0.3).square()
            beam = beam + ((across - top) / rng.uniform(0.25, 0.6)).square()
            gain = gain + rng.uniform(0.8, 1.6) * torch.exp(-beam)
    elif kind == 1:
        gain = 1 - rng.uniform(0.3, 0.65) * _slats(height, width, rng)
    elif kind == 2:
        gain = torch.exp(0.5 * soft_noise(height, width, short / 3, rng))
    elif kind == 3:
        turn = rng.uniform(0, 2 * math.pi)
        edge = (x - 0.5) * math.cos(turn) + (y - 0.5) * math.sin(turn)
        edge = edge + 0.1 * soft_noise(height, width, short / 5, rng)
        gain = 1 - rng.uniform(0.3, 0.7) * torch.sigmoid(edge * rng.uniform(10, 80))
    else:
        gain = torch.exp((x - 0.5) * rng.uniform(-1.5, 1.5) + (y - 0.5) * rng.uniform(-1.5, 1.5))
    linear = image.clamp_min(0) ** 2.2
    return (linear * gain).clamp(0, 1) ** (1 / 2.2)


def _slats(height: int, width: int, rng: np.random.Generator) -> Tensor:
    """Shadows of blinds, 0 to 1."""
    y, x = plane(height, width)
    short = min(height, width)
    period = math.exp(rng.uniform(math.log(short / 25), math.log(short / 4)))
    turn = rng.uniform(0, math.pi)
    place = ((x * math.cos(turn) + y * math.sin(turn)) / period + rng.uniform()) % 1
    share, soft = rng.uniform(0.3, 0.7), rng.uniform(0.03, 0.2)
    return torch.sigmoid(4 * place / soft - 4) * torch.sigmoid(4 * (share - place) / soft)


def covered(image: Tensor, rng: np.random.Generator, others: Sequence[Wall]) -> Tensor:
    """With sky, another plane, people, windows or anything else before a part of it."""
    height, width = image.shape[-2:]
    y, x = (place / side for place, side in zip(plane(height, width), (height, width), strict=True))
    kind = rng.integers(5)
    if kind == 0:
        mask = y < rng.uniform(0.15, 0.45) + 0.1 * rng.uniform(-1, 1) * (x - 0.5)
    elif kind == 1:
        mask = (x if rng.uniform() < 0.5 else 1 - x) < rng.uniform(0.15, 0.5)
    elif kind == 2:
        mask = torch.zeros(height, width, dtype=torch.bool)
        for _ in range(rng.integers(1, 5)):
            dx = (x - rng.uniform(0.1, 0.9)) / rng.uniform(0.05, 0.25)
            mask |= dx.square() + ((y - rng.uniform(0.2, 1)) / rng.uniform(0.1, 0.4)).square() < 1
    elif kind == 3:
        return _with_windows(image, y, x, rng, others)
    else:
        mask = soft_noise(height, width, min(height, width) / 3, rng) > rng.uniform(0.1, 0.9)
    if float(mask.float().mean()) > MOST_COVERED:
        mask = ~mask
    return torch.where(mask, _filling(height, width, rng, others), image)


def _with_windows(
    image: Tensor, y: Tensor, x: Tensor, rng: np.random.Generator, others: Sequence[Wall]
) -> Tensor:
    columns, rows = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    wide, high = rng.uniform(0.25, 0.55), rng.uniform(0.25, 0.6)
    across, down = ((x * columns) % 1 - 0.5).abs(), ((y * rows) % 1 - 0.5).abs()
    mask = (across < wide / 2) & (down < high / 2)
    glass = _filling(*image.shape[-2:], rng, others)
    if rng.uniform() < 0.7:
        bars = (across < 0.012 * columns) | (down < 0.012 * rows)
        glass = torch.where(bars, 0.85, 0.5 * glass)
    return torch.where(mask, glass, image)


def _filling(height: int, width: int, rng: np.random.Generator, others: Sequence[Wall]) -> Tensor:
    """What stands in front: a plain surface, sky, or another picture."""
    kind = rng.integers(4)
    short = min(height, width)
    if kind == 0:
        plain = torch.from_numpy(rng.uniform(0, 1, 3)).float()[:, None, None] + 0.1 * soft_noise(
            height, width, short / 3, rng
        )
        return (plain + 0.02 * torch.randn(3, height, width)).clamp(0, 1)
    if kind == 1:
        down = torch.linspace(0, 1, height)[:, None]
        high, low = torch.tensor([0.4, 0.6, 0.9]), torch.tensor([0.85, 0.9, 0.95])
        sky = torch.lerp(high[:, None, None], low[:, None, None], down)
        return (sky + 0.04 * soft_noise(height, width, short / 4, rng)).clamp(0, 1)
    other = others[rng.integers(len(others))].image
    rows, columns = other.shape[-2:]
    scale = max(rng.uniform(0.6, 1.6), 1.0) * max(height / rows, width / columns)
    size = max(height, round(rows * scale)), max(width, round(columns * scale))
    shown = interpolate(other[None], size=size, mode="bilinear", antialias=True)
    return shown[0, :, :height, :width]


def as_jpeg(image: Tensor, quality: int) -> Tensor:
    """Saved and read again."""
    pixels = (image.clamp(0, 1).movedim(0, -1) * 255).round().byte().numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    read = np.asarray(Image.open(file).convert("RGB"))
    return torch.from_numpy(read.astype(np.float32) / 255).movedim(-1, 0)


def soft_noise(height: int, width: int, sigma_px: float, rng: np.random.Generator) -> Tensor:
    """``(height, width)`` of deviation about 1 that changes over `sigma_px`."""
    size = (1, 1, max(2, int(height / sigma_px) + 2), max(2, int(width / sigma_px) + 2))
    noise = torch.from_numpy(rng.standard_normal(size)).float()
    return interpolate(noise, size=(height, width), mode="bicubic", align_corners=True)[0, 0]


def plane(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Rows and columns of every pixel."""
    y, x = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    return y, x
