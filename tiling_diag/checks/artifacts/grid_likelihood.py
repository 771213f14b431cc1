"""How likely the powers of a grid's lines are with the grid, over without one."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.artifacts.results import GridAxis

# Which of a grid's lines (k, l) each shape has: horizontal lines, upright lines, both of them as
# a mesh, all lines, and those off the axes alone (a chequerboard).
SHAPES = ("rows", "columns", "mesh", "full", "chequer")
AXIS_OF_SHAPE = (GridAxis.ROWS, GridAxis.COLUMNS, GridAxis.BOTH, GridAxis.BOTH, GridAxis.BOTH)


def shape_lines(lines: Tensor) -> Tensor:
    """``(S, L)`` which of the lines ``(L, 2)`` each of the `SHAPES` has.

    A pattern that changes down the picture only has the lines (0, l): these are horizontal lines.
    """
    across, down = (lines != 0).unbind(-1)
    every = torch.ones_like(across)
    return torch.stack([~across, ~down, ~(across & down), every, across & down])


def line_shares(lines: Tensor) -> Tensor:
    """``(S, L)`` share of a grid's mean square that each of its lines is expected to have.

    Kernels that overlap leave a pattern along each axis, and the product of the two.
    """
    order = lines.abs()
    has = shape_lines(lines)
    fall = has / order.clamp_min(1).prod(-1)
    alone = fall / fall.sum(-1, keepdim=True).clamp_min(1e-9)
    mesh, full, chequer = (SHAPES.index(name) for name in ("mesh", "full", "chequer"))
    shares = alone.clone()
    # A full grid has a mesh and what lies off the axes; either half may have no line at all.
    on_axis = LIMITS.grid_share_on_axis
    shares[full] = on_axis * alone[mesh] + (1 - on_axis) * alone[chequer]
    # Of a line and its mirror image one is looked at.
    return shares / 2


def grid_likelihood(
    level: Tensor, ground: Tensor, expected: Tensor, stray: Tensor, has: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Log likelihood of the likeliest grid less that of none.

    The power of a line of noise, or of a grid of unknown phase, has an exponential distribution
    around its mean. A stray line may have any power, the higher the rarer: 1 / (1 + r)^2.

    Args:
        level: ``(B, L)`` power at the lines.
        ground: ``(B, L)`` its mean without a grid.
        expected: ``(B, A, S, L)`` what a grid of each amplitude and shape adds.
        stray: ``(L,)`` how often a line is a stray one.
        has: ``(B, S, L)`` which lines of each shape count.

    Returns:
        ``(B,)`` each: the log likelihood ratio, which amplitude and which shape it is.
    """
    ratio = (level / ground)[:, None, None]
    gain = expected / ground[:, None, None]
    none = torch.exp(-ratio)
    means = [1 + share * gain for share in LIMITS.grid_share_factors]
    grid = torch.stack([torch.exp(-ratio / m) / m for m in means]).mean(0)
    odd = stray / (1 + ratio).square()
    nothing = none * (1 - stray) + odd
    scores = torch.stack(
        [
            torch.where(
                has[:, None],
                (((1 - full) * none + full * grid) * (1 - stray) + odd).log() - nothing.log(),
                0,
            ).sum(-1)
            for full in LIMITS.grid_filled
        ]
    ).amax(0)
    shapes = scores.shape[-1]
    best = scores.flatten(1).max(-1)
    return best.values, best.indices // shapes, best.indices % shapes
