"""The lattice of walls, and how a mason reads it: unit, course, angle, fundamental."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

from tiling_diag.checks.lattice.candidates import Found, repeats
from tiling_diag.checks.lattice.magnified import look_closer, refined, search_whole
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import reciprocal
from tiling_diag.kernels.spectrum import power_spectrum, two_sided

MIN_WALL_SIDE_PX = 24
FLAT_DEVIATION = 1e-4
FAMILY_ORDERS = 6
# Of the short lattice vectors near the x axis, rows run along the shortest of those whose parallel
# lines carry at least this share of the most energy.
ROW_ENERGY_SHARE = 0.5
_COMBINATIONS = [
    (i, j)
    for i, j in itertools.product(range(-3, 4), repeat=2)
    if math.gcd(i, j) == 1 and (i > 0 or (i == 0 and j > 0))
]


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
            one = look_closer(walls, index, search_whole(small, index))
            one = refined(walls, index, one)
            rows.append(
                _reading(one, power[index], step)
                if repeats(one)
                else _nothing(Reason.NOTHING_REPEATS, one)
            )
    return LatticeResult(**{key: torch.stack([row[key] for row in rows]) for key in rows[0]})


def _flat(walls: Walls) -> Tensor:
    weights = walls.mask[:, None]
    total = weights.sum((-2, -1)).clamp_min(1e-9)
    mean = (walls.image * weights).sum((-2, -1)) / total
    square = ((walls.image - mean[..., None, None]).square() * weights).sum((-2, -1)) / total
    return square.amax(-1).sqrt() < FLAT_DEVIATION


def _thin(walls: Walls) -> Tensor:
    side = walls.mask.sum((-2, -1)).sqrt()
    return (side < MIN_WALL_SIDE_PX) | torch.full_like(
        side, min(walls.size) < MIN_WALL_SIDE_PX, dtype=torch.bool
    )


def _nothing(reason: Reason, found: Found | None = None) -> dict[str, Tensor]:
    nan = torch.tensor(torch.nan, dtype=torch.float64)
    return {
        "basis": torch.full((2, 2), torch.nan, dtype=torch.float64),
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


def _reading(found: Found, power: Tensor, step: Tensor) -> dict[str, Tensor]:
    """Everything about one lattice, in px of the full wall."""
    basis = found.basis * step
    if bool(basis[1].isnan().any()):
        unit, course, angle, wave = _read_stripes(basis[0])
    else:
        unit, course, angle, wave = _read_lattice(found.basis, power, step)
    one = torch.float64
    return {
        "basis": basis,
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


def _read_stripes(vector: Tensor) -> tuple[float, float, float, Tensor]:
    """Boards: their pitch is a course where the joints run along x, a unit where they don't."""
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


def _read_lattice(basis: Tensor, power: Tensor, step: Tensor) -> tuple[float, float, float, Tensor]:
    """Unit, course, angle and fundamental wave vector of a lattice in px of the searched wall."""
    combinations = torch.tensor(_COMBINATIONS, dtype=torch.float64)
    waves = combinations @ reciprocal(basis)
    energy = _family_energy(waves, power)
    strongest = waves[int(energy.argmax())] / step
    strongest = strongest * (-1.0 if _row_angle(strongest) != _raw_angle(strongest) else 1.0)
    full = basis * step
    vectors = combinations @ full
    # Lines along a vector of the lattice belong to the wave vectors square to it.
    across = torch.stack([-vectors[:, 1], vectors[:, 0]], dim=-1) / torch.linalg.det(full).abs()
    joint = _family_energy(across * step, power)
    near_x = torch.tensor([abs(_row_angle(v)) <= 45 for v in vectors])
    joint = joint.masked_fill(~near_x, -torch.inf)
    strong = joint >= ROW_ENERGY_SHARE * joint.max()
    lengths = vectors.norm(dim=-1).masked_fill(~strong, torch.inf)
    row = vectors[int(lengths.argmin())]
    unit = float(row.norm())
    return unit, float(torch.linalg.det(full).abs()) / unit, _row_angle(row), strongest


def _raw_angle(vector: Tensor) -> float:
    return math.degrees(math.atan2(float(vector[1]), float(vector[0])))


def _family_energy(waves: Tensor, power: Tensor) -> Tensor:
    """Energy of ``waves (n, 2)`` and their multiples, above their surroundings.

    Args:
        waves: cycles per px of the searched wall.
        power: ``(h, w)`` its centred power spectrum.
    """
    height, width = power.shape
    orders = torch.arange(1, FAMILY_ORDERS + 1, dtype=torch.float64)
    places = waves[:, None] * orders[:, None]
    usable = (places.abs() < 0.48).all(-1)
    x = torch.where(usable, places[..., 0] * width, 0.0).round().long() + width // 2
    y = torch.where(usable, places[..., 1] * height, 0.0).round().long() + height // 2
    near = torch.arange(-4, 5)
    rows = (y[..., None, None] + near[:, None]).clamp(0, height - 1)
    columns = (x[..., None, None] + near).clamp(0, width - 1)
    patch = power[rows, columns]
    line = patch[..., 3:6, 3:6].sum((-2, -1))
    ground = patch.flatten(-2).median(-1).values * 9
    return ((line - ground).clamp_min(0) * usable).sum(-1)
