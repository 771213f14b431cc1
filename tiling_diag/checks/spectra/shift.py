"""How much a wall changes from one pixel to the next."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.results import ShiftResult
from tiling_diag.checks.walls import Walls


def measure_shift(walls: Walls) -> ShiftResult:
    """Mean squared difference to the wall moved by one px, where both lie on the wall."""
    return ShiftResult(mse_dx1=_moved(walls, -1), mse_dy1=_moved(walls, -2))


def _moved(walls: Walls, dim: int) -> Tensor:
    count = walls.luma.shape[dim] - 1
    square = walls.luma.diff(dim=dim).square()
    if walls.whole and count > 0:
        return square.mean((-2, -1))
    weight = walls.mask.narrow(dim, 0, count) * walls.mask.narrow(dim, 1, count)
    total = weight.sum((-2, -1))
    mean = (square * weight).sum((-2, -1)) / total.clamp_min(1e-9)
    return mean.masked_fill(total <= 0, torch.nan)
