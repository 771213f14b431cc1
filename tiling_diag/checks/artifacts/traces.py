"""How large the differences of neighbouring pixels are by column and by row.

What interpolation and the blocks of JPEG leave repeats in these profiles, whatever the sign of the
differences. The logarithm keeps single joints from counting for more than the pixels beside them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.walls import Walls


def difference_profiles(walls: Walls) -> tuple[Tensor, Tensor]:
    """``(B, 3, n)`` mean logarithm of the differences of every order, by column and by row."""
    return _profiles(walls, -1), _profiles(walls, -2)


def _profiles(walls: Walls, dim: int) -> Tensor:
    """``(B, 3, n)`` of the differences along `dim`."""
    luma, mask = (x if dim == -1 else x.transpose(-2, -1) for x in (walls.luma, walls.mask))
    step = max(1, luma.shape[-2] // LIMITS.trace_lines)
    luma, mask = luma[:, step // 2 :: step], mask[:, step // 2 :: step]
    length = luma.shape[-1]
    found = []
    difference, weight = luma, mask
    for _ in LIMITS.trace_orders:
        difference = difference.diff(dim=-1)
        weight = weight[..., 1:] * weight[..., :-1]
        size = (difference.abs() + LIMITS.trace_rounding).log()
        if walls.whole:
            profile = size.mean(-2)
        else:
            total = weight.sum(-2)
            profile = (size * weight).sum(-2) / total.clamp_min(1e-6)
            known = total > LIMITS.trace_least_known * total.amax(-1, keepdim=True)
            level = (profile * known).sum(-1, keepdim=True) / known.sum(-1, keepdim=True)
            profile = torch.where(known, profile, level)
        found.append(pad(profile, (0, length - profile.shape[-1]), mode="replicate"))
    return torch.stack(found, 1)


def wave_amplitudes(profile: Tensor, bins: int) -> Tensor:
    """``(B, 3, bins // 2 + 1)`` amplitude of the waves in profiles, under a Hann window."""
    length = profile.shape[-1]
    taper = torch.hann_window(length, device=profile.device, dtype=profile.dtype)
    level = profile - profile.mean(-1, keepdim=True)
    amplitude: Tensor = torch.fft.rfft(level * taper, bins).abs() * (2 / taper.sum())
    return amplitude
