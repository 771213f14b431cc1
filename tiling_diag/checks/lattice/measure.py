"""The lattice of walls: found in the small wall, in magnified crops, and in the whole spectrum.

In this order: `search` (by `candidates`, `peak_fit`, `octaves` and `one_direction`), `magnified`,
`spectral_refinement`, `reading`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.magnified import search_magnified
from tiling_diag.checks.lattice.reading import read
from tiling_diag.checks.lattice.search import Found, search_wall
from tiling_diag.checks.lattice.spectral_refinement import refined_by_spectrum
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.spectrum import power_spectrum, two_sided


def measure_lattice(walls: Walls) -> LatticeResult:
    """The lattice of every wall of a batch, on the CPU in float64."""
    small, step = walls.small, torch.tensor(walls.small_step_px, dtype=torch.float64)
    power = power_spectrum(small.luma, small.weights)
    power = two_sided(power, small.size).double().cpu()
    rows = []
    for index, (flat, thin) in enumerate(zip(_flat(small), _thin(walls), strict=True)):
        if bool(flat):
            rows.append(_nothing(Reason.FLAT))
        elif bool(thin):
            rows.append(_nothing(Reason.TOO_SMALL))
        else:
            found = search_magnified(walls, index, search_wall(small, index))
            found = refined_by_spectrum(walls, index, found)
            rows.append(
                read(found, power[index], step)
                if found.repeats
                else _nothing(Reason.NOTHING_REPEATS, found)
            )
    return LatticeResult(**{key: torch.stack([row[key] for row in rows]) for key in rows[0]})


def _flat(walls: Walls) -> Tensor:
    weights = walls.mask[:, None]
    total = weights.sum((-2, -1)).clamp_min(1e-9)
    mean = (walls.image * weights).sum((-2, -1)) / total
    square = ((walls.image - mean[..., None, None]).square() * weights).sum((-2, -1)) / total
    return square.amax(-1).sqrt() < LIMITS.flat_deviation


def _thin(walls: Walls) -> Tensor:
    side = walls.mask.sum((-2, -1)).sqrt()
    return (side < LIMITS.least_side_px) | torch.full_like(
        side, min(walls.size) < LIMITS.least_side_px, dtype=torch.bool
    )


def _nothing(reason: Reason, found: Found | None = None) -> dict[str, Tensor]:
    nan = torch.tensor(torch.nan, dtype=torch.float64)
    return {
        "basis_px": torch.full((2, 2), torch.nan, dtype=torch.float64),
        "is_periodic": torch.tensor(False),
        "strength": nan,
        "support": torch.tensor(found.support if found else 0.0, dtype=torch.float64),
        "reason": torch.tensor(reason),
        "unit_px": nan,
        "course_px": nan,
        "angle_deg": nan,
        "wave_vector": nan.expand(2),
        "fundamental_px": nan,
    }
