"""How well a wall repeats under a shift, by channel, and whether a lattice is the right one.

A lattice that is too dense has points where the wall does not repeat; one too coarse leaves out
points where it does. Both show in one number: of two lattices, one inside the other, the *contrast*
between the autocorrelation at the coarse one's points and at the points that only the dense one
has, relative to the former. Near 0 the dense one is right, near 1 the coarse one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from tiling_diag.checks.channels import wall_channels
from tiling_diag.kernels.autocorrelation import autocorrelation
from tiling_diag.kernels.lattice import reduce_basis, sublattices, superlattices
from tiling_diag.wall import Walls

# Lags reach this share of each side; beyond, too little of the wall overlaps itself.
REACH_SHARE = 0.7
# Chosen on the corpus as it is: true lattices have at most 0.38 against any coarser one (in walls
# with doubled zones; 0.23 elsewhere) and at least 0.58 against any denser one.
CONTRAST_LIMIT = 0.45
# A lattice direction along which the wall does not change at all has contrast 0 between a lattice
# and its shifted copies; every true lattice of the corpus has more than 1.
FREE_DIRECTION_LIMIT = 0.9
SHORTEST_PX = 4.0
# Nearest points of a lattice that are looked at, and the largest multiples tried for them.
POINTS = 40
ORDERS = 9
_SHIFTS = (0.25, 0.375, 0.5, 0.625, 0.75)


@dataclass(frozen=True, eq=False)
class Repetition:
    """Autocorrelation of one wall's channels.

    Attributes:
        maps: ``(K, 2 my + 1, 2 mx + 1)`` masked, normalized; zero lag in the middle.
        importance: ``(K,)`` how far each channel counts.
        size: height and width of the wall.
    """

    maps: Tensor
    importance: Tensor
    size: tuple[int, int]

    @property
    def reach(self) -> tuple[int, int]:
        """Largest lag down and across."""
        return (self.maps.shape[-2] - 1) // 2, (self.maps.shape[-1] - 1) // 2

    @property
    def centre(self) -> Tensor:
        """``(2,)`` place of the zero lag as (x, y)."""
        my, mx = self.reach
        return self.maps.new_tensor([mx, my], dtype=torch.float64)

    @cached_property
    def tolerant(self) -> Tensor:
        """``(K, n)`` maps, flattened, in which a point sees the best of its 3 x 3 neighbours."""
        pooled: Tensor = max_pool2d(self.maps[None], 3, 1, 1)[0]
        return pooled.flatten(1)

    @cached_property
    def mean_map(self) -> Tensor:
        """``(2 my + 1, 2 mx + 1)`` mean over the channels that count."""
        return torch.einsum("k,khw->hw", self.importance, self.maps) / self.importance.sum()

    def inside(self, lags: Tensor) -> Tensor:
        """Whether lags ``(..., 2)`` lie within the maps."""
        my, mx = self.reach
        return (lags[..., 0].abs() <= mx - 1) & (lags[..., 1].abs() <= my - 1)

    def at(self, lags: Tensor) -> Tensor:
        """``(K, ...)`` values at lags ``(..., 2)`` that lie inside."""
        my, mx = self.reach
        x = lags[..., 0].round().long() + mx
        y = lags[..., 1].round().long() + my
        return self.tolerant[:, y * (2 * mx + 1) + x]

    def nearness(self, distance: Tensor) -> Tensor:
        """Weights that fall with the lag: far lags overlap less, and perspective blurs them."""
        return 1 / (1 + distance / (0.5 * min(self.reach)))


def repetitions(walls: Walls) -> list[Repetition]:
    """The repetition of every wall, from one batched transform; kept with the walls."""
    kept: list[Repetition] | None = walls.kept.get("repetitions")
    if kept is None:
        kept = walls.kept["repetitions"] = _repetitions(walls)
    return kept


def _repetitions(walls: Walls) -> list[Repetition]:
    height, width = walls.size
    seen = wall_channels(walls)
    reach = (int(height * REACH_SHARE), int(width * REACH_SHARE))
    maps = autocorrelation(seen.values, walls.mask[:, None], reach).cpu()
    importance = seen.importance.cpu()
    return [Repetition(m, i, walls.size) for m, i in zip(maps, importance, strict=True)]


def _multiples(orders: int) -> Tensor:
    """``(n, 2)`` whole-number pairs up to `orders`, one of each pair of opposites, without 0."""
    i, j = torch.meshgrid(
        torch.arange(-orders, orders + 1), torch.arange(-orders, orders + 1), indexing="ij"
    )
    pairs = torch.stack([i, j], dim=-1).reshape(-1, 2)
    keep = (pairs[:, 0] > 0) | ((pairs[:, 0] == 0) & (pairs[:, 1] > 0))
    return pairs[keep].double()


_HALF_PLANE = _multiples(ORDERS)
_FULL_PLANE = torch.cat([_HALF_PLANE, -_HALF_PLANE, torch.zeros(1, 2, dtype=torch.float64)])


def _nearest(lags: Tensor, repetition: Repetition, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """The `count` shortest of ``lags (..., n, 2)``: lags, distances, and which are usable."""
    distance = lags.norm(dim=-1)
    usable = repetition.inside(lags) & (distance > 2)
    distance = distance.masked_fill(~usable, torch.inf)
    distance, order = distance.topk(min(count, distance.shape[-1]), dim=-1, largest=False)
    lags = torch.gather(lags, -2, order[..., None].expand(*order.shape, 2))
    usable = distance.isfinite()
    return torch.where(usable[..., None], lags, 0.0), torch.where(usable, distance, 0.0), usable


def _weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum(-1) / weights.sum(-1).clamp_min(1e-9)


def mean_at_lattice(
    repetition: Repetition, basis: Tensor, shift: tuple[float, float] = (0.0, 0.0)
) -> tuple[Tensor, Tensor]:
    """Mean autocorrelation at the nearest points of lattices ``(..., 2, 2)``.

    Args:
        repetition: what to look at.
        basis: lattices.
        shift: moves every point by these shares of the two vectors.

    Returns:
        ``(K, ...)`` means and ``(...)`` numbers of points.
    """
    if shift == (0.0, 0.0):
        multiples = _HALF_PLANE
    else:
        multiples = _FULL_PLANE + torch.tensor(shift, dtype=torch.float64)
    lags, distance, usable = _nearest(multiples @ basis, repetition, POINTS)
    weights = usable * repetition.nearness(distance)
    return _weighted_mean(repetition.at(lags), weights), usable.sum(-1)


def contrast(repetition: Repetition, dense: Tensor, coarse: Tensor) -> Tensor:
    """Contrast between lattices and the coarser ones inside them; see the module.

    Args:
        repetition: what to look at.
        dense: ``(..., 2, 2)``.
        coarse: ``(..., 2, 2)`` sub-lattices of `dense`.

    Returns:
        ``(...)``; the largest over the channels that repeat, NaN where either has no point. The
        standard error of the difference is taken off, so that few points prove little.
    """
    dense, coarse = dense + 0 * coarse, coarse + 0 * dense
    lags, distance, usable = _nearest(_HALF_PLANE @ dense, repetition, 3 * POINTS)
    coefficients = lags @ torch.linalg.inv(coarse)
    shared = (coefficients - coefficients.round()).abs().sum(-1) < 0.02
    values, weights = repetition.at(lags), usable * repetition.nearness(distance)
    both, n_both = weights * shared, (usable & shared).sum(-1)
    only, n_only = weights * ~shared, (usable & ~shared).sum(-1)
    on_both, on_only = _weighted_mean(values, both), _weighted_mean(values, only)
    spread = _weighted_mean((values - on_both[..., None]).square(), both) * n_both
    spread = spread + _weighted_mean((values - on_only[..., None]).square(), only) * n_only
    variance = spread / (n_both + n_only - 1).clamp_min(1)
    error = (variance * (1 / n_both.clamp_min(1) + 1 / n_only.clamp_min(1))).sqrt()
    found = relative_contrast(repetition, on_both, on_only + error)
    return found.masked_fill((n_both < 1) | (n_only < 1), torch.nan)


def relative_contrast(repetition: Repetition, on: Tensor, off: Tensor) -> Tensor:
    """Largest ``(on - off) / on`` over the channels ``(K, ...)`` that repeat and count."""
    repeats = (on / (0.5 * on.amax(0))).clamp(0, 1) * (on > 0.06)
    importance = repetition.importance.view(-1, *[1] * (on.dim() - 1))
    return ((on - off) / on.clamp_min(0.02) * repeats * importance).amax(0)


def strength(repetition: Repetition, on: Tensor) -> Tensor:
    """How well a wall repeats: mean of the four best of the channels ``(K, ...)``, in [0, 1]."""
    importance = repetition.importance.view(-1, *[1] * (on.dim() - 1))
    return (on.clamp(0, 1) * importance).topk(4, dim=0).values.mean(0)


def free_directions(repetition: Repetition, basis: Tensor) -> Tensor:
    """Contrast of lattices ``(..., 2, 2)`` to their copies shifted along each of the vectors.

    Returns:
        ``(..., 2)``; near 0 along a direction in which the wall hardly changes.
    """
    on, _ = mean_at_lattice(repetition, basis)
    found = []
    for along_a in (True, False):
        off = [
            mean_at_lattice(repetition, basis, (t, 0.0) if along_a else (0.0, t))[0]
            for t in _SHIFTS
        ]
        each = [relative_contrast(repetition, on, o) for o in off]
        found.append(torch.stack(each).amax(0))
    return torch.stack(found, dim=-1)


def settle(repetition: Repetition, basis: Tensor) -> Tensor:
    """From lattices ``(S, 2, 2)`` to the densest ones that the wall supports.

    In turns, lattices become coarser while a coarser one inside them repeats clearly better, and
    denser while the points that a denser one adds repeat as well.
    """
    for _ in range(3):
        before = basis
        basis = _densify(repetition, _coarsen(repetition, basis))
        if torch.equal(before, basis):
            break
    return basis


def _coarsen(repetition: Repetition, basis: Tensor) -> Tensor:
    for _ in range(6):
        inside = torch.cat([sublattices(basis, 2), sublattices(basis, 3)], dim=-3)
        inside = reduce_basis(inside)
        found = contrast(repetition, basis[:, None], inside)
        on, points = mean_at_lattice(repetition, inside)
        unusable = found.isnan() | (points < 2) | (on.amax(0) < 0.1)
        best, which = found.masked_fill(unusable, -torch.inf).max(dim=-1)
        better = best > CONTRAST_LIMIT
        if not better.any():
            break
        chosen = inside[torch.arange(len(basis)), which]
        basis = torch.where(better[:, None, None], chosen, basis)
    return reduce_basis(basis)


def _densify(repetition: Repetition, basis: Tensor) -> Tensor:
    for _ in range(8):
        around = torch.cat([superlattices(basis, 2), superlattices(basis, 3)], dim=-3)
        around = reduce_basis(around)
        found = contrast(repetition, around, basis[:, None])
        unusable = found.isnan() | (around[..., 0, :].norm(dim=-1) < SHORTEST_PX)
        best, which = found.masked_fill(unusable, torch.inf).min(dim=-1)
        better = best < CONTRAST_LIMIT
        if not better.any():
            break
        chosen = around[torch.arange(len(basis)), which]
        basis = torch.where(better[:, None, None], chosen, basis)
    return reduce_basis(basis)
