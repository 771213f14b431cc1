"""The highest point of a function: a grid first, then ever finer ones around the best so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.kernels.peaks import refine_peak


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
        between: whether the place is refined between the points of the last grid, by a quadratic
            through the best one and its neighbours. In two dimensions only. The place then
            changes smoothly with the scores, unless two distant points of a grid are equal.

    Returns:
        The best point, and all of the first grid. Of equal points the first counts, the last
        dimension running fastest.

    Raises:
        InputError: if there is no stage, or the number of dimensions does not fit.
    """
    dimensions = centre.shape[-1]
    if not stages or dimensions not in (1, 2) or (between and dimensions != 2):
        raise InputError(
            f"{len(stages)} stages in {dimensions} dimensions, between={between}: "
            "use at least one stage, in one dimension or two, and between in two"
        )
    place = centre
    first: tuple[Tensor, Tensor] | None = None
    for reach, step in stages:
        points = place[:, None] + _offsets(reach, step, place)
        scores = score(points).to(points.device)
        first = first or (points, scores)
        top, index = scores.max(-1)
        place = points[torch.arange(len(points), device=points.device), index]
    if between:
        step = stages[-1][1]
        around = score(place[:, None] + _offsets(step, step, place)).to(place.device)
        # Neighbours of unequal x lie in different rows of the map.
        middle = torch.ones(len(place), 1, 2, dtype=torch.long, device=place.device)
        value, shift = refine_peak(around.view(-1, 3, 3), middle)
        place = place + (shift[:, 0].flip(-1) - 1).to(place) * step
        top = value[:, 0]
    assert first is not None
    return GridPeak(place, top, *first)


def _offsets(reach: float, step: float, like: Tensor) -> Tensor:
    """``(S, D)`` points of a grid around 0."""
    count = int(2 * reach / step + 0.5) + 1
    steps = (torch.arange(count).to(like) - (count - 1) / 2) * step
    dimensions = like.shape[-1]
    return torch.cartesian_prod(*[steps] * dimensions).reshape(-1, dimensions)
