"""The last step to a lattice: its wave vectors, moved to where the whole spectrum is highest.

Maxima of the autocorrelation are read at short lags, where neighbours lie side by side; units that
wander make them drift from the mean period of the wall. The wave vectors that carry the most power,
all harmonics together, are the least-squares fit of one exact lattice to the whole wall.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from tiling_diag.checks.channels import TONES_AND_EDGES
from tiling_diag.checks.lattice.contrast import mean_in_view
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.search import Found
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import reciprocal


def refined_by_spectrum(walls: Walls, index: int, found: Found) -> Found:
    """The lattice moved to the peaks of the whole wall's spectrum, where enough cells are seen."""
    if not found.repeats:
        return found
    single = found.is_rank_1
    vector = found.basis_small_px[0]
    small, step = walls.small, torch.tensor(walls.small_step_px, dtype=torch.float64)
    if float(small.mask[index].sum()) / found.cell_px2 < LIMITS.spectrum_cells:
        return found
    waves = (vector / vector.square().sum())[None] if single else reciprocal(found.basis_small_px)
    if found.spacing_px >= LIMITS.fine_px:
        seen = small.channels
        weights = small.mask[index] * seen.importance[index, :TONES_AND_EDGES, None, None]
        moved = refine_waves(seen.values[index, :TONES_AND_EDGES], weights, waves)
    else:
        mask = walls.mask[index]
        level = (walls.luma[index] * mask).sum() / mask.sum()
        moved = refine_waves((walls.luma[index] - level)[None], mask, waves / step) * step
    size = torch.tensor([small.size[1], small.size[0]], dtype=torch.float64)
    if float(((moved - waves) * size).abs().max()) > LIMITS.largest_move_bins:
        return found
    if single:
        basis = torch.stack([moved[0] / moved[0].square().sum(), found.basis_small_px[1]])
        return replace(found, basis_small_px=basis)
    basis = reciprocal(moved)
    if found.spacing_px >= LIMITS.fine_px:
        before, after = mean_in_view(
            small.channel_autocorrelations[index], torch.stack([found.basis_small_px, basis])
        )
        if after < LIMITS.as_well * before:
            return found
    return replace(found, basis_small_px=basis)


def refine_waves(channels: Tensor, weights: Tensor, waves: Tensor) -> Tensor:
    """Wave vectors near the given ones with the most power in all their harmonics.

    Args:
        channels: ``(K, H, W)`` of one wall, without their mean.
        weights: ``(K, H, W)`` or ``(H, W)``: where the wall is, and how far each channel counts.
        waves: ``(n, 2)`` float64, cycles/px: two of a lattice, or the one across straight joints.

    Returns:
        ``(n, 2)`` float64; the given ones where no harmonic stands out.
    """
    size = (channels.shape[-2], channels.shape[-1])
    orders = _orders(len(waves)).to(waves)
    harmonics = orders @ waves
    usable = (harmonics.abs() < LIMITS.highest_harmonic).all(-1)
    orders, harmonics = orders[usable], harmonics[usable]
    if len(orders) == 0:
        return waves
    weighted = channels * weights
    blocks, places = _demodulated(weighted, harmonics.to(channels))
    energy = weighted.square().sum((-2, -1)).double()[:, None]
    blocks, places = blocks.to(torch.complex128), places.double()
    change = torch.zeros_like(waves)
    order = orders.norm(dim=-1)
    for highest in (LIMITS.first_harmonics, LIMITS.harmonics + 1.0):
        part = order <= highest
        for _ in range(LIMITS.steps_per_stage):
            change = change + _step(blocks[:, part], places, energy, orders[part], change, size)
    return waves + change


def _orders(count: int) -> Tensor:
    """``(M, count)`` whole numbers, one of each pair of opposites."""
    steps = torch.arange(-LIMITS.harmonics, LIMITS.harmonics + 1)
    if count == 1:
        return steps[steps > 0][:, None]
    pairs = torch.cartesian_prod(steps, steps)
    forward = (pairs[:, 0] > 0) | ((pairs[:, 0] == 0) & (pairs[:, 1] > 0))
    return pairs[forward & (pairs.double().norm(dim=-1) <= LIMITS.harmonics)]


def _demodulated(values: Tensor, waves: Tensor) -> tuple[Tensor, Tensor]:
    """Sums over blocks of ``values (K, H, W)`` times each wave: ``(K, M, n)``, and their centres.

    Returns:
        complex sums, and ``(n, 2)`` centres ``(x, y)`` in px from the middle of the wall.
    """
    height, width = values.shape[-2:]
    side = math.ceil(max(height, width) / LIMITS.blocks)
    rows, columns = math.ceil(height / side), math.ceil(width / side)
    padded = torch.nn.functional.pad(values, (0, columns * side - width, 0, rows * side - height))
    x = torch.arange(columns * side).to(values) - (width - 1) / 2
    y = torch.arange(rows * side).to(values) - (height - 1) / 2
    turn_x = torch.polar(torch.ones_like(waves[:, :1] * x), -2 * torch.pi * waves[:, :1] * x)
    turn_y = torch.polar(torch.ones_like(waves[:, 1:] * y), -2 * torch.pi * waves[:, 1:] * y)
    across = torch.view_as_real(turn_x.mT.contiguous()).reshape(columns, side, -1)
    strips = padded.reshape(-1, columns, side).movedim(1, 0) @ across
    strips = strips.reshape(columns, len(values), rows, side, len(waves), 2)
    along = turn_y.mT.reshape(rows, side, len(waves))
    blocks = torch.einsum("bkrvm,rvm->kmrb", torch.view_as_complex(strips), along).flatten(2)
    middle = (side - 1) / 2
    centre_x, centre_y = x[::side] + middle, y[::side] + middle
    return blocks, torch.cartesian_prod(centre_y, centre_x).flip(-1)


def _step(
    blocks: Tensor,
    places: Tensor,
    energy: Tensor,
    orders: Tensor,
    change: Tensor,
    size: tuple[int, int],
) -> Tensor:
    """One Newton step ``(n, 2)`` up the power of all harmonics that stand out."""
    turn = torch.exp(-2j * torch.pi * ((orders @ change) @ places.mT))
    blocks = blocks * turn
    sums = blocks.sum(-1)
    slope = -2j * torch.pi * torch.einsum("kmn,nd->kmd", blocks, places.to(blocks))
    bend = torch.einsum("kmn,nd,ne->kmde", blocks, places.to(blocks), places.to(blocks))
    bend = -4 * torch.pi**2 * bend
    counts = (sums.abs().square() > LIMITS.harmonic_power * energy) / energy.clamp_min(1e-30)
    first = 2 * (sums.conj()[..., None] * slope).real * counts[..., None]
    cross = slope.conj()[..., :, None] * slope[..., None, :]
    second = 2 * (cross + sums.conj()[..., None, None] * bend).real * counts[..., None, None]
    rank = orders.shape[1]
    gradient = torch.einsum("kmd,mr->rd", first, orders).flatten()
    hessian = torch.einsum("kmde,mr,ms->rdse", second, orders, orders)
    hessian = hessian.reshape(2 * rank, 2 * rank)
    values, vectors = torch.linalg.eigh(hessian)
    uphill = (
        vectors.mT @ gradient / values.abs().clamp_min(1e-9 * float(values.abs().max()) + 1e-30)
    )
    step = (vectors @ uphill).reshape(rank, 2)
    # In bins of the shortest wave: what moves a harmonic of order n moves it n times as far.
    bins = (step * torch.tensor([size[1], size[0]], dtype=step.dtype)).abs().max()
    limited: Tensor = step * (LIMITS.largest_step_bins / bins.clamp_min(LIMITS.largest_step_bins))
    return limited
