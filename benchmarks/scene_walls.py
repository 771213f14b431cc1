"""Walls of a corpus on a canvas of their own: enough periods in view, at any angle.

A picture is repeated where it wraps without a seam, resampled, and turned. What a picture is too
small for is left out: at most `MOST_COPIES` copies lie side by side, because more of them would
make the wrap-around of the file a period of the wall.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from corpus import Row
from PIL import Image
from scipy.ndimage import gaussian_filter
from scoring import Vector
from stresses import periods_along_axes

# Width and height in px, as pictures of users and outputs of image generators have them.
SIZES = ((1024, 768), (896, 672), (768, 768), (640, 832))
LEAST_SIDE_PX = 320
MOST_COPIES = 3
# How many of the longer period the shorter side shows, where the picture has that many.
PERIODS_IN_VIEW = (9.0, 14.0)
FEW_PERIODS, LEAST_PERIODS_IN_VIEW = 7.0, 4.0
# A picture that holds these is not repeated.
ENOUGH_PERIODS, ENOUGH_PX = 8.0, 600.0
SCALES = (0.3, 1.5)
SHORTEST_PERIOD_PX = 7.0
# A copy must land on the lattice to this share of a vector, and its seam may be this many times as
# strong as the strongest line of the picture: a joint.
OFF_LATTICE = 0.05
SEAM = 1.35
GAMMA = 2.2


@dataclass(frozen=True)
class Canvas:
    """A wall that fills a picture, with its truth.

    Attributes:
        light: ``(H, W, 3)`` float32, linear light in [0, 1].
        angle_deg: direction of the rows, clockwise on the screen from x, in (-90, 90].
    """

    light: np.ndarray
    a: Vector
    b: Vector | None
    unit_px: float | None
    course_px: float | None
    angle_deg: float

    @property
    def size(self) -> tuple[int, int]:
        """``(H, W)`` in px."""
        return self.light.shape[0], self.light.shape[1]


def linear(pixels: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] of 8-bit levels."""
    return (pixels.astype(np.float32) / 255) ** GAMMA


def levels(light: np.ndarray) -> np.ndarray:
    """8-bit levels of linear light."""
    return (np.clip(light, 0, 1) ** (1 / GAMMA) * 255 + 0.5).astype(np.uint8)


def wraps(row: Row) -> tuple[bool, bool]:
    """Whether copies of the picture side by side, and above each other, continue the wall."""
    grey = row.pixels().astype(np.float32).mean(-1)
    height, width = grey.shape
    found = []
    for axis, step in ((1, (float(width), 0.0)), (0, (0.0, float(height)))):
        lines = np.abs(np.diff(grey, axis=axis)).mean(1 - axis)
        seam = np.abs(grey.take(0, axis) - grey.take(-1, axis)).mean()
        found.append(bool(seam <= SEAM * lines.max()) and _off_lattice(row, step) <= OFF_LATTICE)
    return found[0], found[1]


def _off_lattice(row: Row, step: Vector) -> float:
    """How far a step lies from the nearest lattice point, as a share of the lattice vectors."""
    a, b = row.truth.a, row.truth.b
    assert a is not None
    if b is None:
        places = np.array([np.dot(step, a) / np.dot(a, a)])
    else:
        places = np.linalg.solve(np.array([a, b]).T, np.array(step))
    return float(np.abs(places - places.round()).max())


def draw_canvas(row: Row, rng: np.random.Generator, degrees: float = 0.0) -> Canvas | None:
    """The wall of a row turned clockwise by an angle, or None where the picture is too small."""
    truth = row.truth
    if truth.a is None:
        return None
    size = np.array(SIZES[rng.integers(len(SIZES))], float)
    periods = periods_along_axes(truth.a, truth.b)
    longest = max(p for p in periods if p is not None)
    shortest = min(math.hypot(*v) for v in (truth.a, truth.b) if v is not None)
    height, width = row.size
    turn = math.radians(degrees)
    cos, sin = abs(math.cos(turn)), abs(math.sin(turn))
    copies = _copies(row, periods, cos + sin)
    whole = np.array([width * copies[0], height * copies[1]], float)
    scale = size.min() / (rng.uniform(*PERIODS_IN_VIEW) * longest)
    low = max(SCALES[0], SHORTEST_PERIOD_PX / shortest)
    # Pictures that hold few periods are shown as a whole.
    fill = float((((cos + sin) * size + 8) / whole).max())
    roomy = min(float(n) / (FEW_PERIODS * p) for n, p in zip(size, periods, strict=True) if p)
    scale = min(max(scale, low, min(fill, roomy)), max(SCALES[1], low))
    size = _fitting(size, whole * scale - 4, degrees)
    shown = np.array([p or 0.0 for p in periods]) * scale
    shown = shown[::-1] if degrees == 90 else np.full(2, longest * scale) if degrees else shown
    if size.min() < LEAST_SIDE_PX or (size < LEAST_PERIODS_IN_VIEW * shown).any():
        return None
    needed = np.array([[cos, sin], [sin, cos]]) @ size
    pixels, (sx, sy) = _resampled(row.pixels(), scale, copies, needed, rng)
    light = linear(_turned(pixels, degrees, (int(size[0]), int(size[1]))))
    # Weather differs from place to place: no copy is like the other to the last bit.
    light *= (1 + 0.05 * noise_field(light.shape[:2], rng, light.shape[0] / 3))[..., None]

    def carry(vector: Vector) -> Vector:
        x, y = vector[0] * sx, vector[1] * sy
        c, s = math.cos(turn), math.sin(turn)
        return c * x - s * y, s * x + c * y

    boards_upright = truth.b is None and abs(truth.a[0]) > abs(truth.a[1])
    angle = degrees + 90 * boards_upright
    return Canvas(
        light=np.clip(light, 0, 1),
        a=carry(truth.a),
        b=None if truth.b is None else carry(truth.b),
        unit_px=None if truth.unit_px is None else truth.unit_px * sx,
        course_px=None if truth.course_px is None else truth.course_px * sy,
        angle_deg=90 - (90 - angle) % 180,
    )


def _copies(row: Row, periods: tuple[float | None, float | None], spread: float) -> list[int]:
    """As few copies along x and y as show enough periods and pixels, `spread` times as many in a
    turned picture; one where the picture does not wrap.
    """
    height, width = row.size
    found = []
    for period, length, repeats in zip(periods, (width, height), wraps(row), strict=True):
        wanted = max(ENOUGH_PX / SCALES[1], ENOUGH_PERIODS * (period or 0.0)) * spread / length
        found.append(min(math.ceil(wanted - 0.05), MOST_COPIES) if repeats else 1)
    return found


def _fitting(size: np.ndarray, held: np.ndarray, degrees: float) -> np.ndarray:
    """The (width, height) that a turned picture of size `held` fills, at most `size`."""
    if degrees in (0, 90):
        return np.floor(np.minimum(size, held[::-1] if degrees else held))
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    needed = np.array([[cos, sin], [sin, cos]]) @ size
    return np.floor(size * min(1.0, float((held / needed).min())))


def _resampled(
    pixels: np.ndarray,
    scale: float,
    copies: list[int],
    needed: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, tuple[float, float]]:
    """A random part of the repeated and resampled picture, with the factors along x and y.

    The part is at least `needed` (width, height) px.
    """
    height, width = pixels.shape[:2]
    shift = [rng.integers(n) if c > 1 else 0 for c, n in zip(copies, (width, height), strict=True)]
    tiled = np.tile(np.roll(pixels, shift, (1, 0)), (copies[1], copies[0], 1))
    # Twice as large as the picture is enough of it: the rest would be cut off anyway.
    most = np.ceil((needed + 4) / scale).astype(int)
    tiled = tiled[: most[1], : most[0]]
    w, h = round(tiled.shape[1] * scale), round(tiled.shape[0] * scale)
    small = np.asarray(Image.fromarray(tiled).resize((w, h), Image.Resampling.LANCZOS))
    return small, (w / tiled.shape[1], h / tiled.shape[0])


def _turned(pixels: np.ndarray, degrees: float, size: tuple[int, int]) -> np.ndarray:
    """The middle of a picture, ``(width, height)`` px, turned clockwise about its centre."""
    if degrees == 90:
        pixels, degrees = np.ascontiguousarray(np.rot90(pixels, -1)), 0.0
    if degrees:
        picture = Image.fromarray(pixels)
        pixels = np.asarray(picture.rotate(-degrees, Image.Resampling.BICUBIC, expand=True))
    x0, y0 = (pixels.shape[1] - size[0]) // 2, (pixels.shape[0] - size[1]) // 2
    return pixels[y0 : y0 + size[1], x0 : x0 + size[0]]


def noise_field(
    size: tuple[int, int], rng: np.random.Generator, cell_px: float, octaves: int = 4
) -> np.ndarray:
    """``(H, W)`` smooth random field of mean 0 and deviation 1, in octaves from `cell_px` down."""
    total = np.zeros(size, np.float32)
    for octave in range(octaves):
        cell = max(1.0, cell_px / 2**octave)
        shape = [max(2, math.ceil(n / cell) + 1) for n in size]
        coarse = Image.fromarray(rng.standard_normal(shape).astype(np.float32))
        fine = np.asarray(coarse.resize((size[1], size[0]), Image.Resampling.BICUBIC))
        total += fine / 1.7**octave
    return (total - total.mean()) / (total.std() + 1e-6)


def blurred(field: np.ndarray, sigma_px: float) -> np.ndarray:
    """A Gaussian blur; edges continue. Wide ones are computed on a coarser grid."""
    step = int(sigma_px // 4)
    if step < 2:
        return gaussian_filter(field, sigma_px, mode="nearest")
    height, width = field.shape
    coarse = Image.fromarray(field.astype(np.float32)).resize(
        (math.ceil(width / step), math.ceil(height / step)), Image.Resampling.BOX
    )
    soft = gaussian_filter(np.asarray(coarse), sigma_px / step, mode="nearest")
    return np.asarray(Image.fromarray(soft).resize((width, height), Image.Resampling.BICUBIC))
