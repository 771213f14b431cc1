"""How large the wall's lattice is beside what the user expects."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.results import LatticeResult, ReferenceResult
from tiling_diag.settings import Settings


def over_expected(
    lattice: LatticeResult, reference: ReferenceResult | None, settings: Settings
) -> Tensor | None:
    """Periods ``(B, 2)`` over what the user expects, along and across the rows; None for nothing.

    A size in px counts for more than a reference picture.
    """
    sizes = (settings.unit_px, settings.course_px)
    if reference is None and sizes == (None, None):
        return None
    ratios = [torch.full_like(lattice.unit_px, torch.nan)] * 2
    if reference is not None:
        ratios = [reference.scale_ratio_x, reference.scale_ratio_y]
    for axis, measured in enumerate((lattice.unit_px, lattice.course_px)):
        if (size := sizes[axis]) is not None:
            ratios[axis] = measured / size
    return torch.stack([ratio.double().cpu() for ratio in ratios], dim=-1)
