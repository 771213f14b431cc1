"""Checks that need little more than the pixels: moves by one px, and the borders' cross."""

from __future__ import annotations

from math import nan

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool1d

from tiling_diag.checks.artifacts.resizing import half_size_period
from tiling_diag.checks.results import EdgeCrossResult, LatticeResult, ShiftResult
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.spectrum import power_spectrum, weighted_mean
from tiling_diag.kernels.tapers import periodic_plus_smooth

# Share of the power below which a cross is not looked at any further.
LEAST_DROP = 0.05
# The bands along the borders, and those between them, are this part of the picture wide.
BANDS = 12


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


def measure_edge_cross(
    walls: Walls, power_no_window: Tensor, lattice: LatticeResult
) -> EdgeCrossResult:
    """Share of the power on the two axes, before and after the borders' step is taken out.

    A transform's values on an axis are those of the sums over the other axis, and the smooth part
    of the periodic-plus-smooth split (Moisan 2011) is, of such a sum, a straight ramp from one
    border to the other: no transform is needed. Joints along the axes stay, the borders' step goes.
    """
    image = walls.luma - weighted_mean(walls.luma, walls.mask)
    if not walls.whole:
        image = image * walls.mask
    total = image.square().sum((-2, -1)).clamp_min(1e-12)
    profiles = [image.sum(dim) / image.shape[dim] ** 0.5 for dim in (-2, -1)]
    shares = [_axis_energy(profile) for profile in profiles]
    before, after, even = (sum(pair[i] for pair in shares) / total for i in (0, 1, 2))
    trends, spreads = zip(*(_trend(profile) for profile in profiles), strict=True)
    trend = sum(trends) / (sum(trends) + sum(spreads)).clamp_min(1e-12)
    flat = total <= 1e-9 * walls.mask.sum((-2, -1))
    period = split_period = torch.full_like(before, nan)
    # Where there is no cross to speak of, it moves nothing.
    crossed = before - even > LEAST_DROP
    if bool(crossed.any()):
        periodic, _ = periodic_plus_smooth(image)
        split = power_spectrum(periodic, torch.ones_like(walls.mask))
        period, split_period = (
            half_size_period(power, walls.size, lattice).masked_fill(~crossed, nan)
            for power in (power_no_window, split)
        )
    return EdgeCrossResult(
        before=before.masked_fill(flat, nan),
        after=after.masked_fill(flat, nan),
        step=(before - even).masked_fill(flat, nan),
        trend=trend.masked_fill(flat, nan),
        period_px=period,
        split_period_px=split_period,
    )


def _axis_energy(profile: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """``(B,)`` sum of squares of profiles ``(B, n)``: whole, and without two ramps.

    The first ramp joins the outermost samples, as the split does. The other one joins the means
    of a band along each border: what is left of a step when single joints at the border don't
    count.
    """
    count = profile.shape[-1]
    place = torch.arange(count, device=profile.device, dtype=profile.dtype)
    ramp = (place - (count - 1) / 2) / count
    band = max(1, count // BANDS)
    energies = [profile.square().sum(-1)]
    for width in (1, band):
        step = profile[..., -width:].mean(-1) - profile[..., :width].mean(-1)
        energies.append((profile - step[..., None] * ramp).square().sum(-1))
    return energies[0], energies[1], energies[2]


def _trend(profile: Tensor) -> tuple[Tensor, Tensor]:
    """``(B,)`` sums of squares of the bands' means of profiles ``(B, n)``: on a line, off it.

    Light that falls off to one side changes from band to band alike; a material whose borders
    happen to differ changes as much anywhere else.
    """
    means = adaptive_avg_pool1d(profile[:, None], BANDS)[:, 0]
    means = means - means.mean(-1, keepdim=True)
    place = torch.arange(BANDS, device=profile.device, dtype=profile.dtype) - (BANDS - 1) / 2
    on_line = (means @ place).square() / place.square().sum()
    return on_line, (means.square().sum(-1) - on_line).clamp_min(0)
