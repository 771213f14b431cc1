"""Which of two nested lattices is right: points that both have against points of one alone.

A lattice that is too dense has points where the wall does not repeat; one that is too coarse leaves
out points where it does. Both show in the *contrast* of two sets of points: the difference of the
mean autocorrelation at both, relative to the first. A true lattice has little contrast between the
points that a coarser lattice keeps and those that it leaves out, and much contrast between its own
points and those that a denser lattice adds, or those of its own copy moved by part of a vector.

The memberships are whole-number facts that hold for every lattice: one table each, made once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.kernels.lattice_algebra import cell_area, sublattice_forms

COARSER_INDICES, DENSER_INDICES = (2, 3, 5), (2, 3)
_SHIFTS = (0.25, 0.375, 0.5)


@dataclass(frozen=True, eq=False)
class Relations:
    """Pairs of sets of points of a lattice, or between them.

    Attributes:
        multiples: ``(P, 2)`` float64, of the two vectors; one of each pair of opposites.
        on, off: ``(R, P)`` 1 where a point belongs to the first and to the second set of a pair.
    """

    multiples: Tensor
    on: Tensor
    off: Tensor

    def to(self, device: torch.device) -> Relations:
        """The same on a device."""
        return Relations(*(x.to(device) for x in (self.multiples, self.on, self.off)))


@cache
def half_plane(orders: tuple[int, int], parts: int = 1) -> Tensor:
    """``(P, 2)`` multiples in steps of 1 / `parts`, one of each pair of opposites, without 0."""
    i, j = (torch.arange(-n * parts, n * parts + 1) for n in orders)
    pairs = torch.cartesian_prod(i, j)
    return pairs[(pairs[:, 1] > 0) | ((pairs[:, 1] == 0) & (pairs[:, 0] > 0))].double() / parts


def forms(indices: tuple[int, ...]) -> Tensor:
    """``(R, 2, 2)`` what takes a basis to those of its sub-lattices of these indices."""
    return torch.cat([sublattice_forms(n) for n in indices])


def coarser(orders: tuple[int, int], indices: tuple[int, ...] = COARSER_INDICES) -> Relations:
    """A lattice's points that sub-lattices keep, against those that they leave out."""
    multiples = half_plane(orders)
    kept = _whole(multiples @ torch.linalg.inv(forms(indices)))
    return Relations(multiples, kept.float(), (~kept).float())


def denser(orders: tuple[int, int], indices: tuple[int, ...] = DENSER_INDICES) -> Relations:
    """A lattice's points, against those that super-lattices add."""
    multiples = torch.unique(torch.cat([half_plane(orders, n) for n in indices]), dim=0)
    own = _whole(multiples)
    held = _whole(multiples @ forms(indices).mT)
    return Relations(multiples, own.float().expand(len(held), -1), (held & ~own).float())


def shifted(orders: tuple[int, int]) -> Relations:
    """A lattice's points, against all of them moved along the first, then the second vector."""
    whole = half_plane(orders)
    full = torch.cat([whole, -whole, torch.zeros(1, 2, dtype=torch.float64)])
    moves = [(t, 0.0) for t in _SHIFTS] + [(0.0, t) for t in _SHIFTS]
    sets = [whole] + [full + torch.tensor(move, dtype=torch.float64) for move in moves]
    which = torch.cat([torch.full((len(one),), n) for n, one in enumerate(sets)])
    off = torch.stack([which == n + 1 for n in range(len(moves))]).float()
    return Relations(torch.cat(sets), (which == 0).float().expand(len(moves), -1), off)


def in_line(count: int) -> Relations:
    """Points along each of the short vectors alone: every second or third against the others.

    Where courses are shifted at random only the points of one row repeat. The relations are, for
    the vectors a, b, a + b and a - b in turn: even against odd multiples, multiples of three
    against the others, whole multiples against those halfway.
    """
    vectors = torch.tensor([[1, 0], [0, 1], [1, 1], [1, -1]], dtype=torch.float64)
    halves = torch.arange(1, 2 * count + 1)
    multiples = (vectors[:, None] * halves[:, None] / 2).flatten(0, 1)
    whole = halves % 2 == 0
    kept = [halves % 4 == 0, halves % 6 == 0, whole]
    left = [whole & ~kept[0], whole & ~kept[1], ~whole]

    def each(sets: list[Tensor]) -> Tensor:
        one = torch.stack(sets).float()
        return torch.cat([torch.kron(row, one) for row in torch.eye(len(vectors))[:, None]])

    return Relations(multiples, each(kept), each(left))


def _whole(values: Tensor) -> Tensor:
    return ((values - values.round()).abs() < 1e-6).all(-1)


@dataclass(frozen=True, eq=False)
class Points:
    """What maps show at points of lattices.

    Attributes:
        values: ``(B, K, S, P)``.
        weights: ``(B, S, P)``; far points count less.
        usable: ``(B, S, P)`` 1 where a point lies in the maps and near enough, else 0.
    """

    values: Tensor
    weights: Tensor
    usable: Tensor

    def split(self, counts: list[int]) -> list[Points]:
        """The same in groups of so many points."""
        parts = zip(
            *(x.split(counts, -1) for x in (self.values, self.weights, self.usable)), strict=True
        )
        return [Points(*part) for part in parts]

    def of(self, channel: int) -> Points:
        """Those of one channel."""
        return Points(self.values[:, channel : channel + 1], self.weights, self.usable)


def looked_at(maps: AutocorrelationMaps, basis_px: Tensor, multiples: Tensor) -> Points:
    """What maps show at multiples of lattices.

    Args:
        maps: of B walls.
        basis_px: ``(B, S, 2, 2)`` in px of the maps.
        multiples: ``(P, 2)``.
    """
    lags = (multiples @ basis_px).float()
    distance = lags.norm(dim=-1)
    limit = LIMITS.looked_at_cells * cell_area(basis_px).float().sqrt()
    values, inside = maps.at(lags)
    usable = inside & (distance > 2) & (distance <= limit[..., None])
    return Points(values, usable * maps.nearness(distance), usable.float())


def mean_at_points(maps: AutocorrelationMaps, basis_px: Tensor) -> tuple[Tensor, Tensor]:
    """Mean autocorrelation at the nearest points of lattices ``(B, S, 2, 2)``.

    Returns:
        ``(B, K, S)`` means and ``(B, S)`` numbers of points; none where all lie in one row, which
        says nothing of the other direction.
    """
    return mean_at_near(looked_at(maps, basis_px, near_points().to(basis_px.device)))


def mean_at_near(seen: Points) -> tuple[Tensor, Tensor]:
    """The same of what is seen at `near_points`."""
    total = seen.weights.sum(-1).clamp_min(1e-9)[:, None]
    beside = near_points()[:, 1].to(seen.usable.device) > 0
    count = seen.usable.sum(-1) * ((seen.usable * beside).sum(-1) > 0)
    return (seen.values * seen.weights[:, None]).sum(-1) / total, count


@cache
def near_points() -> Tensor:
    """``(P, 2)`` multiples of the two vectors of a lattice that count for its mean."""
    return half_plane((6, 5))


def contrast(
    seen: Points, importance: Tensor, relations: Relations, *, doubt: float = 1.0
) -> tuple[Tensor, Tensor, Tensor]:
    """Contrast of lattices in every relation; see the module.

    Args:
        seen: what maps show at the multiples of the relations.
        importance: ``(B, K, S)`` of the maps, or ``(B, K, 1)``.
        relations: the sets of points that are compared.
        doubt: how many standard errors of the difference to take off it, so that few points prove
            little.

    Returns:
        contrasts ``(B, K, S, R)``, whether a set has no usable point ``(B, S, R)``, and the means
        of the first sets ``(B, K, S, R)``.
    """
    # Both sets of all relations side by side.
    sets = torch.cat([relations.on, relations.off]).to(seen.values.device).mT
    total, count = (seen.weights @ sets).clamp_min(1e-9)[:, None], (seen.usable @ sets)[:, None]
    weighted = seen.values * seen.weights[:, None]
    mean = weighted @ sets / total
    on, off = mean.chunk(2, -1)
    if doubt:
        variance = ((weighted * seen.values) @ sets / total - mean.square()).clamp_min(0)
        (on_spread, off_spread), (on_count, off_count) = (
            x.chunk(2, -1) for x in (variance * count, count)
        )
        spread = (on_spread + off_spread) / (on_count + off_count - 1).clamp_min(1)
        error = (spread * (1 / on_count.clamp_min(1) + 1 / off_count.clamp_min(1))).sqrt()
        off = off + doubt * error
    missing = (count[:, 0] < 1).unflatten(-1, (2, -1)).any(-2)
    return relative_contrast(on, off, importance), missing, on


def relative_contrast(on: Tensor, off: Tensor, importance: Tensor) -> Tensor:
    """``(B, K, ...)`` of each channel ``(on - off) / on``, less where it hardly repeats."""
    most = on.amax(1, keepdim=True).clamp_min(1e-6)
    repeats = (on / (0.5 * most)).clamp(0, 1) * (on > LIMITS.least_repetition)
    return (on - off) / on.clamp_min(0.02) * repeats * _like(importance, on)


def strength(on: Tensor, importance: Tensor, channels: int = 4) -> Tensor:
    """How well walls repeat: mean of the best few of the channels ``(B, K, ...)``, in [0, 1]."""
    return (on.clamp(0, 1) * _like(importance, on)).topk(channels, dim=1).values.mean(1)


def _like(importance: Tensor, values: Tensor) -> Tensor:
    return importance.view(*importance.shape, *[1] * (values.dim() - importance.dim()))
