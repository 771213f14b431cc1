"""The plane of a wall and its lattice on that plane, found together.

A lattice found in the tilted picture shows the tilt; rectified, the wall shows its lattice better.
Where the tilted picture shows none, the tilt is looked for first.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.batches import items, with_items
from tiling_diag.checks.lattice.mapped import mapped
from tiling_diag.checks.lattice.measure import (
    LEAST_PROBABILITY,
    assumed,
    by_probability,
    claimed,
    measure_lattice,
)
from tiling_diag.checks.lattice.parts import fit_into_parts, measure_parts
from tiling_diag.checks.lattice.views import measure_views
from tiling_diag.checks.limits import LIMITS as WALLS
from tiling_diag.checks.plane.limits import LIMITS
from tiling_diag.checks.plane.places import scale_change
from tiling_diag.checks.plane.plane_fit import Plane, find_plane
from tiling_diag.checks.plane.row_frame import row_frame
from tiling_diag.checks.plane.tilt_from_repetition import tilt_from_repetition
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.homography import front_view
from tiling_diag.kernels.rectify import rectify, square_canvases


def measure_plane(walls: Walls) -> tuple[LatticeResult, Plane, LatticeResult]:
    """Lattices of a batch at the scale of the picture's middle, and the planes they lie in.

    Returns:
        the lattices that are sure enough, the planes, and the likeliest lattices before any plane.
    """
    likeliest, seen = measure_views(walls)
    straight = torch.zeros(len(likeliest.probability), 2, dtype=torch.float64)
    likeliest = by_probability(_levelled(likeliest, seen, straight, math.inf))
    lattice, plane = _as_it_is_or_tilted(seen, claimed(likeliest))
    doubted = (likeliest.probability >= LIMITS.hopeless) & (plane.tilt == 0).all(-1)
    doubted &= lattice.probability < LIMITS.parts_doubted
    # Of coarse walls parts show the courses alone.
    doubted &= fit_into_parts(lattice, walls.size)
    index = doubted.nonzero()[:, 0]
    if not len(index) or min(walls.small.size) < LIMITS.least_side_px:
        return lattice, plane, likeliest
    own = measure_parts(walls.some(index))
    # Nothing was claimed of walls without a lattice, however probable it was.
    before = lattice.probability[index] * lattice.is_periodic[index]
    better = own.probability > before
    index, own = index[better], items(own, better)
    if len(index):
        fitted = _level_if_even(find_plane(walls.some(index), row_frame(own)), walls)
        lattice, plane = with_items(lattice, index, own), with_items(plane, index, fitted)
    return lattice, plane, likeliest


def _as_it_is_or_tilted(walls: Walls, lattice: LatticeResult) -> tuple[LatticeResult, Plane]:
    """Lattices and planes of walls whose lattices are known as far as they show straight on."""
    plane = _level_if_even(find_plane(walls, row_frame(lattice)), walls)
    tilted = (plane.tilt != 0).any(-1)
    lost = lattice.reason == Reason.NOTHING_REPEATS
    # In strong perspective a part of the wall may pass for all of it, but not for much.
    weak = lattice.is_periodic & (lattice.probability < LIMITS.weak_probability) & ~tilted
    weak &= plane.misfit > LIMITS.weak_misfit
    if min(walls.small.size) < LIMITS.least_side_px:
        return lattice, plane
    start, worth, clear = _starts(walls, plane.tilt, tilted, lost | weak)
    index = worth.nonzero()[:, 0]
    if not len(index):
        return lattice, plane
    before = _Found(items(lattice, index), items(plane, index), lattice.probability[index])
    found = _on_planes(
        walls.some(index), start[index], before, tilted[index], lost[index], clear[index]
    )
    better = found.probability > 0
    index = index[better]
    lattice = with_items(lattice, index, items(found.lattice, better))
    return lattice, with_items(plane, index, items(found.plane, better))


def _level_if_even(plane: Plane, walls: Walls) -> Plane:
    """Planes, without the tilt of those that hardly change in scale."""
    tilted = scale_change(plane.tilt, walls.size) > LIMITS.least_change
    return dataclasses.replace(plane, tilt=plane.tilt.masked_fill(~tilted[:, None], 0.0))


@dataclass(frozen=True, eq=False)
class _Found:
    """Lattices and planes of a batch, and how likely they are; 0 where none was found."""

    lattice: LatticeResult
    plane: Plane
    probability: Tensor

    def where(self, chosen: Tensor, other: _Found) -> _Found:
        """Another one's where ``chosen (B,)``."""
        index = chosen.nonzero()[:, 0]
        return with_items(self, index, items(other, index))


def _starts(
    walls: Walls, tilt: Tensor, tilted: Tensor, doubted: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Tilts under which walls are worth rectifying.

    Args:
        walls: the batch.
        tilt: ``(B, 2)`` that their lattices show.
        tilted: ``(B,)`` whether that is one.
        doubted: ``(B,)`` of which walls the lattice is doubted; they may repeat better on a plane.

    Returns:
        Tilts ``(B, 2)``, which of them are worth it ``(B,)``, and under which of them walls repeat
        clearly better, whose lattices did not show them ``(B,)``.
    """
    clear = torch.zeros_like(tilted)
    index = (doubted & ~tilted).nonzero()[:, 0]
    if not len(index):
        return tilt, tilted, clear
    found = tilt_from_repetition(walls.some(index))
    clear[index] = found.gain > LIMITS.shallow_gain
    worth = found.gain > LIMITS.least_gain_of_repetition
    return tilt.index_copy(0, index, found.tilt), tilted.index_copy(0, index, worth), clear


def _on_planes(
    walls: Walls, start: Tensor, before: _Found, tilted: Tensor, lost: Tensor, clear: Tensor
) -> _Found:
    """Lattices and planes under the tilts that walls show.

    Args:
        walls: the batch.
        start: ``(B, 2)`` these tilts.
        before: what was found in the pictures as they are.
        tilted: ``(B,)`` whether that shows a tilt.
        lost: ``(B,)`` whether that is no lattice at all.
        clear: ``(B,)`` whether walls repeat clearly better under the tilts.
    """
    least = torch.full_like(before.probability, LEAST_PROBABILITY)
    kept = LIMITS.kept_probability * before.probability
    least = torch.where(tilted, kept.maximum(least), least)
    found = _rectified(walls, start, least)
    # A wall repeats under tilts of one direction nearly alike, finely under the larger ones.
    index = (clear & (found.probability < LIMITS.weak_probability)).nonzero()[:, 0]
    if len(index):
        shallow = LIMITS.shallow_tilt * start[index]
        second = _rectified(walls.some(index), shallow, least[index])
        better = second.probability > found.probability[index]
        found = with_items(found, index[better], items(second, better))
    # What was found before counts unless the plane makes it likelier, or fits better.
    likelier = found.probability > LIMITS.better_probability * before.probability
    fits = found.plane.misfit < LIMITS.better_misfit * before.plane.misfit
    counts = tilted | lost | likelier | fits
    return dataclasses.replace(found, probability=found.probability * counts)


def _rectified(walls: Walls, tilt: Tensor, least: Tensor) -> _Found:
    """Lattices and planes, in turns, while rectifying makes a lattice likelier.

    An unlikely lattice may still show the plane better, and on that plane be sure.

    Args:
        walls: the batch.
        tilt: ``(B, 2)`` to start with.
        least: ``(B,)`` probability that a lattice must pass.
    """
    index = torch.arange(len(tilt))
    found: _Found | None = None
    for _ in range(LIMITS.rectified_rounds):
        part, at = walls.some(index), tilt[index]
        lattice = _lattices_on(part, at)
        plane = find_plane(part, row_frame(lattice, _front(at, walls.size)), at)
        settled = scale_change(plane.tilt - at, walls.size) < LIMITS.least_change
        usable = _in_view(lattice, walls) & (lattice.probability >= LIMITS.hopeless)
        # What is left is too little to search again, and better measured by now.
        seen = torch.where(settled[:, None], plane.tilt, at)
        own = _Found(lattice, dataclasses.replace(plane, tilt=seen), lattice.probability * usable)
        before = own if found is None else items(found, index)
        # A plane that was fitted anew is nearer, if the lattice on it is as likely.
        better = own.probability > LIMITS.as_likely * before.probability
        better = usable if found is None else better
        own = before.where(better, own)
        found = own if found is None else with_items(found, index, own)
        tilt = tilt.index_copy(0, index, plane.tilt)
        index = index[better & ~settled]
        if not len(index):
            break
    assert found is not None
    enough = found.probability > least.clamp_min(LEAST_PROBABILITY)
    enough &= scale_change(found.plane.tilt, walls.size) > LIMITS.least_change
    return dataclasses.replace(found, probability=found.probability * enough)


def _in_view(lattice: LatticeResult, walls: Walls) -> Tensor:
    """``(B,)`` whether there are lattices of which the picture's middle would show enough."""
    shortest_px = lattice.basis_px.norm(dim=-1).nan_to_num(torch.inf).amin(-1)
    enough: Tensor = LIMITS.least_in_view * shortest_px <= max(walls.size)
    return enough


def _lattices_on(walls: Walls, tilt: Tensor) -> LatticeResult:
    """The likeliest lattices of rectified walls, px of their middles.

    Far parts of strongly tilted walls are blurred and make near ones small, but near parts alone
    show fewer units: the likelier answer counts.
    """
    found = _levelled(_lattices_within(walls, tilt, math.inf), walls, tilt, math.inf)
    index = (1 + scale_change(tilt, walls.size) > LIMITS.strong_ratio).nonzero()[:, 0]
    if not len(index):
        return found
    part, at = walls.some(index), tilt[index]
    near = _lattices_within(part, at, LIMITS.near_ratio)
    near = _levelled(near, part, at, LIMITS.near_ratio)
    better = near.probability > found.probability[index]
    return with_items(found, index[better], items(near, better))


def _levelled(
    found: LatticeResult, walls: Walls, tilt: Tensor, largest_ratio: float
) -> LatticeResult:
    """Lattices, searched again with level rows where those at an angle are in doubt.

    Edges are told apart by their direction, so rows that run along an axis are seen best.
    """
    doubtful = (found.probability >= LIMITS.hopeless) & (found.probability < LIMITS.level_doubted)
    off_axes = (found.angle_deg + 45).remainder(90) - 45
    index = (doubtful & (off_axes.abs() > LIMITS.level_deg)).nonzero()[:, 0]
    if not len(index):
        return found
    turn = torch.deg2rad(-found.angle_deg[index])
    rotation = torch.stack([turn.cos(), -turn.sin(), turn.sin(), turn.cos()], dim=-1)
    level = _lattices_within(walls.some(index), tilt[index], largest_ratio, rotation.view(-1, 2, 2))
    better = level.probability > found.probability[index]
    return with_items(found, index[better], items(level, better))


def _lattices_within(
    walls: Walls, tilt: Tensor, largest_ratio: float, turn: Tensor | None = None
) -> LatticeResult:
    """Of the parts that look no smaller than the nearest by more than a ratio.

    Args:
        walls: the batch.
        tilt: ``(B, 2)`` they are rectified by.
        largest_ratio: of scales.
        turn: ``(B, 2, 2)`` how they are turned then; not at all if None.
    """
    side = LIMITS.rectified_sides * WALLS.search_side_px
    front = _front(tilt, walls.size)
    front = front if turn is None else turn @ front
    canvas = square_canvases(tilt, walls.size, side, largest_ratio, front)
    image = rectify(walls.image, canvas)
    mask = rectify(walls.mask[:, None], canvas)[:, 0]
    flat = Walls(image, (mask > LIMITS.whole_px_mask).to(image.dtype))
    back = torch.linalg.inv(front) / canvas.scale[:, None, None]
    return mapped(assumed(measure_lattice(flat)), back)


def _front(tilt: Tensor, size: tuple[int, int]) -> Tensor:
    """``(B, 2, 2)`` from flat walls to walls with the proportions of their own, as cameras are."""
    return front_view(tilt, LIMITS.focal_length * max(size))
