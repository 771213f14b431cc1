"""Maps without the strongest ray of their spectrum: without one family of parallel lines.

Shadows of blinds, long joints and grooves repeat across their own direction only: all their power
lies on one ray through the middle of the spectrum. Without that ray a map shows what is left: the
rest of a lattice, whatever lines lie over it.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

_DIRECTIONS = 90
# How far from a ray, and from the middle, frequency bins belong to it.
_WIDE_BINS, _MIDDLE_BINS = 1.2, 0.8


@lru_cache(maxsize=16)
def _rays(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Which bins lie on which ray: ``(directions, most)`` int64, and 1 where there is one, else 0.

    Bins are counted along the rows of the one-sided plane.
    """
    fy = torch.fft.fftfreq(height)[:, None] * height
    fx = (torch.fft.rfftfreq(width) * width)[None]
    # In bins of the shorter side, so that directions are those of the picture.
    short = min(height, width)
    fy, fx = fy * short / height, fx * short / width
    turn = torch.arange(_DIRECTIONS) * (torch.pi / _DIRECTIONS)
    away = (fx * turn.sin()[:, None, None] - fy * turn.cos()[:, None, None]).abs()
    far = (fx.square() + fy.square()).sqrt() > _MIDDLE_BINS
    on_ray = ((away <= _WIDE_BINS) & far).flatten(1)
    there, bins = on_ray.to(torch.uint8).topk(int(on_ray.sum(-1).amax()), dim=-1)
    return bins, there.float()


def without_strongest_ray(maps: Tensor) -> Tensor:
    """Maps ``(B, H, W)`` without the strongest family of parallel lines of each."""
    height, width = maps.shape[-2:]
    bins, there = (table.to(maps.device) for table in _rays(height, width))
    spectrum = torch.fft.rfft2(maps)
    power = (spectrum.real.square() + spectrum.imag.square()).flatten(1)
    along = (power[:, bins] * there).sum(-1)
    strongest = along.argmax(-1)
    left = torch.ones_like(power).scatter_(1, bins[strongest], 1 - there[strongest])
    rest: Tensor = torch.fft.irfft2(spectrum * left.view(spectrum.shape), s=(height, width))
    return rest
