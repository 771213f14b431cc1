"""How a wall repeats, place by place, after the steps of its lattice and of its octaves.

A window that shows an autocorrelation must hold several units, and zones are often narrower. Here
there are no windows: the picture is multiplied by itself, shifted by one lag, and the products stay
where they arose, half-way between the two pixels. Summed over any part of the wall, they are that
part's autocorrelation at that lag. Only lags count that lattices an octave apart have: quarters,
halves and whole units along and across the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from tiling_diag.checks.plane.row_frame import RowFrame
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.flat_wall import FlatWall
from tiling_diag.checks.zones.limits import LIMITS
from tiling_diag.kernels.tapers import gaussian_blur

# Stretches along and across the rows; where one direction repeats only, the first is the only one.
STRETCHES: tuple[tuple[float, float], ...] = ((2.0, 2.0), (2.0, 1.0), (1.0, 2.0))
# Lags in units or courses: those that a stretch doubles, and what they are doubled to.
_STEPS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
_STEPS_OF_BOARDS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)


@dataclass(frozen=True, eq=False)
class LagMaps:
    """Products of a wall with itself, shifted, in cells of its plane; float64 on the CPU.

    Attributes:
        products: ``(L, n)`` sums over cells, for each of `lags`.
        energies: ``(L, n)`` what they would be if the wall repeated exactly.
        places: ``(n, 2)`` flat px from the picture's middle.
        cell_px: side of a cell, flat px.
        rank_1: whether one direction repeats only.
    """

    products: Tensor
    energies: Tensor
    places: Tensor
    cell_px: float
    rank_1: bool


@cache
def lags(*, rank_1: bool) -> Tensor:
    """``(L, 2)`` units and courses, one of each pair of opposites."""
    if rank_1:
        across = torch.tensor(_STEPS_OF_BOARDS, dtype=torch.float64)
        return torch.stack([torch.zeros_like(across), across], dim=-1)
    down = torch.tensor(_STEPS, dtype=torch.float64)
    along = torch.cat([-down.flip(0)[:-1], down])
    every = torch.cartesian_prod(along, down)
    return every[(every[:, 1] > 0) | (every[:, 0] > 0)]


@cache
def stretched_lags(stretch: tuple[float, float], *, rank_1: bool) -> tuple[Tensor, Tensor]:
    """Which of `lags` a stretch makes of which others: ``(P,)`` after it, ``(P,)`` before."""
    every = lags(rank_1=rank_1)
    apart = (every[:, None] - every * every.new_tensor(stretch)).abs().amax(-1)
    after, before = (apart < 1e-6).nonzero(as_tuple=True)
    near = torch.ones_like(before, dtype=torch.bool)
    if not rank_1:
        near = (every[before].abs() <= 1).all(-1)
    return after[near], before[near]


def lag_maps(flat: FlatWall, frame: RowFrame) -> LagMaps:
    """The lag maps of one wall.

    Args:
        flat: the wall on its plane.
        frame: of its lattice, a batch of one.
    """
    rank_1 = bool(frame.rank_1[0])
    axes, size = frame.axes[0], frame.size_px[0] * float(flat.scale)
    walls, zoom = _at_size(flat.walls, float(size[1] if rank_1 else size.amin()))
    height, width = walls.size
    seen = walls.channels
    weights = seen.importance.sqrt()[..., None, None] * walls.mask[:, None]
    values = (gaussian_blur(seen.values, LIMITS.lag_blur_px) * weights)[0]
    shifts = ((lags(rank_1=rank_1) * size) @ axes * zoom).round().long().tolist()
    cell = max(LIMITS.least_cell_px, min(height, width) // LIMITS.cells)
    rows, columns = -(-height // cell), -(-width // cell)
    sums = values.new_zeros(len(shifts), 2, rows, columns)
    energy = values.square().sum(0)
    for own, (dx, dy) in zip(sums, shifts, strict=True):
        if abs(dx) < width and abs(dy) < height:
            own.copy_(_pooled(values, energy, walls.mask[0], dx, dy, cell))
    x, y = ((torch.arange(n).double() + 0.5) * cell for n in (columns, rows))
    at = torch.stack([x.expand(rows, -1), y[:, None].expand(-1, columns)], dim=-1).flatten(0, 1)
    places = at / (zoom * flat.scale) + flat.canvas.origin
    products, energies = sums.flatten(2).double().cpu().unbind(1)
    cell_px = cell / float((zoom * flat.scale).amin())
    return LagMaps(products, energies, places, cell_px, rank_1)


def _at_size(walls: Walls, spacing_px: float) -> tuple[Walls, Tensor]:
    """A wall where half a unit is still seen, and px of it per px of the wall ``(2,)``."""
    small = walls.small
    longest = max(walls.size)
    shrink = min(1.0, LIMITS.lag_spacing_px / spacing_px, LIMITS.lag_side_px / longest)
    if shrink * longest > max(small.size):
        small = walls.zoomed(shrink)
    zoom = [small.size[1] / walls.size[1], small.size[0] / walls.size[0]]
    return small, torch.tensor(zoom, dtype=torch.float64)


def _pooled(values: Tensor, energy: Tensor, mask: Tensor, dx: int, dy: int, cell: int) -> Tensor:
    """``(2, rows, columns)`` products and energies of one lag, in cells.

    Args:
        values: ``(K, H, W)``, 0 off the wall.
        energy: ``(H, W)`` their sum of squares.
        mask: ``(H, W)``.
        dx: of the lag, px.
        dy: of the lag, px.
        cell: side of a cell, px.
    """
    height, width = energy.shape
    tall, wide = height - abs(dy), width - abs(dx)
    parts = []
    for down, right in ((max(0, -dy), max(0, -dx)), (max(0, dy), max(0, dx))):
        parts.append((slice(down, down + tall), slice(right, right + wide)))
    one, other = ((..., *part) for part in parts)
    product = (values[one] * values[other]).sum(0)
    both = (energy[one] * mask[other] + energy[other] * mask[one]) / 2
    left, above = abs(dx) // 2, abs(dy) // 2
    right, below = (-width % cell) + abs(dx) - left, (-height % cell) + abs(dy) - above
    whole = pad(torch.stack([product, both]), (left, right, above, below))
    return avg_pool2d(whole[None], cell)[0]
