"""Lattices of pictures as they are, or of views of them that show the wall better.

What stands before a wall or beside it hides its lattice, and may have one of its own; so may the
light. A lattice that shows but is not sure is looked for again: in the largest part of the picture
that looks alike, and without light that changes in one direction only. So is one of few cells,
however sure, for windows have one, too: a much finer one in the part between them is the wall's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from tiling_diag.checks.appearance import alike
from tiling_diag.checks.batches import items, with_items
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.measure import measure_lattice
from tiling_diag.checks.results import LatticeResult
from tiling_diag.checks.striped_light import striped_light, without_striped_light
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import cell_area, same_lattice

# From walls to a view of them, and which of these ``(B,)`` are worth a look.
View = Callable[[Walls], tuple[Walls, Tensor]]


def measure_views(walls: Walls) -> tuple[LatticeResult, Walls]:
    """The likeliest lattice of every wall of a batch, and the views in which it was found.

    What is likely in no view is left as the picture itself shows it.
    """
    found = measure_lattice(walls)
    coarse = _cells(found, walls) <= LIMITS.cells_of_windows
    found, walls = _likelier(found, walls, _part_that_looks_alike, LIMITS.sure_of_part, coarse)
    return _likelier(found, walls, _without_striped_light, LIMITS.sure_of_light)


def _cells(found: LatticeResult, walls: Walls) -> Tensor:
    """``(B,)`` how many cells of lattices a wall has room for; infinite for other than pairs."""
    area = cell_area(found.basis_px)
    cells: Tensor = walls.size[0] * walls.size[1] / area
    return cells.nan_to_num(torch.inf)


def _likelier(
    found: LatticeResult, walls: Walls, view: View, sure: float, coarse: Tensor | None = None
) -> tuple[LatticeResult, Walls]:
    """Lattices and walls, those of a view where it shows a likelier one than one less than sure.

    Args:
        found: the lattices.
        walls: the batch.
        view: of it.
        sure: from this probability on lattices stay as they are.
        coarse: ``(B,)`` but these make way for much finer ones.
    """
    doubtful = found.probability < sure
    if coarse is not None:
        doubtful |= coarse
    open_ = (doubtful & (found.probability >= LIMITS.hidden)).nonzero()[:, 0]
    if not len(open_):
        return found, walls
    seen, worth = view(walls.some(open_))
    worth = worth.cpu().nonzero()[:, 0]
    if not len(worth):
        return found, walls
    own, open_ = measure_lattice(seen.some(worth)), open_[worth]
    before = items(found, open_)
    likelier = own.probability > before.probability
    if coarse is not None:
        cells = _cells(own, walls)
        finer = (cells > LIMITS.finer_than_windows * _cells(before, walls)) & cells.isfinite()
        sure_one = before.probability >= sure
        likelier = torch.where(sure_one, finer & (own.probability >= LIMITS.sure_finer), likelier)
    better = own.is_periodic & likelier
    if not bool(better.any()):
        return found, walls
    open_, worth = open_[better], worth[better]
    at = open_.to(walls.image.device)
    image = walls.image.index_copy(0, at, seen.image[worth])
    mask = walls.mask.index_copy(0, at, seen.mask[worth])
    own = read_as_before(items(own, better), items(before, better))
    return with_items(found, open_, own), Walls(image, mask)


def read_as_before(own: LatticeResult, before: LatticeResult) -> LatticeResult:
    """Lattices of a view, read as in the picture itself where they are the same.

    Views may lack what tells the rows: light in one direction looks as long joints do.
    """
    same = same_lattice(own.basis_px, before.basis_px, LIMITS.same_answer, steps=0)
    return dataclasses.replace(
        own,
        unit_px=torch.where(same, before.unit_px, own.unit_px),
        course_px=torch.where(same, before.course_px, own.course_px),
        angle_deg=torch.where(same, before.angle_deg, own.angle_deg),
        wave_vector=torch.where(same[:, None], before.wave_vector, own.wave_vector),
        fundamental_px=torch.where(same, before.fundamental_px, own.fundamental_px),
    )


def _part_that_looks_alike(walls: Walls) -> tuple[Walls, Tensor]:
    seen = walls.within(alike(walls))
    share = seen.mask.mean((-2, -1)) / walls.mask.mean((-2, -1)).clamp_min(1e-9)
    return seen, (share > LIMITS.least_alike) & (share < LIMITS.most_alike)


def _without_striped_light(walls: Walls) -> tuple[Walls, Tensor]:
    turn, share = striped_light(walls)
    worth = share > LIMITS.least_striped
    # The light of a large picture costs as much to take off as a search.
    return without_striped_light(walls, turn) if bool(worth.any()) else walls, worth
