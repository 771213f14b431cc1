"""Which of two nested lattices is the right one.

A lattice that is too dense has points where the wall does not repeat; one too coarse leaves out
points where it does. Both show in one number: of two lattices, one inside the other, the *contrast*
between the autocorrelation at the coarse one's points and at the points that only the dense one
has, relative to the former. Near 0 the dense one is right, near 1 the coarse one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.channel_autocorrelation import ChannelAutocorrelation
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.kernels.lattice_algebra import cell_area, sublattice_forms

# Directions in which rows may run, as steps along the two vectors.
DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1))


@dataclass(frozen=True, eq=False)
class Relations:
    """Sets of points of a lattice and between them, to be compared.

    Attributes:
        multiples: ``(P, 2)`` of the two vectors; one of each pair of opposites.
        on, off: ``(R, P)`` 1 where a point belongs to the first and to the second set.
    """

    multiples: Tensor
    on: Tensor
    off: Tensor


def _half_plane(parts: int, orders: tuple[int, int] = LIMITS.orders) -> Tensor:
    """``(P, 2)`` multiples in steps of 1 / `parts`, one of each pair of opposites, without 0."""
    i, j = (torch.arange(-n * parts, n * parts + 1) for n in orders)
    pairs = torch.cartesian_prod(i, j)
    return pairs[(pairs[:, 1] > 0) | ((pairs[:, 1] == 0) & (pairs[:, 0] > 0))].double() / parts


def _whole(values: Tensor) -> Tensor:
    return ((values - values.round()).abs() < 1e-6).all(-1)


def _forms(steps: tuple[int, ...]) -> Tensor:
    return torch.cat([sublattice_forms(n) for n in steps])


def _coarser() -> Relations:
    """A lattice's points that sub-lattices have, against those that they leave out."""
    multiples = _half_plane(1)
    shared = _whole(multiples @ torch.linalg.inv(_forms(LIMITS.coarser_steps)))
    return Relations(multiples, shared.float(), (~shared).float())


def _denser() -> Relations:
    """A lattice's points, against those that super-lattices add."""
    multiples = torch.unique(
        torch.cat([_half_plane(n, LIMITS.orders_between) for n in LIMITS.denser_steps]), dim=0
    )
    own = _whole(multiples)
    held = _whole(multiples @ _forms(LIMITS.denser_steps).mT)
    return Relations(multiples, own.float().expand(len(held), -1), (held & ~own).float())


def _shifted() -> Relations:
    """A lattice's points, against all of them moved along each of its vectors."""
    whole = _half_plane(1)
    full = torch.cat([whole, -whole, torch.zeros(1, 2, dtype=torch.float64)])
    moves = [(t, 0.0) for t in LIMITS.shifts] + [(0.0, t) for t in LIMITS.shifts]
    sets = [whole] + [full + torch.tensor(move, dtype=torch.float64) for move in moves]
    which = torch.cat([torch.full((len(one),), n) for n, one in enumerate(sets)])
    off = torch.stack([which == n + 1 for n in range(len(moves))]).float()
    return Relations(torch.cat(sets), (which == 0).float().expand(len(moves), -1), off)


def _in_line() -> Relations:
    """Along each direction of `DIRECTIONS` every other point, against those between."""
    steps = torch.arange(1, 7)
    multiples = (steps[:, None] * torch.tensor(DIRECTIONS)[:, None]).flatten(0, 1).double()
    which = torch.arange(len(DIRECTIONS)).repeat_interleave(len(steps))
    mine = which == torch.arange(len(DIRECTIONS))[:, None]
    even = (steps % 2 == 0).repeat(len(DIRECTIONS))
    return Relations(multiples, (mine & even).float(), (mine & ~even).float())


COARSER, DENSER, SHIFTED, IN_LINE = _coarser(), _denser(), _shifted(), _in_line()
_IN_VIEW = _half_plane(1, (LIMITS.orders_in_view,) * 2)
_ITSELF = Relations(_half_plane(1), torch.ones(1, len(_half_plane(1))), torch.zeros(1, 0))
_BESIDE = (_ITSELF.multiples[:, 1] > 0).float()


def _looked_at(
    autocorrelation: ChannelAutocorrelation, basis: Tensor, multiples: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Values ``(K, S, P)`` at multiples of bases ``(S, 2, 2)``, their weights and usability."""
    lags = (multiples @ basis).float()
    distance = lags.norm(dim=-1)
    limit = LIMITS.radius_cells * cell_area(basis).float().sqrt()
    usable = (
        autocorrelation.inside(lags)
        & (distance > LIMITS.least_lag_px)
        & (distance <= limit[:, None])
    )
    values = autocorrelation.at(torch.where(usable[..., None], lags, 0.0))
    return values, usable * autocorrelation.nearness(distance), usable.float()


def mean_at_lattice(
    autocorrelation: ChannelAutocorrelation, basis: Tensor
) -> tuple[Tensor, Tensor]:
    """Mean autocorrelation at the nearest points of lattices ``(S, 2, 2)``.

    Returns:
        ``(K, S)`` means and ``(S,)`` numbers of points; none where all lie in one row, which says
        nothing of the other direction.
    """
    values, weights, usable = _looked_at(autocorrelation, basis, _ITSELF.multiples)
    beside = (usable @ _BESIDE) > 0
    points = usable.sum(-1) * beside
    return (values * weights).sum(-1) / weights.sum(-1).clamp_min(1e-9), points


def mean_in_view(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    """``(S,)`` mean autocorrelation, within a px, at all points of lattices ``(S, 2, 2)``."""
    lags = (_IN_VIEW @ basis).float()
    inside = autocorrelation.inside(lags)
    values = autocorrelation.at(torch.where(inside[..., None], lags, 0.0))
    mean = (
        torch.einsum("k,ksp->sp", autocorrelation.importance, values)
        / autocorrelation.importance.sum()
    )
    return (mean * inside).sum(-1) / inside.sum(-1).clamp_min(1)


def compare(
    autocorrelation: ChannelAutocorrelation,
    basis: Tensor,
    relations: Relations,
    *,
    doubt: float = 1.0,
    votes: int = 1,
) -> tuple[Tensor, Tensor]:
    """Contrast of lattices ``(S, 2, 2)`` in every relation; see the module.

    Args:
        autocorrelation: of the wall.
        basis: lattices.
        relations: the sets of points that are compared.
        doubt: how many standard errors of the difference to take off it, so that few points prove
            little; negative ones, to be added, where it is to be proven small.
        votes: how many channels must have a contrast of at least what is returned.

    Returns:
        ``(S, R)``, the largest that enough channels that repeat have, NaN where a set has no point;
        and ``(K, S, R)`` the means of the first sets.
    """
    values, weights, usable = _looked_at(autocorrelation, basis, relations.multiples)
    found = []
    for sets in (relations.on, relations.off):
        total = (weights @ sets.mT).clamp_min(1e-9)
        mean = (values * weights) @ sets.mT / total
        square = (values.square() * weights) @ sets.mT / total
        found.append((mean, (square - mean.square()).clamp_min(0), usable @ sets.mT))
    (on, on_variance, on_count), (off, off_variance, off_count) = found
    spread = on_variance * on_count + off_variance * off_count
    variance = spread / (on_count + off_count - 1).clamp_min(1)
    shares = 1 / on_count.clamp_min(1) + 1 / off_count.clamp_min(1)
    off = off + doubt * (variance * shares).sqrt()
    contrast = relative_contrast(on, off, autocorrelation.importance).topk(votes, dim=0).values[-1]
    return contrast.masked_fill((on_count < 1) | (off_count < 1), torch.nan), on


def relative_contrast(on: Tensor, off: Tensor, importance: Tensor) -> Tensor:
    """``(K, ...)`` of each channel ``(on - off) / on``, less where it hardly repeats or counts."""
    repeats = (on / (LIMITS.repeating_share * on.amax(0))).clamp(0, 1) * (
        on > LIMITS.least_repeating
    )
    weight = repeats * importance.view(-1, *[1] * (on.dim() - 1))
    return (on - off) / on.clamp_min(LIMITS.least_denominator) * weight


def strength(autocorrelation: ChannelAutocorrelation, on: Tensor) -> Tensor:
    """How well a wall repeats: mean of the best of the channels ``(K, ...)``, in [0, 1]."""
    importance = autocorrelation.importance.view(-1, *[1] * (on.dim() - 1))
    return (on.clamp(0, 1) * importance).topk(LIMITS.strength_channels, dim=0).values.mean(0)


def free_directions(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    """Contrast of lattices ``(S, 2, 2)`` to their copies shifted along each of the vectors.

    Returns:
        ``(S, 2)``; near 0 along a direction in which the wall hardly changes.
    """
    found, _ = compare(autocorrelation, basis, SHIFTED, doubt=0.0)
    return found.reshape(-1, 2, len(LIMITS.shifts)).amax(-1)
