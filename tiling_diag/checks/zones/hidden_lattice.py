"""Lattices that zones hide from a search over the whole wall.

Zones of another period may leave a wall without a lattice. A half of the wall may still show it, or
one side of bands that are found without a lattice, or it is that of the reference. That alone is no
proof: a part of a wall that does not repeat may seem to. The lattice counts if the rest of the wall
looks like the part, stretched by an octave.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from tiling_diag.checks.batches import with_item
from tiling_diag.checks.lattice.measure import measure_lattice
from tiling_diag.checks.plane.limits import LIMITS as PLANE
from tiling_diag.checks.plane.local_period import measure_local_period
from tiling_diag.checks.plane.places import grid_places
from tiling_diag.checks.plane.plane_fit import Plane, find_plane
from tiling_diag.checks.plane.row_frame import pixel_frame, row_frame
from tiling_diag.checks.plane.windows import window_maps
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.band_search import Bands, find_bands, normals, pool_windows
from tiling_diag.checks.zones.limits import LIMITS
from tiling_diag.checks.zones.measure import measure_banding
from tiling_diag.checks.zones.similarity import STRETCHES, half_maps


def with_hidden_lattices(
    walls: Walls, lattice: LatticeResult, plane: Plane, reference: LatticeResult | None = None
) -> tuple[LatticeResult, Plane]:
    """Lattices and planes of a batch: if a whole wall shows no lattice, that of one of its parts.

    Args:
        walls: the batch.
        lattice: what was found over whole walls.
        plane: their planes.
        reference: a batch of one, the lattice that the walls should have, in their px.
    """
    hidden = (lattice.reason == Reason.NOTHING_REPEATS) & (lattice.support > LIMITS.part_support)
    for index in hidden.nonzero()[:, 0].tolist():
        wall = Walls(walls.image[index : index + 1], walls.mask[index : index + 1])
        best, least = None, LIMITS.part_clarity
        for found in _candidates(wall, reference):
            # A tilt hides the lattice too, and what is twice as near looks twice as large.
            own = find_plane(wall, row_frame(found))
            clarity = _clarity(wall, found, own)
            if clarity > least:
                best, least = (found, own), clarity
        if best is not None:
            lattice = with_item(lattice, index, best[0])
            plane = with_item(plane, index, best[1])
    return lattice, plane


def _clarity(wall: Walls, lattice: LatticeResult, plane: Plane) -> float:
    """How clear bands are on one wall if it has that lattice."""
    local, windows = measure_local_period(wall, lattice, plane)
    return float(measure_banding(wall, lattice, local, windows).clarity[0])


def _candidates(wall: Walls, reference: LatticeResult | None) -> Iterator[LatticeResult]:
    """The lattices of parts of one wall, and that of the reference."""
    if reference is not None and bool(reference.is_periodic[0]):
        yield reference
    for part in (*_halves(wall), *_sides(wall)):
        if min(part.small.size) < PLANE.least_side_px:
            continue
        lattice = measure_lattice(part)
        if bool(lattice.is_periodic[0]):
            yield lattice


def _halves(wall: Walls) -> list[Walls]:
    """The upper, lower, left and right half."""
    height, width = wall.size
    return [
        Walls(
            wall.image[..., rows, columns].contiguous(), wall.mask[..., rows, columns].contiguous()
        )
        for rows, columns in (
            (slice(0, height // 2), slice(0, width)),
            (slice(height // 2, height), slice(0, width)),
            (slice(0, height), slice(0, width // 2)),
            (slice(0, height), slice(width // 2, width)),
        )
    ]


def _sides(wall: Walls) -> list[Walls]:
    """What lies inside and outside the bands that windows without a lattice show, if any do."""
    bands = _bands_without_lattice(wall)
    if bands is None:
        return []
    height, width = wall.size
    place = grid_places(wall.size, height, width) @ normals()[bands.direction]
    inside = torch.zeros_like(place, dtype=torch.bool)
    for low, high in bands.places:
        inside |= (place > low) & (place < high)
    inside = inside.reshape(1, height, width).to(wall.mask.device)
    return [Walls(wall.image, wall.mask * side) for side in (inside, ~inside)]


def _bands_without_lattice(wall: Walls) -> Bands | None:
    """The clearest bands of one wall in windows that know of no lattice; None if none are."""
    rows, columns = (max(1, round(PLANE.places * side / max(wall.size))) for side in wall.size)
    places = grid_places(wall.size, rows, columns)
    stride = max(wall.size[0] / rows, wall.size[1] / columns)
    straight = torch.zeros(1, 2, dtype=torch.float64)
    best, least = None, LIMITS.no_lattice_clarity
    for share in LIMITS.no_lattice_shares:
        side = straight.new_tensor([share * min(wall.size)])
        windows = window_maps(wall, pixel_frame(1), straight, places[None], side)
        usable = windows.coverage[0] >= PLANE.min_coverage
        seen = pool_windows(half_maps(windows.maps)[0], places, usable, stride, rank_1=False)
        bands = find_bands(seen, [True] * len(STRETCHES))
        if bands is not None and bands.clarity(share) > least:
            best, least = bands, bands.clarity(share)
    return best
