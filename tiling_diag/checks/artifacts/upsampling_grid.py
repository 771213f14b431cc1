"""Grids that upsampling leaves: lines at exact fractions of the sampling rate.

A transposed convolution or a decoder that works in tokens of p px adds a pattern that repeats
every p px, from the picture's first pixel on (Odena et al., "Deconvolution and checkerboard
artifacts", 2016): along both axes, as horizontal or upright lines, as a mesh, or as a chequerboard.
Its spectrum is nothing but lines at (k/p, l/p) cycles/px; added up over the whole picture such a
line keeps its phase while all else loses it, so that a grid far below the texture stands out. The
material has lines too, but not on most of a shape's lines at once. The score is therefore how
likely the powers of these lines are with a grid of the likeliest shape, over without one.

Lines of a shorter grid say nothing of a longer period: its score is that of the lines whose k, l
and p have no common factor.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from tiling_diag.checks.artifacts.grid_likelihood import (
    AXIS_OF_SHAPE,
    grid_likelihood,
    line_shares,
    shape_lines,
)
from tiling_diag.checks.artifacts.grid_lines import Lines, measure_lines
from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.artifacts.results import GridResult
from tiling_diag.checks.results import LatticeResult
from tiling_diag.checks.walls import Walls


class _Period(NamedTuple):
    """What is known of one period: ``(B,)`` each, the box ``(B, 4)``."""

    amplitude: Tensor
    score: Tensor
    axis: Tensor
    share: Tensor
    box_px: Tensor


def measure_grid(walls: Walls, lattice: LatticeResult, periods_px: tuple[int, ...]) -> GridResult:
    """Amplitude, shape, place and evidence of grids of every period.

    Args:
        walls: the pictures.
        lattice: of the material, whose own lines are no grid.
        periods_px: periods to look for, each at least 2.
    """
    largest = min(walls.size) // LIMITS.grid_least_spacing_bins
    fitting = [p for p in periods_px if p <= largest]
    found: dict[int, _Period] = {}
    # The lines of a grid are among those of its multiples: one look serves all of them.
    for multiple in sorted(fitting, reverse=True):
        if multiple not in found:
            lines = measure_lines(walls, lattice, multiple)
            parts = [p for p in fitting if multiple % p == 0 and p not in found]
            found |= {p: _measure_period(lines, p) for p in parts}
    nothing = walls.luma.new_full((len(walls.luma),), torch.nan)
    unknown = _Period(
        nothing, nothing, torch.zeros_like(nothing), nothing, nothing[:, None].expand(-1, 4)
    )
    each = [found.get(p, unknown) for p in periods_px]
    return GridResult(
        period_px=torch.tensor(periods_px, dtype=torch.float64),
        amplitude=torch.stack([one.amplitude for one in each], -1).cpu().double(),
        score=torch.stack([one.score for one in each], -1).cpu().double(),
        axis=torch.stack([one.axis for one in each], -1).cpu().long(),
        share=torch.stack([one.share for one in each], -1).cpu().double(),
        boxes_px=torch.stack([one.box_px for one in each], -2).cpu().double(),
    )


def _measure_period(lines: Lines, period: int) -> _Period:
    """What one period has, in its likeliest shape."""
    step = lines.period // period
    mine = (lines.order % step == 0).all(-1)
    order, level, ground = lines.order[mine] // step, lines.level[:, mine], lines.ground[:, mine]
    own = lines.own_period[mine] == period
    levels = torch.tensor(LIMITS.grid_amplitudes).to(level) / 255
    shares = line_shares(order[own]).to(level)
    expected = lines.unit[:, None, None, None] * levels.square()[:, None, None] * shares
    stray = torch.where((order[own] == 0).any(-1), LIMITS.grid_stray_on_axis, LIMITS.grid_stray).to(
        level
    )
    free = ~lines.material[:, mine]
    has = shape_lines(order[own])
    # What the material has lines of its own at says little, unless it has them everywhere.
    few = (free[:, None, own] & has).sum(-1) < LIMITS.grid_least_free * has.sum(-1)
    known = has & (free[:, None, own] | few[..., None])
    score, _, shape = grid_likelihood(level[:, own], ground[:, own], expected, stray, known)
    # A line and its mirror image are one wave; at 1/2 they are one line.
    waves = torch.where((2 * order % period == 0).all(-1), 1.0, 2.0)
    # What stands out by itself is the grid's, too, whichever shape its other lines make likely.
    counts = shape_lines(order)[shape] | (level > LIMITS.grid_clear * ground)
    above = (level - ground).clamp_min(0)
    # Layers treat both axes alike: what the material hides of one is as strong as in the other.
    turned = torch.minimum(level, above[:, _turned(order)])
    above = torch.where(lines.material[:, mine], torch.maximum(above, turned), above)
    square = waves * above / lines.unit[:, None] * counts
    amplitude = 255 * square.sum(-1).sqrt()
    faint = amplitude < LIMITS.grid_faintest_levels
    score = torch.where(faint, score.clamp_max(0.0), score)
    share, box_px = lines.blocks.place(mine, square.sqrt())
    area = (box_px[:, 2] - box_px[:, 0]) * (box_px[:, 3] - box_px[:, 1])
    in_part = area < LIMITS.grid_part * lines.pixels
    amplitude = torch.where(
        in_part, amplitude / share.clamp_min(LIMITS.grid_least_share), amplitude
    )
    axis = torch.tensor([int(one) for one in AXIS_OF_SHAPE], device=shape.device)[shape]
    return _Period(amplitude, score, axis, share, box_px)


def _turned(order: Tensor) -> Tensor:
    """``(L,)`` index of the line (v, k), or its mirror image, of every line (k, v)."""
    index = {(abs(k), abs(v)): i for i, (k, v) in enumerate(order.tolist())}
    turned = [index.get((abs(v), abs(k)), i) for i, (k, v) in enumerate(order.tolist())]
    return torch.tensor(turned, device=order.device)
