"""Lattices under a linear map: seen larger, or from another side."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from tiling_diag.checks.lattice.reading import forward, read_rank_one, row_angle
from tiling_diag.checks.results import LatticeResult
from tiling_diag.kernels.lattice_algebra import reciprocal_vector, reduce_basis


def scaled(lattice: LatticeResult, zoom: Tensor) -> LatticeResult:
    """The lattice with all lengths `zoom` times as large, one factor or ``(B,)``."""
    eye = torch.eye(2, dtype=torch.float64)
    return mapped(lattice, zoom.double()[..., None, None] * eye)


def mapped(lattice: LatticeResult, linear: Tensor) -> LatticeResult:
    """The lattice where every place x, as a column, has moved to ``linear @ x``.

    Rows stay rows: they are not read anew.

    Args:
        lattice: a batch of B.
        linear: ``(2, 2)`` or ``(B, 2, 2)`` float64, invertible.
    """
    linear = linear.expand(len(lattice.basis_px), -1, -1)
    first = _moved(lattice.unit_px, lattice.course_px, lattice.angle_deg, linear)
    second = _moved(
        lattice.second_unit_px, lattice.second_course_px, lattice.second_angle_deg, linear
    )
    wave = _moved_waves(lattice.wave_vector, linear)
    boards = torch.stack([reciprocal_vector(wave), torch.full_like(wave, torch.nan)], dim=1)
    single = lattice.basis_px[:, 1].isnan().any(-1)[:, None, None]
    return dataclasses.replace(
        lattice,
        basis_px=torch.where(single, boards, _reduced(lattice.basis_px @ linear.mT)),
        unit_px=first[0],
        course_px=first[1],
        angle_deg=first[2],
        second_unit_px=second[0],
        second_course_px=second[1],
        second_angle_deg=second[2],
        wave_vector=forward(wave),
        fundamental_px=1 / wave.norm(dim=-1),
    )


def _moved(
    unit_px: Tensor, course_px: Tensor, angle_deg: Tensor, linear: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Unit, course and angle ``(B,)`` of rows that have moved, or of boards."""
    turn = torch.deg2rad(angle_deg)
    along = torch.stack([turn.cos(), turn.sin()], dim=-1)
    across = torch.stack([-along[:, 1], along[:, 0]], dim=-1)
    row = (linear @ (unit_px[:, None] * along)[..., None])[..., 0]
    length = row.norm(dim=-1)
    area = torch.linalg.det(linear).abs() * unit_px * course_px
    # Boards repeat along x or across their rows.
    wave = torch.where(
        unit_px.isnan()[:, None], across / course_px[:, None], along / unit_px[:, None]
    )
    boards = read_rank_one(reciprocal_vector(_moved_waves(wave, linear)))
    single = unit_px.isnan() | course_px.isnan()
    return (
        torch.where(single, boards.unit_px, length),
        torch.where(single, boards.course_px, area / length),
        torch.where(single, boards.angle_deg, row_angle(row)),
    )


def _moved_waves(waves: Tensor, linear: Tensor) -> Tensor:
    """Wave vectors ``(B, 2)`` of what has moved."""
    moved: Tensor = (waves[:, None] @ torch.linalg.inv(linear))[:, 0]
    return moved


def _reduced(basis: Tensor) -> Tensor:
    """`reduce_basis` of ``(B, 2, 2)``, NaN where there is no lattice."""
    there = basis.isfinite().flatten(1).all(-1)[:, None, None]
    eye = torch.eye(2).to(basis)
    return torch.where(there, reduce_basis(torch.where(there, basis, eye), 6), torch.nan)
