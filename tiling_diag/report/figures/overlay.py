"""Where the lattice lies on the picture: rows and joints as lines, in px of the picture.

A lattice has no origin; here it gets the one whose lines fall on the joints, by folding the middle
of the wall onto one cell. Where the wall is seen at an angle the lines follow its plane.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiling_diag.record import Record
from tiling_diag.report.figures.region import wall_region

Floats = NDArray[np.float64]

# The part of the wall that is folded, px: enough cells for a clear mean, few enough to hold still.
FOLDED_SIDE_PX = 512
FOLDED_CELLS = 9
MOST_LINES = 6000
# Lines that leave the wall are cut into so many pieces, of which those on it are kept.
PIECES = 24
# Directions in which rows may run, as steps along the two lattice vectors.
DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (2, -1), (1, 2), (1, -2))
MUCH_CLEARER = 1.5
# Directions of lattices with longer vectors than this are told from fewer pixels.
SPARSE_PX = 40.0


class Overlay(NamedTuple):
    """Lines ``(n, 2, 2)`` from (x, y) to (x, y), and lattice points ``(m, 2)``, px.

    Attributes:
        every: only every so many-th row and unit is drawn, as they would run together otherwise.
    """

    lines: Floats
    points: Floats
    every: int


class Frame(NamedTuple):
    """The lattice as rows of units.

    Attributes:
        origin: picture px about which it is laid out.
        along, across: unit vectors of the flat wall, in picture px at the origin.
        unit, course: distances in px; `unit` is infinite where only the rows repeat.
        offset: how far a row is shifted against the one before it, px.
        to_flat, to_picture: ``(3, 3)`` maps between picture and flat wall, equal at the origin.
    """

    origin: Floats
    along: Floats
    across: Floats
    unit: float
    course: float
    offset: float
    to_flat: Floats
    to_picture: Floats


class Sample(NamedTuple):
    """Pixels of the wall: places ``(n, 2)`` in px of the picture, levels and weights ``(n,)``."""

    places: Floats
    level: Floats
    weight: Floats


def lattice_overlay(record: Record, gap_px: float) -> Overlay | None:
    """Lines and points of the wall's lattice; None where there is no lattice.

    Args:
        record: of the wall.
        gap_px: lines nearer to each other than this, in picture px, are thinned out.
    """
    if not bool(record.lattice.is_periodic):
        return None
    frame = _frame(record)
    if frame is None:
        return None
    row_phase, unit_phase = _phases(record, frame)
    every = max(1, math.ceil(gap_px / min(frame.unit, frame.course)))
    mask = wall_region(record).numpy()
    height, width = mask.shape
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64)
    flat = _flat(corners, frame)
    rows = _steps(flat[:, 1] / frame.course - row_phase, every)
    if math.isfinite(frame.unit):
        reach = np.abs(np.outer(rows, [frame.offset])).max() / frame.unit
        low, high = (flat[:, 0] / frame.unit - unit_phase).min(), (flat[:, 0] / frame.unit).max()
        units = np.arange(math.floor(low - reach) - 1, math.ceil(high + reach) + 2, every)
        nodes = _nodes(frame, rows + row_phase, units + unit_phase, rows * frame.offset)
        level = np.stack([nodes[:, :-1], nodes[:, 1:]], axis=2).reshape(-1, 2, 2)
        lines = [level]
        if every == 1:
            foot = _nodes(frame, rows + row_phase + 1, units + unit_phase, rows * frame.offset)
            lines.append(np.stack([nodes, foot], axis=2).reshape(-1, 2, 2))
        points = nodes.reshape(-1, 2)
    else:
        span = np.linspace(flat[:, 0].min(), flat[:, 0].max(), 41)
        course = (rows + row_phase)[:, None] * frame.course + 0 * span
        places = _picture(np.stack([span + 0 * course, course], -1).reshape(-1, 2), frame)
        nodes = places.reshape(len(rows), -1, 2)
        lines = [np.stack([nodes[:, :-1], nodes[:, 1:]], 2).reshape(-1, 2, 2)]
        points = nodes[:0, 0]
    points = points[_inside(points, mask)]
    return Overlay(_clipped(np.concatenate(lines), mask), points[:MOST_LINES], every)


def _clipped(segments: Floats, mask: NDArray[Any]) -> Floats:
    """The parts of lines ``(n, 2, 2)`` that lie on the wall."""
    start, end = segments[:, 0], segments[:, 1]
    shares = np.linspace(0, 1, PIECES + 1)
    inside = np.stack([_inside(start + t * (end - start), mask, 2.0) for t in shares[::4]])
    whole, some = inside.all(0), inside.any(0)
    split = segments[some & ~whole]
    cuts = split[:, :1] + shares[:, None] * (split[:, 1:] - split[:, :1])
    pieces = np.stack([cuts[:, :-1], cuts[:, 1:]], axis=2).reshape(-1, 2, 2)
    pieces = pieces[_inside(pieces.mean(1), mask)]
    return np.concatenate([segments[whole], pieces])[:MOST_LINES]


def _steps(span: Floats, every: int) -> Floats:
    return np.arange(math.floor(span.min()) - 1, math.ceil(span.max()) + 2, every).astype(float)


def _nodes(frame: Frame, rows: Floats, units: Floats, shift: Floats) -> Floats:
    """Picture px of the lattice points ``(rows, units, 2)``."""
    along = units * frame.unit + shift[:, None]
    across = (rows * frame.course)[:, None] + 0 * units
    places = _picture(np.stack([along, across], -1).reshape(-1, 2), frame)
    return places.reshape(len(rows), len(units), 2)


def _inside(points: Floats, mask: NDArray[Any], slack_px: float = 0.0) -> NDArray[np.bool_]:
    """Which points ``(n, 2)`` lie on the wall; up to `slack_px` beyond the picture also count."""
    height, width = mask.shape
    finite = np.isfinite(points[:, 0]) & np.isfinite(points[:, 1])
    points = np.where(finite[:, None], points, -1e9)
    x, y = points[:, 0], points[:, 1]
    near = (x >= -slack_px) & (y >= -slack_px) & (x < width + slack_px) & (y < height + slack_px)
    column = np.clip(x, 0, width - 1).astype(int)
    row = np.clip(y, 0, height - 1).astype(int)
    found: NDArray[np.bool_] = finite & near & (mask[row, column] > 0.5)
    return found


def _frame(record: Record) -> Frame | None:
    """Rows along the lattice's row direction, or along another whose lines are much clearer.

    The row direction keeps within 45 degrees of the x axis; courses that run upright do not.
    """
    lattice = record.lattice
    basis = lattice.basis_px.double().numpy()
    height, width = record.mask.shape
    origin = np.array([width / 2, height / 2])
    planes = _plane(record, origin)
    if not np.isfinite(basis[0]).all():
        return None
    if not np.isfinite(basis[1]).all():
        across = basis[0] / np.linalg.norm(basis[0])
        along = np.array([across[1], -across[0]])
        length = float(np.linalg.norm(basis[0]))
        return Frame(origin, along, across, math.inf, length, 0.0, *planes)
    angle = math.radians(float(lattice.angle_deg))
    named = float(lattice.unit_px) * np.array([math.cos(angle), math.sin(angle)])
    vectors = [named, *(np.array(DIRECTIONS) @ basis)]
    frames = [_frame_along(vector, basis, origin, planes) for vector in vectors]
    found = [frame for frame in frames if frame is not None]
    if not found:
        return None
    longest = float(np.linalg.norm(basis, axis=1).max())
    sample = _sampled(record, origin, longest, (5, 5) if longest > SPARSE_PX else (2, 2))
    clear = [_row_phase(sample, frame)[1] for frame in found]
    best = int(np.argmax(clear))
    return found[best] if clear[best] > MUCH_CLEARER * clear[0] else found[0]


def _frame_along(
    vector: Floats, basis: Floats, origin: Floats, planes: tuple[Floats, Floats]
) -> Frame | None:
    """Rows along the lattice vector nearest to `vector`."""
    steps = np.stack(np.meshgrid(np.arange(-4, 5), np.arange(-4, 5)), -1).reshape(-1, 2)
    vectors = steps @ basis
    unit = vectors[np.linalg.norm(vectors - vector, axis=1).argmin()]
    length = float(np.linalg.norm(unit))
    if not length > 0:
        return None
    along = unit / length
    across = np.array([-along[1], along[0]])
    course = abs(float(np.linalg.det(basis))) / length
    next_row = np.abs(vectors @ across - course) < 0.02 * course
    if not next_row.any():
        return None
    shifts = (vectors @ along)[next_row]
    offset = float(shifts[np.abs(shifts).argmin()])
    return Frame(origin, along, across, length, course, offset, *planes)


def _plane(record: Record, origin: Floats) -> tuple[Floats, Floats]:
    """The fitted plane, moved and turned so that it changes nothing near the origin."""
    homography = record.local_period.homography.double().numpy()
    if not np.isfinite(homography).all() or abs(np.linalg.det(homography)) < 1e-12:
        return np.eye(3), np.eye(3)
    x, y, w = homography @ np.array([*origin, 1.0])
    # Derivative of the map at the origin, undone, so that lengths there stay picture px.
    jacobian = (homography[:2, :2] - np.outer([x / w, y / w], homography[2, :2])) / w
    undo = np.eye(3)
    undo[:2, :2] = np.linalg.inv(jacobian)
    undo[:2, 2] = origin - undo[:2, :2] @ np.array([x / w, y / w])
    to_flat = undo @ homography
    return to_flat, np.linalg.inv(to_flat)


def _project(points: Floats, matrix: Floats) -> Floats:
    if np.array_equal(matrix, np.eye(3)):
        return points
    places = points @ matrix[:, :2].T + matrix[:, 2]
    depth = places[:, 2:]
    # What lies behind the viewer is nowhere.
    return np.where(depth > 1e-6, places[:, :2] / np.maximum(depth, 1e-6), np.nan)


def _flat(points: Floats, frame: Frame) -> Floats:
    """Distances along and across the rows, from the origin, of picture points ``(n, 2)``."""
    moved = _project(points, frame.to_flat) - frame.origin
    x, y = np.nan_to_num(moved).T
    (ax, ay), (bx, by) = frame.along, frame.across
    return np.stack([x * ax + y * ay, x * bx + y * by], 1)


def _picture(flat: Floats, frame: Frame) -> Floats:
    return _project(flat @ np.stack([frame.along, frame.across]) + frame.origin, frame.to_picture)


def _phases(record: Record, frame: Frame) -> tuple[float, float]:
    """Where in a cell the joints run, as shares of course and unit."""
    longest = frame.unit if math.isfinite(frame.unit) else frame.course
    # Few columns are enough for the rows' joints, and few rows for those between units.
    row_phase, _ = _row_phase(_sampled(record, frame.origin, longest, (1, 5)), frame)
    if not math.isfinite(frame.unit):
        return row_phase, 0.0
    sample = _sampled(record, frame.origin, longest, (5, 1))
    places = _flat(sample.places, frame)
    course = places[:, 1] / frame.course
    row = np.floor(course - row_phase)
    middle = np.abs(course - row_phase - row - 0.5) < 0.3
    unit = (places[:, 0] - row * frame.offset) / frame.unit
    return row_phase, _odd_one_out(
        unit[middle], sample.level[middle], sample.weight[middle], frame.unit
    )[0]


def _row_phase(sample: Sample, frame: Frame) -> tuple[float, float]:
    """Where in a course its joint runs, and how far its level stands out."""
    course = _flat(sample.places, frame)[:, 1] / frame.course
    return _odd_one_out(course, sample.level, sample.weight, frame.course)


def _sampled(record: Record, middle: Floats, longest: float, every: tuple[int, int]) -> Sample:
    """The wall's middle, cells of `longest` px, every so many-th row and column."""
    half = int(min(FOLDED_SIDE_PX / 2, max(FOLDED_CELLS * longest / 2, 16)))
    cx, cy = (int(c) for c in middle)
    rows = slice(max(0, cy - half), cy + half, every[0])
    columns = slice(max(0, cx - half), cx + half, every[1])
    level = record.image[:, rows, columns].mean(0).double().numpy()
    weight = record.mask[rows, columns].double().numpy()
    y = rows.start + every[0] * np.arange(level.shape[0]) + 0.5
    x = columns.start + every[1] * np.arange(level.shape[1]) + 0.5
    places = np.stack([np.tile(x, len(y)), np.repeat(y, len(x))], 1)
    return Sample(places, level.ravel(), weight.ravel())


def _odd_one_out(
    place: Floats, level: Floats, weight: Floats, period_px: float
) -> tuple[float, float]:
    """The place in [0, 1) whose mean level is farthest from the usual one: the joint; how far."""
    bins = int(np.clip(period_px, 4, 48))
    index = ((place - np.floor(place)) * bins).astype(int) % bins
    total = np.bincount(index, weight, bins)
    mean = np.bincount(index, weight * level, bins) / np.maximum(total, 1e-9)
    mean = (np.roll(mean, 1) + 2 * mean + np.roll(mean, -1)) / 4
    odd = np.abs(mean - np.median(mean)) * (total > 0)
    return float((odd.argmax() + 0.5) / bins), float(odd.max())
