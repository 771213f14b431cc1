"""The plane of a wall and its lattice on that plane, found together.

A lattice found in the tilted picture shows the tilt; laid flat, the wall shows its lattice better.
Where the tilted picture shows none, the tilt is looked for first.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from torch import Tensor

from tiling_diag.checks.lattice.limits import LIMITS as LATTICE
from tiling_diag.checks.lattice.measure import measure_lattice
from tiling_diag.checks.plane.plane_fit import Plane, corners, find_plane
from tiling_diag.checks.plane.row_frame import row_frame
from tiling_diag.checks.plane.tilt_from_edges import line_tilt
from tiling_diag.checks.plane.tilt_from_windows import blind_tilt
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import SEARCH_SIDE_PX, Walls
from tiling_diag.kernels.rectify import rectified_canvas, rectify

Result = TypeVar("Result")

# Planes whose scale changes less than this across the picture are taken as seen straight on.
LEAST_CHANGE = 0.05
# Laid flat, a wall must repeat at least as well as before, but for what the resampling blurs.
KEPT_SUPPORT = 0.7
# Without a lattice to start from, chance has many tilts to choose from.
BLIND_SUPPORT = 1.5 * LATTICE.support
# Lattices of less support that so much of the picture does not have are doubted, and given up for
# one on a plane that has so much more.
WEAK_SUPPORT, WEAK_MISFIT = 0.3, 0.4
BETTER_SUPPORT = 1.3
# ... or that leaves this share of the picture that does not have it.
BETTER_MISFIT = 0.85
MOST_ROUNDS = 3
# Walls are laid flat larger than they are searched: fine periods are looked at closer.
LAID_FLAT_SIDES = 2
# Walls that are smaller than this where lattices are searched show no plane.
LEAST_SIDE_PX = 32


def measure_plane(walls: Walls) -> tuple[LatticeResult, Plane]:
    """Lattices of a batch at the scale of the picture's middle, and the planes they lie in."""
    lattice = measure_lattice(walls)
    plane = find_plane(walls, row_frame(lattice))
    tilted = _change(plane.tilt, walls.size) > LEAST_CHANGE
    plane = dataclasses.replace(plane, tilt=plane.tilt.masked_fill(~tilted[:, None], 0.0))
    if min(walls.small.size) < LEAST_SIDE_PX:
        return lattice, plane
    lost = lattice.reason == Reason.NOTHING_REPEATS
    # In strong perspective a part of the wall may pass for all of it, but not for much.
    weak = lattice.is_periodic & (lattice.support < WEAK_SUPPORT) & ~tilted
    weak &= plane.misfit > WEAK_MISFIT
    for index in (tilted | lost | weak).nonzero()[:, 0].tolist():
        one, support = walls.one(index), float(lattice.support[index])
        if bool(tilted[index]):
            found = _laid_flat(one, plane.tilt[index], KEPT_SUPPORT * support)
        else:
            found = _without_lattice(one, lost=bool(lost[index]))
            if found is not None and not bool(lost[index]):
                repeats_better = float(found[0].support[0]) > BETTER_SUPPORT * support
                fits = float(found[1].misfit[0]) < BETTER_MISFIT * float(plane.misfit[index])
                found = found if repeats_better or fits else None
        if found is not None:
            lattice = with_item(lattice, index, found[0])
            plane = with_item(plane, index, found[1])
    return lattice, plane


def scaled(lattice: LatticeResult, zoom: Tensor) -> LatticeResult:
    """The lattice with all lengths `zoom` times as large."""
    return dataclasses.replace(
        lattice,
        basis_px=lattice.basis_px * zoom,
        unit_px=lattice.unit_px * zoom,
        course_px=lattice.course_px * zoom,
        wave_vector=lattice.wave_vector / zoom,
        fundamental_px=lattice.fundamental_px * zoom,
    )


def _without_lattice(wall: Walls, *, lost: bool) -> tuple[LatticeResult, Plane] | None:
    """Lattice and plane of one wall under the tilts that need no lattice to start from.

    Args:
        wall: a batch of one.
        lost: whether the tilted picture shows no lattice at all.

    Returns:
        None where nothing on a plane repeats well enough.
    """
    lines = _laid_flat(wall, line_tilt(wall)[0], LATTICE.support)
    if lines is not None and float(lines[0].support[0]) > BLIND_SUPPORT:
        return lines
    blind = _laid_flat(wall, blind_tilt(wall)[0], BLIND_SUPPORT if lost else LATTICE.support)
    found = [one for one in (lines, blind) if one is not None]
    return max(found, key=lambda one: float(one[0].support[0]), default=None)


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
        if lattice is None:
            break
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


def _change(tilt: Tensor, size: tuple[int, int]) -> Tensor:
    """``(B,)`` how much larger things look at the nearest corner than at the farthest, less 1."""
    depth = 1 + tilt @ corners(size).mT
    return depth.amax(-1) / depth.amin(-1) - 1


def _lattice_on(wall: Walls, tilt: Tensor) -> LatticeResult | None:
    """The lattice of one wall laid flat, px of the picture's middle; None if little is left."""
    canvas = rectified_canvas(tilt, wall.size, LAID_FLAT_SIDES * SEARCH_SIDE_PX)
    image = rectify(wall.image, canvas)
    mask = rectify(wall.mask[:, None], canvas)[:, 0]
    laid = Walls(image, (mask > 0.99).to(image.dtype))
    if min(laid.small.size) < LEAST_SIDE_PX:
        return None
    flat = measure_lattice(laid)
    return scaled(flat, 1 / tilt.new_tensor(canvas.scale))


def with_item(batch: Result, index: int, one: Result) -> Result:
    """The results of a batch with item `index` replaced by those of a batch of one."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(batch):  # type: ignore[arg-type]
        values[field.name] = getattr(batch, field.name).clone()
        values[field.name][index] = getattr(one, field.name)[0]
    return type(batch)(**values)
