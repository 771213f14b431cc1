"""What a resize did to the picture, and what a clean resize would change."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from tiling_diag.checks.artifacts.enlargement import measure_trace, mirrored_share
from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.artifacts.results import ResizeResult
from tiling_diag.checks.results import LatticeResult
from tiling_diag.checks.spectra.power import own_period
from tiling_diag.checks.walls import Walls, resized


def measure_resize(
    walls: Walls, lattice: LatticeResult, profiles: tuple[Tensor, Tensor]
) -> ResizeResult:
    """Traces of a resize, what half size and back takes away, and where the fundamental is then.

    Args:
        walls: the batch.
        lattice: the fundamental's wave vector.
        profiles: as `traces.difference_profiles` gives them.
    """
    trace = measure_trace(walls, lattice, profiles)
    mirrored, coherence = mirrored_share(walls, trace.factor)
    return ResizeResult(
        mse_down_up=_down_up(walls),
        period_px=half_size_period(walls.power, walls.size, lattice),
        trace=trace.height,
        trace_amplitude=trace.amplitude,
        trace_factor=trace.factor,
        mirrored=mirrored,
        coherence=coherence,
    )


def _down_up(walls: Walls) -> Tensor:
    """``(B,)`` mean squared difference to half size and back, low-passed, on the wall."""
    height, width = walls.size
    half = resized(walls.luma[:, None], (max(1, height // 2), max(1, width // 2)))
    # Nothing to low-pass on the way up.
    back = interpolate(half, size=walls.size, mode="bilinear", align_corners=False)[:, 0]
    square = back.sub_(walls.luma).square_()
    if walls.whole:
        return square.mean((-2, -1))
    total = walls.mask.sum((-2, -1))
    mean = (square * walls.mask).sum((-2, -1)) / total.clamp_min(1e-9)
    return mean.masked_fill(total <= 0, torch.nan)


def half_size_period(power: Tensor, size: tuple[int, int], lattice: LatticeResult) -> Tensor:
    """``(B,)`` period in px of the fundamental in the lower half of the spectrum.

    That is the spectrum of the picture at half its size after a perfect low-pass.

    Args:
        power: ``(B, H, W // 2 + 1)`` one-sided.
        size: ``(H, W)``.
        lattice: its wave vector says where to look.
    """
    height, width = 2 * (size[0] // 4), 2 * (size[1] // 4)
    wave = lattice.wave_vector.to(power)
    if min(height, width) < LIMITS.half_size_least_px:
        return torch.full_like(wave[:, 0], torch.nan)
    low = torch.cat([power[:, : height // 2], power[:, size[0] - height // 2 :]], dim=1)
    seen = wave * wave.new_tensor([size[1] / width, size[0] / height])
    period_small = own_period(low[..., : width // 2 + 1], (height, width), seen)
    lost = ~(seen.abs().amax(-1) < LIMITS.half_size_nyquist)
    period: Tensor = period_small * seen.norm(dim=-1) / wave.norm(dim=-1)
    return period.masked_fill(lost, torch.nan)
