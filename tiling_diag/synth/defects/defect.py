"""What every defect generator returns, and the checks and resampling they share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample

from tiling_diag.errors import InputError
from tiling_diag.synth.geometry import Matrix3, pixel_grid
from tiling_diag.synth.truth import Vector

Orientation = Literal["rows", "cols", "oblique", "all"]
Lattice = tuple[Vector, Vector | None]


@dataclass(frozen=True)
class Zone:
    """A band in which the material has another size.

    Attributes:
        box_px: smallest box ``(x0, y0, x1, y1)`` in px around the band, x1 and y1 excluded.
        orientation: whether the band runs along rows, along columns, or in between; "all" is
            the whole picture.
        angle_deg: direction in which the band runs, clockwise from x.
        factor: period in the zone over the period outside, along x and y.
    """

    box_px: tuple[int, int, int, int]
    orientation: Orientation
    angle_deg: float
    factor: tuple[float, float]


@dataclass(frozen=True)
class DefectTruth:
    """What was done to a picture; fields that do not apply are None or empty.

    Attributes:
        name: the generator.
        code: the finding that should be reported, None if none should.
        strength: as given, 0 to 1.
        zones: bands of another size.
        factor: period over the true one along x and y, where the whole wall changed.
        grid_period_px: period of an upsampling grid.
        grid_levels: root mean square of the grid in grey levels of luma, 0 to 255.
        resize_factor: how far the picture was reduced and enlarged again.
        homography: from the new picture to the old one.
    """

    name: str
    code: str | None
    strength: float
    zones: tuple[Zone, ...] = ()
    factor: tuple[float, float] | None = None
    grid_period_px: int | None = None
    grid_levels: float | None = None
    resize_factor: float | None = None
    homography: Matrix3 | None = None


@dataclass(frozen=True)
class DefectPicture:
    """A picture with a defect.

    Attributes:
        image: ``(C, H, W)`` in [0, 1], dtype and device of the picture given.
        mask: ``(H, W)`` float, 1 where the defect is.
        truth: what was done.
        local_scale: ``(2, H, W)`` size along x and along y over that in the picture given, where
            the defect changes it; else None.
    """

    image: Tensor = field(repr=False)
    mask: Tensor = field(repr=False)
    truth: DefectTruth
    local_scale: Tensor | None = field(default=None, repr=False)


def check_picture(image: Tensor, strength: float) -> tuple[int, int]:
    """Height and width of a picture that a defect can be put on.

    Raises:
        InputError: if it is no floating-point ``(C, H, W)`` picture or the strength is not in
            [0, 1].
    """
    if image.dim() != 3 or image.shape[0] not in (1, 3) or not image.is_floating_point():
        raise InputError(
            f"the picture is {tuple(image.shape)} {image.dtype}: give a float tensor (1 or 3, H, W)"
        )
    if not 0 <= strength <= 1:
        raise InputError(f"strength={strength} must be from 0 (nothing) to 1 (full)")
    return image.shape[1], image.shape[2]


def period_code(factor: tuple[float, float]) -> str | None:
    """The finding that a change of the whole wall's period by `factor` (x, y) should give."""
    octaves = [math.log2(f) for f in factor]
    off = math.log2(1.08)  # the diagnosis calls a period off from 8 % on
    if any(abs(octave - 1) < off for octave in octaves):
        return "period_doubled"
    if any(abs(octave + 1) < off for octave in octaves):
        return "period_halved"
    return "period_off" if any(abs(octave) >= off for octave in octaves) else None


def resample(image: Tensor, source_of: Callable[[Tensor], Tensor], shrink: float = 1.0) -> Tensor:
    """A picture of the same size whose pixels come from other places of `image`.

    Args:
        image: ``(C, H, W)``.
        source_of: maps positions ``(..., 2)`` in the new picture to positions in `image`;
            places outside are reflected.
        shrink: by how much the material gets smaller at most; each pixel averages that many
            samples along each axis (up to 4), so that nothing is folded back.
    """
    height, width = image.shape[1:]
    samples = min(4, max(1, math.ceil(shrink - 1e-6)))
    places = source_of(pixel_grid((height, width), samples, image.device).to(image.dtype))
    grid = places / places.new_tensor([width, height]) * 2 - 1
    taken = grid_sample(
        image[None], grid[None], mode="bicubic", padding_mode="reflection", align_corners=False
    )
    return (taken if samples == 1 else avg_pool2d(taken, samples))[0].clamp(0, 1)


def wrap_by_lattice(lattice: Lattice, size: tuple[int, int]) -> Callable[[Tensor], Tensor]:
    """A map that brings positions into the picture by whole lattice vectors.

    The material continues in phase where a picture ends, as far as it repeats. A direction in
    which it does not repeat is wrapped at two thirds of the picture.

    Args:
        lattice: vectors (x, y) in px; the second is None for a material with one period.
        size: ``(H, W)`` of the picture.

    Raises:
        InputError: if the lattice is too large for the picture.
    """
    height, width = size
    cell = _wrapping_cell(lattice, size)
    inverse = torch.linalg.inv(cell)
    # The cell's parallelogram in the middle of the picture.
    corner = torch.tensor([width, height], dtype=torch.float64) / 2 - cell.sum(0) / 2

    def wrap(places: Tensor) -> Tensor:
        basis, back, start = (t.to(places) for t in (cell, inverse, corner))
        outside = (places < 0) | (places > places.new_tensor([width, height]))
        steps = torch.floor((places - start) @ back)
        return torch.where(outside.any(-1, keepdim=True), places - steps @ basis, places)

    return wrap


def _wrapping_cell(lattice: Lattice, size: tuple[int, int]) -> Tensor:
    """Two long sums of the lattice vectors, near the axes, whose cell fits: ``(2, 2)`` float64."""
    height, width = size
    first = torch.tensor(lattice[0], dtype=torch.float64)
    if lattice[1] is None:
        square = torch.stack((-first[1], first[0])) / first.norm()
        second = square * 0.66 * min(size)
        steps = max(1, math.floor(0.66 * min(size) / float(first.norm())))
        cell = torch.stack((first * steps, second))
    else:
        basis = torch.stack((first, torch.tensor(lattice[1], dtype=torch.float64)))
        reach = math.ceil(2 * max(size) / float(basis.norm(dim=1).min()))
        count = torch.arange(-reach, reach + 1, dtype=torch.float64)
        sums = (count[:, None, None] * basis[0] + count[:, None] * basis[1]).reshape(-1, 2)
        cells = [
            torch.stack([_nearest(sums, share * width, 0.0), _nearest(sums, 0.0, share * height)])
            for share in (0.7, 0.6, 0.5, 0.4, 0.3)
        ]
        cell = next((c for c in cells if _fits(c, size)), cells[-1])
    if not _fits(cell, size):
        raise InputError(
            f"lattice {lattice} is too large to be continued in a picture of {height} x {width} "
            "px (H x W): give a picture of at least three periods each way, or no lattice"
        )
    return cell


def _nearest(points: Tensor, x: float, y: float) -> Tensor:
    return points[(points - points.new_tensor([x, y])).norm(dim=1).argmin()]


def _fits(cell: Tensor, size: tuple[int, int]) -> bool:
    """Whether the parallelogram of two vectors fits into a picture of ``(H, W)``."""
    room = cell.abs().sum(0)
    return bool(room[0] <= size[1] and room[1] <= size[0] and torch.linalg.det(cell).abs() > 1e-6)
