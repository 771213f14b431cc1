"""The local lattice field: how the lattice is scaled and turned from place to place over a wall.

Windows are laid on the wall's plane, so that perspective is no change of the lattice but of the
places; what a window's own lattice departs from the wall's is the residual, and both together are
the lattice as the picture shows it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from tiling_diag.checks.plane.limits import LIMITS
from tiling_diag.checks.plane.places import grid_places, scale_change
from tiling_diag.checks.plane.plane_fit import (
    Plane,
    in_picture,
    local_lattices,
)
from tiling_diag.checks.plane.row_frame import RowFrame, row_frame
from tiling_diag.checks.plane.windows import window_side_px
from tiling_diag.checks.results import LatticeResult, LocalPeriodResult
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.homography import homography


def measure_local_period(walls: Walls, lattice: LatticeResult, plane: Plane) -> LocalPeriodResult:
    """The local lattice field of a batch.

    Args:
        walls: the batch.
        lattice: its lattices at the scale of the picture's middle.
        plane: the planes they lie in.
    """
    frame = row_frame(lattice)
    height, width = walls.size
    rows, columns = (max(1, round(LIMITS.places * side / max(walls.size))) for side in walls.size)
    places = grid_places(walls.size, rows, columns).expand(len(frame.known), -1, -1)
    local = local_lattices(walls, frame, plane.tilt, places)
    known = local.confidence > 0
    inner = local.inner.masked_fill(~known[..., None, None], torch.nan)
    seen = in_picture(inner, frame, plane.tilt, places)
    scale, rotation = _scale(seen, frame)
    shape = (len(inner), rows, columns)
    residual, _ = _scale(inner @ torch.linalg.inv(frame.to_px)[:, None], frame)
    residual = residual.mT
    period = _fundamental(seen, frame, lattice).reshape(shape)
    period = period.masked_fill(
        ~_believed(residual.reshape(len(residual), 2, rows, columns)), torch.nan
    )
    centre_x = (torch.arange(columns).double() + 0.5) * width / columns
    centre_y = (torch.arange(rows).double() + 0.5) * height / rows
    drift = _drift(period, centre_x / width, centre_y / height)
    middle = torch.tensor([width / 2, height / 2], dtype=torch.float64)
    change = 1 + scale_change(plane.tilt, walls.size)
    return LocalPeriodResult(
        period_px=period,
        scale=scale.mT.reshape(len(inner), 2, rows, columns),
        rotation_deg=rotation.reshape(shape),
        residual=residual.reshape(len(inner), 2, rows, columns),
        confidence=local.confidence.reshape(shape),
        on_wall=(known & _octave_of_the_wall(residual)).reshape(shape),
        coverage=local.windows.coverage.reshape(shape),
        center_x_px=centre_x.expand(len(inner), -1),
        center_y_px=centre_y.expand(len(inner), -1),
        window_px=window_side_px(frame, walls.size).masked_fill(~frame.known, torch.nan),
        stride_px=torch.full((len(inner),), max(height / rows, width / columns)).double(),
        median_px=_quantile(period, 0.5),
        p05_px=_quantile(period, 0.05),
        p95_px=_quantile(period, 0.95),
        drift_x=drift[:, 0],
        drift_y=drift[:, 1],
        tilt=plane.tilt.masked_fill(~frame.known[:, None], torch.nan),
        scale_change=change.masked_fill(~frame.known, torch.nan),
        homography=homography(plane.tilt, middle).masked_fill(
            ~frame.known[:, None, None], torch.nan
        ),
        homography_r2=plane.r2.masked_fill(~frame.known, torch.nan),
    )


def _octave_of_the_wall(residual: Tensor) -> Tensor:
    """Whether scales ``(B, 2, n)`` are about 1, 2 or 0.5 along both axes."""
    octaves = residual.log2()
    off = (octaves - octaves.round().clamp(-1, 1)).abs()
    near: Tensor = (off < LIMITS.wall_octaves).all(1)
    return near


def _believed(residual: Tensor) -> Tensor:
    """Whether places have the period of the wall, or one that places around share.

    Every window has some lattice that fits it best, also where there is no wall; there it is
    another one from place to place.

    Args:
        residual: ``(B, 2, rows, columns)`` scales that the plane does not explain, NaN where not
            measured.
    """
    octaves = residual.log2()
    rows, columns = octaves.shape[-2:]
    padded = pad(octaves, (1, 1, 1, 1), value=torch.inf)
    steps = [(y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)]
    around = torch.stack([padded[..., y : y + rows, x : x + columns] for y, x in steps])
    same = ((around - octaves).abs() < LIMITS.same_as_around).all(2).sum(0)
    shared = same >= LIMITS.shared_around * (~around[:, :, 0].isposinf()).sum(0)
    largest = octaves.abs().amax(1)
    own = largest < LIMITS.wall_octaves
    # The largest stretch that is tried fits best where none does.
    found: Tensor = own | (shared & (largest < LIMITS.most_octaves))
    return found


def _scale(gradients: Tensor, frame: RowFrame) -> tuple[Tensor, Tensor]:
    """Scale ``(B, n, 2)`` along and across the rows, and turn ``(B, n)`` in degrees.

    Args:
        gradients: ``(B, n, 2, 2)`` units and courses per px; the first row NaN where one
            direction repeats only: both scales are then those across the rows.
        frame: the walls' lattices.
    """
    units, courses = gradients.unbind(-2)
    unit, course = frame.size_px[:, None].unbind(-1)
    # Rows are lines of equal courses; neighbouring ones are the inverse of the gradient apart.
    across = 1 / (courses.norm(dim=-1) * course)
    along = torch.stack([courses[..., 1], -courses[..., 0]], dim=-1)
    along = along / along.norm(dim=-1, keepdim=True)
    unit_scale = 1 / ((units * along).sum(-1).abs() * unit)
    axis = frame.axes[:, None, 0]
    turn = torch.atan2(
        axis[..., 0] * along[..., 1] - axis[..., 1] * along[..., 0], (axis * along).sum(-1)
    )
    turn = (torch.rad2deg(turn) + 90).remainder(180) - 90
    return torch.stack([torch.where(units.isnan().any(-1), across, unit_scale), across], -1), turn


def _fundamental(gradients: Tensor, frame: RowFrame, lattice: LatticeResult) -> Tensor:
    """Local period ``(B, n)`` px of the wall's fundamental."""
    wave = (lattice.wave_vector.double().cpu()[:, None] @ frame.to_px)[:, 0]
    wave = torch.where(frame.rank_1[:, None], wave.new_tensor([0.0, 1.0]), wave)
    gradients = torch.where(
        frame.rank_1[:, None, None, None] & gradients[..., 1:, :].isfinite(),
        gradients.nan_to_num(0.0),
        gradients,
    )
    local: Tensor = wave[:, None, None] @ gradients
    period: Tensor = 1 / local[..., 0, :].norm(dim=-1)
    return period


def _quantile(period: Tensor, q: float) -> Tensor:
    return torch.nanquantile(period.flatten(1), q, dim=1)


def _drift(period: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Relative change of the period from edge to edge ``(B, 2)``, in x and in y.

    A plane through log period, refitted twice without what lies far off it.

    Args:
        period: ``(B, rows, columns)``.
        x: ``(columns,)`` places as shares of the width.
        y: ``(rows,)`` places as shares of the height.
    """
    down, right = torch.meshgrid(y, x, indexing="ij")
    design = torch.stack([torch.ones_like(right), right, down], dim=-1).reshape(-1, 3)
    level = period.flatten(1).log()
    known = level.isfinite()
    level = level.nan_to_num(0.0)
    weight = known.double()
    for _ in range(3):
        normal = (design * weight[..., None]).mT @ design
        normal = normal + 1e-9 * torch.eye(3, dtype=torch.float64)
        moment = (design * weight[..., None]).mT @ level[..., None]
        plane = torch.linalg.solve(normal, moment)[..., 0]
        residual = level - (design @ plane[..., None])[..., 0]
        weight = known / (1 + (residual / LIMITS.drift_scale).square()).square()
    enough = known.sum(-1) >= LIMITS.least_drift_places
    drift: Tensor = plane[:, 1:].expm1()
    return drift.masked_fill(~enough[:, None], torch.nan)
