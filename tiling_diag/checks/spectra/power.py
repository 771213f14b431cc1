"""The power spectrum of walls, and what the fundamental looks like in it."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from tiling_diag.checks.results import LatticeResult, SpectralResult
from tiling_diag.checks.spectra.limits import LIMITS
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.peaks import parabola_shift
from tiling_diag.kernels.polar import background, radial_profile, radial_table, ring_radii
from tiling_diag.kernels.spectrum import frequency_grid, log_power_at, power_spectrum


def measure_spectrum(walls: Walls, lattice: LatticeResult) -> SpectralResult:
    """Spectra of a batch, and the fundamental's period by itself."""
    power, size = walls.power, walls.size
    bins = min(max(max(size) // 2, LIMITS.least_rings), LIMITS.most_rings)
    table, radius, on_axis = _planes(size, bins, power.device, power.dtype)
    level = radial_profile(power, size, bins, table=table).clamp_min(1e-20).log()
    radii = ring_radii(bins, device=power.device, dtype=power.dtype)
    smooth = background(level[:, 1:], radii[1:])
    smooth = torch.cat([level[:, :1], smooth], dim=-1) / math.log(10)
    profile = level / math.log(10)
    fundamental = (1 / lattice.fundamental_px).to(power)
    wave_vector = lattice.wave_vector.to(power)
    period = own_period(power, size, wave_vector)
    known = wave_vector.isfinite().all(-1)
    length = torch.where(known, wave_vector.norm(dim=-1), LIMITS.unknown_frequency)
    axis_share = _axis_share(
        power, radius, on_axis, length, LIMITS.least_ring_bins / max(size)
    ).masked_fill(~known, torch.nan)
    rings = [_ring(profile, smooth, radii, fundamental * k) for k in (1.0, 2.0, 0.5)]
    floor = rings[0].clamp_min(1e-12)
    return SpectralResult(
        power=power,
        power_no_window=power_spectrum(walls.luma, walls.mask),
        profile=profile,
        background=smooth,
        radius_cycles_per_px=radii,
        period_px=period,
        e2f_over_ef=rings[1] / floor,
        ehalf_over_ef=rings[2] / floor,
        axis_ratio_at_f=axis_share,
    )


def _ring(profile: Tensor, smooth: Tensor, radii: Tensor, at: Tensor) -> Tensor:
    """``(B,)`` energy above the background around frequencies ``at (B,)``; NaN beyond 0.5."""
    distance = (radii - at[:, None]).abs()
    width = torch.maximum(
        LIMITS.ring_share * at[:, None], LIMITS.least_ring_bins * (radii[1] - radii[0])
    )
    above = (10**profile - 10**smooth).clamp_min(0) * radii
    energy = torch.where(distance <= width, above, 0.0).sum(-1)
    return energy.masked_fill(~(at < 0.5), torch.nan)


def own_period(power: Tensor, size: tuple[int, int], wave_vector: Tensor) -> Tensor:
    """``(B,)`` period of the family near ``wave_vector (B, 2)``, from the spectrum's peaks."""
    known = wave_vector.isfinite().all(-1)
    wave = torch.where(known[:, None], wave_vector, LIMITS.unknown_frequency)
    length = wave.norm(dim=-1)
    # A comb of harmonics, stretched: the stretch of most mean log power is the family's own.
    stretch = torch.linspace(1 - LIMITS.stretch, 1 + LIMITS.stretch, LIMITS.stretch_steps).to(power)
    orders = torch.arange(1, LIMITS.harmonics + 1).to(power)
    at = wave[:, None, None] * stretch[:, None, None] * orders[:, None]
    inside = (at.abs() < LIMITS.highest_harmonic).all(-1)
    at = torch.where(inside[..., None], at, 0.0).flatten(1, 2)
    values = log_power_at(power, size, at).reshape(inside.shape)
    always = inside.all(1, keepdim=True)
    score = (values * always).sum(-1) / always.sum(-1).clamp_min(1)
    best = score.argmax(-1).clamp(1, len(stretch) - 2)
    around = torch.gather(score, 1, best[:, None] + torch.arange(-1, 2, device=best.device))
    factor = stretch[best] + parabola_shift(*around.unbind(-1)) * (stretch[1] - stretch[0])
    period: Tensor = 1 / (length * factor)
    return period.masked_fill(~known, torch.nan)


def _axis_share(
    power: Tensor, radius: Tensor, on_axis: Tensor, length: Tensor, narrowest: float
) -> Tensor:
    """``(B,)`` share of the ring at the fundamental that lies on the two axes."""
    width = (LIMITS.ring_share * length).clamp_min(narrowest)
    near = (radius - length[:, None, None]).abs() <= width[:, None, None]
    ring = power * near
    return (ring * on_axis).sum((-2, -1)) / ring.sum((-2, -1)).clamp_min(1e-20)


@lru_cache(maxsize=2)
def _planes(
    size: tuple[int, int], bins: int, device: torch.device, dtype: torch.dtype
) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor, Tensor]:
    """What all pictures of a size share: the rings' table, radii, and what lies on an axis."""
    fx, fy = frequency_grid(size, device=device, dtype=dtype)
    across, down = fx[None], fy[:, None].abs()
    slope = math.tan(math.radians(LIMITS.axis_deg))
    on_axis = (down <= slope * across) | (across <= slope * down)
    table = radial_table(size, bins, device=device, dtype=dtype)
    return table, torch.hypot(down, across), on_axis
