"""Walls whose lattice is lost to a zone: the lattice of a half, where the rest is an octave of it.

Zones of another period hide the lattice of a wall from a search over all of it. A half of it may
show the lattice still. That alone is no proof: a half of what does not repeat may seem to. But then
the rest does not look like it, stretched by an octave.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.banding import measure_banding
from tiling_diag.checks.lattice import measure_lattice
from tiling_diag.checks.local_period import measure_local_period
from tiling_diag.checks.perspective import Plane
from tiling_diag.checks.plane import LEAST_SIDE_PX, NOT_PERIODIC, with_item
from tiling_diag.results import LatticeResult
from tiling_diag.wall import Walls

# Bands that are likely on walls with a lattice (see the calibration); chosen with it.
LEAST_CONTRAST = 0.09
# Support over the whole wall that zones leave: 0.011 or more on the corpus's pictures with bands,
# and none where nothing repeats. Looking into halves costs as much as looking at the whole.
LEAST_SUPPORT = 0.005


def with_parts(walls: Walls, lattice: LatticeResult, plane: Plane) -> tuple[LatticeResult, Plane]:
    """Lattices and planes of a batch, for walls without a lattice that of a half of theirs.

    Args:
        walls: the batch.
        lattice: what was found over whole walls.
        plane: their planes; walls of which a half is taken are taken as seen straight on.
    """
    hidden = (lattice.reason == NOT_PERIODIC) & (lattice.support > LEAST_SUPPORT)
    for index in hidden.nonzero()[:, 0].tolist():
        found = _of_a_half(walls.image[index : index + 1], walls.mask[index : index + 1])
        if found is not None:
            lattice = with_item(lattice, index, found)
            plane = with_item(plane, index, _straight_on())
    return lattice, plane


def _straight_on() -> Plane:
    """The plane of one wall of which nothing is known."""
    nan = torch.full((1, 2, 2), torch.nan, dtype=torch.float64)
    return Plane(torch.zeros_like(nan[:, 0]), nan, nan[:, 0, 0], torch.ones_like(nan[:, 0, 0]))


def _of_a_half(image: Tensor, mask: Tensor) -> LatticeResult | None:
    """The lattice of the half of one wall that makes the clearest bands; None if none does."""
    wall = Walls(image, mask)
    height, width = wall.size
    halves = (
        (slice(0, height // 2), slice(0, width)),
        (slice(height // 2, height), slice(0, width)),
        (slice(0, height), slice(0, width // 2)),
        (slice(0, height), slice(width // 2, width)),
    )
    best, least = None, LEAST_CONTRAST
    for rows, columns in halves:
        half = Walls(image[..., rows, columns].contiguous(), mask[..., rows, columns].contiguous())
        if min(half.small.size) < LEAST_SIDE_PX:
            continue
        lattice = measure_lattice(half)
        if not bool(lattice.is_periodic[0]):
            continue
        local, windows = measure_local_period(wall, lattice, _straight_on())
        contrast = float(measure_banding(wall, lattice, local, windows).contrast[0])
        if contrast > least:
            best, least = lattice, contrast
    return best
