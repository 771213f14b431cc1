"""The power cepstrum of walls along the fundamental's wave vector."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.results import CepstrumResult, LatticeResult
from tiling_diag.checks.spectra.limits import LIMITS
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.peaks import parabola_shift
from tiling_diag.kernels.polar import background
from tiling_diag.kernels.spectrum import log_power_at


def measure_cepstrum(walls: Walls, lattice: LatticeResult) -> CepstrumResult:
    """Cepstrum of the power along the ray through the fundamental's harmonics.

    Log power along that ray, its smooth background removed, has a peak at every multiple of the
    fundamental; its cosine transform has one at the fundamental's period (Noll, "Cepstrum pitch
    determination", 1967).
    """
    wave = lattice.wave_vector.to(walls.power)
    known = wave.isfinite().all(-1)
    wave = torch.where(known[:, None], wave, wave.new_tensor([0.1, 0.0]))
    direction = wave / wave.norm(dim=-1, keepdim=True)
    frequency = (
        torch.arange(1, int(LIMITS.highest * LIMITS.samples_per_cycle)).to(wave)
        / LIMITS.samples_per_cycle
    )
    ray = log_power_at(walls.power, walls.size, frequency[:, None] * direction[:, None])
    ray = ray - background(ray, frequency)
    taper = 0.5 + 0.5 * torch.cos(torch.pi * frequency / LIMITS.highest)
    spectrum = torch.fft.rfft(ray * taper, n=LIMITS.samples_per_cycle).real
    along = spectrum / ray.shape[-1]
    longest = min(max(walls.size) // 2, along.shape[-1] - 1)
    along = along[:, : longest + 1].double().cpu()
    quefrency = torch.arange(longest + 1, dtype=torch.float64)
    period = _peak(quefrency, along, lattice.fundamental_px.cpu())
    return CepstrumResult(
        quefrency_px=quefrency.expand(len(along), -1), along=along, period_px=period
    )


def _peak(quefrency: Tensor, along: Tensor, near: Tensor) -> Tensor:
    near = near[:, None]
    inside = (quefrency > near / LIMITS.search_factor) & (quefrency < near * LIMITS.search_factor)
    inside[:, 0] = inside[:, -1] = False
    index = along.masked_fill(~inside, -torch.inf).argmax(-1).clamp(1, along.shape[1] - 2)
    left, top, right = (torch.gather(along, 1, (index + d)[:, None])[:, 0] for d in (-1, 0, 1))
    return (index + parabola_shift(left, top, right)).masked_fill(~inside.any(-1), torch.nan)
