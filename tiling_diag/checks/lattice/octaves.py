"""Octaves: from a lattice to the densest one that a wall supports."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tiling_diag.checks.channel_autocorrelation import ChannelAutocorrelation
from tiling_diag.checks.lattice.contrast import (
    COARSER,
    COARSER_STEPS,
    DENSER,
    DENSER_STEPS,
    DIRECTIONS,
    IN_LINE,
    SHORTEST_PX,
    compare,
    mean_at_lattice,
    strength,
)
from tiling_diag.kernels.lattice_algebra import reciprocal, shortened, sublattice_forms

# Chosen on the corpus as it is: true lattices have at most 0.38 against any coarser one (in walls
# with doubled zones; 0.23 elsewhere) and at least 0.58 against any denser one.
CONTRAST_LIMIT = 0.45
# Of the reduction of a reduced basis's neighbours, whose vectors are at most five times as long.
STEPS = 5
# What takes a basis to those of the lattices inside and around it.
_INSIDE = torch.cat([sublattice_forms(n) for n in COARSER_STEPS])
_AROUND = reciprocal(torch.cat([sublattice_forms(n) for n in DENSER_STEPS]))
# What a lattice must repeat at the least, in the best channel, to be moved to.
LEAST_REPETITION = 0.1

# A lattice whose contrast against a denser one is below this is held against parts of the wall: a
# zone of twice the size makes every other point of the rest look odd. The part that speaks for the
# denser lattice must repeat about as well as the whole. True lattices of the corpus have at most
# 0.38 in some part against all coarser ones, and at least 0.54 in all parts against denser ones.
AMBIGUOUS_CONTRAST, PART_LIMIT, PART_STRENGTH = 0.8, 0.42, 0.6
# Along rows this many points must be in view, and other directions tell less than this share of
# what the rows do: of walls with irregular bonds they tell a quarter, in zones two thirds.
LEAST_IN_LINE, OTHER_DIRECTIONS = 3, 0.5


def settle(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    """From lattices ``(S, 2, 2)`` to the densest ones that the wall supports.

    In turns, lattices become coarser while a coarser one inside them repeats clearly better, and
    denser while the points that a denser one adds repeat as well.
    """
    for _ in range(3):
        before = basis
        basis = _densified(autocorrelation, _coarsened(autocorrelation, basis))
        if torch.equal(before, basis):
            break
    return basis


def _coarsened(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    for _ in range(6):
        found, on = compare(autocorrelation, basis, COARSER)
        inside = shortened(_INSIDE @ basis[:, None], STEPS)
        unusable = found.isnan() | (on.amax(0) < LEAST_REPETITION)
        best, which = found.masked_fill(unusable, -torch.inf).max(dim=-1)
        better = best > CONTRAST_LIMIT
        if not better.any():
            break
        basis = torch.where(better[:, None, None], inside[torch.arange(len(basis)), which], basis)
    return basis


def _densified(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    for _ in range(8):
        found, _ = compare(autocorrelation, basis, DENSER)
        around = shortened(_AROUND @ basis[:, None], STEPS)
        unusable = found.isnan() | _too_short(around)
        best, which = found.masked_fill(unusable, torch.inf).min(dim=-1)
        better = best < CONTRAST_LIMIT
        if not better.any():
            break
        basis = torch.where(better[:, None, None], around[torch.arange(len(basis)), which], basis)
    return basis


def lengthen_in_line(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    """A lattice ``(2, 2)``, or one of twice its period along its rows where only that is clear.

    Where rows are shifted against each other by no fixed amount, some by half a unit, all points of
    the lattice of halves repeat about as well; along the rows alone every other one does. In a
    lattice that is wrong altogether, or in zones, other directions tell as well.
    """
    # Of tones, which a few units may have in common by chance, there are three channels at most.
    found, _ = compare(autocorrelation, basis[None], IN_LINE, votes=3)
    along = torch.tensor(DIRECTIONS, dtype=torch.float64)
    (best, other), which = found[0].nan_to_num(-1.0).topk(2)
    if best <= CONTRAST_LIMIT or other > OTHER_DIRECTIONS * best:
        return basis
    direction = along[which[0]]
    if not autocorrelation.inside(LEAST_IN_LINE * direction @ basis):
        return basis
    forms = sublattice_forms(2)
    steps = direction @ torch.linalg.inv(forms)
    longer = shortened(forms[((steps - steps.round()).abs() > 0.1).any(-1)] @ basis, STEPS)
    on, _ = mean_at_lattice(autocorrelation, longer)
    return longer[int(strength(autocorrelation, on).argmax())]


def _too_short(basis: Tensor) -> Tensor:
    shortest: Tensor = basis.norm(dim=-1).amin(-1)
    return shortest < SHORTEST_PX


def densify_by_parts(
    autocorrelation: ChannelAutocorrelation,
    parts: Callable[[], list[ChannelAutocorrelation]],
    basis: Tensor,
) -> Tensor:
    """A lattice ``(2, 2)``, or the densest one around it that some part of the wall proves.

    Args:
        autocorrelation: of the whole wall.
        parts: gives that of its parts; asked only where the whole leaves doubt.
        basis: settled.
    """
    for _ in range(4):
        found, _ = compare(autocorrelation, basis[None], DENSER)
        around = shortened(_AROUND @ basis, STEPS)
        doubtful = (found[0] < AMBIGUOUS_CONTRAST) & ~_too_short(around)
        if not doubtful.any():
            break
        contrast = _least_in_parts(autocorrelation, parts(), basis).masked_fill(
            ~doubtful, torch.inf
        )
        best = int(contrast.argmin())
        if contrast[best] > PART_LIMIT:
            break
        basis = around[best]
    return basis


def _least_in_parts(
    autocorrelation: ChannelAutocorrelation, parts: list[ChannelAutocorrelation], basis: Tensor
) -> Tensor:
    """``(R,)`` the least contrast against denser lattices that any part proves; inf for none."""
    enough = PART_STRENGTH * _strength_at(autocorrelation, basis)
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
