"""How the wall's lattice compares with that of a reference picture of the material."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from tiling_diag.checks.lattice.measure import claimed, measure_lattice
from tiling_diag.checks.reference.limits import LIMITS
from tiling_diag.checks.results import LatticeResult, ReferenceResult
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import cell_area, reciprocal

_MATRICES = [
    (a, b, c, d)
    for a, b, c, d in itertools.product(
        range(-LIMITS.largest_entry, LIMITS.largest_entry + 1), repeat=4
    )
    if abs(a * d - b * c) == 1
]


def _stretch(basis: Tensor, reference: Tensor, angle_deg: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Stretch along and across the rows that takes the reference's lattice to each wall's.

    Unit and course of a lattice can be read in more than one way, and a wall stretched one way may
    be read otherwise than its reference; the vectors themselves leave less choice.

    Args:
        basis: ``(B, 2, 2)`` of the walls.
        reference: ``(1, 2, 2)``.
        angle_deg: ``(1,)`` of the reference's rows.

    Returns:
        ``(B,)`` each: along, across, and whether a stretch fits at all.
    """
    # Rows at an angle may be stretched along themselves, or with the whole picture.
    turn = torch.deg2rad(torch.cat([angle_deg, torch.zeros_like(angle_deg)]))
    cos, sin = turn.cos(), turn.sin()
    frame = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], dim=-2)
    frame = frame[:, None]
    matrices = torch.tensor(_MATRICES, dtype=torch.float64).reshape(-1, 2, 2)
    known = basis.isfinite().all(-1).all(-1) & reference.isfinite().all(-1).all(-1)
    safe = torch.where(known[:, None, None], basis, torch.eye(2, dtype=torch.float64))
    own = torch.where(reference.isfinite(), reference, torch.eye(2, dtype=torch.float64))
    change = reciprocal(matrices @ (own @ frame)).mT @ (safe[:, None, None] @ frame)
    change = change.flatten(1, 2)
    along, across = change.norm(dim=-1).unbind(-1)
    skew = (change[..., 0, :] * change[..., 1, :]).sum(-1) / (along * across)
    turned = torch.rad2deg(torch.atan2(change[..., 0, 1], change[..., 0, 0]))
    mirrored = torch.linalg.det(change) < 0
    octaves = torch.hypot(along.log2(), across.log2())
    cost = (
        (skew / LIMITS.skew_scale).square()
        + (turned / LIMITS.turn_scale_deg).square()
        + (octaves / LIMITS.octaves_scale).square()
    )
    best = cost.masked_fill(mirrored, torch.inf).argmin(-1, keepdim=True)
    along, across, skew = (torch.gather(v, -1, best)[:, 0] for v in (along, across, skew))
    return along, across, known & (skew.abs() < LIMITS.largest_skew)


def reference_lattice(image: Tensor) -> LatticeResult:
    """The lattice, a batch of one, of a reference picture ``(C, H, W)`` of any size."""
    return claimed(measure_lattice(Walls(image[None], torch.ones_like(image[None, 0]))))


def measure_reference(
    lattice: LatticeResult, own: LatticeResult, image: Tensor, ref_scale: float
) -> ReferenceResult:
    """Ratios of the walls' lattices to that of one reference.

    Args:
        lattice: of the walls ``(B, ...)``.
        own: the reference's, from `reference_lattice`.
        image: ``(C, H, W)`` the reference picture.
        ref_scale: how many px of the wall one of its px stands for.
    """
    unit = lattice.unit_px / own.unit_px
    course = lattice.course_px / own.course_px
    along, across, fits = _stretch(lattice.basis_px, own.basis_px, own.angle_deg)
    unit = torch.where(fits, along, unit) / ref_scale
    course = torch.where(fits, across, course) / ref_scale
    area = (cell_area(lattice.basis_px) / cell_area(own.basis_px)).sqrt() / ref_scale
    ratio = torch.where(unit.isnan(), course, torch.where(course.isnan(), unit, area))
    count = len(lattice.basis_px)
    confidence = torch.minimum(lattice.strength, own.strength).nan_to_num(0.0)
    return ReferenceResult(
        lattice=LatticeResult(
            **{
                name: getattr(own, name).expand(count, *getattr(own, name).shape[1:])
                for name in own.__dataclass_fields__
            }
        ),
        image=image.expand(count, *image.shape),
        scale_ratio=ratio,
        scale_ratio_x=unit,
        scale_ratio_y=course,
        confidence=confidence,
    )
