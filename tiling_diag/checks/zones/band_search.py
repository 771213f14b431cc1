"""Straight bands that repeat as the rest of the wall does, stretched by an octave.

Two parts of one material that have the same period have the same autocorrelation; where one has
twice the period, its autocorrelation is that of the other, stretched by two. Lag maps are pooled in
bins across every direction, and every run of bins is compared with all that lies outside: a run is
a band as far as its inside is nearer to the stretched outside than to the outside itself, or the
outside to the stretched inside. All that lies along a band counts together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from tiling_diag.checks.zones.lag_maps import STRETCHES, LagMaps, lags, stretched_lags
from tiling_diag.checks.zones.limits import LIMITS

# Directions that are tried, evenly over half a turn, from rows on.
DIRECTIONS = 12
# Period over that outside, along and across the rows: first those of `STRETCHES`.
OCTAVES = (*STRETCHES, *((1 / along, 1 / across) for along, across in STRETCHES))


@dataclass(frozen=True)
class Bands:
    """Bands in one direction, all of one octave.

    Attributes:
        direction: which of the directions they run along.
        kind: which of `OCTAVES`.
        places: for each from where to where across the direction, flat px; infinite at a border.
        scores: for each how much nearer it is to the stretched outside than to the outside, as a
            difference of correlations.
        clarity: of all together: the correlation with the outside stretched, less
            `LIMITS.sameness` times that with the outside as it is; 0.5 and more is rare by chance.
        contrast: of all together how much nearer they are, times the root of both sides' shares.
    """

    direction: int
    kind: int
    places: list[tuple[float, float]]
    scores: list[float]
    clarity: float
    contrast: float


@dataclass(frozen=True, eq=False)
class _Bins:
    """Lag maps summed in bins across directions.

    Attributes:
        sums: ``(2, T, L, M + 1)`` products and energies of all bins before each.
        low: ``(T,)`` where the first bin begins, flat px.
        width: of the bins, flat px.
        first, last: ``(R,)`` runs, from a bin up to before another one.
    """

    sums: Tensor
    low: Tensor
    width: float
    first: Tensor
    last: Tensor

    @property
    def inside(self) -> Tensor:
        """``(2, T, L, R)`` sums over runs."""
        return self.sums[..., self.last] - self.sums[..., self.first]

    def at(self, places: int) -> float:
        """Where a bin of the only direction begins, flat px; infinite at a border."""
        if places == 0:
            return -math.inf
        last = self.sums.shape[-1] - 1
        return math.inf if places == last else float(self.low) + places * self.width


def normals() -> Tensor:
    """``(T, 2)`` unit vectors across the directions: (0, 1) across rows."""
    turn = torch.arange(DIRECTIONS, dtype=torch.float64) * (math.pi / DIRECTIONS)
    return torch.stack([-turn.sin(), turn.cos()], dim=-1)


def find_bands(maps: LagMaps, period_px: Tensor) -> Bands | None:
    """The clearest bands of a wall, None where nothing can be compared.

    Args:
        maps: of the wall.
        period_px: ``(6, T)`` how far the larger of a band of each octave and the wall repeats
            across each direction, flat px: bands are as wide as some of it.
    """
    found = _Search(maps, normals(), period_px, LIMITS.bins).clearest()
    if found is None:
        return None
    kind, direction = found
    own = slice(direction, direction + 1)
    return _Search(maps, normals()[own], period_px[:, own], LIMITS.fine_bins).bands(direction, kind)


class Likeness(NamedTuple):
    """How like parts are to others, and to these stretched.

    Attributes:
        nearer: how much nearer they are to these stretched than as they are: the lesser of two
            measures, the difference of the correlations, which knows of no contrast, and that of
            the squared distances over the squares, which noise leaves at 0. -inf where too few lags
            are known, or the parts hardly repeat so.
        stretched: correlation with these stretched.
        same: correlation with these as they are.
    """

    nearer: Tensor
    stretched: Tensor
    same: Tensor

    def clarity(self, run: int) -> float:
        """See `Bands`; of the first octave and direction."""
        return float(self.stretched[0, 0, run] - LIMITS.sameness * self.same[0, 0, run])


class _Search:
    """All runs of bins of a wall across some directions."""

    def __init__(self, maps: LagMaps, across: Tensor, period_px: Tensor, most: int) -> None:
        """Pool the maps.

        Args:
            maps: of the wall.
            across: ``(T, 2)`` unit vectors.
            period_px: ``(6, T)``.
            most: bins.
        """
        self.rank_1 = maps.rank_1
        self.bins = _binned(maps, across, most)
        level = (across.abs().amax(-1) > 1 - 1e-9)[:, None]
        self.weight = torch.where(level, 1.0, LIMITS.oblique_share)
        run_px = (self.bins.last - self.bins.first) * self.bins.width
        # A border may be off by a bin.
        self.wide = run_px >= LIMITS.least_units * period_px[..., None] - self.bins.width

    def likeness(self, inside: Tensor, kinds: range) -> Likeness:
        """How like parts are to the rest, and to the rest stretched by some of `OCTAVES`.

        Args:
            inside: ``(2, T, L, R)`` their sums.
            kinds: which octaves.

        Returns:
            ``(K, T, R)`` each.
        """
        total = self.bins.sums[..., -1:]
        of_wall = LIMITS.least_of_wall * total[1].amax(1, keepdim=True)
        sides = []
        for products, energies in (inside, total - inside):
            least = (LIMITS.least_of_side * energies.amax(1, keepdim=True)).maximum(of_wall)
            sides.append(_Side((products / energies.clamp_min(1e-9)).float(), energies > least))
        part, rest = sides
        near = []
        for kind in kinds:
            halved, stretch = divmod(kind, len(STRETCHES))
            wide, narrow = (rest, part) if halved else (part, rest)
            near.append(_likeness(wide, narrow, STRETCHES[stretch], self.rank_1))
        return Likeness(*(torch.stack(each) for each in zip(*near, strict=True)))

    def weights(self, inside: Tensor) -> Tensor:
        """``(T, R)`` the root of the shares of parts and the rest; NaN where either is chance."""
        total = self.bins.sums[1, ..., -1:].amax(1).clamp_min(1e-9)
        share = inside[1].amax(1) / total
        allowed = (share >= LIMITS.least_share) & (share <= 1 - LIMITS.least_share)
        weight = (share * (1 - share)).clamp_min(0).sqrt() * self.weight
        return weight.masked_fill(~allowed, torch.nan)

    def clearest(self) -> tuple[int, int] | None:
        """Octave and direction of the clearest run, None where nothing can be compared."""
        inside = self.bins.inside
        clear = self.likeness(inside, range(len(OCTAVES))).nearer * self.weights(inside)
        top = clear.masked_fill(~self.wide | clear.isnan(), -torch.inf).amax(-1)
        best = int(top.argmax())
        kind, direction = divmod(best, clear.shape[1])
        return (kind, direction) if math.isfinite(float(top[kind, direction])) else None

    def bands(self, direction: int, kind: int) -> Bands | None:
        """The bands of one octave in the only direction, found one after the other."""
        inside, (first, last) = self.bins.inside, (self.bins.first, self.bins.last)
        own = self.likeness(inside, range(kind, kind + 1))
        near, seen = own.nearer[0, 0], own
        clear = near * self.weights(inside)[0]
        free = clear.isfinite() & self.wide[kind, 0]
        if not bool(free.any()):
            return None
        run = int(clear.masked_fill(~free, -torch.inf).argmax())
        value, runs, taken = float(clear[run]), [run], inside[..., [run]]
        clarity = seen.clarity(run)
        free &= near > LIMITS.next_share * max(float(near[run]), 0.0)
        while len(runs) < LIMITS.most_bands:
            free &= (last < first[run]) | (first > last[run])
            if not bool(free.any()):
                break
            both = inside + taken
            seen = self.likeness(both, range(kind, kind + 1))
            more = seen.nearer[0, 0] * self.weights(both)[0]
            more = more.masked_fill(~free | more.isnan(), -torch.inf)
            run = int(more.argmax())
            if float(more[run]) <= value:
                break
            value, taken, clarity = float(more[run]), both[..., [run]], seen.clarity(run)
            runs.append(run)
        places = [(self.bins.at(int(first[r])), self.bins.at(int(last[r]))) for r in runs]
        return Bands(direction, kind, places, [float(near[r]) for r in runs], clarity, value)


@dataclass(frozen=True, eq=False)
class _Side:
    """Autocorrelations ``(T, L, R)`` of parts of a wall, and at which lags they are known."""

    seen: Tensor
    known: Tensor


def _binned(maps: LagMaps, across: Tensor, most: int) -> _Bins:
    """Lag maps in at most so many bins across directions ``(T, 2)``."""
    places = across @ maps.places.mT
    low, high = places.amin(-1) - maps.cell_px / 2, places.amax(-1) + maps.cell_px / 2
    width = max(maps.cell_px, float((high - low).amax()) / most)
    index = ((places - low[:, None]) / width).floor().long()
    count = int(index.amax()) + 1
    member = one_hot(index, count).mT.double()
    sums = torch.stack(
        [torch.einsum("tmn,ln->tlm", member, x) for x in (maps.products, maps.energies)]
    )
    before = torch.cat([sums.new_zeros(*sums.shape[:-1], 1), sums.cumsum(-1)], dim=-1)
    first, last = torch.triu_indices(count, count)
    return _Bins(before, low, width, first, last + 1)


def _likeness(wide: _Side, narrow: _Side, stretch: tuple[float, float], rank_1: bool) -> Likeness:
    """How like parts are to others stretched.

    Args:
        wide: the parts.
        narrow: the others.
        stretch: one of `STRETCHES`.
        rank_1: whether one direction repeats only.

    Returns:
        ``(T, R)`` each.
    """
    if rank_1 and stretch != STRETCHES[0]:
        nothing = wide.seen.new_full((wide.seen.shape[0], wide.seen.shape[2]), -torch.inf)
        return Likeness(nothing, nothing, nothing)
    after, before = stretched_lags(stretch, rank_1=rank_1)
    both = wide.known[:, after] & narrow.known[:, after] & narrow.known[:, before]
    counted = both.to(wide.seen)
    group = _groups(lags(rank_1=rank_1)[before], stretch, rank_1)
    seen, plain, moved = (
        _centred(of, counted, group)
        for of in (wide.seen[:, after], narrow.seen[:, after], narrow.seen[:, before])
    )
    squares = [x.square().sum(1).clamp_min(1e-12) for x in (seen, plain, moved)]
    to_moved, to_plain = (seen * moved).sum(1), (seen * plain).sum(1)
    alike = to_moved / (squares[0] * squares[2]).sqrt()
    same = to_plain / (squares[0] * squares[1]).sqrt()
    apart = squares[1] - squares[2] + 2 * (to_moved - to_plain)
    nearer = torch.minimum(alike - same, apart / (squares[1] + squares[2]))
    enough = counted.sum(1) >= LIMITS.least_lags * len(after)
    enough &= alike >= LIMITS.least_correlation
    enough &= to_moved >= LIMITS.least_contrast * squares[2]
    return Likeness(nearer.masked_fill(~enough, -torch.inf), alike, same)


def _groups(rows: Tensor, stretch: tuple[float, float], rank_1: bool) -> Tensor:
    """``(G, P)`` 1 for lags ``(P, 2)`` whose mean a stretch leaves as it is.

    Long joints make ridges: along them everything repeats, whatever its period there. Where only
    one axis is stretched, lags of the same step along the other are of one group.
    """
    if rank_1 or stretch == STRETCHES[0]:
        return torch.ones(1, len(rows))
    other = rows[:, 1 if stretch[0] > 1 else 0]
    steps = torch.unique(other)
    member: Tensor = other == steps[:, None]
    return member.float()


def _centred(seen: Tensor, counted: Tensor, group: Tensor) -> Tensor:
    """Autocorrelations ``(T, P, R)`` less the means of their groups, 0 where not counted."""
    seen = seen * counted
    total, count = (torch.einsum("gp,tpr->tgr", group, x) for x in (seen, counted))
    mean = torch.einsum("gp,tgr->tpr", group, total / count.clamp_min(1))
    return (seen - mean) * counted
