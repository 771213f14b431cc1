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
def _rays(height: int, width: int) -> Tensor:
    """``(directions, height * (width // 2 + 1))`` bool; which bins lie on which ray."""
    fy = torch.fft.fftfreq(height)[:, None] * height
    fx = (torch.fft.rfftfreq(width) * width)[None]
    # In bins of the shorter side, so that directions are those of the picture.
    short = min(height, width)
    fy, fx = fy * short / height, fx * short / width
    turn = torch.arange(_DIRECTIONS) * (torch.pi / _DIRECTIONS)
    away = (fx * turn.sin()[:, None, None] - fy * turn.cos()[:, None, None]).abs()
    far = (fx.square() + fy.square()).sqrt() > _MIDDLE_BINS
    rays: Tensor = (away <= _WIDE_BINS) & far
    return rays.flatten(1)


def without_strongest_ray(maps: Tensor) -> Tensor:
    """Maps ``(B, H, W)`` without the strongest family of parallel lines of each."""
    height, width = maps.shape[-2:]
    rays = _rays(height, width).to(maps.device)
    spectrum = torch.fft.rfft2(maps)
    power = (spectrum.real.square() + spectrum.imag.square()).flatten(1)
    strongest = (power @ rays.to(power.dtype).mT).argmax(-1)
    kept = spectrum * ~rays[strongest].view(spectrum.shape)
    rest: Tensor = torch.fft.irfft2(kept, s=(height, width))
    return rest
