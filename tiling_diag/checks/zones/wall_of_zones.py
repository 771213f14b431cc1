"""A wall whose zones are looked for, with all that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from tiling_diag.checks.plane.places import grid_places
from tiling_diag.checks.results import LatticeResult, LocalPeriodResult
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.band_search import normals
from tiling_diag.checks.zones.flat_wall import FlatWall
from tiling_diag.kernels.homography import to_flat


@dataclass(frozen=True, eq=False)
class WallOfZones:
    """One wall of a batch, flat too, with its lattice and local field, and how its zones run."""

    walls: Walls
    flat: FlatWall
    lattice: LatticeResult
    local: LocalPeriodResult
    index: int
    direction: int

    @property
    def normal(self) -> Tensor:
        """``(2,)`` unit vector across the zones."""
        return normals()[self.direction]

    @cached_property
    def across(self) -> Tensor:
        """``(n,)`` where the places of the local field are across the zones, flat px."""
        rows, columns = self.local.coverage.shape[-2:]
        across: Tensor = (
            to_flat(self.flat.canvas.tilt, grid_places(self.walls.size, rows, columns))
            @ self.normal
        )
        return across
