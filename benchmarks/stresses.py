"""The pictures of a corpus as they are and under stress, with the truth carried along.

Every stress is seeded by the picture's name, the stress and `seed`: the same call gives the same
picture. Pictures are 8-bit RGB before and after, as files are.
"""

from __future__ import annotations

import dataclasses
import io
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from corpus import Row
from PIL import Image
from scoring import Truth, Vector, longest_vector
from torch import Tensor

from tiling_diag.kernels.lattice_algebra import reduce_basis
from tiling_diag.kernels.tapers import gaussian_blur

# The truth of a wall with zones is its base lattice: where less than this share of the picture
# shows it, the case is left out.
LEAST_BASE_SHARE = 0.55
CROP_PERIODS = 3
SMALLEST_CROP_PX = 64
# A lattice vector along an axis is what a crop goes by if it is within this angle of it and at most
# this many times as long as the longer reduced vector; skew lattices come near an axis far out.
ALONG_AXIS_DEG = 3.0
LONGEST_ALONG_AXIS = 3.0


@dataclass(frozen=True)
class Case:
    """One picture to be measured.

    Attributes:
        row: where it comes from.
        stress: its name in `STRESSES`.
        image: ``(3, H, W)`` float32 in [0, 1].
        mask: ``(H, W)`` float32, or None for the whole picture.
        truth: the lattice of the picture as it is now.
        anchor: a lattice point.
        detail: what was done, in words.
    """

    row: Row
    stress: str
    image: Tensor
    mask: Tensor | None
    truth: Truth
    anchor: Vector
    detail: str = ""


@dataclass(frozen=True)
class _View:
    """A picture on its way: pixels, where its base lattice is, and where it came from."""

    pixels: np.ndarray  # (H, W, 3) uint8
    base: np.ndarray  # (H, W) uint8
    mask: np.ndarray | None = None  # (H, W) bool
    matrix: tuple[Vector, Vector] = ((1.0, 0.0), (0.0, 1.0))  # columns (x, y) from the original
    shift: Vector = (0.0, 0.0)
    detail: str = ""

    @property
    def size(self) -> tuple[int, int]:
        return self.pixels.shape[0], self.pixels.shape[1]

    def carry(self, vector: Vector) -> Vector:
        (xx, xy), (yx, yy) = self.matrix
        return xx * vector[0] + xy * vector[1], yx * vector[0] + yy * vector[1]


def make_case(row: Row, stress: str, seed: int = 0) -> Case | None:
    """The picture of `row` under `stress`, or None where that has no known answer."""
    rng = np.random.default_rng([zlib.crc32(f"{row.name} {stress}".encode()), seed])
    view = STRESSES[stress](_View(row.pixels(), row.base_map()), row, rng)
    if view is None:
        return None
    shown = view.base if view.mask is None else view.base[view.mask]
    if shown.mean() < 255 * LEAST_BASE_SHARE:
        return None
    anchor = view.carry(row.anchor)
    return Case(
        row=row,
        stress=stress,
        image=torch.from_numpy(view.pixels.astype(np.float32) / 255).movedim(-1, 0).contiguous(),
        mask=None if view.mask is None else torch.from_numpy(view.mask.astype(np.float32)),
        truth=_seen_truth(row, view),
        anchor=(anchor[0] + view.shift[0], anchor[1] + view.shift[1]),
        detail=view.detail,
    )


def _seen_truth(row: Row, view: _View) -> Truth:
    """The row's truth carried into the view.

    A crop shows fewer periods, and units that wander by a share w of a period move the mean
    period of n periods in view by up to w / n: the tolerance grows by what the crop adds to that.
    """
    truth = row.truth
    if truth.a is None:
        return truth
    a, b = view.carry(truth.a), None if truth.b is None else view.carry(truth.b)
    (xx, xy), (yx, yy) = view.matrix
    few = min(view.size) / longest_vector(a, b)
    many = min(row.size) / longest_vector(truth.a, truth.b)
    # Turned by more than 45 degrees, other joints are the rows: unit and course change their roles.
    upright = abs(xy) < 0.8 * abs(xx)
    return dataclasses.replace(
        truth,
        a=a,
        b=b,
        unit_px=truth.unit_px * math.hypot(xx, yx) if truth.unit_px and upright else None,
        course_px=truth.course_px * math.hypot(xy, yy) if truth.course_px and upright else None,
        tolerance=truth.tolerance + row.wander * max(0.0, 1 / few - 1 / many),
    )


def _plain(view: _View, row: Row, rng: np.random.Generator) -> _View:
    return view


def _rotation(view: _View, row: Row, rng: np.random.Generator) -> _View:
    """Turned by 0 to 90 degrees; the largest upright rectangle of the same shape is kept."""
    return turned(view, float(rng.uniform(0, 90)))


def turned(view: _View, degrees: float) -> _View:
    """Turned clockwise on the screen by 0 to 90 degrees."""
    height, width = view.size
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    share = min(
        height / (height * cos + width * sin),
        width / (width * cos + height * sin),
    )
    h, w = int(height * share) - 2, int(width * share) - 2
    x0, y0 = (width - w) // 2, (height - h) // 2

    def turn(pixels: np.ndarray, how: Image.Resampling) -> np.ndarray:
        # PIL turns counter-clockwise about the centre, in coordinates with pixel centres at .5.
        return np.asarray(Image.fromarray(pixels).rotate(-degrees, how))[y0 : y0 + h, x0 : x0 + w]

    cx, cy = width / 2, height / 2
    return dataclasses.replace(
        view,
        pixels=turn(view.pixels, Image.Resampling.BICUBIC),
        base=turn(view.base, Image.Resampling.NEAREST),
        matrix=((cos, -sin), (sin, cos)),
        shift=(cx - cos * cx + sin * cy - x0, cy - sin * cx - cos * cy - y0),
        detail=f"turned {degrees:.0f} deg",
    )


def resized(view: _View, sx: float, sy: float) -> _View:
    """Resampled with an antialiasing filter; the truth follows the whole-number size reached."""
    height, width = view.size
    w, h = round(width * sx), round(height * sy)
    pixels = Image.fromarray(view.pixels).resize((w, h), Image.Resampling.LANCZOS)
    base = Image.fromarray(view.base).resize((w, h), Image.Resampling.NEAREST)
    return dataclasses.replace(
        view,
        pixels=np.asarray(pixels),
        base=np.asarray(base),
        matrix=((w / width, 0.0), (0.0, h / height)),
    )


def _half(view: _View, row: Row, rng: np.random.Generator) -> _View:
    return resized(view, 0.5, 0.5)


def _double(view: _View, row: Row, rng: np.random.Generator) -> _View:
    return resized(view, 2.0, 2.0)


def _jpeg(view: _View, row: Row, rng: np.random.Generator) -> _View:
    stream = io.BytesIO()
    Image.fromarray(view.pixels).save(stream, "JPEG", quality=40)
    return dataclasses.replace(view, pixels=np.asarray(Image.open(stream)))


def _noise(view: _View, row: Row, rng: np.random.Generator) -> _View:
    return _edited(view, view.pixels / 255 + 0.05 * rng.standard_normal(view.pixels.shape))


def _blur(view: _View, row: Row, rng: np.random.Generator) -> _View:
    channels = torch.from_numpy(view.pixels.astype(np.float32) / 255).movedim(-1, 0)
    return _edited(view, gaussian_blur(channels, 2.0).movedim(0, -1).numpy())


def _ramp(view: _View, row: Row, rng: np.random.Generator) -> _View:
    """Light that falls to a fifth from one side of the picture to the other."""
    height, width = view.size
    angle = rng.uniform(0, 2 * math.pi)
    y, x = np.mgrid[:height, :width]
    across = x / width * math.cos(angle) + y / height * math.sin(angle)
    across = (across - across.min()) / np.ptp(across)
    return _edited(view, view.pixels / 255 * (0.2 + 0.8 * across)[..., None])


def _mask(view: _View, row: Row, rng: np.random.Generator) -> _View:
    """An irregular wall of 40 % of the frame: the high places of a smooth random field."""
    height, width = view.size
    field = torch.from_numpy(rng.standard_normal((height, width)).astype(np.float32))
    smooth = gaussian_blur(field, min(height, width) / 9).numpy()
    return dataclasses.replace(view, mask=smooth > np.quantile(smooth, 0.6))


def _crop(view: _View, row: Row, rng: np.random.Generator) -> _View | None:
    """The middle of the picture with three periods, see `periods_along_axes`."""
    if row.truth.a is None or row.zone_boxes:
        return None
    height, width = view.size
    px, py = periods_along_axes(row.truth.a, row.truth.b)
    w, h = (
        full if period is None else min(full, max(SMALLEST_CROP_PX, round(CROP_PERIODS * period)))
        for full, period in ((width, px), (height, py))
    )
    x0, y0 = (width - w) // 2, (height - h) // 2
    return dataclasses.replace(
        view,
        pixels=np.ascontiguousarray(view.pixels[y0 : y0 + h, x0 : x0 + w]),
        base=view.base[y0 : y0 + h, x0 : x0 + w],
        shift=(-x0, -y0),
        detail=f"cropped to {w} x {h} px",
    )


def periods_along_axes(a: Vector, b: Vector | None) -> tuple[float | None, float | None]:
    """Shortest periods along x and y; where no short lattice vector runs along an axis, the
    longer of the two reduced vectors. None along the joints of boards.
    """
    if b is None:
        length = math.hypot(*a)
        along = [length if abs(part) > 0.5 * length else None for part in a]
        return along[0], along[1]
    basis = reduce_basis(torch.tensor([a, b], dtype=torch.float64))
    longest = float(basis.norm(dim=-1).max())
    steps = torch.arange(-8, 9, dtype=torch.float64)
    points = torch.cartesian_prod(steps, steps) @ basis
    found = []
    for axis in (0, 1):
        along, across = points[:, axis].abs(), points[:, 1 - axis].abs()
        level = (along > 0) & (across <= math.tan(math.radians(ALONG_AXIS_DEG)) * along)
        level &= along <= LONGEST_ALONG_AXIS * longest
        found.append(float(along[level].min()) if level.any() else longest)
    return found[0], found[1]


def _edited(view: _View, values: np.ndarray) -> _View:
    pixels = (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
    return dataclasses.replace(view, pixels=pixels)


STRESSES: dict[str, Callable[[_View, Row, np.random.Generator], _View | None]] = {
    "as-is": _plain,
    "rotation": _rotation,
    "half": _half,
    "double": _double,
    "jpeg40": _jpeg,
    "noise": _noise,
    "blur": _blur,
    "ramp": _ramp,
    "mask": _mask,
    "crop3": _crop,
}
