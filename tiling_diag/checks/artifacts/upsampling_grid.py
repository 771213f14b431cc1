"""Grids that upsampling leaves: lines at exact fractions of the sampling rate.

A transposed convolution or a decoder that works in tokens of p px adds a pattern that repeats
every p px along both axes, from the picture's first pixel on (Odena et al., "Deconvolution and
checkerboard artifacts", 2016). Its spectrum is nothing but lines at (k/p, l/p) cycles/px; added up
over the whole picture such a line keeps its phase while all else loses it, so that a grid far below
the texture stands out. The material has lines too, but not on most of the (k/p, l/p) at once. What
is asked is therefore how likely the powers of all these lines are with a grid and without one.

Only the lines that are no lines of a shorter grid speak for a period: those with k, l and p
without a common factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from tiling_diag.checks.results import GridResult, LatticeResult
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import reciprocal
from tiling_diag.kernels.spectrum import power_spectrum

# A Hann window spreads a line over two bins to either side.
SPREAD_BINS = 2
# The lines of a grid must be this many bins apart, or there is no background between them.
LEAST_SPACING_BINS = 8
# A picture that repeats as a whole (a texture laid m times) has power at every m-th bin only: the
# background is the largest that is seen at steps of 1, 2 or 3 bins.
STEPS = (1, 2, 3)
RING_BINS, AXIS_BINS = 4, 8
LEAST_NEIGHBOURS = 6
# Reciprocal vectors of the material up to this order: one of them away from a line that the
# material explains lies another such line.
ORDERS = 3
# Where fewer than this of these places are off all lines of the grid, the material's own lines that
# lie this near to the grid's can't be told from them and are left out.
LEAST_SHIFTS = 6
EXPLAINED_BINS = 2.5
LEAST_FREE = 0.25
# Grey levels of noise that any picture is taken to have: a flat one has only rounding errors.
LEAST_NOISE = 0.1
# Amplitudes in grey levels (root mean square) that a grid may have: the likeliest counts.
LEVELS = (0.35, 0.7, 1.4, 2.8, 5.6)
# How often a line stands out for another reason: rarely, but edges along the axes and textures
# that fit the picture a whole number of times put power on the axes.
STRAY, STRAY_ON_AXIS = 0.03, 0.2
STRAY_RANGE = 1e4
# Share of a grid's mean square on the axes; what each line's share is multiplied with, since grids
# differ; and how many of the lines a grid has.
ON_AXIS = 0.5
SPREAD = (0.03, 0.2, 1.0)
FILLING = (0.25, 0.5, 1.0)


def measure_grid(walls: Walls, lattice: LatticeResult, periods_px: tuple[int, ...]) -> GridResult:
    """Amplitude and evidence of grids of every period.

    Args:
        walls: the pictures.
        lattice: of the material, whose own lines are no grid.
        periods_px: periods to look for, each at least 2.
    """
    largest = min(walls.size) // LEAST_SPACING_BINS
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
    material = _explained(at, waves, lattice.basis, size).to(at.device)
    hidden = material & ~comparable.to(at.device)[:, None]
    least = (LEAST_NOISE / 255) ** 2 * walls.weights.square().mean((-2, -1))
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
    levels = torch.tensor(LEVELS).to(level) / 255
    expected = lines.unit[:, None, None] * levels.square()[:, None] * _shares(order[own])
    stray = torch.where((order[own] == 0).any(-1), STRAY_ON_AXIS, STRAY).to(level)
    score, likeliest = _likelihood(level[:, own], ground[:, own], expected, stray)
    # What lies on the material's lines can't be shared out.
    free = ~lines.material[:, mine]
    amplitude = 255 * (square * free).sum(-1).sqrt()
    hidden = free.to(level).mean(-1) < LEAST_FREE
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
    some, middle = (values.nanquantile(q, -1) / -math.log(1 - q) for q in (0.85, 0.5))
    alike = torch.maximum(some, middle).nan_to_num(0.0)
    return torch.maximum(beside, alike).clamp_min(1e-20), usable.sum(-1) >= LEAST_SHIFTS


@cache
def _around(spacing: tuple[int, int]) -> tuple[Tensor, ...]:
    """Shifts ``(S, 2)`` in bins: rings and runs along the axes at every step, off all lines."""
    ring = torch.cartesian_prod(*(torch.arange(-RING_BINS, RING_BINS + 1),) * 2)
    run = torch.arange(-AXIS_BINS, AXIS_BINS + 1)
    across = torch.stack([run, torch.zeros_like(run)], -1)
    shifts = [step * part for step in STEPS for part in (ring, across, across.flip(-1))]
    kept = [s[~_on_line(s, spacing)] for s in shifts]
    return tuple(s for s in kept if len(s) >= LEAST_NEIGHBOURS)


def _on_line(shift: Tensor, spacing: tuple[int, int]) -> Tensor:
    """Which shifts ``(..., 2)`` in bins lead from a line onto a line."""
    apart = torch.tensor(spacing)
    beside = shift % apart
    return (torch.minimum(beside, apart - beside) <= SPREAD_BINS).all(-1)


def _material_shifts(
    waves: Tensor, spacing: tuple[int, int], size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """``(B, S, 2)`` the material's reciprocal vectors in bins, ``(B, S)`` which of them to use."""
    orders = torch.cartesian_prod(*(torch.arange(-ORDERS, ORDERS + 1),) * 2).to(waves)
    shift = orders @ waves * waves.new_tensor([size[1], size[0]])
    known = shift.isfinite().all(-1)
    bins = shift.nan_to_num(0.0).round().long()
    return bins, ~_on_line(bins, spacing) & known


def _waves(lattice: LatticeResult) -> Tensor:
    """``(B, 2, 2)`` rows: the material's reciprocal vectors in cycles/px, NaN without a lattice.

    The second is 0 for boards, which have waves in one direction only.
    """
    basis = lattice.basis.cpu()
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
    near: Tensor = miss.norm(dim=-1) < EXPLAINED_BINS
    return near & waves[:, :1, 0].isfinite()


def _shares(lines: Tensor) -> Tensor:
    """``(L,)`` share of a grid's mean square that each of its lines is expected to have.

    Kernels that overlap leave a pattern along each axis, and the product of the two.
    """
    order = lines.abs()
    on_axis = (order == 0).any(-1)
    fall = 1.0 / order.clamp_min(1).prod(-1)
    parts = [fall * on_axis, fall * ~on_axis]
    shares = [part / part.sum().clamp_min(1e-9) for part in parts]
    return (ON_AXIS * shares[0] + (1 - ON_AXIS) * shares[1]) / 2


def _likelihood(
    level: Tensor, ground: Tensor, expected: Tensor, stray: Tensor
) -> tuple[Tensor, Tensor]:
    """``(B,)`` log likelihood of a grid less that of none, for the likeliest grid, and which it is.

    The power of a line of noise, or of a grid of unknown phase, has an exponential distribution
    around its mean. A stray line may have any power: 1 / (1 + r) up to `STRAY_RANGE`.

    Args:
        level: ``(B, L)`` power at the lines.
        ground: ``(B, L)`` its mean without a grid.
        expected: ``(B, A, L)`` what a grid of each amplitude adds.
        stray: ``(L,)`` how often a line is a stray one.
    """
    ratio = (level / ground)[:, None]
    gain = expected / ground[:, None]
    none = torch.exp(-ratio)
    means = [1 + share * gain for share in SPREAD]
    grid = torch.stack([torch.exp(-ratio / m) / m for m in means]).mean(0)
    odd = stray / (1 + ratio) / math.log(STRAY_RANGE)
    scores = torch.stack(
        [
            ((((1 - full) * none + full * grid) * (1 - stray) + odd) / (none * (1 - stray) + odd))
            .log()
            .sum(-1)
            for full in FILLING
        ]
    )
    best: tuple[Tensor, Tensor] = scores.amax(0).max(-1)
    return best[0], best[1]
