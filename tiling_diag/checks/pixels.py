"""Checks of neighbouring pixels: a shift by one, a resize and back, the borders' cross."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.spectral import own_period
from tiling_diag.kernels.spectrum import power_spectrum
from tiling_diag.kernels.windows import periodic_plus_smooth
from tiling_diag.results import EdgeCrossResult, LatticeResult, ResizeResult, ShiftResult
from tiling_diag.wall import Walls, resized


def measure_shift(walls: Walls) -> ShiftResult:
    """Mean squared difference to the wall moved by one px, where both lie on the wall."""
    return ShiftResult(
        mse_dx1=_moved(walls.luma, walls.mask, -1), mse_dy1=_moved(walls.luma, walls.mask, -2)
    )


def _moved(luma: Tensor, mask: Tensor, dim: int) -> Tensor:
    count = luma.shape[dim] - 1
    weight = mask.narrow(dim, 0, count) * mask.narrow(dim, 1, count)
    return _mean(luma.diff(dim=dim).square(), weight)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    total = weights.sum((-2, -1))
    mean = (values * weights).sum((-2, -1)) / total.clamp_min(1e-9)
    return mean.masked_fill(total <= 0, torch.nan)


def measure_resize(walls: Walls, lattice: LatticeResult) -> ResizeResult:
    """What half size and back, low-passed, takes away, and whether it moves the fundamental.

    A clean wall keeps its fundamental; one whose fundamental lies near the sampling limit, or is
    itself an alias, does not.
    """
    height, width = walls.size
    half = resized(walls.luma[:, None], (max(1, height // 2), max(1, width // 2)))
    back = resized(half, walls.size)[:, 0]
    power = power_spectrum(back, walls.weights)
    return ResizeResult(
        mse_down_up=_mean((back - walls.luma).square(), walls.mask),
        period_px=own_period(power, walls.size, lattice.wave_vector.to(power)),
    )


def measure_edge_cross(walls: Walls) -> EdgeCrossResult:
    """Share of the power on the two axes, before and after the borders' step is taken out."""
    image = walls.luma * walls.mask + _fill(walls) * (1 - walls.mask)
    periodic, _ = periodic_plus_smooth(image)
    return EdgeCrossResult(before=_axis_share(image), after=_axis_share(periodic))


def _fill(walls: Walls) -> Tensor:
    return _mean(walls.luma, walls.mask).nan_to_num(0.5)[:, None, None]


def _axis_share(image: Tensor) -> Tensor:
    power = power_spectrum(image, torch.ones_like(image))
    total = power.sum((-2, -1)).clamp_min(1e-20)
    return (power[:, 0].sum(-1) + power[:, 1:, 0].sum(-1)) / total
