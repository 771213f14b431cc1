"""Straight bands of windows that look like their surroundings stretched by an octave.

Windows are pooled in bins across every direction. A run of bins is a band as far as its inside is
more similar to the stretched outside than to the outside itself, or the outside to the stretched
inside. All windows along a band count together, and no level of the wall is needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from tiling_diag.checks.zones.limits import LIMITS
from tiling_diag.checks.zones.similarity import STRETCHES, Similarity, similarities

# Directions that are tried, evenly over half a turn, from rows on.
DIRECTIONS = 12
# Period over that outside, along and across the rows: first those of `STRETCHES`.
OCTAVES = (*STRETCHES, *((1 / along, 1 / across) for along, across in STRETCHES))


@dataclass(frozen=True, eq=False)
class PooledWindows:
    """Windows of one wall pool_windows in bins across every direction.

    Attributes:
        similarity: ``(3, T, M, M)`` similarity of their sums.
        count: ``(T, M)`` windows in each bin.
        low: ``(T,)`` where the first bin begins, px.
        width: of the bins, px.
    """

    similarity: Similarity
    count: Tensor
    low: Tensor
    width: float


@dataclass(frozen=True)
class Bands:
    """Bands in one direction, all of one octave.

    Attributes:
        direction: which of the directions they run along.
        kind: which of `OCTAVES`.
        places: for each from where to where across the direction, px; infinite at a border.
        scores: for each how much more similar it is to the stretched outside than to the outside,
            as a difference of correlations.
        contrast: the same for the best run of bins, weighted by the shares of both sides.
    """

    direction: int
    kind: int
    places: list[tuple[float, float]]
    scores: list[float]
    contrast: float

    def clarity(self, window_share: float) -> float:
        """The contrast against what chance reaches, which is more with few windows side by side.

        Args:
            window_share: side of a window over the picture's shorter one.
        """
        return self.contrast / math.sqrt(window_share)


def normals() -> Tensor:
    """``(T, 2)`` unit vectors across the directions: (0, 1) across rows."""
    turn = torch.arange(DIRECTIONS, dtype=torch.float64) * (math.pi / DIRECTIONS)
    return torch.stack([-turn.sin(), turn.cos()], dim=-1)


def pool_windows(
    halves: Tensor, places: Tensor, usable: Tensor, width: float, *, rank_1: bool
) -> PooledWindows:
    """Pool the windows of a wall.

    Args:
        halves: ``(n, L)`` see `similarity.half_maps`.
        places: ``(n, 2)`` px.
        usable: ``(n,)`` bool.
        width: of the bins, px.
        rank_1: see `similarity.similarities`.
    """
    across = normals() @ places.mT
    low = across.amin(-1) - width / 2
    index = ((across - low[:, None]) / width).floor().long()
    member = one_hot(index).mT.double() * usable.double()
    similarity = similarities(member.to(halves) @ halves, rank_1=rank_1)
    return PooledWindows(similarity, member.sum(-1), low, width)


def find_bands(seen: PooledWindows, kinds: list[bool]) -> Bands | None:
    """The bands of a wall, None where nothing can be compared.

    Args:
        seen: its windows.
        kinds: which of `STRETCHES` are looked for.
    """
    bins = seen.count.shape[-1]
    first, last = torch.triu_indices(bins, bins)
    at = torch.arange(bins)
    runs = ((at >= first[:, None]) & (at <= last[:, None])).double()
    share = (seen.count @ runs.mT) / seen.count.sum(-1, keepdim=True).clamp_min(1)
    more = _more_similar(seen.similarity, runs, 1 - runs)
    weight = torch.full((DIRECTIONS, 1), LIMITS.oblique_share, dtype=torch.float64)
    weight[[0, DIRECTIONS // 2]] = 1.0
    value = more * (weight * (share * (1 - share)).clamp_min(0).sqrt())
    allowed = (share >= LIMITS.least_share) & (share <= 1 - LIMITS.least_share)
    allowed = allowed & torch.tensor(kinds * 2)[:, None, None]
    value = value.masked_fill(~allowed, -torch.inf)
    best = int(value.argmax())
    contrast = float(value.flatten()[best])
    if not math.isfinite(contrast):
        return None
    run, direction = best % len(runs), best // len(runs) % DIRECTIONS
    kind = best // len(runs) // DIRECTIONS
    return _bounded(seen, direction, kind, runs[run] > 0, contrast)


def _more_similar(similarity: Similarity, inside: Tensor, outside: Tensor) -> Tensor:
    """How much more similar one side is to the other stretched than as it is ``(6, ..., K)``.

    Args:
        similarity: ``(3, ..., M, M)`` of bins.
        inside: ``(K, M)`` 1 for the bins of one side.
        outside: ``(K, M)`` of the other side.
    """

    def product(of: Tensor, one: Tensor, other: Tensor) -> Tensor:
        total: Tensor = ((one @ of) * other).sum(-1)
        return total

    def cosine(between: Tensor, one: Tensor, other: Tensor) -> Tensor:
        return between / (one * other).clamp_min(1e-12).sqrt()

    within, without = (product(similarity.plain, s, s) for s in (inside, outside))
    plain = cosine(product(similarity.plain, inside, outside), within, without)
    doubled = cosine(
        product(similarity.crossed, inside, outside),
        within,
        product(similarity.stretched, outside, outside),
    )
    halved = cosine(
        product(similarity.crossed, outside, inside),
        without,
        product(similarity.stretched, inside, inside),
    )
    return torch.cat([doubled - plain, halved - plain])


def _bounded(
    seen: PooledWindows, direction: int, kind: int, inside: Tensor, contrast: float
) -> Bands:
    """Where bands begin and end: where bins are as similar to one side as to the other."""
    there = seen.count[direction] > 0
    between = _between(there)
    eye = torch.eye(len(inside), dtype=torch.float64)
    similarity = seen.similarity
    similarity = Similarity(
        *(x[:, direction] for x in (similarity.plain, similarity.crossed, similarity.stretched))
    )
    for _ in range(2):
        outside = (there & ~inside).double().expand(len(inside), -1)
        more = _more_similar(similarity, eye, outside)[kind]
        level = float(more[inside & there].mean())
        more = _filled(more, there).masked_fill(~between, -torch.inf)
        runs = [
            run
            for run in _runs(more > 0)
            if float(more[run].mean()) > LIMITS.next_share * max(level, 0.0)
        ]
        found = torch.zeros_like(inside)
        for run in runs:
            found[run] = True
        if not bool(found.any()) or bool(found[there].all()):
            runs = _runs(inside & between)
            break
        inside = found
    scores = [float(more[run].mean()) for run in runs]
    order = sorted(range(len(runs)), key=lambda k: -scores[k] * len(range(*runs[k].indices(999))))
    places = [_edges(seen, direction, more.tolist(), between.tolist(), runs[k]) for k in order]
    return Bands(direction, kind, places, [scores[k] for k in order], contrast)


def _between(there: Tensor) -> Tensor:
    """From the first to the last True of ``(M,)``."""
    return (there.cumsum(0) > 0) & (there.flip(0).cumsum(0).flip(0) > 0)


def _filled(values: Tensor, there: Tensor) -> Tensor:
    """``(M,)`` where bins have no windows those of the nearest on both sides, by a straight line.

    Windows on the border of a zone show no lattice: the border is between those that do.
    """
    known = there.nonzero()[:, 0]
    at = torch.arange(len(values))
    after = torch.searchsorted(known, at).clamp(max=len(known) - 1)
    low, high = known[(after - 1).clamp_min(0)], known[after]
    share = ((at - low) / (high - low).clamp_min(1)).clamp(0, 1).to(values)
    line = torch.lerp(values[low], values[high], share)
    return torch.where(there, values, line)


def _runs(over: Tensor) -> list[slice]:
    """Runs of True in ``(M,)``."""
    ends = torch.cat([over.new_zeros(1), over, over.new_zeros(1)]).int().diff()
    starts, stops = (torch.nonzero(ends == sign)[:, 0].tolist() for sign in (1, -1))
    return [slice(start, stop) for start, stop in zip(starts, stops, strict=True)]


def _edges(
    seen: PooledWindows, direction: int, more: list[float], there: list[bool], run: slice
) -> tuple[float, float]:
    """Where a run begins and ends across its direction, px; infinite where no bin lies beyond."""
    low = float(seen.low[direction])

    def crossing(outside: int, inside: int) -> float:
        if not 0 <= outside < len(more) or not there[outside]:
            return math.inf if outside > inside else -math.inf
        rise = more[inside] - more[outside]
        share = min(max(-more[outside] / rise, 0.0), 1.0) if rise > 1e-6 else 0.5
        return low + seen.width * (outside + 0.5 + share * (inside - outside))

    return crossing(run.start - 1, run.start), crossing(run.stop, run.stop - 1)
