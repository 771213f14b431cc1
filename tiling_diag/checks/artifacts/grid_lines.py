"""The power at the lines of grids, and what is expected there without one.

Each line is compared with its surroundings: a ring, runs along both axes, the same at every 2nd to
8th bin (a texture laid so many times has power there only); with the other lines of the material
where it is a line of the material, too; and with its own scatter over the parts of the picture
(`grid_blocks`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from tiling_diag.checks.artifacts.grid_blocks import Blocks, measure_blocks
from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.results import LatticeResult
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import reciprocal, reciprocal_vector
from tiling_diag.kernels.running import square_max
from tiling_diag.kernels.spectrum import power_spectrum
from tiling_diag.kernels.tapers import wide_blur


@dataclass(frozen=True)
class Lines:
    """All lines ``k / period``, in cycles/px along x and y, of half of the plane but zero.

    Attributes:
        order: ``(L, 2)`` whole numbers k.
        own_period: ``(L,)`` shortest period of a grid that has the line, px.
        level: ``(B, L)`` power there.
        ground: ``(B, L)`` what is expected there without a grid; infinite where that is not known.
        material: ``(B, L)`` whether the material has a line there, too.
        unit: ``(B,)`` power of a line that a complex wave of amplitude 1 would have.
        blocks: the same lines in the parts of the picture.
        pixels: how many a picture has.
    """

    period: int
    order: Tensor
    own_period: Tensor
    level: Tensor
    ground: Tensor
    material: Tensor
    unit: Tensor
    blocks: Blocks
    pixels: int


def measure_lines(walls: Walls, lattice: LatticeResult, period: int) -> Lines:
    """The lines of a grid of `period` px."""
    fine = _fine_detail(walls)
    height, width = (-(-n // period) * period for n in walls.size)
    size = (height, width)
    power = power_spectrum(fine, walls.weights, size)
    spacing = (size[1] // period, size[0] // period)
    order = torch.tensor(_half_plane(period), device=power.device)
    at = order * torch.tensor(spacing, device=power.device)
    waves = _waves(lattice)
    material = _explained(at, waves, lattice.basis_px, size).to(at.device)
    beside = _beside(power, at, spacing, size)
    own_period = torch.tensor([period // math.gcd(k, v, period) for k, v in order.tolist()])
    alike, comparable = _of_material(power, at, own_period, waves, size)
    ground = torch.maximum(beside, torch.where(material, alike, 0.0))
    hidden = material & ~comparable
    # Of a material that is not known any line on an axis may be one.
    unknown = ~lattice.is_periodic.to(at.device)[:, None]
    ground = torch.maximum(ground, _rivals(power, at, spacing, size) * unknown)
    least = (LIMITS.grid_least_noise / 255) ** 2 * walls.weights.square().mean((-2, -1))
    ground = torch.maximum(ground, least[:, None])
    level = _take(power, at.expand(len(power), -1, -1), size)
    blocks = measure_blocks(fine, walls.mask, order, period)
    ground = torch.maximum(ground, level / blocks.steadiness.clamp_min(1e-9))
    return Lines(
        period,
        order,
        own_period=own_period.to(order.device),
        level=level,
        ground=ground.masked_fill(hidden, torch.inf),
        material=material,
        unit=walls.weights.sum((-2, -1)).square() / (size[0] * size[1]),
        blocks=blocks,
        pixels=walls.size[0] * walls.size[1],
    )


def _fine_detail(walls: Walls) -> Tensor:
    """``(B, H, W)`` luma less its surroundings, in smooth places, cut off at a few times its
    usual size; a pattern that is the same everywhere keeps its amplitude on average.

    A grid adds the same everywhere, joints and edges add much in few places: weighed down and cut
    off, they no longer drown it (the hard limiter before a correlator), nor do JPEG's blocks, whose
    noise is around edges.
    """
    smooth_here = _smoothness(walls)
    surroundings = wide_blur(
        walls.luma[:, None], LIMITS.grid_smooth_px, smooth_here[:, None], LIMITS.grid_smooth_shrink
    )[:, 0]
    fine = walls.luma - surroundings
    usual = _median(fine.abs(), smooth_here > 0.5)
    most = (LIMITS.grid_most_detail * usual).clamp_min(LIMITS.grid_least_detail / 255)
    fine = fine.clamp(-most, most) * smooth_here
    on_wall = walls.mask.sum((-2, -1), keepdim=True)
    return fine * (on_wall / smooth_here.sum((-2, -1), keepdim=True).clamp_min(1e-6))


def _smoothness(walls: Walls) -> Tensor:
    """``(B, H, W)`` 1 in smooth places of the wall, falling to 0 near edges."""
    down, across = torch.gradient(walls.luma, dim=(-2, -1))
    square = avg_pool2d((down.square() + across.square())[:, None], 3, stride=1, padding=1)
    steepest = square_max(square[:, 0], LIMITS.grid_edge_px)
    usual = _median(steepest, walls.mask > 0.5).sqrt() + LIMITS.grid_least_slope / 255
    return walls.mask / (1 + (steepest / usual.square()).square())


def _median(values: Tensor, there: Tensor) -> Tensor:
    """``(B, 1, 1)`` median of ``(B, H, W)`` where `there`, of every other pixel; 0 of none."""
    sparse = (..., slice(None, None, 2), slice(None, None, 2))
    chosen = torch.where(there[sparse], values[sparse], torch.nan).flatten(1)
    return chosen.nanmedian(-1).values.nan_to_num(0.0)[:, None, None]


@cache
def _half_plane(period: int) -> list[tuple[int, int]]:
    """All (k, l) of one half of the plane of ``period x period`` lines, but (0, 0)."""
    half = period // 2
    return [
        (k, v)
        for k in range(half + 1)
        for v in range(-((period - 1) // 2), half + 1)
        if (k, v) != (0, 0) and not (2 * k % period == 0 and v < 0)
    ]


def _take(power: Tensor, at: Tensor, size: tuple[int, int]) -> Tensor:
    """``(B, ...)`` values of a one-sided plane at bins ``(B, ..., 2)`` (x, y) of the full plane."""
    height, width = size
    x, y = at[..., 0] % width, at[..., 1]
    other_half = x > width // 2
    x, y = torch.where(other_half, width - x, x), torch.where(other_half, -y, y) % height
    index = (y * (width // 2 + 1) + x).flatten(1)
    return power.flatten(1).gather(1, index).reshape(at.shape[:-1])


def _beside(power: Tensor, at: Tensor, spacing: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """``(B, L)`` power around the lines ``at (L, 2)``, which lie `spacing` bins apart."""
    count = len(power)
    medians = []
    for shift in _around(spacing):
        places = at[:, None] + shift.to(at.device)
        medians.append(_take(power, places.expand(count, *places.shape), size).median(-1).values)
    # The median of an exponential distribution is ln 2 of its mean.
    return (torch.stack(medians).amax(0) / math.log(2)).clamp_min(1e-20)


@cache
def _around(spacing: tuple[int, int]) -> tuple[Tensor, ...]:
    """Shifts ``(S, 2)`` in bins: rings and runs along the axes at every step, off all lines."""
    ring = torch.cartesian_prod(
        *(torch.arange(-LIMITS.grid_ring_bins, LIMITS.grid_ring_bins + 1),) * 2
    )
    run = torch.arange(-LIMITS.grid_axis_bins, LIMITS.grid_axis_bins + 1)
    across = torch.stack([run, torch.zeros_like(run)], -1)
    shifts = [
        step * part
        for step in LIMITS.grid_background_steps
        for part in (ring, across, across.flip(-1))
    ]
    kept = [s[~_on_line(s, torch.tensor(spacing))] for s in shifts]
    return tuple(s for s in kept if len(s) >= LIMITS.grid_least_neighbours)


def _on_line(shift: Tensor, apart: Tensor) -> Tensor:
    """Which shifts ``(..., 2)`` in bins lead from a line onto a line, `apart` bins from it."""
    beside = shift % apart
    return (torch.minimum(beside, apart - beside) <= LIMITS.grid_line_bins).all(-1)


def _of_material(
    power: Tensor, at: Tensor, period: Tensor, waves: Tensor, size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Power ``(B, L)`` of the other lines of the material around the lines ``at (L, 2)``.

    Those that a grid of each line's `period (L,)` has, too, are left out. Also ``(B, L)`` whether
    there are enough to compare with. A line on one of the axes is compared with those on that axis,
    where joints put more power than anywhere else.
    """
    orders = torch.cartesian_prod(
        *(torch.arange(-LIMITS.grid_material_orders, LIMITS.grid_material_orders + 1),) * 2
    ).to(waves)
    extent = torch.tensor([size[1], size[0]])
    shift = orders @ waves * extent
    known = shift.isfinite().all(-1)
    bins = shift.nan_to_num(0.0).round().long()
    spacing = extent // period[:, None]
    usable = ~_on_line(bins[:, None], spacing[:, None]) & known[:, None]
    values = _take(power, at[None, :, None] + bins[:, None].to(at.device), size)
    lines_on = at == 0
    stays = (bins == 0)[:, None] & lines_on[None, :, None].cpu()
    same_axis = ~lines_on[None, :, None].cpu().any(-1) | stays.any(-1)
    use = (usable & same_axis).to(values.device)
    values = values.masked_fill(~use, torch.nan)
    # The lines of a material differ more than noise does: some of them are high.
    some, middle = (
        values.nanquantile(q, -1) / -math.log(1 - q) for q in LIMITS.grid_median_quantiles
    )
    alike = torch.maximum(some, middle).nan_to_num(0.0)
    least = torch.where(lines_on.any(-1), LIMITS.grid_least_on_axis, LIMITS.grid_least_shifts)
    return alike, use.sum(-1) >= least


def _rivals(power: Tensor, at: Tensor, spacing: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """``(B, L)`` power of the highest other line on the same axis near those at ``at (L, 2)``.

    Joints are combs of lines on an axis, some of which fall on those of a grid. 0 off the axes.
    """
    found = power.new_zeros(len(power), len(at))
    for axis in (0, 1):
        count, apart = size[1 - axis], spacing[axis]
        bins = torch.arange(1, count // 2 + 1, device=at.device)
        places = torch.zeros(len(bins), 2, dtype=at.dtype, device=at.device)
        places[:, axis] = bins
        level = _take(power, places.expand(len(power), -1, -1), size)
        beside = torch.minimum(bins % apart, apart - bins % apart)
        level = level.masked_fill(beside <= LIMITS.grid_line_bins, 0.0)
        on_axis = (at[:, 1 - axis] == 0).nonzero()[:, 0]
        octaves = (bins[None] / at[on_axis, axis].abs()[:, None]).log2().abs()
        near = level[:, None] * (octaves < LIMITS.grid_rival_octaves)
        found[:, on_axis] = near.amax(-1) / LIMITS.grid_rival_share
    return found


def _waves(lattice: LatticeResult) -> Tensor:
    """``(B, 2, 2)`` rows: the material's reciprocal vectors in cycles/px, NaN without a lattice.

    The second is 0 for boards, which have waves in one direction only.
    """
    basis = lattice.basis_px.cpu()
    a = basis[:, 0]
    along = reciprocal_vector(a)
    single = basis[:, 1].isnan().any(-1)
    both = reciprocal(torch.where(single[:, None, None], torch.eye(2).to(basis), basis))
    boards = torch.stack([along, torch.zeros_like(along)], dim=1)
    waves = torch.where(single[:, None, None], boards, both)
    return waves.masked_fill(~lattice.is_periodic.cpu()[:, None, None], torch.nan)


def _explained(at: Tensor, waves: Tensor, basis: Tensor, size: tuple[int, int]) -> Tensor:
    """``(B, L)`` whether the material has a line of its own at bins ``at (L, 2)``."""
    bins = waves.new_tensor([size[1], size[0]])
    frequency = at.cpu() / bins
    # How often a wave goes round from a lattice point to the next is the order of the nearest one.
    order = (frequency @ basis.cpu().transpose(1, 2)).nan_to_num(0.0).round()
    miss = (frequency - order @ waves.nan_to_num(1.0)) * bins
    near: Tensor = miss.norm(dim=-1) < LIMITS.grid_explained_bins
    return near & waves[:, :1, 0].isfinite()
