"""Straight bands in a scattered map of evidence: where they run, and where they begin and end."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# Directions that are tried, evenly over half a turn, from rows on.
DIRECTIONS = 12


@dataclass(frozen=True, eq=False)
class Profiles:
    """Evidence summed across every direction, in bins.

    Attributes:
        total: ``(T, F, M)`` sums of the evidence of F kinds.
        count: ``(T, F, M)`` places with evidence in each bin.
        low: ``(T,)`` where the first bin begins, px.
        width: of the bins, px.
    """

    total: Tensor
    count: Tensor
    low: Tensor
    width: float

    @property
    def mean(self) -> Tensor:
        """``(T, F, M)`` mean evidence of each bin, NaN for empty ones."""
        return torch.where(self.count > 0, self.total / self.count.clamp_min(1), torch.nan)


@dataclass(frozen=True)
class Band:
    """A run of bins.

    Attributes:
        direction: which of the directions it runs along.
        kind: which of the kinds of evidence it has.
        first, last: its bins.
        gain: evidence above the limit, summed over its places.
    """

    direction: int
    kind: int
    first: int
    last: int
    gain: float


def normals() -> Tensor:
    """``(T, 2)`` unit vectors across the directions: (0, 1) across rows."""
    turn = torch.arange(DIRECTIONS, dtype=torch.float64) * (math.pi / DIRECTIONS)
    return torch.stack([-turn.sin(), turn.cos()], dim=-1)


def profiles(evidence: Tensor, places: Tensor, width: float) -> Profiles:
    """Bin ``evidence (F, n)``, NaN where there is none, at ``places (n, 2)`` px."""
    across = normals() @ places.mT
    low = across.amin(-1) - width / 2
    index = ((across - low[:, None]) / width).floor().long()
    size = (*index.shape[:1], len(evidence), int(index.max()) + 1)
    known = evidence.isfinite()
    index = index[:, None].expand(-1, len(evidence), -1)
    zero = torch.zeros(size, dtype=evidence.dtype)
    total = zero.scatter_add(-1, index, evidence.nan_to_num(0.0).expand_as(index))
    count = zero.scatter_add(-1, index, known.to(evidence.dtype).expand_as(index))
    return Profiles(total, count, low, width)


def best_band(seen: Profiles, limit: float, usable: Tensor, weights: Tensor) -> Band | None:
    """The run of bins with most evidence above a limit; None where no bin is above it.

    Args:
        seen: the evidence.
        limit: evidence per place that is no evidence of a band.
        usable: ``(T, F, M)`` bins that may be part of the band.
        weights: ``(T, F)`` by which gains of directions and kinds are compared.
    """
    gain = torch.where(usable, seen.total - limit * seen.count, -torch.inf)
    # Sums over first .. last as differences of running sums; barred bins bar a run.
    running = torch.where(usable, gain, 0.0).cumsum(-1)
    barred = (~usable).cumsum(-1)
    start = running - torch.where(usable, gain, 0.0)
    runs = running[..., None, :] - start[..., :, None]
    bars = barred[..., None, :] - (barred - (~usable).long())[..., :, None]
    bins = gain.shape[-1]
    forward = torch.ones(bins, bins, dtype=torch.bool).triu()
    runs = torch.where(forward & (bars == 0), runs * weights[..., None, None], -torch.inf)
    best = int(runs.argmax())
    if not float(runs.flatten()[best]) > 0:
        return None
    last, first = best % bins, best // bins % bins
    kind, direction = best // bins**2 % gain.shape[1], best // bins**2 // gain.shape[1]
    value = runs[direction, kind, first, last] / weights[direction, kind]
    return Band(direction, kind, first, last, float(value))


def edges(seen: Profiles, band: Band, limit: float) -> tuple[float, float]:
    """Where a band begins and ends across its direction, px; infinite where no bin lies beyond."""
    mean = seen.mean[band.direction, band.kind].tolist()
    low = float(seen.low[band.direction])

    def crossing(outside: int, inside: int) -> float:
        if not 0 <= outside < len(mean) or math.isnan(mean[outside]):
            return math.inf if outside > inside else -math.inf
        rise = mean[inside] - mean[outside]
        share = min(max((limit - mean[outside]) / rise, 0.0), 1.0) if rise > 1e-6 else 0.5
        return low + seen.width * (outside + 0.5 + share * (inside - outside))

    return crossing(band.first - 1, band.first), crossing(band.last + 1, band.last)


def between(outline: Tensor, normal: Tensor, low: float, high: float) -> Tensor:
    """The part of a convex ``outline (n, 2)`` whose places along `normal` are from low to high.

    References:
        Sutherland and Hodgman, "Reentrant polygon clipping", CACM 17(1), 1974.
    """
    for sign, bound in ((1.0, low), (-1.0, -high)):
        if math.isinf(bound) or len(outline) == 0:
            continue
        depth = (sign * (outline @ normal) - bound).tolist()
        kept = []
        for k in range(len(outline)):
            after = (k + 1) % len(outline)
            if depth[k] >= 0:
                kept.append(outline[k])
            if (depth[k] >= 0) != (depth[after] >= 0):
                share = depth[k] / (depth[k] - depth[after])
                kept.append(outline[k] + share * (outline[after] - outline[k]))
        outline = torch.stack(kept) if kept else outline[:0]
    return outline
