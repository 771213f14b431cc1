"""How likely the powers of a grid's lines are with the grid, over without one."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tiling_diag.checks.artifacts.limits import LIMITS


def line_shares(lines: Tensor) -> Tensor:
    """``(L,)`` share of a grid's mean square that each of its lines is expected to have.

    Kernels that overlap leave a pattern along each axis, and the product of the two.
    """
    order = lines.abs()
    on_axis = (order == 0).any(-1)
    fall = 1.0 / order.clamp_min(1).prod(-1)
    parts = [fall * on_axis, fall * ~on_axis]
    shares = [part / part.sum().clamp_min(1e-9) for part in parts]
    return (LIMITS.grid_share_on_axis * shares[0] + (1 - LIMITS.grid_share_on_axis) * shares[1]) / 2


def grid_likelihood(
    level: Tensor, ground: Tensor, expected: Tensor, stray: Tensor
) -> tuple[Tensor, Tensor]:
    """``(B,)`` log likelihood of a grid less that of none, for the likeliest grid, and which it is.

    The power of a line of noise, or of a grid of unknown phase, has an exponential distribution
    around its mean. A stray line may have any power: 1 / (1 + r) up to a limit.

    Args:
        level: ``(B, L)`` power at the lines.
        ground: ``(B, L)`` its mean without a grid.
        expected: ``(B, A, L)`` what a grid of each amplitude adds.
        stray: ``(L,)`` how often a line is a stray one.
    """
    ratio = (level / ground)[:, None]
    gain = expected / ground[:, None]
    none = torch.exp(-ratio)
    means = [1 + share * gain for share in LIMITS.grid_share_factors]
    grid = torch.stack([torch.exp(-ratio / m) / m for m in means]).mean(0)
    odd = stray / (1 + ratio) / math.log(LIMITS.grid_stray_range)
    scores = torch.stack(
        [
            ((((1 - full) * none + full * grid) * (1 - stray) + odd) / (none * (1 - stray) + odd))
            .log()
            .sum(-1)
            for full in LIMITS.grid_filled
        ]
    )
    best: tuple[Tensor, Tensor] = scores.amax(0).max(-1)
    return best[0], best[1]
