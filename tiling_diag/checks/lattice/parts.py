"""Lattices that parts of a wall share, for walls that do not show theirs as a whole.

Windows, people and shadows take less of some part of a picture than of all of it. A part shows
fewer units, so it may be wrong by chance; that two parts are wrong in the same way is unlikely.
"""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor

from tiling_diag.checks.batches import items
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.measure import measure_lattice
from tiling_diag.checks.lattice.refinement import with_turned
from tiling_diag.checks.results import LatticeResult
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import same_lattice

PARTS = 4


def measure_parts(walls: Walls) -> LatticeResult:
    """The likeliest lattice that two of four overlapping parts of every wall share.

    Its probability is 0 where there is none.
    """
    ends = [(slice(0, part), slice(-part, None)) for part in _part_of(walls.size)]
    boxes = [(down, across) for down in ends[0] for across in ends[1]]
    image = torch.stack([walls.image[(..., *box)] for box in boxes], dim=1)
    mask = torch.stack([walls.mask[(..., *box)] for box in boxes], dim=1)
    found = measure_lattice(Walls(image.flatten(0, 1), mask.flatten(0, 1)))
    probability = (found.probability * fit_into_parts(found, walls.size)).view(-1, PARTS)
    likely = probability >= LIMITS.hidden
    shared = (_same(found) & likely[:, None]).any(-1)
    lines = found.basis_px[:, 1].isnan().any(-1).view(-1, PARTS)
    least = torch.where(lines, LIMITS.sure_part_of_lines, LIMITS.sure_part)
    sure = probability.masked_fill(~shared | (probability < least), 0.0)
    best, which = sure.max(-1)
    own = items(found, torch.arange(len(which)) * PARTS + which)
    return dataclasses.replace(own, probability=best, is_periodic=best > 0)


def fit_into_parts(lattice: LatticeResult, size: tuple[int, int]) -> Tensor:
    """``(B,)`` whether enough periods of lattices would be seen in a part of a wall of `size`.

    Walls without a lattice count as such that would.
    """
    longest = lattice.basis_px.norm(dim=-1).nan_to_num(0.0).amax(-1)
    fit: Tensor = longest * LIMITS.periods_of_part <= max(_part_of(size))
    return fit


def _part_of(size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of a part."""
    height, width = (math.ceil(LIMITS.part_share * side) for side in size)
    return height, width


def _same(found: LatticeResult) -> Tensor:
    """``(B, 4, 4)`` which of four parts have the same lattice as which other."""
    basis, single = found.basis_px, found.basis_px[:, 1].isnan().any(-1)
    there = basis[:, 0].isfinite().all(-1)
    # Boards are compared with boards, as squares of their pitch.
    basis = torch.where(single[:, None, None], with_turned(basis[:, 0]), basis)
    eye = torch.eye(2, dtype=basis.dtype)
    basis = torch.where(there[:, None, None], basis, eye).view(-1, PARTS, 2, 2)
    there, single = there.view(-1, PARTS), single.view(-1, PARTS)
    same = same_lattice(basis[:, :, None], basis[:, None], LIMITS.same_part, steps=0)
    same &= (single[:, :, None] == single[:, None]) & there[:, :, None] & there[:, None]
    return same & ~torch.eye(PARTS, dtype=torch.bool)
