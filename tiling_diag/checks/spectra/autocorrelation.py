"""The autocorrelation of walls, and the fundamental's period as it shows there."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.results import AutocorrelationResult, LatticeResult
from tiling_diag.checks.spectra.limits import LIMITS
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.peaks import parabola_shift, sample_bicubic


def measure_autocorrelation(walls: Walls, lattice: LatticeResult) -> AutocorrelationResult:
    """The channels' mean autocorrelation, and its first significant peak along the fundamental."""
    maps = walls.small.autocorrelation_maps.mean_map.cpu()
    step = torch.tensor(walls.small_step_px, dtype=torch.float64)
    wave = lattice.wave_vector.cpu()
    known = wave.isfinite().all(-1)
    direction = torch.where(known[:, None], wave, torch.tensor([1.0, 0.0], dtype=torch.float64))
    direction = direction / direction.norm(dim=-1, keepdim=True)
    my, mx = (maps.shape[-2] - 1) // 2, (maps.shape[-1] - 1) // 2
    longest = (torch.tensor([mx, my]) * step / direction.abs().clamp_min(1e-6)).amin(-1)
    lag = torch.linspace(0, 1, LIMITS.lag_samples, dtype=torch.float64) * longest.min()
    places = lag[:, None] * direction[:, None] / step + torch.tensor([mx, my])
    along = sample_bicubic(maps, places.float()).double()
    period = torch.where(known, _first_peak(lag, along, lattice.fundamental_px.cpu()), torch.nan)
    return AutocorrelationResult(
        autocorrelation=maps,
        step_px=step,
        lag_px=lag.expand(len(maps), -1),
        along=along,
        period_px=period,
    )


def _first_peak(lag: Tensor, along: Tensor, near: Tensor) -> Tensor:
    """``(B,)`` lag of the first significant maximum beyond the zero lag's own peak."""
    middle = along[:, 1:-1]
    maximum = (middle > along[:, :-2]) & (middle >= along[:, 2:])
    # The zero lag's peak ends where the curve first rises again.
    falling = (along[:, 1:-1] <= along[:, :-2]).cumprod(-1).bool()
    maximum &= ~falling
    maximum &= lag[1:-1] > LIMITS.least_lag_share * near.nan_to_num(0.0)[:, None]
    significant = maximum
    for worth in (middle, middle - along.cummin(-1).values[:, 1:-1]):
        most = worth.masked_fill(~maximum, -torch.inf).amax(-1, keepdim=True)
        significant = significant & (worth >= LIMITS.significant_share * most)
    found = significant.any(-1)
    index = significant.double().argmax(-1) + 1
    left, top, right = (
        torch.gather(along, 1, (index + d).clamp(0, along.shape[1] - 1)[:, None])[:, 0]
        for d in (-1, 0, 1)
    )
    return ((index + parabola_shift(left, top, right)) * (lag[1] - lag[0])).masked_fill(
        ~found, torch.nan
    )
