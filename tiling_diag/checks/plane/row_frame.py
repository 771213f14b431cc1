"""Material coordinates of a wall: units along its rows, courses across them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tiling_diag.checks.lattice.mapped import mapped
from tiling_diag.checks.results import LatticeResult

# Rows so near to an axis of the picture run along it.
LEVEL_DEG = 3.0


@dataclass(frozen=True, eq=False)
class RowFrame:
    """The lattices of a batch as their rows see them, float64 on the CPU.

    Walls without a lattice have a frame of 1 px, so that batches stay rectangular.

    Attributes:
        axes: ``(B, 2, 2)`` rows: vectors (x, y) along and across the rows, of length 1 on the wall.
        size_px: ``(B, 2)`` length of a unit along them and height of a course, on the wall.
        basis_in_rows: ``(B, 2, 2)`` the lattice's vectors in units and courses. Where one direction
            repeats only, it lies across the rows; the other vector stands in for what is missing.
        rank_1: ``(B,)`` bool; whether one direction repeats only, as that of boards does.
        known: ``(B,)`` bool; whether there is a lattice.
    """

    axes: Tensor
    size_px: Tensor
    basis_in_rows: Tensor
    rank_1: Tensor
    known: Tensor

    @property
    def to_px(self) -> Tensor:
        """``(B, 2, 2)`` maps a column of (units, courses) to a vector in px."""
        return (self.axes * self.size_px[..., None]).mT

    @property
    def longest_px(self) -> Tensor:
        """``(B,)`` length of the longer lattice vector, on the wall."""
        longest: Tensor = (self.basis_in_rows * self.size_px[:, None]).norm(dim=-1).amax(-1)
        return longest


def level_frame(lattice: LatticeResult, frame: RowFrame) -> RowFrame | None:
    """The frame of a lattice with rows along an axis of the picture; None where `frame` is that.

    Squares and hexagons have several rows that are as good. Models stretch a wall along the axes of
    the picture, whichever of these its lattice is read along.

    Args:
        lattice: a batch of one.
        frame: of it, as it is read.
    """
    largest = math.sin(math.radians(LEVEL_DEG))
    basis = lattice.basis_px.double().cpu()
    if not bool(basis.isfinite().all()) or float(frame.axes[0].abs().amin()) < largest:
        return None
    steps = torch.cartesian_prod(torch.arange(-2, 3), torch.arange(-2, 3)).to(basis)
    vectors = steps @ basis[0]
    lengths = vectors.norm(dim=-1)
    level = (vectors.abs().amin(-1) < largest * lengths) & (lengths > 0)
    if not bool(level.any()):
        return None
    along = vectors[int(lengths.masked_fill(~level, torch.inf).argmin())]
    length = along.norm()
    row = along / length
    axes = torch.stack([row, torch.stack([-row[1], row[0]])])[None]
    size = torch.stack([length, torch.linalg.det(basis[0]).abs() / length])[None]
    return replace(frame, axes=axes, size_px=size, basis_in_rows=(basis @ axes.mT) / size[:, None])


def row_frame(lattice: LatticeResult, front: Tensor | None = None) -> RowFrame:
    """The frame of every lattice of a batch.

    Args:
        lattice: the lattices.
        front: ``(B, 2, 2)`` maps flat walls to those with the proportions of their own, in which
            axes are square to each other; the walls themselves if None.
    """
    if front is not None:
        frame = row_frame(mapped(lattice, front))
        return replace(frame, axes=frame.axes @ torch.linalg.inv(front).mT)
    basis = lattice.basis_px.double().cpu()
    known = lattice.is_periodic.cpu() & basis[:, 0].isfinite().all(-1)
    rank_1 = known & basis[:, 1].isnan().any(-1)
    first = torch.where(known[:, None], basis[:, 0], basis.new_tensor([0.0, 1.0]))
    # Boards repeat across their rows, whatever way these run.
    board = torch.stack([first[:, 1], -first[:, 0]], dim=-1)
    turn = torch.deg2rad(lattice.angle_deg.double().cpu())
    row = torch.stack([turn.cos(), turn.sin()], dim=-1)
    plain = known & ~rank_1
    length = first.norm(dim=-1)
    along = torch.where(plain[:, None], row, board / length[:, None])
    axes = torch.stack([along, torch.stack([-along[:, 1], along[:, 0]], dim=-1)], dim=1)
    size = torch.stack([lattice.unit_px, lattice.course_px], dim=-1).double().cpu()
    size = torch.where(plain[:, None], size, length[:, None])
    across = torch.eye(2, dtype=torch.float64).flip(0).expand_as(basis)
    in_rows = (basis @ axes.mT) / size[:, None]
    return RowFrame(
        axes=axes,
        size_px=size,
        basis_in_rows=torch.where(plain[:, None, None], in_rows, across),
        rank_1=rank_1,
        known=known,
    )
