"""The plane of a wall and its lattice on that plane, found together.

A lattice found in the tilted picture shows the tilt; laid flat, the wall shows its lattice better.
Where the tilted picture shows none, the tilt is looked for first.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import torch
from torch import Tensor

from tiling_diag.checks.blind_tilt import blind_tilt
from tiling_diag.checks.channels import Channels, wall_channels
from tiling_diag.checks.lattice import measure_lattice
from tiling_diag.checks.perspective import Plane, corners, find_plane
from tiling_diag.checks.row_frame import row_frame
from tiling_diag.checks.search import LATTICE_SUPPORT
from tiling_diag.kernels.rectify import flat_canvas, laid_flat
from tiling_diag.results import LatticeResult
from tiling_diag.wall import SEARCH_SIDE_PX, Walls

Result = TypeVar("Result")

# Planes whose scale changes less than this across the picture are taken as seen straight on.
LEAST_CHANGE = 0.05
# Laid flat, a wall must repeat at least as well as before, but for what the resampling blurs.
KEPT_SUPPORT = 0.7
# Without a lattice to start from, chance has many tilts to choose from.
BLIND_SUPPORT = 1.5 * LATTICE_SUPPORT
MOST_ROUNDS = 3
# Where more of a wall than this has no octave of the lattice found, its parts are searched.
LARGEST_SHARE_STRANGE = 0.5
LARGEST_PART_MISFIT = 0.6
PART_SHARE = 0.4
PARTS = 3
NOT_PERIODIC = 3


def measure_plane(walls: Walls) -> tuple[LatticeResult, Plane]:
    """Lattices of a batch at the scale of the picture's middle, and the planes they lie in."""
    lattice = measure_lattice(walls)
    plane = find_plane(walls, row_frame(lattice))
    tilted = _change(plane.tilt, walls.size) > LEAST_CHANGE
    plane = dataclasses.replace(plane, tilt=plane.tilt.masked_fill(~tilted[:, None], 0.0))
    lost = lattice.reason == NOT_PERIODIC
    doubtful = lattice.is_periodic & (plane.strange > LARGEST_SHARE_STRANGE)
    for index in (tilted | lost | doubtful).nonzero()[:, 0].tolist():
        one = _one(walls, index)
        found = None
        if bool(tilted[index]):
            least = KEPT_SUPPORT * float(lattice.support[index])
            found = _laid_flat(one, plane.tilt[index], least)
        elif bool(lost[index]):
            found = _laid_flat(one, blind_tilt(one)[0], BLIND_SUPPORT)
        if found is None and not bool(tilted[index]):
            found = _of_a_part(one, _item(lattice, index), float(plane.misfit[index]))
        if found is not None:
            lattice = _with_item(lattice, index, found[0])
            plane = _with_item(plane, index, found[1])
    return lattice, plane


def _of_a_part(
    wall: Walls, whole: LatticeResult, misfit: float
) -> tuple[LatticeResult, Plane] | None:
    """Of the lattices of parts of one wall the one that most of the wall has.

    Zones of another period can hide the lattice of the rest from a search of the whole wall.

    Args:
        wall: a batch of one.
        whole: what was found in the whole wall; parts must repeat better, and as many ways.
        misfit: of that; 1 if nothing was found.
    """
    small = wall.small
    step = torch.tensor(wall.small_step_px, dtype=torch.float64)
    best = None
    for axis in (0, 1):
        length = int(PART_SHARE * small.size[axis])
        starts = torch.linspace(0, small.size[axis] - length, PARTS).long().tolist()
        images = [small.image.narrow(axis + 2, start, length) for start in starts]
        masks = [small.mask.narrow(axis + 1, start, length) for start in starts]
        parts = measure_lattice(Walls(torch.cat(images), torch.cat(masks)))
        sure = parts.is_periodic & (parts.support > BLIND_SUPPORT)
        if bool(whole.is_periodic[0]):
            sure &= parts.support > whole.support
            sure &= ~parts.basis.isnan().any(-1).any(-1) | whole.basis.isnan().any()
        for index in sure.nonzero()[:, 0].tolist():
            lattice = _scaled(_item(parts, index), step.mean())
            plane = find_plane(wall, row_frame(lattice))
            if float(plane.misfit[0]) < min(misfit, LARGEST_PART_MISFIT):
                best, misfit = (lattice, plane), float(plane.misfit[0])
    return best


def _scaled(lattice: LatticeResult, zoom: Tensor) -> LatticeResult:
    """The lattice with all lengths `zoom` times as large."""
    return dataclasses.replace(
        lattice,
        basis=lattice.basis * zoom,
        unit_px=lattice.unit_px * zoom,
        course_px=lattice.course_px * zoom,
        wave_vector=lattice.wave_vector / zoom,
        fundamental_px=lattice.fundamental_px * zoom,
    )


def _item(batch: Result, index: int) -> Result:
    """Item `index` as a batch of one."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(batch):  # type: ignore[arg-type]
        values[field.name] = getattr(batch, field.name)[index : index + 1]
    return type(batch)(**values)


def _laid_flat(wall: Walls, tilt: Tensor, least: float) -> tuple[LatticeResult, Plane] | None:
    """Lattice and plane of one wall, in turns, while laying it flat makes it repeat better.

    Args:
        wall: a batch of one.
        tilt: ``(2,)`` to start with.
        least: support that the lattice must have.

    Returns:
        None where nothing on a plane repeats that well.
    """
    best = None
    for _ in range(MOST_ROUNDS):
        lattice = _lattice_on(wall, tilt)
        support = float(lattice.support[0])
        if not bool(lattice.is_periodic[0]) or (best and support <= float(best[0].support[0])):
            break
        plane = find_plane(wall, row_frame(lattice), tilt[None])
        best = lattice, dataclasses.replace(plane, tilt=tilt[None])
        moved = float(_change(plane.tilt - tilt, wall.size)[0])
        if moved < LEAST_CHANGE:
            # What is left is too little to search again, and better measured by now.
            best = lattice, plane
            break
        tilt = plane.tilt[0]
    if best is None or float(best[0].support[0]) <= least:
        return None
    return best if float(_change(best[1].tilt, wall.size)[0]) > LEAST_CHANGE else None


def _one(walls: Walls, index: int) -> Walls:
    """Wall `index` as a batch of one that shares what is computed already."""
    one = Walls(walls.image[index : index + 1], walls.mask[index : index + 1])
    seen = wall_channels(walls.small)
    own = slice(index, index + 1)
    one.small.kept["channels"] = Channels(seen.values[own], seen.importance[own])
    return one


def _change(tilt: Tensor, size: tuple[int, int]) -> Tensor:
    """``(B,)`` how much larger things look at the nearest corner than at the farthest, less 1."""
    depth = 1 + tilt @ corners(size).mT
    return depth.amax(-1) / depth.amin(-1) - 1


def _lattice_on(wall: Walls, tilt: Tensor) -> LatticeResult:
    """The lattice of one wall laid flat, px of the picture's middle."""
    canvas = flat_canvas(tilt, wall.size, SEARCH_SIDE_PX)
    image = laid_flat(wall.small.image, canvas)
    mask = laid_flat(wall.small.mask[:, None], canvas)[:, 0]
    flat = measure_lattice(Walls(image, (mask > 0.99).to(image.dtype)))
    return _scaled(flat, 1 / tilt.new_tensor(canvas.scale))


def _with_item(batch: Result, index: int, one: Result) -> Result:
    """The batch with item `index` replaced by a batch of one."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(batch):  # type: ignore[arg-type]
        values[field.name] = getattr(batch, field.name).clone()
        values[field.name][index] = getattr(one, field.name)[0]
    return type(batch)(**values)
