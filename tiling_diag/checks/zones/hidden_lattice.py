"""Lattices that zones hide from a search over the whole wall.

Zones of another period may leave the likeliest lattice of a wall too unlikely to be reported. It is
reported, or that of the reference is, if the wall shows clear bands with it: places that have the
lattice beside places that look like it, stretched by an octave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tiling_diag.checks.batches import one_of, with_item
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
    for index in hidden.nonzero()[:, 0].tolist():
        wall = Walls(walls.image[index : index + 1], walls.mask[index : index + 1])
        best, least = None, LIMITS.part_clarity
        for found in _candidates(one_of(likeliest, index), reference):
            # A tilt hides the lattice too, and what is twice as near looks twice as large.
            own = find_plane(wall, row_frame(found))
            clarity = _clarity(wall, found, own)
            if clarity > least:
                best, least = (found, own), clarity
        if best is not None:
            # Bands in which it is an octave off speak for it.
            sure = best[0].probability.clamp_min(LEAST_PROBABILITY)
            lattice = with_item(lattice, index, replace(best[0], probability=sure))
            plane = with_item(plane, index, best[1])
    return lattice, plane


def _clarity(wall: Walls, lattice: LatticeResult, plane: Plane) -> float:
    """How clear bands are on one wall if it has that lattice."""
    local, windows = measure_local_period(wall, lattice, plane)
    return float(measure_banding(wall, lattice, local, windows).clarity[0])


def _candidates(
    likeliest: LatticeResult, reference: LatticeResult | None
) -> Iterator[LatticeResult]:
    """The likeliest lattice of one wall, and that of the reference."""
    if reference is not None and bool(reference.is_periodic[0]):
        yield reference
    likeliest = assumed(likeliest)
    if bool(likeliest.is_periodic[0]):
        yield likeliest
