"""A lattice as a mason reads it: unit, course, angle of the rows, and its fundamental."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.search import Found
from tiling_diag.checks.results import Reason
from tiling_diag.kernels.lattice_algebra import reciprocal

# Steps along the two vectors to the short vectors of a lattice, one of each pair of opposites.
_COMBINATIONS = [
    (i, j)
    for i, j in itertools.product(range(-3, 4), repeat=2)
    if math.gcd(i, j) == 1 and (i > 0 or (i == 0 and j > 0))
]


def read(found: Found, power: Tensor, step: Tensor) -> dict[str, Tensor]:
    """The fields of `LatticeResult` for one lattice, in px of the full wall.

    Args:
        found: the lattice.
        power: ``(h, w)`` centred power spectrum of the small wall.
        step: ``(2,)`` width and height of one px of the small wall in those of the full one.
    """
    basis_px = found.basis_small_px * step
    if found.is_rank_1:
        unit, course, angle, wave = _read_rank_1(basis_px[0])
    else:
        unit, course, angle, wave = _read_lattice(found.basis_small_px, power, step)
    one = torch.float64
    return {
        "basis_px": basis_px,
        "is_periodic": torch.tensor(True),
        "strength": torch.tensor(found.strength, dtype=one),
        "support": torch.tensor(found.support, dtype=one),
        "reason": torch.tensor(Reason.FOUND),
        "unit_px": torch.tensor(unit, dtype=one),
        "course_px": torch.tensor(course, dtype=one),
        "angle_deg": torch.tensor(angle, dtype=one),
        "wave_vector": wave,
        "fundamental_px": 1 / wave.norm(),
    }


def _read_rank_1(vector: Tensor) -> tuple[float, float, float, Tensor]:
    """The pitch of joints is a course where the joints run along x, a unit where they don't."""
    pitch = float(vector.norm())
    wave = vector / vector.square().sum()
    along = torch.stack([-vector[1], vector[0]])
    angle = _row_angle(along)
    if abs(angle) <= 45:
        return math.nan, pitch, angle, wave
    return pitch, math.nan, _row_angle(vector), wave


def _row_angle(vector: Tensor) -> float:
    """Angle to the x axis in (-90, 90], clockwise on the screen."""
    angle = math.degrees(math.atan2(float(vector[1]), float(vector[0])))
    return angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle


def _read_lattice(
    basis_small_px: Tensor, power: Tensor, step: Tensor
) -> tuple[float, float, float, Tensor]:
    """Unit, course, angle and fundamental wave vector of a lattice of the small wall.

    `step`: width and height of one of its px in those of the full wall.
    """
    combinations = torch.tensor(_COMBINATIONS, dtype=torch.float64)
    waves = combinations @ reciprocal(basis_small_px)
    energy = _family_energy(waves, power)
    strongest = waves[int(energy.argmax())] / step
    strongest = strongest * (-1.0 if _row_angle(strongest) != _raw_angle(strongest) else 1.0)
    basis_px = basis_small_px * step
    vectors = combinations @ basis_px
    # Lines along a vector of the lattice belong to the wave vectors square to it.
    across = torch.stack([-vectors[:, 1], vectors[:, 0]], dim=-1) / torch.linalg.det(basis_px).abs()
    joint = _family_energy(across * step, power)
    near_x = torch.tensor([abs(_row_angle(v)) <= 45 for v in vectors])
    joint = joint.masked_fill(~near_x, -torch.inf)
    strong = joint >= LIMITS.row_energy_share * joint.max()
    lengths = vectors.norm(dim=-1).masked_fill(~strong, torch.inf)
    row = vectors[int(lengths.argmin())]
    unit = float(row.norm())
    return unit, float(torch.linalg.det(basis_px).abs()) / unit, _row_angle(row), strongest


def _raw_angle(vector: Tensor) -> float:
    return math.degrees(math.atan2(float(vector[1]), float(vector[0])))


def _family_energy(waves: Tensor, power: Tensor) -> Tensor:
    """Energy of ``waves (n, 2)`` and their multiples, above their surroundings.

    Args:
        waves: cycles per px of the searched wall.
        power: ``(h, w)`` its centred power spectrum.
    """
    height, width = power.shape
    orders = torch.arange(1, LIMITS.family_orders + 1, dtype=torch.float64)
    places = waves[:, None] * orders[:, None]
    usable = (places.abs() < LIMITS.family_highest).all(-1)
    x = torch.where(usable, places[..., 0] * width, 0.0).round().long() + width // 2
    y = torch.where(usable, places[..., 1] * height, 0.0).round().long() + height // 2
    line_bins, around_bins = LIMITS.family_line_bins, LIMITS.family_around_bins
    near = torch.arange(-around_bins, around_bins + 1)
    middle = slice(around_bins - line_bins, around_bins + line_bins + 1)
    rows = (y[..., None, None] + near[:, None]).clamp(0, height - 1)
    columns = (x[..., None, None] + near).clamp(0, width - 1)
    patch = power[rows, columns]
    line = patch[..., middle, middle].sum((-2, -1))
    ground = patch.flatten(-2).median(-1).values * (2 * line_bins + 1) ** 2
    return ((line - ground).clamp_min(0) * usable).sum(-1)
