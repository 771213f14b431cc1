"""The search for the lattice of one wall: candidates, choice, and a fit to a fraction of a px."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tiling_diag.checks.channel_autocorrelation import ChannelAutocorrelation
from tiling_diag.checks.lattice.contrast import (
    SHORTEST_PX,
    free_directions,
    mean_at_lattice,
    strength,
)
from tiling_diag.checks.lattice.octaves import (
    CONTRAST_LIMIT,
    STEPS,
    densify_by_parts,
    lengthen_in_line,
    settle,
)
from tiling_diag.checks.lattice.one_direction import STRIPES_SUPPORT, find_stripes
from tiling_diag.kernels.lattice_algebra import cell_area, reduce_basis, same_lattice, shortened
from tiling_diag.kernels.peaks import local_maxima, refine_peak

# Chosen on the corpus as it is and under stress.
PEAKS = 40
# Short lags first: far maxima are multiples of near ones.
LAG_PENALTY = 0.15
STARTS_PER_AREA_OCTAVE = 3
# Lattices of few points repeat well by chance.
FEW_POINTS = 6
START_SHARE = 0.25
# How far from its place a lattice point's maximum is looked for.
NEAR_PX = 3
LONGEST_SHARE = 0.55
# Lags in view are less than a hundred times as long as each other.
STEPS_FOR_PAIRS = 10
# Starts this near each other, as a share of their vectors, lead to one lattice.
SAME_LATTICE = 0.02
# A denser lattice is right unless a coarser one repeats more than twice as well.
DENSER_SHARE = 0.5
# Cells that must be in view at the least: two periods both ways.
CELLS_IN_VIEW = 3.8
LATTICE_SUPPORT = 0.12
# Many cells make up for little support in each: what noise leaves at a lattice's points falls with
# them. Of what does not repeat, grain along one direction seems to, in long thin cells: these need
# more. Chosen on materials without a period and on drawn walls.
FAINT_SUPPORT, FAINT_CELLS = 0.065, 50.0
SLENDER, SLENDER_SUPPORT = 6.0, 0.25
STRIPES_LEAD = 1.5
# A lattice direction along which the wall does not change at all has contrast 0 between a lattice
# and its shifted copies; true lattices of the corpus have 0.75 and more.
FREE_DIRECTION_LIMIT = 0.7
ORDERS = 5


@dataclass(frozen=True, eq=False)
class Found:
    """What the search found.

    Attributes:
        basis: ``(2, 2)`` px of the searched wall; NaN rows where nothing repeats.
        strength: mean autocorrelation at its points.
        support: evidence for it, also when it was not enough.
        is_faint: whether it is to be believed only if nothing else is found.
    """

    basis: Tensor
    strength: float
    support: float
    is_faint: bool = False


def repeats(found: Found) -> bool:
    """Whether anything was found that needs no other evidence."""
    return not (found.is_faint or bool(found.basis[0].isnan().any()))


def is_single(found: Found) -> bool:
    """Whether one direction alone repeats."""
    return bool(found.basis[1].isnan().any())


def search(
    autocorrelation: ChannelAutocorrelation,
    parts: Callable[[], list[ChannelAutocorrelation]] | None = None,
) -> Found:
    """The lattice of one wall, of rank two, one or none.

    Args:
        autocorrelation: of the whole wall.
        parts: gives that of its parts, where zones of another scale are to be told from the rest.
    """
    lattice = _best_lattice(autocorrelation, parts)
    slender = lattice is not None and _is_slender(lattice.basis)
    least = SLENDER_SUPPORT if slender else LATTICE_SUPPORT
    enough = lattice is not None and lattice.support > least
    to_lead = STRIPES_LEAD * lattice.support if lattice else 0.0
    # Stripes' support does not pass 1: a lattice this sure needs no look at them.
    stripes = find_stripes(autocorrelation, to_lead if enough else 0.0) if to_lead <= 1 else None
    lead = stripes is not None and stripes.support > to_lead
    if lattice is not None and enough and not lead:
        return lattice
    if stripes is not None and stripes.support > STRIPES_SUPPORT:
        missing = torch.full_like(stripes.vector, torch.nan)
        basis = torch.stack([stripes.vector, missing])
        return Found(basis, stripes.strength, stripes.support)
    support = max(
        lattice.support / least if lattice else 0.0,
        stripes.support / STRIPES_SUPPORT if stripes else 0.0,
    )
    support = min(support, 1.0) * LATTICE_SUPPORT
    if lattice is not None and not slender and _is_faint(autocorrelation, lattice):
        return replace(lattice, support=support, is_faint=True)
    nothing = torch.full((2, 2), torch.nan, dtype=torch.float64)
    return Found(nothing, torch.nan, support)


def _is_faint(autocorrelation: ChannelAutocorrelation, lattice: Found) -> bool:
    cells = autocorrelation.area / float(cell_area(lattice.basis))
    return lattice.support > FAINT_SUPPORT and cells > FAINT_CELLS


def _is_slender(basis: Tensor) -> bool:
    shorter, longer = basis.norm(dim=-1).aminmax()
    return float(longer) > SLENDER * float(shorter)


def _best_lattice(
    autocorrelation: ChannelAutocorrelation,
    parts: Callable[[], list[ChannelAutocorrelation]] | None,
) -> Found | None:
    starts = _starts(autocorrelation)
    if len(starts) == 0:
        return None
    starts = _valid(fit(autocorrelation, starts, reaches=(2.2, 4.0, 8.0)))
    if len(starts) == 0:
        return None
    starts = _distinct(starts)
    changes = free_directions(autocorrelation, starts).amin(-1) > CONTRAST_LIMIT
    starts = starts[changes]
    if len(starts) == 0:
        return None
    settled = _distinct(settle(autocorrelation, starts))
    repeats = free_directions(autocorrelation, settled).amin(-1) > FREE_DIRECTION_LIMIT
    settled = settled[repeats & _in_view(autocorrelation, settled)]
    if len(settled) == 0:
        return None
    on, support = _support(autocorrelation, settled)
    area = cell_area(settled)
    good = support >= DENSER_SHARE * support.max()
    good &= area <= 1.1 * area.masked_fill(~good, torch.inf).min()
    best = int(support.masked_fill(~good, -torch.inf).argmax())
    basis = settled[best]
    if parts is not None:
        basis = densify_by_parts(autocorrelation, parts, basis)
    basis = lengthen_in_line(autocorrelation, basis)
    on, support = _support(autocorrelation, basis[None])
    basis = fit(autocorrelation, basis[None], on[:, 0], (2.2, 4.0, 8.0, 16.0, 32.0))[0]
    return Found(
        reduce_basis(basis, STEPS), float(strength(autocorrelation, on[:, 0])), float(support[0])
    )


def _support(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> tuple[Tensor, Tensor]:
    """Channel means at lattices ``(S, 2, 2)``, and their strength, less where points are few."""
    on, points = mean_at_lattice(autocorrelation, basis)
    return on, strength(autocorrelation, on) * points / (points + FEW_POINTS)


def _starts(autocorrelation: ChannelAutocorrelation) -> Tensor:
    """``(S, 2, 2)`` lattices of pairs of autocorrelation maxima, the best few of every size."""
    lags = _maxima(autocorrelation)
    i, j = torch.triu_indices(len(lags), len(lags), 1)
    pairs = torch.stack([lags[i], lags[j]], dim=1)
    independent = cell_area(pairs) > 1.0
    basis = _valid(shortened(pairs[independent], STEPS_FOR_PAIRS))
    basis = basis[_in_view(autocorrelation, basis)]
    if len(basis) == 0:
        return basis
    _, support = _support(autocorrelation, basis)
    octave = cell_area(basis).log2().floor()
    order = support.argsort(descending=True)
    same_before = (octave[order, None] == octave[None, order]).tril(-1).sum(-1)
    kept = order[same_before < STARTS_PER_AREA_OCTAVE]
    return basis[kept[support[kept] > START_SHARE * support.max()]]


def _maxima(autocorrelation: ChannelAutocorrelation) -> Tensor:
    """``(n, 2)`` lags of the mean map's maxima, the highest and nearest first."""
    my, mx = autocorrelation.max_lag_px
    mean = autocorrelation.mean_map
    values, places = local_maxima(mean, 2, 2000)
    lags = places.flip(-1).double() - autocorrelation.centre
    forward = (lags[:, 1] > 0) | ((lags[:, 1] == 0) & (lags[:, 0] > 0))
    usable = forward & values.isfinite() & (lags.norm(dim=-1) > SHORTEST_PX)
    score = values - LAG_PENALTY * lags.norm(dim=-1) / min(my, mx)
    order = score.masked_fill(~usable, -torch.inf).argsort(descending=True)
    order = order[: min(PEAKS, int(usable.sum()))]
    _, refined = refine_peak(mean, places[order])
    return refined.double() - autocorrelation.centre


def _in_view(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    """Whether about two periods along both vectors of ``(S, 2, 2)`` fit into the wall."""
    height, width = autocorrelation.size
    limit = LONGEST_SHARE * torch.tensor([width, height], dtype=torch.float64)
    few = cell_area(basis) * CELLS_IN_VIEW > height * width
    return (basis.abs() <= limit).all(-1).all(-1) & ~few


def _valid(basis: Tensor) -> Tensor:
    """Of ``(S, 2, 2)`` the lattices that are neither too fine nor too flat."""
    basis = basis[basis.isfinite().all(-1).all(-1)]
    if len(basis) == 0:
        return basis
    lengths = basis.norm(dim=-1)
    sine = cell_area(basis) / lengths.prod(-1).clamp_min(1e-9)
    return basis[(lengths.amin(-1) > SHORTEST_PX) & (sine > 0.25)]


def _distinct(basis: Tensor) -> Tensor:
    """Of ``(S, 2, 2)`` the first of each lattice."""
    basis = shortened(basis, STEPS)
    same = same_lattice(basis[:, None], basis[None], SAME_LATTICE, steps=0).tril(-1)
    return basis[~same.any(-1)]


def _orders(reach: float) -> Tensor:
    count = int(min(max(ORDERS, 1.2 * reach), 40))
    i, j = torch.meshgrid(
        torch.arange(-count, count + 1), torch.arange(0, count + 1), indexing="ij"
    )
    pairs = torch.stack([i, j], dim=-1).reshape(-1, 2)
    return pairs[(pairs[:, 1] > 0) | (pairs[:, 0] > 0)].double()


def fit(
    autocorrelation: ChannelAutocorrelation,
    basis: Tensor,
    on: Tensor | None = None,
    reaches: tuple[float, ...] = (),
) -> Tensor:
    """Least squares of lattices through the autocorrelation's maxima near their points.

    Args:
        autocorrelation: what to look at.
        basis: ``(S, 2, 2)``.
        on: ``(K,)`` weights of the channels; all that count if None.
        reaches: how far out maxima are taken, growing, as multiples of the longer vector.

    Returns:
        ``(S, 2, 2)`` lattices; unchanged where maxima are too few.
    """
    weights = (
        autocorrelation.importance if on is None else autocorrelation.importance * on.clamp_min(0)
    )
    mean = torch.einsum("k,khw->hw", weights.float(), autocorrelation.maps) / weights.sum()
    my, mx = autocorrelation.max_lag_px
    window = torch.arange(-NEAR_PX, NEAR_PX + 1)
    for reach in reaches:
        multiples = _orders(reach)
        lags = multiples @ basis
        limit = reach * basis.norm(dim=-1).amax(-1)
        usable = (lags.norm(dim=-1) <= limit[:, None]) & (
            lags.abs() < torch.tensor([mx - NEAR_PX - 1, my - NEAR_PX - 1])
        ).all(-1)
        x = torch.where(usable, lags[..., 0], 0.0).round().long() + mx
        y = torch.where(usable, lags[..., 1], 0.0).round().long() + my
        near = mean[y[..., None, None] + window[:, None], x[..., None, None] + window].flatten(-2)
        peak = near.argmax(-1)
        dy, dx = peak // len(window) - NEAR_PX, peak % len(window) - NEAR_PX
        usable &= (dy.abs() < NEAR_PX) & (dx.abs() < NEAR_PX)
        values, places = refine_peak(mean, torch.stack([y + dy, x + dx], dim=-1))
        weight = (values.clamp_min(0) * usable).double()[..., None]
        seen = places.double() - autocorrelation.centre
        normal = (multiples * weight).mT @ multiples
        right = (multiples * weight).mT @ torch.where(usable[..., None], seen, 0.0)
        solvable = torch.linalg.det(normal) > 1e-6
        safe = torch.where(solvable[:, None, None], normal, torch.eye(2, dtype=torch.float64))
        basis = torch.where(solvable[:, None, None], torch.linalg.solve(safe, right), basis)
    return basis
