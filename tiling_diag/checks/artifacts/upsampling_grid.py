"""Grids that upsampling leaves: lines at exact fractions of the sampling rate.

A transposed convolution or a decoder that works in tokens of p px adds a pattern that repeats
every p px along both axes, from the picture's first pixel on (Odena et al., "Deconvolution and
checkerboard artifacts", 2016). Its spectrum is nothing but lines at (k/p, l/p) cycles/px; added up
over the whole picture such a line keeps its phase while all else loses it, so that a grid far below
the texture stands out. The material has lines too, but not on most of the (k/p, l/p) at once. The
score is therefore how likely the powers of all these lines are with a grid, over without one.

Lines of a shorter grid say nothing of a longer period: its score is that of the lines whose k, l
and p have no common factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from tiling_diag.checks.artifacts.grid_likelihood import grid_likelihood, line_shares
from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.results import GridResult, LatticeResult
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import reciprocal
from tiling_diag.kernels.spectrum import power_spectrum


def measure_grid(walls: Walls, lattice: LatticeResult, periods_px: tuple[int, ...]) -> GridResult:
    """Amplitude and evidence of grids of every period.

    Args:
        walls: the pictures.
        lattice: of the material, whose own lines are no grid.
        periods_px: periods to look for, each at least 2.
    """
    largest = min(walls.size) // LIMITS.grid_least_spacing_bins
    fitting = [p for p in periods_px if p <= largest]
    found: dict[int, tuple[Tensor, Tensor]] = {}
    # The lines of a grid are among those of its multiples: one look serves all of them.
    for multiple in sorted(fitting, reverse=True):
        if multiple not in found:
            lines = _measure_lines(walls, lattice, multiple)
            parts = [p for p in fitting if multiple % p == 0 and p not in found]
            found |= {p: _measure_period(lines, p) for p in parts}
    unknown = (walls.luma.new_full((len(walls.luma),), torch.nan),) * 2
    pairs = [found.get(p, unknown) for p in periods_px]
    return GridResult(
        period_px=torch.tensor(periods_px, dtype=torch.float64),
        amplitude=torch.stack([amplitude for amplitude, _ in pairs], -1).cpu().double(),
        score=torch.stack([score for _, score in pairs], -1).cpu().double(),
    )


@dataclass(frozen=True)
class _Lines:
    """All lines ``k / period``, in cycles/px along x and y, of half of the plane but zero.

    Attributes:
        order: ``(L, 2)`` whole numbers k.
        level: ``(B, L)`` power there.
        ground: ``(B, L)`` what is expected there without a grid; infinite where that is not known.
        material: ``(B, L)`` whether the material has a line there, too.
        unit: ``(B,)`` power of a line that a complex wave of amplitude 1 would have.
    """

    period: int
    order: Tensor
    level: Tensor
    ground: Tensor
    material: Tensor
    unit: Tensor


def _measure_lines(walls: Walls, lattice: LatticeResult, period: int) -> _Lines:
    power, size = _spectrum(walls, period)
    spacing = (size[1] // period, size[0] // period)
    order = torch.tensor(_half_plane(period), device=power.device)
    at = order * torch.tensor(spacing, device=power.device)
    waves = _waves(lattice)
    ground, comparable = _ground(power, at, spacing, waves, size)
    material = _explained(at, waves, lattice.basis_px, size).to(at.device)
    hidden = material & ~comparable.to(at.device)[:, None]
    least = (LIMITS.grid_least_noise / 255) ** 2 * walls.weights.square().mean((-2, -1))
    ground = torch.maximum(ground, least[:, None]).masked_fill(hidden, torch.inf)
    return _Lines(
        period,
        order,
        level=_take(power, at.expand(len(power), -1, -1), size),
        ground=ground,
        material=material,
        unit=walls.weights.sum((-2, -1)).square() / (size[0] * size[1]),
    )


def _measure_period(lines: _Lines, period: int) -> tuple[Tensor, Tensor]:
    """Amplitude ``(B,)`` in grey levels and score ``(B,)`` of one period."""
    step = lines.period // period
    mine = (lines.order % step == 0).all(-1)
    order, level, ground = lines.order[mine] // step, lines.level[:, mine], lines.ground[:, mine]
    # A line and its mirror image are one wave; at 1/2 they are one line.
    waves = torch.where((2 * order % period == 0).all(-1), 1.0, 2.0)
    square = waves * (level - ground).clamp_min(0) / lines.unit[:, None]
    own = torch.tensor([math.gcd(k, v, period) == 1 for k, v in order.tolist()])
    own = own.to(order.device)
    levels = torch.tensor(LIMITS.grid_amplitudes).to(level) / 255
    expected = lines.unit[:, None, None] * levels.square()[:, None] * line_shares(order[own])
    stray = torch.where((order[own] == 0).any(-1), LIMITS.grid_stray_on_axis, LIMITS.grid_stray).to(
        level
    )
    score, likeliest = grid_likelihood(level[:, own], ground[:, own], expected, stray)
    # What lies on the material's lines can't be shared out.
    free = ~lines.material[:, mine]
    amplitude = 255 * (square * free).sum(-1).sqrt()
    hidden = free.to(level).mean(-1) < LIMITS.grid_least_free
    return torch.where(hidden, levels[likeliest] * 255, amplitude), score


def _spectrum(walls: Walls, multiple: int) -> tuple[Tensor, tuple[int, int]]:
    """One-sided power in a plane with 1 / `multiple` at a whole number of bins, and its size."""
    height, width = (-(-n // multiple) * multiple for n in walls.size)
    if (height, width) == walls.size:
        return walls.power, walls.size
    return power_spectrum(walls.luma, walls.weights, (height, width)), (height, width)


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


def _ground(
    power: Tensor, at: Tensor, spacing: tuple[int, int], waves: Tensor, size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """``(B, L)`` expected power without a grid at ``at (L, 2)``, lines `spacing` bins apart.

    Also ``(B,)`` whether lines of the material could be compared with each other.
    """
    count = len(power)
    medians = []
    for shift in _around(spacing):
        places = at[:, None] + shift.to(at.device)
        medians.append(_take(power, places.expand(count, *places.shape), size).median(-1).values)
    # The median of an exponential distribution is ln 2 of its mean.
    beside = torch.stack(medians).amax(0) / math.log(2)
    shift, usable = _material_shifts(waves, spacing, size)
    values = _take(power, at[None, :, None] + shift[:, None].to(at.device), size)
    values = values.masked_fill(~usable[:, None].to(at.device), torch.nan)
    # The lines of a material differ more than noise does: some of them are high.
    some, middle = (
        values.nanquantile(q, -1) / -math.log(1 - q) for q in LIMITS.grid_median_quantiles
    )
    alike = torch.maximum(some, middle).nan_to_num(0.0)
    return torch.maximum(beside, alike).clamp_min(1e-20), usable.sum(-1) >= LIMITS.grid_least_shifts


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
    kept = [s[~_on_line(s, spacing)] for s in shifts]
    return tuple(s for s in kept if len(s) >= LIMITS.grid_least_neighbours)


def _on_line(shift: Tensor, spacing: tuple[int, int]) -> Tensor:
    """Which shifts ``(..., 2)`` in bins lead from a line onto a line."""
    apart = torch.tensor(spacing)
    beside = shift % apart
    return (torch.minimum(beside, apart - beside) <= LIMITS.grid_line_bins).all(-1)


def _material_shifts(
    waves: Tensor, spacing: tuple[int, int], size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """``(B, S, 2)`` the material's reciprocal vectors in bins, ``(B, S)`` which of them to use."""
    orders = torch.cartesian_prod(
        *(torch.arange(-LIMITS.grid_material_orders, LIMITS.grid_material_orders + 1),) * 2
    ).to(waves)
    shift = orders @ waves * waves.new_tensor([size[1], size[0]])
    known = shift.isfinite().all(-1)
    bins = shift.nan_to_num(0.0).round().long()
    return bins, ~_on_line(bins, spacing) & known


def _waves(lattice: LatticeResult) -> Tensor:
    """``(B, 2, 2)`` rows: the material's reciprocal vectors in cycles/px, NaN without a lattice.

    The second is 0 for boards, which have waves in one direction only.
    """
    basis = lattice.basis_px.cpu()
    a = basis[:, 0]
    along = a / a.square().sum(-1, keepdim=True)
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
