"""Lattices of whole pictures, or of the part of each that looks alike if that shows them better."""

from __future__ import annotations

from tiling_diag.checks.appearance import alike
from tiling_diag.checks.batches import items, with_items
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.measure import measure_lattice
from tiling_diag.checks.results import LatticeResult
from tiling_diag.checks.walls import Walls


def measure_region(walls: Walls) -> tuple[LatticeResult, Walls]:
    """The likeliest lattice of every wall of a batch, and the walls where it was found.

    What stands before a wall or beside it hides its lattice, and may have one of its own. A lattice
    that is not sure in the whole picture is looked for in the largest part that looks alike, too.
    What is likely in neither is left as the whole picture shows it.
    """
    found = measure_lattice(walls)
    open_ = (found.probability < LIMITS.sure).nonzero()[:, 0]
    if not len(open_):
        return found, walls
    part = alike(walls.some(open_))
    mask = walls.mask[open_] * part
    share = mask.mean((-2, -1)) / walls.mask[open_].mean((-2, -1)).clamp_min(1e-9)
    worth = (share > LIMITS.least_alike) & (share < LIMITS.most_alike)
    open_, part = open_[worth.cpu()], part[worth]
    if not len(open_):
        return found, walls
    own = measure_lattice(walls.some(open_).within(part))
    better = own.is_periodic & (own.probability > found.probability[open_])
    open_, part = open_[better], part[better]
    found = with_items(found, open_, items(own, better))
    whole = walls.mask.new_ones(walls.mask.shape)
    return found, walls.within(whole.index_copy(0, open_.to(whole.device), part))
