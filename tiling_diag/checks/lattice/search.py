"""The search for the lattice of one wall: candidates, octaves, choice, and the last fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tiling_diag.checks.channel_autocorrelation import ChannelAutocorrelation
from tiling_diag.checks.lattice.candidates import (
    candidates,
    distinct,
    in_view,
    lattice_support,
    valid,
)
from tiling_diag.checks.lattice.contrast import free_directions, strength
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.octaves import (
    STEPS,
    denser_by_parts,
    doubled_along_rows,
    select_sublattices,
)
from tiling_diag.checks.lattice.one_direction import find_one_direction
from tiling_diag.checks.lattice.peak_fit import fit
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import cell_area, reduce_basis


@dataclass(frozen=True, eq=False)
class Found:
    """What the search found.

    Attributes:
        basis_small_px: ``(2, 2)`` px of the searched (small) wall; NaN rows where nothing repeats.
        strength: mean autocorrelation at its points.
        support: evidence for it, also when it was not enough.
        is_faint: whether it is to be believed only if nothing else is found.
    """

    basis_small_px: Tensor
    strength: float
    support: float
    is_faint: bool = False

    @property
    def repeats(self) -> bool:
        """Whether anything was found that needs no other evidence."""
        return not (self.is_faint or bool(self.basis_small_px[0].isnan().any()))

    @property
    def is_rank_1(self) -> bool:
        """Whether one direction alone repeats."""
        return bool(self.basis_small_px[1].isnan().any())

    @property
    def cell_px2(self) -> float:
        """Area in px² of the lattice's cell, of a square one between joints."""
        if self.is_rank_1:
            return float(self.basis_small_px[0].square().sum())
        return float(cell_area(self.basis_small_px))

    @property
    def spacing_px(self) -> float:
        """Distance in px between the closest rows of points, or between joints."""
        if self.is_rank_1:
            return float(self.basis_small_px[0].norm())
        return self.cell_px2 / float(self.basis_small_px.norm(dim=-1).amax())


def search_wall(walls: Walls, index: int) -> Found:
    """What the search finds in wall `index`, as large as it is, with its parts at hand."""
    parts: list[ChannelAutocorrelation] = []

    def ask() -> list[ChannelAutocorrelation]:
        if not parts:
            parts.extend(walls.part_autocorrelations(index))
        return parts

    return search(walls.channel_autocorrelations[index], ask)


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
    slender = lattice is not None and _is_slender(lattice.basis_small_px)
    least = LIMITS.slender_support if slender else LIMITS.support
    enough = lattice is not None and lattice.support > least
    to_lead = LIMITS.rank_1_lead * lattice.support if lattice else 0.0
    # The support of one direction does not pass 1: a lattice this sure needs no look at it.
    single = (
        find_one_direction(autocorrelation, to_lead if enough else 0.0) if to_lead <= 1 else None
    )
    lead = single is not None and single.support > to_lead
    if lattice is not None and enough and not lead:
        return lattice
    if single is not None and single.support > LIMITS.rank_1_support:
        missing = torch.full_like(single.vector, torch.nan)
        return Found(torch.stack([single.vector, missing]), single.strength, single.support)
    support = max(
        lattice.support / least if lattice else 0.0,
        single.support / LIMITS.rank_1_support if single else 0.0,
    )
    support = min(support, 1.0) * LIMITS.support
    if lattice is not None and not slender and _is_faint(autocorrelation, lattice):
        return replace(lattice, support=support, is_faint=True)
    nothing = torch.full((2, 2), torch.nan, dtype=torch.float64)
    return Found(nothing, torch.nan, support)


def _is_faint(autocorrelation: ChannelAutocorrelation, lattice: Found) -> bool:
    cells = autocorrelation.area / lattice.cell_px2
    return lattice.support > LIMITS.faint_support and cells > LIMITS.faint_cells


def _is_slender(basis: Tensor) -> bool:
    shorter, longer = basis.norm(dim=-1).aminmax()
    return float(longer) > LIMITS.slender * float(shorter)


def _best_lattice(
    autocorrelation: ChannelAutocorrelation,
    parts: Callable[[], list[ChannelAutocorrelation]] | None,
) -> Found | None:
    starts = candidates(autocorrelation)
    if len(starts) == 0:
        return None
    starts = valid(fit(autocorrelation, starts))
    if len(starts) == 0:
        return None
    starts = distinct(starts)
    changes = free_directions(autocorrelation, starts).amin(-1) > LIMITS.contrast
    starts = starts[changes]
    if len(starts) == 0:
        return None
    selected = distinct(select_sublattices(autocorrelation, starts))
    repeating = free_directions(autocorrelation, selected).amin(-1) > LIMITS.free_direction
    selected = selected[repeating & in_view(autocorrelation, selected)]
    if len(selected) == 0:
        return None
    basis = _densest(autocorrelation, selected)
    if parts is not None:
        basis = denser_by_parts(autocorrelation, parts, basis)
    basis = doubled_along_rows(autocorrelation, basis)
    on, support = lattice_support(autocorrelation, basis[None])
    basis = fit(autocorrelation, basis[None], on[:, 0], LIMITS.last_fit_stages)[0]
    return Found(
        reduce_basis(basis, STEPS), float(strength(autocorrelation, on[:, 0])), float(support[0])
    )


def _densest(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    """Of ``(S, 2, 2)`` the densest lattice that repeats about as well as the best."""
    _, support = lattice_support(autocorrelation, basis)
    area = cell_area(basis)
    good = support >= LIMITS.denser_share * support.max()
    good &= area <= LIMITS.same_cell * area.masked_fill(~good, torch.inf).min()
    chosen: Tensor = basis[int(support.masked_fill(~good, -torch.inf).argmax())]
    return chosen
