"""Where the lattice lies on the picture: joints as lines, in px of the picture.

A lattice has no origin; here it gets the one whose lines fall on the joints, by folding the middle
of the wall onto one cell. Where the wall is seen at an angle the lines follow its plane.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tiling_diag.kernels import homography
from tiling_diag.record import Record
from tiling_diag.report.figures.region import wall_region

Floats = NDArray[np.float64]

# The part of the wall that is folded, px: enough cells for a clear mean, few enough to hold still.
FOLDED_SIDE_PX = 512
FOLDED_CELLS = 9
MOST_BINS = 64
# Lines that leave the wall are cut into so many pieces, of which those on it are kept.
PIECES = 24
# Lattices farther than this from that of regular hexagons are bricks; share of a side.
HEXAGON_SLACK = 0.06


class Overlay(NamedTuple):
    """Lines ``(n, 2, 2)`` from (x, y) to (x, y), and lattice points ``(m, 2)``, px.

    Attributes:
        every: only every so many-th row and unit is drawn, as they would run together otherwise.
    """

    lines: Floats
    points: Floats
    every: int


class Frame(NamedTuple):
    """The lattice as rows of units on the flat wall, which is the picture near its middle.

    Attributes:
        origin: the picture's middle, px.
        tilt: of the wall, 1/px.
        basis: the lattice, flat px: a unit along the rows, and a step to the next row.
        shortest: its two shortest vectors; NaN where only rows repeat.
        is_plane: whether units repeat; if not, the first vector only says where rows run.
    """

    origin: Floats
    tilt: Floats
    basis: Floats
    shortest: Floats
    is_plane: bool

    def flat(self, places: Floats) -> Floats:
        """Flat px about the origin of picture places ``(n, 2)``."""
        tilt, moved = torch.from_numpy(self.tilt), torch.from_numpy(places - self.origin)
        return homography.to_flat(tilt, moved).numpy()

    def picture(self, flat: Floats) -> Floats:
        """Picture px of flat places ``(..., 2)``; what lies behind the viewer is nowhere."""
        seen = 1 - flat @ self.tilt > 1e-6
        places = homography.to_picture(torch.from_numpy(self.tilt), torch.from_numpy(flat)).numpy()
        return np.where(seen[..., None], places + self.origin, np.nan)


def lattice_overlay(record: Record, gap_px: float) -> Overlay | None:
    """Lines and points of the wall's lattice; None where there is no lattice.

    Args:
        record: of the wall.
        gap_px: lines nearer to each other than this, in picture px, are thinned out.
    """
    frame = _frame(record)
    if frame is None:
        return None
    mask = wall_region(record).numpy()
    unit = float(np.linalg.norm(frame.basis[0]))
    course = abs(float(np.linalg.det(frame.basis))) / unit
    every = max(1, math.ceil(gap_px / (min(unit, course) if frame.is_plane else course)))
    shift, outline = _on_the_joints(record, frame)
    if every > 1:
        outline = every * _rows(frame)
    nodes = _nodes(frame, mask.shape, shift, every)
    lines = frame.picture((nodes[:, None, None] + outline).reshape(-1, 2)).reshape(-1, 2, 2)
    points = frame.picture(nodes) if frame.is_plane else np.zeros((0, 2))
    return Overlay(_clipped(lines, mask), points[_inside(points, mask)], every)


def _frame(record: Record) -> Frame | None:
    """Rows along the lattice's row direction."""
    lattice = record.lattice
    basis = lattice.basis_px.double().numpy()
    if not bool(lattice.is_periodic) or not np.isfinite(basis[0]).all():
        return None
    height, width = record.mask.shape
    origin = np.array([width / 2, height / 2])
    tilt = np.nan_to_num(record.local_period.tilt.double().numpy())
    if not np.isfinite(basis[1]).all():
        along = np.array([basis[0, 1], -basis[0, 0]]) / np.linalg.norm(basis[0])
        rows = np.stack([along * max(height, width) / 8, basis[0]])
        return Frame(origin, tilt, rows, basis, is_plane=False)
    angle = math.radians(float(lattice.angle_deg))
    named = float(lattice.unit_px) * np.array([math.cos(angle), math.sin(angle)])
    steps = np.stack(np.meshgrid(np.arange(-4, 5), np.arange(-4, 5)), -1).reshape(-1, 2)
    vectors = steps @ basis
    unit = vectors[np.linalg.norm(vectors - named, axis=1).argmin()]
    # The shortest step to the next row: the cell has the lattice's area, and the same side up.
    area = unit[0] * vectors[:, 1] - unit[1] * vectors[:, 0]
    near = np.abs(area - abs(np.linalg.det(basis))) < 0.02 * abs(np.linalg.det(basis))
    if not near.any():
        return None
    step = vectors[near][np.linalg.norm(vectors[near], axis=1).argmin()]
    return Frame(origin, tilt, np.stack([unit, step]), basis, is_plane=True)


def _rows(frame: Frame) -> Floats:
    """``(1, 2, 2)`` the joint between rows, a unit of it."""
    return np.stack([np.zeros(2), frame.basis[0]])[None]


def _outlines(frame: Frame) -> list[Floats]:
    """What a cell may look like: lines ``(n, 2, 2)`` from a lattice point, each once per cell."""
    if not frame.is_plane:
        return [_rows(frame)]
    _, across, _ = _sides(frame.basis)
    bricks = np.concatenate([_rows(frame), np.stack([np.zeros(2), across])[None]])
    unit, across, offset = _sides(frame.shortest)
    w, h = float(np.linalg.norm(unit)), float(np.linalg.norm(across))
    if max(abs(abs(offset) - w / 2), abs(h - w * math.sqrt(0.75))) > HEXAGON_SLACK * w:
        return [bricks]
    # Corners of what is nearest to a lattice point: as far from it as from two others.
    side = (h * h - w * w / 4) / (2 * h) / h * across
    right, top = unit / 2, across - side
    hexagons = [(right - side, right + side), (right + side, top), (top, side - right)]
    return [bricks, np.array(hexagons)]


def _sides(basis: Floats) -> tuple[Floats, Floats, float]:
    """First vector of a basis, the second's part square to it, and its part along it in px."""
    unit, step = basis
    offset = float(step @ unit / np.linalg.norm(unit))
    return unit, step - offset * unit / np.linalg.norm(unit), offset


def _on_the_joints(record: Record, frame: Frame) -> tuple[Floats, Floats]:
    """Where a lattice point is, in flat px, and the outline of a cell from there.

    It is the place and the outline along which the mean cell is farthest from its usual level.
    """
    longest = float(np.linalg.norm(frame.basis[int(not frame.is_plane) :], axis=1).max())
    places, level, weight = _middle(record, frame.origin, longest)
    lengths = np.clip(np.linalg.norm(frame.basis, axis=1), 4, MOST_BINS).astype(int)
    size = lengths if frame.is_plane else np.array([1, lengths[1]])
    to_cell = np.linalg.inv(frame.basis)
    bins = np.floor(frame.flat(places) @ to_cell % 1 * size)
    total, sums = _counted(bins, size, weight), _counted(bins, size, weight * level)
    usual = float(np.median(sums[total > 0] / total[total > 0])) if total.any() else 0.0
    mean = np.where(total > 0, sums / np.maximum(total, 1e-9), usual) - usual
    for axis in (0, 1):
        mean = (np.roll(mean, 1, axis) + 2 * mean + np.roll(mean, -1, axis)) / 4
    best = -1.0
    for outline in _outlines(frame):
        shares = (np.arange(256) + 0.5)[:, None, None] / 256
        on_it = outline[:, 0] + shares * (outline[:, 1] - outline[:, 0])
        length = np.broadcast_to(
            np.linalg.norm(outline[:, 1] - outline[:, 0], axis=1), (256, len(outline))
        )
        stencil = _counted(np.round(on_it.reshape(-1, 2) @ to_cell * size), size, length.ravel())
        spectrum = np.fft.fft2(mean) * np.fft.fft2(stencil / stencil.sum()).conj()
        along = np.abs(np.fft.ifft2(spectrum).real)
        if along.max() > best:
            best, found = float(along.max()), outline
            at = np.array(np.unravel_index(along.argmax(), along.shape))
    return (at + 0.5) / size @ frame.basis, found


def _counted(bins: Floats, size: NDArray[Any], weights: Floats) -> Floats:
    """``(units, rows)`` sums of weights in the bins ``(n, 2)`` of a cell."""
    unit, row = (bins % size).astype(int).T
    sums = np.bincount(unit * size[1] + row, weights, int(size.prod()))
    return sums.astype(np.float64).reshape(size)


def _middle(record: Record, origin: Floats, longest: float) -> tuple[Floats, Floats, Floats]:
    """Places ``(n, 2)``, levels and weights of the wall's middle, cells of `longest` px."""
    half = int(min(FOLDED_SIDE_PX / 2, max(FOLDED_CELLS * longest / 2, 16)))
    x0, y0 = (max(0, int(c) - half) for c in origin)
    x1, y1 = (int(c) + half for c in origin)
    level = record.image[:, y0:y1, x0:x1].mean(0).double().numpy()
    weight = record.mask[y0:y1, x0:x1].double().numpy()
    y, x = np.indices(level.shape)
    places = np.stack([x.ravel() + x0, y.ravel() + y0], 1).astype(np.float64) + 0.5
    return places, level.ravel(), weight.ravel()


def _nodes(frame: Frame, size: tuple[int, ...], shift: Floats, every: int) -> Floats:
    """Flat px ``(n, 2)`` of the lattice points on a picture of ``size`` (height, width)."""
    height, width = size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64)
    cells = (frame.flat(corners) - shift) @ np.linalg.inv(frame.basis)
    low, high = np.floor(cells.min(0)) - 1, np.ceil(cells.max(0)) + 2
    steps = (np.arange(a - a % every, b, every) for a, b in zip(low, high, strict=True))
    nodes: Floats = np.stack(np.meshgrid(*steps), -1).reshape(-1, 2) @ frame.basis + shift
    return nodes


def _clipped(segments: Floats, mask: NDArray[Any]) -> Floats:
    """The parts of lines ``(n, 2, 2)`` that lie on the wall."""
    start, end = segments[:, 0], segments[:, 1]
    shares = np.linspace(0, 1, PIECES + 1)
    inside = np.stack([_inside(start + t * (end - start), mask, 2.0) for t in shares[::4]])
    whole, some = inside.all(0), inside.any(0)
    split = segments[some & ~whole]
    cuts = split[:, :1] + shares[:, None] * (split[:, 1:] - split[:, :1])
    pieces = np.stack([cuts[:, :-1], cuts[:, 1:]], axis=2).reshape(-1, 2, 2)
    return np.concatenate([segments[whole], pieces[_inside(pieces.mean(1), mask)]])


def _inside(points: Floats, mask: NDArray[Any], slack_px: float = 0.0) -> NDArray[np.bool_]:
    """Which points ``(n, 2)`` lie on the wall; up to `slack_px` beyond the picture also count."""
    size = np.array(mask.shape[::-1])
    near = ((points >= -slack_px) & (points < size + slack_px)).all(1)
    column, row = np.clip(np.nan_to_num(points), 0, size - 1).astype(int).T
    found: NDArray[np.bool_] = near & (mask[row, column] > 0.5)
    return found
