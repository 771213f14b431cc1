"""Long joints and head joints apart: the directions of a wall each vote for themselves.

The strongest joints of a wall outshine the others: where the courses are right, all lines together
vote for no shift, whatever the units do. So the directions around the strongest one vote alone, and
the rest does.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .profiles import LogMap, Profile
from .shifts import radial_shift

# How far from the strongest direction the others begin, and how soft that border is.
NEAR_DEG = 25.0
SOFT_DEG = 5.0
# With less of the target's squared excess in other directions, they do not count in full.
LEAST_SHARE = 0.1


def joint_shift(pred: Profile, target: Profile, grid: LogMap, tau: float) -> Tensor:
    """Distance in log scale near the target's strongest direction, plus that elsewhere, ``(B,)``.

    Args:
        pred: profiles on `grid`.
        target: likewise; takes no gradient.
        grid: half a turn of sectors.
        tau: temperature, see `shifts.TEMPERATURES`.

    Returns:
        Each as `radial_shift`; where the target has lines in one direction only, the second one is
        near 0 in proportion.
    """
    excess = target.excess.detach()
    energy = excess.square()
    weight = _elsewhere(energy.sum(-2))[:, None, :]
    share = (energy * weight).sum((-2, -1)) / energy.sum((-2, -1)).clamp_min(1e-12)
    certain = (share / LEAST_SHARE).clamp(max=1.0)
    near, elsewhere = (
        radial_shift(excess * part, pred.excess * part, grid.step, tau)
        for part in (1 - weight, weight)
    )
    return near + certain * elsewhere


def _elsewhere(energy: Tensor) -> Tensor:
    """``(B, sectors)`` weights: 0 around the strongest direction of ``(B, sectors)``, 1 far off."""
    sectors = energy.shape[-1]
    sector = torch.arange(sectors, device=energy.device)
    away = (sector - energy.argmax(-1, keepdim=True)) % sectors
    degrees = torch.minimum(away, sectors - away).to(energy.dtype) * (180 / sectors)
    return torch.sigmoid((degrees - NEAR_DEG) * (math.log(9.0) / SOFT_DEG))
