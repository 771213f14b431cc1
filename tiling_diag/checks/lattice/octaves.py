"""Octaves: from a lattice to the densest one that a wall supports."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tiling_diag.checks.channel_autocorrelation import ChannelAutocorrelation
from tiling_diag.checks.lattice.contrast import (
    COARSER,
    DENSER,
    DIRECTIONS,
    IN_LINE,
    compare,
    mean_at_lattice,
    strength,
)
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.kernels.lattice_algebra import reciprocal, shortened, sublattice_forms

# Of the reduction of a reduced basis's neighbours, whose vectors are at most five times as long.
STEPS = 5
# What takes a basis to those of the lattices inside and around it.
_INSIDE = torch.cat([sublattice_forms(n) for n in LIMITS.coarser_steps])
_AROUND = reciprocal(torch.cat([sublattice_forms(n) for n in LIMITS.denser_steps]))


def select_sublattices(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    """From lattices ``(S, 2, 2)`` to the densest ones that the wall supports.

    In turns, lattices become coarser while a coarser one inside them repeats clearly better, and
    denser while the points that a denser one adds repeat as well.
    """
    for _ in range(3):
        before = basis
        basis = _to_denser(autocorrelation, _to_coarser(autocorrelation, basis))
        if torch.equal(before, basis):
            break
    return basis


def _to_coarser(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    for _ in range(6):
        found, on = compare(autocorrelation, basis, COARSER)
        inside = shortened(_INSIDE @ basis[:, None], STEPS)
        unusable = found.isnan() | (on.amax(0) < LIMITS.least_coarser)
        best, which = found.masked_fill(unusable, -torch.inf).max(dim=-1)
        better = best > LIMITS.contrast
        if not better.any():
            break
        basis = torch.where(better[:, None, None], inside[torch.arange(len(basis)), which], basis)
    return basis


def _to_denser(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    for _ in range(8):
        found, _ = compare(autocorrelation, basis, DENSER)
        around = shortened(_AROUND @ basis[:, None], STEPS)
        unusable = found.isnan() | _too_short(around)
        best, which = found.masked_fill(unusable, torch.inf).min(dim=-1)
        better = best < LIMITS.contrast
        if not better.any():
            break
        basis = torch.where(better[:, None, None], around[torch.arange(len(basis)), which], basis)
    return basis


def doubled_along_rows(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    """A lattice ``(2, 2)``, or one of twice its period along its rows where only that is clear.

    Where rows are shifted against each other by no fixed amount, some by half a unit, all points of
    the lattice of halves repeat about as well; along the rows alone every other one does. In a
    lattice that is wrong altogether, or in zones, other directions tell as well.
    """
    found, _ = compare(autocorrelation, basis[None], IN_LINE, votes=LIMITS.votes_in_line)
    along = torch.tensor(DIRECTIONS, dtype=torch.float64)
    (best, other), which = found[0].nan_to_num(-1.0).topk(2)
    if best <= LIMITS.contrast or other > LIMITS.other_directions * best:
        return basis
    direction = along[which[0]]
    if not autocorrelation.inside(LIMITS.least_in_line * direction @ basis):
        return basis
    forms = sublattice_forms(2)
    steps = direction @ torch.linalg.inv(forms)
    longer = shortened(forms[((steps - steps.round()).abs() > 0.1).any(-1)] @ basis, STEPS)
    on, _ = mean_at_lattice(autocorrelation, longer)
    return longer[int(strength(autocorrelation, on).argmax())]


def _too_short(basis: Tensor) -> Tensor:
    shortest: Tensor = basis.norm(dim=-1).amin(-1)
    return shortest < LIMITS.shortest_px


def denser_by_parts(
    autocorrelation: ChannelAutocorrelation,
    parts: Callable[[], list[ChannelAutocorrelation]],
    basis: Tensor,
) -> Tensor:
    """A lattice ``(2, 2)``, or the densest one around it that some part of the wall proves.

    Args:
        autocorrelation: of the whole wall.
        parts: gives that of its parts; asked only where the whole leaves doubt.
        basis: selected.
    """
    for _ in range(4):
        found, _ = compare(autocorrelation, basis[None], DENSER)
        around = shortened(_AROUND @ basis, STEPS)
        doubtful = (found[0] < LIMITS.ambiguous) & ~_too_short(around)
        if not doubtful.any():
            break
        contrast = _least_in_parts(autocorrelation, parts(), basis).masked_fill(
            ~doubtful, torch.inf
        )
        best = int(contrast.argmin())
        if contrast[best] > LIMITS.part_contrast:
            break
        basis = around[best]
    return basis


def _least_in_parts(
    autocorrelation: ChannelAutocorrelation, parts: list[ChannelAutocorrelation], basis: Tensor
) -> Tensor:
    """``(R,)`` the least contrast against denser lattices that any part proves; inf for none."""
    enough = LIMITS.part_strength * _strength_at(autocorrelation, basis)
    found = [
        compare(part, basis[None], DENSER, doubt=-1.0)[0][0]
        for part in parts
        if _strength_at(part, basis) >= enough
    ]
    if not found:
        return torch.full((len(DENSER.on),), torch.inf)
    return torch.stack(found).nan_to_num(torch.inf).amin(0)


def _strength_at(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> float:
    on, _ = mean_at_lattice(autocorrelation, basis[None])
    return float(strength(autocorrelation, on)[0])
