"""Lattices that zones hide from a search over the whole wall.

Zones of another period may leave the likeliest lattice of a wall too unlikely to be reported. It is
reported, or that of the reference is, if the wall shows clear bands with it: places that have the
lattice beside places that look like it, stretched by an octave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from tiling_diag.checks.batches import items, with_items
from tiling_diag.checks.lattice.measure import LEAST_PROBABILITY, assumed
from tiling_diag.checks.plane.local_period import measure_local_period
from tiling_diag.checks.plane.plane_fit import Plane, find_plane
from tiling_diag.checks.plane.row_frame import row_frame
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.limits import LIMITS
from tiling_diag.checks.zones.measure import measure_banding


def with_hidden_lattices(
    walls: Walls,
    lattice: LatticeResult,
    plane: Plane,
    likeliest: LatticeResult,
    reference: LatticeResult | None = None,
) -> tuple[LatticeResult, Plane]:
    """Lattices and planes of a batch: unlikely lattices count where clear bands speak for them.

    Args:
        walls: the batch.
        lattice: what was found over whole walls.
        plane: their planes.
        likeliest: their likeliest lattices, however likely.
        reference: a batch of one, the lattice that the walls should have, in their px.
    """
    hidden = lattice.reason == Reason.NOTHING_REPEATS
    hidden &= (lattice.probability > LIMITS.hidden_probability) | (reference is not None)
    index = hidden.nonzero()[:, 0]
    if not len(index):
        return lattice, plane
    part = walls.some(index)
    least = torch.full_like(lattice.probability[index], LIMITS.part_clarity)
    for found in _candidates(items(likeliest, index), reference):
        # A tilt hides the lattice too, and what is twice as near looks twice as large.
        tilted = find_plane(part, row_frame(found))
        local = measure_local_period(part, found, tilted)
        clarity = measure_banding(part, found, local).clarity.to(least)
        better = found.is_periodic & (clarity > least)
        least = torch.where(better, clarity, least)
        own = better.nonzero()[:, 0]
        # Bands in which it is an octave off speak for it.
        sure = found.probability.clamp_min(LEAST_PROBABILITY)
        lattice = with_items(lattice, index[own], items(replace(found, probability=sure), own))
        plane = with_items(plane, index[own], items(tilted, own))
    return lattice, plane


def _candidates(
    likeliest: LatticeResult, reference: LatticeResult | None
) -> Iterator[LatticeResult]:
    """That of the reference for all walls, and the likeliest of each."""
    count = len(likeliest.probability)
    if reference is not None and bool(reference.is_periodic[0]):
        yield items(reference, torch.zeros(count, dtype=torch.int64))
    likeliest = assumed(likeliest)
    if bool(likeliest.is_periodic.any()):
        yield likeliest
