"""The autocorrelation of walls, and the fundamental's period as it shows there."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.results import AutocorrelationResult, LatticeResult
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.peaks import sample_bicubic

SAMPLES = 1024
# A maximum is significant if both its height and its rise from the lowest valley before it are at
# least this share of the largest: the first such, not the best, as whole multiples repeat as well
# (YIN's threshold rule, de Cheveigne and Kawahara 2002, step 4). By height alone, lobes beside a
# high peak pass; by rise alone, lobes between harmonics. Of 42 walls with a lattice, corpus and
# samples, 33 then agree with the fundamental within 8 %; by 0.4 of the height 26 did.
SIGNIFICANT_SHARE = 0.2


def measure_autocorrelation(walls: Walls, lattice: LatticeResult) -> AutocorrelationResult:
    """The channels' mean autocorrelation, and its first significant peak along the fundamental."""
    maps = torch.stack([one.mean_map for one in walls.small.channel_autocorrelations])
    step = torch.tensor(walls.small_step_px, dtype=torch.float64)
    wave = lattice.wave_vector.cpu()
    known = wave.isfinite().all(-1)
    direction = torch.where(known[:, None], wave, torch.tensor([1.0, 0.0], dtype=torch.float64))
    direction = direction / direction.norm(dim=-1, keepdim=True)
    my, mx = (maps.shape[-2] - 1) // 2, (maps.shape[-1] - 1) // 2
    reach = (torch.tensor([mx, my]) * step / direction.abs().clamp_min(1e-6)).amin(-1)
    lag = torch.linspace(0, 1, SAMPLES, dtype=torch.float64) * reach.min()
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
    maximum &= lag[1:-1] > 0.25 * near.nan_to_num(0.0)[:, None]
    significant = maximum
    for worth in (middle, middle - along.cummin(-1).values[:, 1:-1]):
        most = worth.masked_fill(~maximum, -torch.inf).amax(-1, keepdim=True)
        significant = significant & (worth >= SIGNIFICANT_SHARE * most)
    found = significant.any(-1)
    index = significant.double().argmax(-1) + 1
    left, top, right = (
        torch.gather(along, 1, (index + d).clamp(0, along.shape[1] - 1)[:, None])[:, 0]
        for d in (-1, 0, 1)
    )
    bend = left - 2 * top + right
    shift = torch.where(bend < 0, 0.5 * (left - right) / bend, 0.0)
    return ((index + shift) * (lag[1] - lag[0])).masked_fill(~found, torch.nan)
