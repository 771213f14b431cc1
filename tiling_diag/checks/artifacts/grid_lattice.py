"""Whether a lattice that was found is that of a grid, not of a material, and the wall without it.

On a flat or dark picture nothing may repeat but the grid that upsampling left; it is then the
likeliest lattice. Such a lattice lies on whole pixels: p px along x and along y lead onto it, p a
period of grids. A material may have that by chance, but not with so little contrast.
"""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor
from torch.nn.functional import pad

from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.batches import items, with_items
from tiling_diag.checks.lattice.measure import claimed
from tiling_diag.checks.plane.measure import measure_plane
from tiling_diag.checks.plane.plane_fit import Plane
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import Walls


def without_grid_lattices(
    walls: Walls, lattice: LatticeResult, plane: Plane, periods_px: tuple[int, ...]
) -> tuple[LatticeResult, Plane]:
    """Lattices and planes of walls, those of a grid replaced by what is found without the grid.

    Args:
        walls: the batch.
        lattice: what was found in them.
        plane: the planes they lie in.
        periods_px: of grids.
    """
    found, images = [], []
    for index, period in _periods(lattice, periods_px).items():
        own = slice(index, index + 1)
        pattern = locked_pattern(walls.image[own], walls.mask[own], period)
        levels = 255 * float(pattern.mean(1).square().mean().sqrt())
        if levels <= LIMITS.grid_lattice_levels:
            found.append(index)
            images.append((walls.image[own] - pattern).clamp(0, 1))
    if not found:
        return lattice, plane
    again, plane_again, _ = measure_plane(Walls(torch.cat(images), walls.mask[found]))
    if left := list(_periods(again, periods_px)):
        # What is left of a grid, where a dark picture cut it off.
        at = torch.tensor(left)
        again = with_items(again, at, items(_none(again), at))
    at = torch.tensor(found)
    return with_items(lattice, at, again), with_items(plane, at, plane_again)


def _none(lattice: LatticeResult) -> LatticeResult:
    """The same walls without a lattice."""
    nothing = torch.zeros_like(lattice.is_periodic)
    reason = torch.full_like(lattice.reason, Reason.NOTHING_REPEATS)
    probability = torch.zeros_like(lattice.probability)
    return claimed(
        dataclasses.replace(lattice, is_periodic=nothing, reason=reason, probability=probability)
    )


def _periods(lattice: LatticeResult, periods_px: tuple[int, ...]) -> dict[int, int]:
    """The walls whose lattice is one that a grid has, each with the grid's period."""
    bases, there = lattice.basis_px.cpu(), lattice.is_periodic.tolist()
    periods = {i: _period_of(bases[i], periods_px) for i, known in enumerate(there) if known}
    return {index: period for index, period in periods.items() if period is not None}


def _period_of(basis: Tensor, periods_px: tuple[int, ...]) -> int | None:
    """The shortest of the periods that leads from a lattice point to another along both axes."""
    if not basis[0].isfinite().all():
        return None
    if basis[1].isfinite().all():
        per_px, axes = torch.linalg.inv(basis), 2
    else:
        # Stripes along an axis repeat anyhow along themselves.
        along = basis[0] / basis[0].square().sum()
        if float(basis[0].abs().min()) > LIMITS.grid_lattice_miss * float(basis[0].abs().max()):
            return None
        per_px, axes = torch.diag(along), 1
    for period in sorted(periods_px):
        steps = period * per_px
        whole = steps.round()
        on_points = bool(((steps - whole).abs() < LIMITS.grid_lattice_miss).all())
        # No step at all is no way to another point: coarse walls are no grids.
        if on_points and int((whole != 0).any(-1).sum()) == axes:
            return period
    return None


def locked_pattern(image: Tensor, mask: Tensor, period: int) -> Tensor:
    """``(B, C, H, W)`` the part of pictures that repeats every `period` px both ways, mean 0.

    Args:
        image: ``(B, C, H, W)``.
        mask: ``(B, H, W)``; what is not wall takes no part.
        period: px.
    """
    height, width = image.shape[-2:]
    rows, columns = math.ceil(height / period), math.ceil(width / period)
    right, below = columns * period - width, rows * period - height

    def folded(plane: Tensor) -> Tensor:
        whole = pad(plane, (0, right, 0, below))
        return whole.reshape(*plane.shape[:2], rows, period, columns, period).sum((2, 4))

    weight = mask[:, None]
    mean = (image * weight).sum((-2, -1), keepdim=True) / weight.sum((-2, -1), keepdim=True)
    cell: Tensor = folded((image - mean) * weight) / folded(weight).clamp_min(1e-6)
    repeated = cell.repeat(1, 1, rows, columns)
    return repeated[..., :height, :width]
