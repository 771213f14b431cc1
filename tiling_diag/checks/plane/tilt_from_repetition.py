"""The tilt of a wall under which it repeats best.

Seen at an angle, a wall repeats nowhere exactly; laid flat under its tilt it does, and under tilts
that are not too far from it. So the wall is laid flat under many tilts at once, small, and of each
the best lattice that two maxima of the autocorrelation span says how well it repeats. No lattice
needs to be known, and no edges need to be straight.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.lattice.proposals import best_repetition
from tiling_diag.checks.plane.limits import LIMITS
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.autocorrelation import autocorrelation
from tiling_diag.kernels.grid_search import grid_search
from tiling_diag.kernels.homography import LEAST_DEPTH, front_view
from tiling_diag.kernels.rectify import rectify, square_canvases


@dataclass(frozen=True, eq=False)
class Repetition:
    """Tilts of a batch of walls, float64 on the CPU.

    Attributes:
        tilt: ``(B, 2)`` in 1/px about the picture's middle.
        change: ``(B, 2)`` of scale from the middle to the right and the lower border.
        gain: ``(B,)`` by how much better the wall repeats under it than without a tilt, of 2.
    """

    tilt: Tensor
    change: Tensor
    gain: Tensor


def tilt_from_repetition(walls: Walls) -> Repetition:
    """The tilts under which walls repeat best."""
    half = torch.tensor(walls.size, dtype=torch.float64).flip(-1) / 2

    def score(changes: Tensor) -> Tensor:
        repeats = _repeats(walls, changes / half)
        beyond = changes.abs().sum(-1) >= 1 - LEAST_DEPTH
        return repeats.masked_fill(beyond.to(repeats.device), -torch.inf)

    straight = half.new_zeros(len(walls.image), 2)
    found = grid_search(score, straight, LIMITS.tilt_stages, between=True)
    without = score(straight[:, None])[:, 0]
    return Repetition(
        tilt=found.place / half,
        change=found.place,
        gain=(found.score.to(without) - without).double().cpu(),
    )


def _repeats(walls: Walls, tilts: Tensor) -> Tensor:
    """``(B, T)`` how well walls repeat under ``tilts (B, T, 2)``."""
    count = tilts.shape[1]
    tilts = tilts.flatten(0, 1)
    small = walls.small
    layers = torch.cat([small.channels.values[:, LIMITS.tilt_channels], small.mask[:, None]], dim=1)
    canvas = square_canvases(
        tilts,
        walls.size,
        LIMITS.tilt_side_px,
        LIMITS.near_ratio,
        front_view(tilts, LIMITS.focal_length * max(walls.size)),
    )
    flat = rectify(layers.repeat_interleave(count, dim=0), canvas, samples=1)
    mask = (flat[:, -1:] > LIMITS.whole_px_mask).to(flat.dtype)
    lag = canvas.size[0] // 2
    maps = autocorrelation(flat[:, :-1] * mask, mask, (lag, lag))
    importance = small.channels.importance[:, LIMITS.tilt_channels]
    seen = AutocorrelationMaps(maps, importance.repeat_interleave(count, dim=0))
    return best_repetition(seen, canvas.size).view(-1, count)
