"""The bonds: which unit covers a point of the material, and how far inside its cell it lies.

Coordinates are material px, x along the courses, y down. A cell is a unit with half of the joint
around it; cells fill the plane. All functions work on tensors of points, without loops over units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from tiling_diag.synth.noise import UnitNoise

Bond = Literal["running_bond", "stack_bond", "flemish_bond", "hex", "herringbone", "plank_1d"]
BONDS: tuple[Bond, ...] = (
    "running_bond", "stack_bond", "flemish_bond", "hex", "herringbone", "plank_1d",
)  # fmt: skip

# Share of a Flemish bond's period that the stretcher takes; the header has the rest.
_STRETCHER = 2 / 3


@dataclass(frozen=True)
class Layout:
    """Sizes of a bond in material px.

    Attributes:
        bond: the name of the bond.
        width_px: one unit with its joint along the course: a brick or tile, a Flemish pair of
            stretcher and header, a hexagon between its upright sides, the long side of a
            herringbone brick, the mean length of a board (0: endless boards).
        height_px: one course with its joint; the short side of a herringbone brick.
        offset: how far each course is moved against the one above, as a share of `width_px`
            (running bond only).
    """

    bond: Bond
    width_px: float
    height_px: float
    offset: float = 0.5


@dataclass(frozen=True)
class Cells:
    """The cell around every point.

    Attributes:
        x: whole-number address of the unit, first part.
        y: second part.
        offset: ``(..., 2)`` position from the middle of the cell in px.
        half: ``(2,)`` or ``(..., 2)`` half width and half height of a rectangular cell in px;
            None for hexagons.
    """

    x: Tensor
    y: Tensor
    offset: Tensor
    half: Tensor | None


def lattice_vectors(layout: Layout) -> tuple[tuple[float, float], tuple[float, float] | None]:
    """The two vectors (x, y) that carry the bond onto itself; one, along y, for boards."""
    w, h = layout.width_px, layout.height_px
    match layout.bond:
        case "plank_1d":
            return (0.0, h), None
        case "stack_bond":
            return (w, 0.0), (0.0, h)
        case "running_bond":
            return (w, 0.0), (layout.offset * w, h)
        case "flemish_bond" | "hex":
            return (w, 0.0), (w / 2, h)
        case "herringbone":
            # Two bricks to a cell: one step down the diagonal, one brick length across it.
            return (h, h), (w, -w)


def cells_at(layout: Layout, points: Tensor, noise: UnitNoise) -> Cells:
    """The cells that cover `points` ``(..., 2)``; `noise` places the ends of boards."""
    locate: dict[Bond, Callable[[Layout, Tensor, UnitNoise], Cells]] = {
        "running_bond": _courses,
        "stack_bond": _courses,
        "flemish_bond": _flemish,
        "hex": _hexagons,
        "herringbone": _herringbone,
        "plank_1d": _boards,
    }
    return locate[layout.bond](layout, points, noise)


def _courses(layout: Layout, points: Tensor, noise: UnitNoise) -> Cells:
    offset = layout.offset if layout.bond == "running_bond" else 0.0
    size = points.new_tensor([layout.width_px, layout.height_px])
    row = torch.floor(points[..., 1] / size[1])
    x = points[..., 0] - row * (offset * size[0])
    column = torch.floor(x / size[0])
    middle = torch.stack((x - (column + 0.5) * size[0], points[..., 1] - (row + 0.5) * size[1]), -1)
    return Cells(column.long(), row.long(), middle, size / 2)


def _flemish(layout: Layout, points: Tensor, noise: UnitNoise) -> Cells:
    w, h = layout.width_px, layout.height_px
    row = torch.floor(points[..., 1] / h)
    x = points[..., 0] - row * (w / 2)
    pair = torch.floor(x / w)
    x = x - pair * w
    header = x >= _STRETCHER * w
    start = torch.where(header, _STRETCHER * w, 0.0)
    length = torch.where(header, (1 - _STRETCHER) * w, _STRETCHER * w)
    middle = torch.stack((x - start - length / 2, points[..., 1] - (row + 0.5) * h), -1)
    half = torch.stack((length / 2, torch.full_like(length, h / 2)), -1)
    return Cells(2 * pair.long() + header, row.long(), middle, half)


def _hexagons(layout: Layout, points: Tensor, noise: UnitNoise) -> Cells:
    w, h = layout.width_px, layout.height_px
    # The nearest centre is in the row above the point or in the one below.
    row = torch.floor(points[..., 1] / h)[..., None] + points.new_tensor([0.0, 1.0])
    column = torch.round((points[..., :1] - row * (w / 2)) / w)
    centre = torch.stack((column * w + row * (w / 2), row * h), -1)
    away = points[..., None, :] - centre
    below = away[..., 1, :].square().sum(-1) < away[..., 0, :].square().sum(-1)

    def nearer(pair: Tensor) -> Tensor:
        return torch.where(below, pair[..., 1], pair[..., 0])

    middle = torch.stack((nearer(away[..., 0]), nearer(away[..., 1])), -1)
    return Cells(nearer(column).long(), nearer(row).long(), middle, None)


def _herringbone(layout: Layout, points: Tensor, noise: UnitNoise) -> Cells:
    side = layout.height_px
    length = round(layout.width_px / side)
    square = torch.floor(points / side)
    # Along a diagonal the pattern repeats; phase counts the squares across it, the first
    # `length` of them in a level brick from its left end, the rest in an upright one.
    phase = torch.remainder(square[..., 0] - square[..., 1], 2 * length)
    level = phase < length
    x = torch.where(level, square[..., 0] - phase, square[..., 0])
    y = torch.where(level, square[..., 1], square[..., 1] - (2 * length - 1 - phase))
    long, short = torch.full_like(x, length / 2), torch.full_like(x, 0.5)
    half = torch.stack((torch.where(level, long, short), torch.where(level, short, long)), -1)
    middle = points - (torch.stack((x, y), -1) + half) * side
    return Cells(x.long(), y.long(), middle, half * side)


def _boards(layout: Layout, points: Tensor, noise: UnitNoise) -> Cells:
    h = layout.height_px
    row = torch.floor(points[..., 1] / h)
    y = points[..., 1] - (row + 0.5) * h
    address = row.long()
    if layout.width_px == 0:
        endless = torch.full_like(y, 1e9)
        middle = torch.stack((torch.zeros_like(y), y), -1)
        half = torch.stack((endless, torch.full_like(y, h / 2)), -1)
        return Cells(torch.zeros_like(address), address, middle, half)
    # Board ends lie at whole numbers moved by up to 0.45, from a random start in each row:
    # no period along the board.
    x = points[..., 0] / layout.width_px + 7.0 * noise.uniform(address, address, 6)
    first = torch.floor(x).long()

    def end(index: Tensor) -> Tensor:
        return index + 0.9 * (noise.uniform(index, address, 7) - 0.5)

    board = first + (end(first + 1) <= x) - (end(first) > x).long()
    left, right = end(board), end(board + 1)
    middle = torch.stack(((x - (left + right) / 2) * layout.width_px, y), -1)
    half = torch.stack(((right - left) / 2 * layout.width_px, torch.full_like(y, h / 2)), -1)
    return Cells(board, address, middle, half)


def depth_inside(
    layout: Layout, cells: Cells, inset_px: Tensor | float, radius_px: float, shift: Tensor | None
) -> Tensor:
    """Distance in px from the edge of the unit itself, positive inside it.

    Args:
        layout: the bond.
        cells: where the points lie.
        inset_px: half of the joint's width: what the unit is smaller than its cell, on each side.
        radius_px: radius of the unit's corners (rectangular units).
        shift: ``(..., 2)`` displacement of the unit in its cell, or None.
    """
    offset = cells.offset if shift is None else cells.offset - shift
    if cells.half is None:
        w, h = layout.width_px, layout.height_px
        # The cell around a lattice point ends half way to its six neighbours.
        neighbours = offset.new_tensor([[w, 0.0], [w / 2, h], [-w / 2, h]])
        length = neighbours.norm(dim=1)
        across = (offset @ (neighbours / length[:, None]).T).abs()
        depth: Tensor = (length / 2 - across).amin(-1) - inset_px
        return depth
    inset = inset_px[..., None] if isinstance(inset_px, Tensor) else inset_px
    outside = offset.abs() - (cells.half - inset) + radius_px
    corner = outside.clamp_min(0).square().sum(-1).sqrt()
    return radius_px - corner - outside.amax(-1).clamp_max(0)
