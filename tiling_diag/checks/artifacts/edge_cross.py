"""The cross on the spectrum's axes that opposite borders leave when they differ."""

from __future__ import annotations

from math import nan

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool1d

from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.artifacts.resizing import half_size_period
from tiling_diag.checks.artifacts.results import EdgeCrossResult
from tiling_diag.checks.results import LatticeResult
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.spectrum import power_spectrum, weighted_mean
from tiling_diag.kernels.tapers import periodic_plus_smooth


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
    flat = total <= LIMITS.cross_least_deviation * walls.mask.sum((-2, -1))
    period = split_period = torch.full_like(before, nan)
    # Where there is no cross to speak of, it moves nothing.
    crossed = before - even > LIMITS.cross_least_step
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
    band = max(1, count // LIMITS.cross_bands)
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
    means = adaptive_avg_pool1d(profile[:, None], LIMITS.cross_bands)[:, 0]
    means = means - means.mean(-1, keepdim=True)
    place = (
        torch.arange(LIMITS.cross_bands, device=profile.device, dtype=profile.dtype)
        - (LIMITS.cross_bands - 1) / 2
    )
    on_line = (means @ place).square() / place.square().sum()
    return on_line, (means.square().sum(-1) - on_line).clamp_min(0)
