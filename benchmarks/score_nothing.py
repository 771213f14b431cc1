"""Drawn pictures in which nothing repeats: noise, streaks, stones, ashlar, leaves, plaster."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from score_pictures import Wall, as_jpeg, covered, lit, plane
from torch import Tensor

_SIZES = ((384, 384), (512, 640), (300, 420))


def _colour(rng: np.random.Generator) -> Tensor:
    return torch.from_numpy(rng.uniform(0.15, 0.85, 3)).float()[:, None, None]


def without_lattice(seed: int, others: Sequence[Wall]) -> Wall:
    """A drawn picture in which nothing repeats."""
    rng = np.random.default_rng([777, seed])
    torch.manual_seed(seed)
    size = _SIZES[seed % len(_SIZES)]
    image = _KINDS[seed % len(_KINDS)](*size, rng).clamp(0, 1)
    if rng.uniform() < 0.4:
        image = lit(image, rng)
    if rng.uniform() < 0.3:
        image = covered(image, rng, others)
    if rng.uniform() < 0.6:
        image = as_jpeg(image, int(rng.integers(40, 96)))
    return Wall(f"nothing {seed}", image.clamp(0, 1).contiguous(), None, None)


def _coloured_noise(
    height: int, width: int, slope: float, stretch: float = 1.0, turn: float = 0.0
) -> Tensor:
    """Noise whose power falls with frequency, of deviation 1, drawn out along a direction."""
    fy, fx = torch.fft.fftfreq(height)[:, None], torch.fft.fftfreq(width)
    along = fx * math.cos(turn) + fy * math.sin(turn)
    across = fy * math.cos(turn) - fx * math.sin(turn)
    radius = (stretch * along).square().add(across.square()).sqrt()
    radius = radius.clamp_min(1 / max(height, width))
    noise = torch.fft.ifft2(torch.fft.fft2(torch.randn(height, width)) * radius ** (-slope / 2))
    return (noise.real - noise.real.mean()) / noise.real.std()


def _clouds(height: int, width: int, rng: np.random.Generator) -> Tensor:
    colours = torch.stack([_coloured_noise(height, width, 2) for _ in range(3)])
    grey = _coloured_noise(height, width, rng.uniform(0.5, 3))
    return _colour(rng) + 0.12 * grey + 0.04 * colours


def _streaks(height: int, width: int, rng: np.random.Generator) -> Tensor:
    slope, stretch = rng.uniform(1, 2.5), rng.uniform(6, 40)
    grain = _coloured_noise(height, width, slope, stretch, rng.uniform(0, math.pi))
    image = _colour(rng) + 0.12 * grain * _colour(rng) + 0.03 * _coloured_noise(height, width, 1)
    if rng.uniform() < 0.5:
        image = image - 0.2 * torch.sigmoid((torch.sin(grain * rng.uniform(2, 6)) - 0.6) * 8)
    return image


def _stones(height: int, width: int, rng: np.random.Generator) -> Tensor:
    count = int(np.exp(rng.uniform(np.log(25), np.log(400))))
    y, x = plane(height, width)
    places = torch.from_numpy(rng.uniform(0, 1, (count, 2))).float()
    size = torch.from_numpy(rng.uniform(0.8, 1.25, count)).float()
    far = torch.hypot(x[..., None] - places[:, 0] * width, y[..., None] - places[:, 1] * height)
    near, which = (far * size).topk(2, dim=-1, largest=False)
    tone = rng.uniform(-0.15, 0.15, (count, 1)) + rng.uniform(-0.04, 0.04, (count, 3))
    stone = _colour(rng) + torch.from_numpy(tone).float()[which[..., 0]].movedim(-1, 0)
    edge = near[..., 1] - near[..., 0] - rng.uniform(1, 6)
    image = torch.lerp(_colour(rng), stone, torch.sigmoid(edge * rng.uniform(0.3, 1.5)))
    return image + 0.03 * _coloured_noise(height, width, 1)


def _ashlar(height: int, width: int, rng: np.random.Generator) -> Tensor:
    image, colour = _colour(rng).repeat(1, height, width), _colour(rng)
    mean, top = min(height, width) / rng.uniform(5, 14), 0
    while top < height:
        tall, left = int(mean * rng.uniform(0.5, 1.6)), -int(rng.uniform(0, mean))
        while left < width:
            wide = int(mean * rng.uniform(0.6, 3.2))
            rows = slice(top + 1, max(top + 1, top + tall - 1))
            columns = slice(max(0, left + 1), max(0, left + wide - 1))
            image[:, rows, columns] = colour + float(rng.uniform(-0.12, 0.12))
            left += wide
        top += tall
    return image + 0.03 * _coloured_noise(height, width, 1)


def _leaves(height: int, width: int, rng: np.random.Generator) -> Tensor:
    image = _colour(rng).repeat(1, height, width)
    y, x = plane(height, width)
    for _ in range(int(rng.uniform(60, 300))):
        dx, dy = x - rng.uniform(0, width), y - rng.uniform(0, height)
        turn, long, wide = rng.uniform(0, math.pi), rng.uniform(6, 40), rng.uniform(4, 18)
        along = (dx * math.cos(turn) + dy * math.sin(turn)) / long
        across = (dy * math.cos(turn) - dx * math.sin(turn)) / wide
        leaf = 0.5 * _colour(rng) + 0.25 * rng.uniform()
        image = torch.where(along.square() + across.square() < 1, leaf, image)
    return image


def _plaster(height: int, width: int, rng: np.random.Generator) -> Tensor:
    grain = 0.01 * torch.randn(height, width)
    return _colour(rng) + grain + 0.05 * _coloured_noise(height, width, 2.5)


_KINDS: tuple[Callable[[int, int, np.random.Generator], Tensor], ...] = (
    _clouds, _streaks, _stones, _stones, _ashlar, _leaves, _plaster,
)  # fmt: skip
