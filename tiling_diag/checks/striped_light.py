"""Walls without light that changes in one direction only: shadows of blinds, railings and fences.

Light changes colours by a factor. Where that factor depends on one coordinate alone, the mean of
the logarithm along the lines square to it shows it, however sharp its edges: materials average out.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from tiling_diag.checks.limits import LIMITS
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.luma import luma
from tiling_diag.kernels.projection import line_means


def striped_light(walls: Walls) -> tuple[Tensor, Tensor]:
    """The light that changes most in one direction: from the shrunk walls, for it is coarse.

    Returns:
        ``(B,)`` the angle across the lines whose means vary most, in radians, and ``(B,)`` which
        share of the variance of the log luma that light is.
    """
    coarse = torch.arange(LIMITS.striped_directions, device=walls.image.device)
    step = math.pi / LIMITS.striped_directions
    turn = (coarse * step).expand(len(walls.image), -1)
    share = at = turn[:, :1]
    near = torch.linspace(-1, 1, 2 * LIMITS.striped_finer + 1, device=walls.image.device) * step
    fine = _log_luma(walls.small.image, walls.small.mask), walls.small.mask
    size = [max(1, side // LIMITS.striped_shrink) for side in walls.small.size]
    rough = [interpolate(plane[:, None], size, mode="area")[:, 0] for plane in fine]
    for tone, mask in (rough, fine):
        means, weights, _ = line_means(tone, mask, turn)
        # A few pixels have a mean by chance, of one pixel the whole of its variance.
        variance = (tone.square() * mask).sum((-2, -1))[:, None]
        chance = (weights > 0).sum(-1) * variance / mask.sum((-2, -1)).clamp_min(1)[:, None]
        share = ((means.square() * weights).sum(-1) - chance) / variance.clamp_min(1e-9)
        best = share.argmax(-1, keepdim=True)
        share, at = share.gather(1, best), turn.gather(1, best)
        turn = at + near
    return at[:, 0], share[:, 0]


def without_striped_light(walls: Walls, turn: Tensor) -> Walls:
    """The batch without the light that changes across the angles ``turn (B,)``.

    Of large pictures the light is measured in smaller ones.
    """
    seen = walls.zoomed(min(1.0, LIMITS.striped_side_px / max(walls.size)))
    tone = _log_luma(seen.image, seen.mask)
    means, _, place = line_means(tone, seen.mask, turn[:, None])
    low = place[:, 0].floor().clamp(0, means.shape[-1] - 2)
    part = (place[:, 0] - low).clamp(0, 1)
    low = low.long().flatten(1)
    below, above = (means[:, 0].gather(1, at).view_as(tone) for at in (low, low + 1))
    factor = (-below * (1 - part) - above * part).exp()[:, None]
    if seen is not walls:
        factor = interpolate(factor, walls.size, mode="bilinear")
    return Walls((walls.image * factor).clamp(0, 1), walls.mask)


def _log_luma(image: Tensor, mask: Tensor) -> Tensor:
    """``(B, H, W)`` log luma less its mean, 0 beyond the mask."""
    tone = (luma(image) + LIMITS.striped_dark).log()
    mean = (tone * mask).sum((-2, -1), keepdim=True) / mask.sum((-2, -1), keepdim=True)
    return (tone - mean) * mask
