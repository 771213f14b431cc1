"""How large the differences of neighbouring pixels are by column and by row.

What interpolation and the blocks of JPEG leave repeats in these profiles, whatever the sign of the
differences. The logarithm keeps single joints from counting for more than the pixels beside them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d, pad

from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.walls import Walls


def difference_profiles(walls: Walls) -> tuple[Tensor, Tensor]:
    """``(B, 3, n)`` mean logarithm of the differences of every order, by column and by row."""
    return _profiles(walls, -1), _profiles(walls, -2)


def _profiles(walls: Walls, dim: int) -> Tensor:
    """``(B, 3, n)`` of the differences along `dim`."""
    luma, mask = lines_of(walls, dim)
    length = luma.shape[-1]
    found = []
    difference, weight = luma, mask
    for _ in LIMITS.trace_orders:
        difference = difference.diff(dim=-1)
        weight = weight[..., 1:] * weight[..., :-1]
        profile = _mean_size(difference, weight, LIMITS.trace_rounding, walls.whole)
        found.append(pad(profile, (0, length - profile.shape[-1]), mode="replicate"))
    return torch.stack(found, 1)


def lines_of(walls: Walls, dim: int) -> tuple[Tensor, Tensor]:
    """``(B, lines, n)`` luma and mask of lines along `dim`, evenly spread over the picture."""
    luma, mask = (x if dim == -1 else x.transpose(-2, -1) for x in (walls.luma, walls.mask))
    step = max(1, luma.shape[-2] // LIMITS.trace_lines)
    return luma[:, step // 2 :: step], mask[:, step // 2 :: step]


def centred_lines(walls: Walls, dim: int) -> tuple[Tensor, Tensor]:
    """The same lines, each less its mean and 0 where there is no wall, and their mask."""
    luma, mask = lines_of(walls, dim)
    level = (luma * mask).sum(-1, keepdim=True) / mask.sum(-1, keepdim=True).clamp_min(1e-6)
    return (luma - level) * mask, mask


def whitened_profile(walls: Walls, dim: int) -> Tensor:
    """``(B, n)`` mean logarithm of lines along `dim` whose spectrum was made even.

    All frequencies then say as much of an interpolation: where differences see little but noise
    or what JPEG left, this sees the rest.
    """
    luma, mask = centred_lines(walls, dim)
    length = luma.shape[-1]
    lines = torch.fft.rfft(luma)
    half = LIMITS.white_bins // 2
    power = pad(lines.abs().square().mean(1)[:, None], (half, half), mode="replicate")
    smooth = avg_pool1d(power, LIMITS.white_bins, 1) + LIMITS.white_floor**2 * length
    even = torch.fft.irfft(lines / smooth.sqrt(), length)
    spread = (even.square() * mask).sum((-2, -1)) / mask.sum((-2, -1)).clamp_min(1e-6)
    least = LIMITS.white_least * spread.sqrt()[:, None, None] + 1e-9
    return _mean_size(even, mask, least, walls.whole)


def _mean_size(values: Tensor, weight: Tensor, least: Tensor | float, whole: bool) -> Tensor:
    """``(B, n)`` mean over lines of the logarithm of values ``(B, lines, n)``, less `least`."""
    size = (values.abs() + least).log()
    if whole:
        return size.mean(-2)
    total = weight.sum(-2)
    profile = (size * weight).sum(-2) / total.clamp_min(1e-6)
    known = total > LIMITS.trace_least_known * total.amax(-1, keepdim=True)
    level = (profile * known).sum(-1, keepdim=True) / known.sum(-1, keepdim=True)
    return torch.where(known, profile, level)


def wave_amplitudes(profile: Tensor, bins: int) -> Tensor:
    """``(B, C, bins // 2 + 1)`` amplitude of the waves in profiles, under a Hann window."""
    length = profile.shape[-1]
    taper = torch.hann_window(length, device=profile.device, dtype=profile.dtype)
    level = profile - profile.mean(-1, keepdim=True)
    amplitude: Tensor = torch.fft.rfft(level * taper, bins).abs() * (2 / taper.sum())
    return amplitude
