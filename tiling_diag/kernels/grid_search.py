"""The highest point of a function: a grid first, then ever finer ones around the best so far.

The best cell of a grid depends on the last digits of the scores, and so on the processor. Where the
place between the cells is asked for, the grids only choose the hill. Newton steps then climb to its
top, which moves no further than the scores do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.errors import InputError

# Scores this near to the best one, relative to it, are equal to it.
TIE = 1e-6
# From neighbouring cells the steps reach the same place, to 1e-6 of a cell on smooth hills.
NEWTON_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class GridPeak:
    """What a search over grids found.

    Attributes:
        place: ``(B, D)`` the best point.
        score: ``(B,)`` its score.
        tried: ``(B, S, D)`` the points of the first grid.
        scores: ``(B, S)`` their scores.
    """

    place: Tensor
    score: Tensor
    tried: Tensor
    scores: Tensor


def grid_search(
    score: Callable[[Tensor], Tensor],
    centre: Tensor,
    stages: Sequence[tuple[float, float]],
    *,
    between: bool = False,
) -> GridPeak:
    """The best point of a grid, then of finer grids, each laid around the best point before it.

    Args:
        score: from points ``(B, S, D)`` to their scores ``(B, S)``, which may be on another
            device; -inf where a point is not allowed.
        centre: ``(B, D)`` middle of the first grid, of one or two dimensions.
        stages: for every grid how far it reaches either way of its middle, and its step.
        between: whether the place is refined between the points of the last grid, by steps to the
            top of a quadratic fitted to the scores at the place and around it, as far away as the
            last grid's step. The place then changes smoothly with the scores, unless two distant
            points of a grid are equal. It stays where it is next to points that are not allowed.

    Returns:
        The best point, and all of the first grid. Of equal points the one nearest to the grid's
        middle counts, and of these the first, the last dimension running fastest.

    Raises:
        InputError: if there is no stage, or the number of dimensions does not fit.
    """
    dimensions = centre.shape[-1]
    if not stages or dimensions not in (1, 2):
        raise InputError(
            f"{len(stages)} stages in {dimensions} dimensions: "
            "use at least one stage, in one dimension or two"
        )
    place = centre
    first: tuple[Tensor, Tensor] | None = None
    for reach, step in stages:
        offsets = _offsets(reach, step, place)
        points = place[:, None] + offsets
        scores = score(points).to(points.device)
        first = first or (points, scores)
        index = _best(scores, offsets)
        every = torch.arange(len(points), device=points.device)
        place, top = points[every, index], scores[every, index]
    if between:
        step = stages[-1][1]
        around = _offsets(1.0, 1.0, place)
        for _ in range(NEWTON_ROUNDS):
            scores = score(place[:, None] + step * around).to(place.device)
            place = place + step * newton_step(scores, around)
        top = score(place[:, None]).to(place.device)[:, 0]
    assert first is not None
    return GridPeak(place, top, *first)


def newton_step(values: Tensor, around: Tensor) -> Tensor:
    """The way ``(B, D)`` to the top of the quadratic that fits `values` best, at most 1 each way.

    Where the quadratic has no top along a direction the step climbs by 1 along it.

    Args:
        values: ``(B, 3 ** D)``; the step is 0 where they are not all finite.
        around: ``(3 ** D, D)`` where they are: all points of -1, 0 and 1.
    """
    usable = values.isfinite().all(-1)
    values = values.masked_fill(~usable[:, None], 0.0)
    values = values.to(around)
    # On this grid the terms x, xy and x² - 2/3 are orthogonal: each coefficient is one projection.
    slope = values @ around / around.square().sum(0)
    product = around[:, :, None] * around[:, None, :]
    bend = torch.einsum("bt,tij->bij", values, product) / product.square().sum(0)
    square = around.square() - 2 / 3
    own = 2 * (values @ square) / square.square().sum(0)
    bend = bend - torch.diag_embed(bend.diagonal(dim1=-2, dim2=-1)) + torch.diag_embed(own)
    curvature, axes = torch.linalg.eigh(bend)
    along = (slope[:, None] @ axes)[:, 0]
    least = along.abs().clamp_min(torch.finfo(values.dtype).tiny)
    move = along / torch.maximum(-curvature, least)
    step: Tensor = (axes @ move[..., None])[..., 0].clamp(-1, 1)
    return step * usable[:, None]


def _best(scores: Tensor, offsets: Tensor) -> Tensor:
    """``(B,)`` index of the best of ``scores (B, S)``; of equal ones that of the least offset."""
    order = offsets.square().sum(-1).argsort(stable=True)
    top = scores.amax(-1, keepdim=True)
    good = scores >= top - TIE * top.abs().nan_to_num(0.0, 0.0, 0.0)
    rank = torch.arange(len(order), device=scores.device).expand_as(scores)
    best: Tensor = order[torch.where(good[:, order], rank, len(order) - 1).amin(-1)]
    return best


def _offsets(reach: float, step: float, like: Tensor) -> Tensor:
    """``(S, D)`` points of a grid around 0."""
    count = int(2 * reach / step + 0.5) + 1
    steps = (torch.arange(count).to(like) - (count - 1) / 2) * step
    dimensions = like.shape[-1]
    return torch.cartesian_prod(*[steps] * dimensions).reshape(-1, dimensions)
