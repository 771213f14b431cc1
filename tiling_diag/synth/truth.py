"""The lattice a drawn wall really has, in the words the diagnosis reports it in."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.synth.bonds import Bond, Layout, cells_at, depth_inside, lattice_vectors
from tiling_diag.synth.geometry import Matrix3, apply_homography, homography_jacobian
from tiling_diag.synth.noise import UnitNoise

Vector = tuple[float, float]

# Row directions are looked for among the sums of up to this many of each reduced vector.
_SEARCH = 4
# The shortest of the directions that carry at least this share of the most energy: on hexagons
# the sides' own direction, with a period 1.7 times as long, carries 1.6 times the energy.
_ENERGY_SHARE = 0.5


@dataclass(frozen=True)
class LatticeTruth:
    """The lattice of a picture, in px of its flat wall (the picture itself without perspective).

    Attributes:
        kind: the bond.
        a_px: first lattice vector (x, y); for boards the one square to the long joints.
        b_px: second one, None where only one direction repeats.
        unit_px: distance between units along the row direction, None where nothing repeats there.
        course_px: distance between rows, square to the row direction, None where none.
        angle_deg: angle of the row direction to the x axis, in (-45, 45], clockwise on the
            screen.
        homography: from the picture to the flat wall, None where the wall is seen straight on.
    """

    kind: Bond
    a_px: Vector
    b_px: Vector | None
    unit_px: float | None
    course_px: float | None
    angle_deg: float
    homography: Matrix3 | None = None

    def lattice_at(self, xy: Tensor) -> Tensor:
        """Lattice vectors as they are seen at picture positions ``(..., 2)``.

        Returns:
            ``(..., 2, 2)``, rows `a_px` and `b_px` ((0, 0) where there is none) in picture px,
            float64.
        """
        places = xy.to(torch.float64)
        basis = places.new_tensor([self.a_px, self.b_px or (0.0, 0.0)])
        if self.homography is None:
            return basis.expand(*places.shape[:-1], 2, 2)
        jacobian = homography_jacobian(self.homography, places)
        seen: Tensor = basis @ torch.linalg.inv(jacobian).mT
        return seen

    def to_flat(self, xy: Tensor) -> Tensor:
        """Positions on the flat wall of picture positions ``(..., 2)``, in px."""
        return xy if self.homography is None else apply_homography(self.homography, xy)

    def as_dict(self) -> dict[str, object]:
        """Plain numbers and lists, for JSON."""
        return {
            "kind": self.kind,
            "a_px": list(self.a_px),
            "b_px": None if self.b_px is None else list(self.b_px),
            "unit_px": self.unit_px,
            "course_px": self.course_px,
            "angle_deg": self.angle_deg,
            "homography": None if self.homography is None else [list(r) for r in self.homography],
        }


def lattice_truth(
    layout: Layout, to_picture: Tensor, mortar_px: float, homography: Matrix3 | None
) -> LatticeTruth:
    """The lattice of a bond after `to_picture` ``(2, 2)`` has carried it into the flat picture."""
    a, b = lattice_vectors(layout)
    matrix = to_picture.to(torch.float64)
    seen_a = matrix @ torch.tensor(a, dtype=torch.float64)
    if b is None:
        return _boards_truth(layout, matrix, seen_a, homography)
    seen_b = matrix @ torch.tensor(b, dtype=torch.float64)
    material = torch.tensor([a, b], dtype=torch.float64)
    combination = _row_combination(layout, material, material @ matrix.T, mortar_px)
    row = combination @ material @ matrix.T
    area = float((seen_a[0] * seen_b[1] - seen_a[1] * seen_b[0]).abs())
    unit = float(row.norm())
    return LatticeTruth(
        kind=layout.bond,
        a_px=_vector(seen_a),
        b_px=_vector(seen_b),
        unit_px=unit,
        course_px=area / unit,
        angle_deg=_row_angle(row),
        homography=homography,
    )


def _boards_truth(
    layout: Layout, matrix: Tensor, seen_a: Tensor, homography: Matrix3 | None
) -> LatticeTruth:
    along = matrix @ torch.tensor([1.0, 0.0], dtype=torch.float64)
    pitch = float((along[0] * seen_a[1] - along[1] * seen_a[0]).abs() / along.norm())
    # A material with one period repeats along the normal of its joints, whatever the shear.
    normal = torch.stack((-along[1], along[0])) / along.norm() * pitch
    rows_run_along = abs(_row_angle(along)) <= 45.0
    return LatticeTruth(
        kind=layout.bond,
        a_px=_vector(normal),
        b_px=None,
        unit_px=None if rows_run_along else pitch,
        course_px=pitch if rows_run_along else None,
        angle_deg=_row_angle(along if rows_run_along else normal),
        homography=homography,
    )


def _vector(values: Tensor) -> Vector:
    return float(values[0]), float(values[1])


def _row_angle(direction: Tensor) -> float:
    """Angle of a line to the x axis in (-90, 90] degrees."""
    angle = math.degrees(math.atan2(float(direction[1]), float(direction[0])))
    return 90.0 - (90.0 - angle) % 180.0


def _row_combination(layout: Layout, material: Tensor, seen: Tensor, mortar_px: float) -> Tensor:
    """Which sum of the basis is the row direction: two whole numbers, float64.

    Of the short lattice vectors seen within 45 degrees of x, the one whose parallel lines carry
    the most energy: the variance, across the lines, of the joints' mean along each line.
    """
    reduce = _reduction(seen)
    sums = torch.tensor(
        [
            (i, j)
            for i, j in itertools.product(range(-_SEARCH, _SEARCH + 1), repeat=2)
            if math.gcd(i, j) == 1 and (i, j) > (0, 0)
        ],
        dtype=torch.float64,
    )
    vectors = sums @ reduce @ seen
    level = vectors[:, 1].abs() <= vectors[:, 0].abs() * (1 + 1e-9)
    sums = sums[level] @ reduce
    energy = _line_energy(layout, sums @ material, material, mortar_px)
    length = (sums @ seen).norm(dim=1)
    best = energy >= energy.amax() * _ENERGY_SHARE
    return sums[torch.where(best, length, torch.inf).argmin()]


def _reduction(basis: Tensor) -> Tensor:
    """The whole-number matrix that makes `basis` its two shortest vectors (Lagrange-Gauss)."""
    change = torch.eye(2, dtype=torch.float64)
    for _ in range(64):
        if (change[0] @ basis).norm() > (change[1] @ basis).norm():
            change = change.flip(0)
        short, long = change @ basis
        step = torch.round((short @ long) / short.square().sum())
        if step == 0:
            break
        change = torch.stack((change[0], change[1] - step * change[0]))
    return change


def _line_energy(layout: Layout, lines: Tensor, material: Tensor, mortar_px: float) -> Tensor:
    """Variance of the joints' mean along lines parallel to each of `lines` ``(N, 2)``: ``(N,)``."""
    area = torch.linalg.det(material).abs()
    along = (torch.arange(128, dtype=torch.float64) + 0.5) / 128
    across = (torch.arange(96, dtype=torch.float64) + 0.5) / 96
    normal = torch.stack((-lines[:, 1], lines[:, 0]), -1) / lines.square().sum(-1, keepdim=True)
    points = (
        lines[:, None, None] * along[:, None]
        + (normal * area)[:, None, None] * across[:, None, None]
    )
    cells = cells_at(layout, points, UnitNoise.seeded(0))
    blur = 0.02 * layout.height_px
    depth = depth_inside(layout, cells, mortar_px / 2, 0.0, None)
    covered = (depth / blur + 0.5).clamp(0, 1)
    return covered.mean(-1).var(-1)
