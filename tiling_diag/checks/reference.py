"""How the wall's lattice compares with that of a reference picture of the material."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.lattice import measure_lattice
from tiling_diag.kernels.lattice import cell_area
from tiling_diag.results import LatticeResult, ReferenceResult
from tiling_diag.wall import Walls


def reference_lattice(image: Tensor) -> LatticeResult:
    """The lattice, a batch of one, of a reference picture ``(C, H, W)`` of any size."""
    return measure_lattice(Walls(image[None], torch.ones_like(image[None, 0])))


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
    unit = lattice.unit_px / (own.unit_px * ref_scale)
    course = lattice.course_px / (own.course_px * ref_scale)
    area = (cell_area(lattice.basis) / cell_area(own.basis)).sqrt() / ref_scale
    ratio = torch.where(unit.isnan(), course, torch.where(course.isnan(), unit, area))
    count = len(lattice.basis)
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
