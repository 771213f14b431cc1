"""The plane of a wall and its lattice on that plane, found together.

A lattice found in the tilted picture shows the tilt; rectified, the wall shows its lattice better.
Where the tilted picture shows none, the tilt is looked for first.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from tiling_diag.checks.batches import with_item
from tiling_diag.checks.lattice.measure import (
    LEAST_PROBABILITY,
    assumed,
    claimed,
    measure_lattice,
)
from tiling_diag.checks.limits import LIMITS as WALLS
from tiling_diag.checks.plane.limits import LIMITS
from tiling_diag.checks.plane.places import scale_change
from tiling_diag.checks.plane.plane_fit import Plane, find_plane
from tiling_diag.checks.plane.row_frame import row_frame
from tiling_diag.checks.plane.tilt_from_edges import tilt_from_edges
from tiling_diag.checks.plane.tilt_from_windows import tilt_from_windows
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.rectify import rectified_canvas, rectify


def measure_plane(walls: Walls) -> tuple[LatticeResult, Plane, LatticeResult]:
    """Lattices of a batch at the scale of the picture's middle, and the planes they lie in.

    Returns:
        the lattices that are sure enough, the planes, and the likeliest lattices before any plane.
    """
    likeliest = measure_lattice(walls)
    lattice = claimed(likeliest)
    plane = find_plane(walls, row_frame(lattice))
    tilted = scale_change(plane.tilt, walls.size) > LIMITS.least_change
    plane = dataclasses.replace(plane, tilt=plane.tilt.masked_fill(~tilted[:, None], 0.0))
    if min(walls.small.size) < LIMITS.least_side_px:
        return lattice, plane, likeliest
    lost = lattice.reason == Reason.NOTHING_REPEATS
    # In strong perspective a part of the wall may pass for all of it, but not for much.
    weak = lattice.is_periodic & (lattice.probability < LIMITS.weak_probability) & ~tilted
    weak &= plane.misfit > LIMITS.weak_misfit
    for index in (tilted | lost | weak).nonzero()[:, 0].tolist():
        one, probability = walls.one(index), float(lattice.probability[index])
        if bool(tilted[index]):
            found = _rectified(one, plane.tilt[index], LIMITS.kept_probability * probability)
        else:
            found = _without_lattice(one, lost=bool(lost[index]))
            if found is not None and not bool(lost[index]):
                repeats_better = (
                    float(found[0].probability[0]) > LIMITS.better_probability * probability
                )
                fits = float(found[1].misfit[0]) < LIMITS.better_misfit * float(plane.misfit[index])
                found = found if repeats_better or fits else None
        if found is not None:
            lattice = with_item(lattice, index, found[0])
            plane = with_item(plane, index, found[1])
    return lattice, plane, likeliest


def scaled(lattice: LatticeResult, zoom: Tensor) -> LatticeResult:
    """The lattice with all lengths `zoom` times as large."""
    return dataclasses.replace(
        lattice,
        basis_px=lattice.basis_px * zoom,
        unit_px=lattice.unit_px * zoom,
        course_px=lattice.course_px * zoom,
        second_unit_px=lattice.second_unit_px * zoom,
        second_course_px=lattice.second_course_px * zoom,
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
    # Without a lattice to start from, chance has many tilts to choose from.
    certain = LIMITS.tilt_probability
    by_edges = _rectified(wall, tilt_from_edges(wall)[0], LEAST_PROBABILITY)
    if by_edges is not None and float(by_edges[0].probability[0]) > certain:
        return by_edges
    least = certain if lost else LEAST_PROBABILITY
    by_windows = _rectified(wall, tilt_from_windows(wall)[0], least)
    found = [one for one in (by_edges, by_windows) if one is not None]
    return max(found, key=lambda one: float(one[0].probability[0]), default=None)


def _rectified(wall: Walls, tilt: Tensor, least: float) -> tuple[LatticeResult, Plane] | None:
    """Lattice and plane of one wall, in turns, while rectifying it makes a lattice likelier.

    An unlikely lattice may still show the plane better, and on that plane be sure.

    Args:
        wall: a batch of one.
        tilt: ``(2,)`` to start with.
        least: probability that the lattice must pass.

    Returns:
        None where no lattice on a plane is that likely.
    """
    best: tuple[LatticeResult, Plane] | None = None
    for _ in range(LIMITS.rectified_rounds):
        lattice = _lattice_on(wall, tilt)
        if lattice is None or not _in_view(lattice, wall):
            break
        probability = float(lattice.probability[0])
        if probability < LIMITS.hopeless or (best and probability <= float(best[0].probability[0])):
            break
        plane = find_plane(wall, row_frame(lattice), tilt[None])
        best = lattice, dataclasses.replace(plane, tilt=tilt[None])
        moved = float(scale_change(plane.tilt - tilt, wall.size)[0])
        if moved < LIMITS.least_change:
            # What is left is too little to search again, and better measured by now.
            best = lattice, plane
            break
        tilt = plane.tilt[0]
    if best is None or float(best[0].probability[0]) <= max(least, LEAST_PROBABILITY):
        return None
    return best if float(scale_change(best[1].tilt, wall.size)[0]) > LIMITS.least_change else None


def _in_view(lattice: LatticeResult, wall: Walls) -> bool:
    """Whether there is a lattice of which the picture's middle would show enough periods."""
    shortest_px = float(lattice.basis_px[0].norm(dim=-1).nan_to_num(torch.inf).amin())
    return LIMITS.least_in_view * shortest_px <= max(wall.size)


def _lattice_on(wall: Walls, tilt: Tensor) -> LatticeResult | None:
    """The likeliest lattice of one rectified wall, px of its middle; None if little is left."""
    canvas = rectified_canvas(tilt, wall.size, LIMITS.rectified_sides * WALLS.search_side_px)
    image = rectify(wall.image, canvas)
    mask = rectify(wall.mask[:, None], canvas)[:, 0]
    flat = Walls(image, (mask > LIMITS.whole_px_mask).to(image.dtype))
    if min(flat.small.size) < LIMITS.least_side_px:
        return None
    lattice_canvas_px = assumed(measure_lattice(flat))
    return scaled(lattice_canvas_px, 1 / tilt.new_tensor(canvas.scale))
