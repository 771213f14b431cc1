"""How a mason reads a lattice: unit, course, the angle of the rows, and the fundamental.

Rows run along the long joints. Of the short vectors of a lattice they run along the one whose
parallel lines carry the most energy, at any angle; between equal ones (square tiles) along the one
nearest to x. The lines along a vector are the harmonics of the wave vector square to it, and their
energy is read off the windows' autocorrelation, at a size where the courses are seen: the power at
a wave vector is the autocorrelation's own transform there (Wiener and Khinchin).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.channels import TONES_AND_EDGES
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.kernels.lattice_algebra import cell_area, reciprocal_vector

FAMILY_ORDERS = 6
# Lags each way at the most, about.
MOST_LAGS = 50
# Lags are weighed by a Gaussian of this share of the largest.
LAG_SHARE = 0.45
_COMBINATIONS = [
    (i, j)
    for i, j in itertools.product(range(-2, 3), repeat=2)
    if math.gcd(i, j) == 1 and (i > 0 or (i == 0 and j > 0))
]


@dataclass(frozen=True, eq=False)
class Reading:
    """Lattices of a batch as a mason reads them; NaN for what there is none of.

    Attributes:
        unit_px, course_px, angle_deg: ``(B,)`` float64.
        wave_vector: ``(B, 2)`` cycles per px, of the strongest harmonic family.
    """

    unit_px: Tensor
    course_px: Tensor
    angle_deg: Tensor
    wave_vector: Tensor


def read(
    basis_px: Tensor,
    windows: AutocorrelationMaps,
    windows_scale: Tensor,
    whole: AutocorrelationMaps,
    whole_scale: Tensor,
) -> Reading:
    """Read lattices ``(B, 2, 2)`` of rank 2, reduced, px of the full wall.

    Args:
        basis_px: the lattices.
        windows: of B walls, those that repeat with the lattice.
        windows_scale: ``(B, 2)`` px of these maps per px of the full wall.
        whole: maps of the whole walls, for lattices too large for the windows.
        whole_scale: ``(2,)`` px of these maps per px of the full wall.
    """
    combinations = torch.tensor(_COMBINATIONS, dtype=basis_px.dtype, device=basis_px.device)
    vectors = combinations @ basis_px
    # Lines along a vector of the lattice belong to the wave vector square to it.
    area = torch.linalg.det(basis_px)[:, None, None]
    waves = torch.stack([-vectors[..., 1], vectors[..., 0]], dim=-1) / area
    in_windows = _line_energy(windows, waves / windows_scale[:, None])
    in_whole = _line_energy(whole, waves / whole_scale)
    longest = (basis_px * windows_scale[:, None]).norm(dim=-1).amax(-1, keepdim=True)
    fits = longest <= LIMITS.readable_share * min(windows.max_lag_px)
    energy = torch.where(fits, in_windows, in_whole)
    strongest = waves.gather(1, energy.argmax(-1)[:, None, None].expand(-1, -1, 2))[:, 0]
    length = vectors.norm(dim=-1)
    angle = row_angle(vectors)
    energy = energy * _counts(basis_px, combinations.abs().sum(-1), energy)
    strong = energy >= LIMITS.equal_share * energy.amax(-1, keepdim=True)
    # Nearest to x, but for what noise turns; of those about as near the shortest.
    cost = (angle.abs() / LIMITS.near_x_deg).round() + 0.5 * length / length.amax(-1, keepdim=True)
    best = cost.masked_fill(~strong, torch.inf).argmin(-1)[:, None]
    unit = length.gather(1, best)[:, 0]
    return Reading(
        unit_px=unit,
        course_px=cell_area(basis_px) / unit,
        angle_deg=angle.gather(1, best)[:, 0],
        wave_vector=forward(strongest),
    )


def _counts(basis_px: Tensor, orders: Tensor, energy: Tensor) -> Tensor:
    """``(B, C)`` how far lines along vectors count.

    Diagonals of a rectangle count less than its sides. A square may be a half bond of units twice
    as long as high: then its rows run along one diagonal, and nothing lies along the other one.
    Where the sides lie along the picture's axes that takes more: few walls are turned by 45
    degrees.

    Args:
        basis_px: ``(B, 2, 2)`` reduced.
        orders: ``(C,)`` of the vectors: 1 for the basis, 2 for its sum and difference.
        energy: ``(B, C)`` of lines along them.
    """
    lengths = basis_px.norm(dim=-1)
    cosine = (basis_px[:, 0] * basis_px[:, 1]).sum(-1) / lengths.prod(-1)
    rectangle = (cosine.abs() <= LIMITS.square_cosine)[:, None]
    square = rectangle & (lengths[:, 1:] <= LIMITS.square_ratio * lengths[:, :1])
    sides, diagonals = (orders == 1).double(), (orders == 2).double()
    strong, weak = energy[:, orders == 2].topk(2, dim=-1).values.split(1, dim=-1)
    single = weak < LIMITS.single_share * strong
    single &= strong >= LIMITS.equal_share * energy.amax(-1, keepdim=True)
    off_x = row_angle(basis_px[:, :1]).abs()
    along_axes = torch.minimum(off_x, 90 - off_x) <= LIMITS.near_x_deg
    part = sides + (1 - sides) * LIMITS.diagonal_share
    rows = torch.where(along_axes, part, diagonals * (energy >= strong))
    rows = torch.where(square, torch.where(single, rows, sides), part)
    return torch.where(rectangle, rows, 1.0)


def read_rank_one(vector_px: Tensor) -> Reading:
    """Read periods ``(B, 2)`` across straight joints.

    Their pitch is a course where the joints run nearer to x than to y, and a unit elsewhere.
    """
    pitch = vector_px.norm(dim=-1)
    along = torch.stack([-vector_px[:, 1], vector_px[:, 0]], dim=-1)
    level = row_angle(along).abs() <= 45
    nothing = torch.full_like(pitch, torch.nan)
    return Reading(
        unit_px=torch.where(level, nothing, pitch),
        course_px=torch.where(level, pitch, nothing),
        angle_deg=torch.where(level, row_angle(along), row_angle(vector_px)),
        wave_vector=reciprocal_vector(vector_px),
    )


def row_angle(vectors: Tensor) -> Tensor:
    """Angle of ``(..., 2)`` to the x axis in (-90, 90], degrees, clockwise on the screen."""
    angle = torch.rad2deg(torch.atan2(vectors[..., 1], vectors[..., 0]))
    angle = torch.where(angle > 90, angle - 180, angle)
    return torch.where(angle <= -90, angle + 180, angle)


def forward(waves: Tensor) -> Tensor:
    """Of ``(..., 2)`` and its opposite the one that points right, or straight down."""
    back = (waves[..., 0] < 0) | ((waves[..., 0] == 0) & (waves[..., 1] < 0))
    return torch.where(back[..., None], -waves, waves)


def _line_energy(maps: AutocorrelationMaps, waves: Tensor) -> Tensor:
    """``(B, C)`` energy at ``waves (B, C, 2)``, cycles/px of the maps, and at their multiples.

    Each harmonic counts as far as it stands above the power halfway to its neighbours.
    """
    my, mx = maps.max_lag_px
    device = waves.device
    # Large maps hold large lattices: every other lag, or every third, is enough.
    step = max(1, round(min(my, mx) / MOST_LAGS))
    down, right = my - my % step, mx - mx % step
    lags_down = torch.arange(0, down + 1, step, device=device)
    lags_right = torch.arange(-right, right + 1, step, device=device)
    y, x = torch.meshgrid(lags_down, lags_right, indexing="ij")
    lags = torch.stack([x, y], dim=-1).flatten(0, 1).float()
    sigma = LAG_SHARE * min(my, mx)
    taper = torch.exp(-0.5 * (lags.norm(dim=-1) / sigma).square())
    # Half of the lags, the other half mirrors them.
    half = (lags[:, 1] > 0) | (lags[:, 0] > 0)
    importance = maps.importance[:, :TONES_AND_EDGES]
    own = maps.maps[:, :TONES_AND_EDGES, my:, mx - right : mx + right + 1]
    own = own[..., ::step, ::step].flatten(2) * importance[..., None]
    own = own.sum(1) * (taper * half)
    orders = torch.arange(0.5, FAMILY_ORDERS + 1, 0.5, device=device)
    phase = (2 * torch.pi * (waves.float() @ lags.mT))[:, :, None] * orders[:, None]
    power = (phase.cos() @ own[:, None, :, None])[..., 0]
    top, between = power[..., 1::2], (power[..., 0:-1:2] + power[..., 2::2]) / 2
    highest = waves.abs().amax(-1)[..., None] * orders[1::2]
    usable = highest < LIMITS.highest_cycles_per_px
    return ((top - between).clamp_min(0) * usable).sum(-1).double()
