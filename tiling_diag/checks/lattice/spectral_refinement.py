"""The last step to a lattice: its wave vectors, moved to where the whole spectrum is highest.

Maxima of the autocorrelation are read at short lags, where neighbours lie side by side; units that
wander make them drift from the mean period of the wall. The wave vectors that carry the most power,
all harmonics together, are the least-squares fit of one exact lattice to the whole wall.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tiling_diag.checks.lattice.limits import LIMITS

# The wall is demodulated into blocks about this wide, within which a wave vector's last fraction
# of a frequency bin turns the phase by little.
BLOCKS = 16
# Harmonics up to these orders; lower ones first, which are right about coarse errors.
ORDERS = 4
STEPS_PER_STAGE = 4


def refine_waves(channels: Tensor, weights: Tensor, waves: Tensor) -> Tensor:
    """Wave vectors near the given ones with the most power in all their harmonics.

    Args:
        channels: ``(B, K, H, W)``, without their mean.
        weights: ``(B, K, H, W)`` or ``(B, 1, H, W)``: where the wall is, and how far each channel
            counts.
        waves: ``(B, n, 2)`` float64, cycles/px, finite: two of a lattice, or the one across
            straight joints.

    Returns:
        ``(B, n, 2)`` float64; the given ones where no harmonic stands out.
    """
    size = (channels.shape[-2], channels.shape[-1])
    orders = _orders(waves.shape[1]).to(waves)
    harmonics = orders @ waves
    usable = (harmonics.abs() < LIMITS.highest_cycles_per_px).all(-1)
    weighted = channels * weights
    blocks, places = _demodulated(weighted, harmonics.to(channels))
    energy = weighted.square().sum((-2, -1)).double()[..., None]
    blocks, places = blocks.to(torch.complex128), places.double()
    change = torch.zeros_like(waves)
    length = orders.norm(dim=-1)
    for farthest in (1.5, ORDERS + 1.0):
        part = usable & (length <= farthest)
        for _ in range(STEPS_PER_STAGE):
            change = change + _step(blocks, places, energy, orders, part, change, size)
    return waves + change


def _orders(count: int) -> Tensor:
    """``(M, count)`` whole numbers, one of each pair of opposites."""
    steps = torch.arange(-ORDERS, ORDERS + 1)
    if count == 1:
        return steps[steps > 0][:, None]
    pairs = torch.cartesian_prod(steps, steps)
    forward = (pairs[:, 0] > 0) | ((pairs[:, 0] == 0) & (pairs[:, 1] > 0))
    return pairs[forward & (pairs.double().norm(dim=-1) <= ORDERS)]


def _demodulated(values: Tensor, waves: Tensor) -> tuple[Tensor, Tensor]:
    """Sums over blocks of ``values (B, K, H, W)`` times each of ``waves (B, M, 2)``.

    Returns:
        complex sums ``(B, K, M, n)``, and ``(n, 2)`` centres ``(x, y)`` of the blocks in px from
        the middle of the wall.
    """
    height, width = values.shape[-2:]
    side = math.ceil(max(height, width) / BLOCKS)
    rows, columns = math.ceil(height / side), math.ceil(width / side)
    padded = torch.nn.functional.pad(values, (0, columns * side - width, 0, rows * side - height))
    x = torch.arange(columns * side).to(values) - (width - 1) / 2
    y = torch.arange(rows * side).to(values) - (height - 1) / 2
    phase_x, phase_y = (2 * torch.pi * w * p for w, p in ((waves[..., :1], x), (waves[..., 1:], y)))
    # Real products: across, then down, each the cosine and the sine.
    across = torch.stack([phase_x.cos(), -phase_x.sin()], dim=-1)
    across = across.unflatten(2, (columns, side)).permute(0, 2, 3, 1, 4).flatten(3)
    strips = padded.unflatten(-1, (columns, side)).permute(0, 3, 1, 2, 4).flatten(2, 3) @ across
    strips = strips.unflatten(2, (-1, rows * side)).unflatten(-1, (-1, 2))
    down = torch.polar(torch.ones_like(phase_y), -phase_y).unflatten(2, (rows, side))
    # strips (B, columns, K, H, M, 2)
    strips = torch.view_as_complex(strips.contiguous()).unflatten(3, (rows, side))
    blocks = torch.einsum("bckrsm,bmrs->bkmrc", strips, down).flatten(3)
    middle = (side - 1) / 2
    centres = torch.cartesian_prod(y[::side] + middle, x[::side] + middle).flip(-1)
    return blocks, centres


def _step(
    blocks: Tensor,
    places: Tensor,
    energy: Tensor,
    orders: Tensor,
    part: Tensor,
    change: Tensor,
    size: tuple[int, int],
) -> Tensor:
    """One Newton step ``(B, n, 2)`` up the power of all harmonics of `part` that stand out."""
    turn = torch.exp(-2j * torch.pi * ((orders @ change) @ places.mT))
    blocks = blocks * turn[:, None]
    sums = blocks.sum(-1)
    at = places.to(blocks)
    slope = -2j * torch.pi * (blocks @ at)
    products = (at[:, :, None] * at[:, None]).flatten(1)
    bend = (-4 * torch.pi**2 * (blocks @ products)).unflatten(-1, (2, 2))
    counts = (sums.abs().square() > LIMITS.harmonic_power * energy) * part[:, None]
    counts = counts / energy.clamp_min(1e-30)
    first = 2 * (sums.conj()[..., None] * slope).real * counts[..., None]
    cross = slope.conj()[..., :, None] * slope[..., None, :]
    second = 2 * (cross + sums.conj()[..., None, None] * bend).real * counts[..., None, None]
    rank = orders.shape[1]
    gradient = (orders.mT @ first.sum(1)).flatten(1)
    pairs = (orders[:, :, None] * orders[:, None]).flatten(1)
    hessian = (pairs.mT @ second.sum(1).flatten(2)).unflatten(1, (rank, rank))
    hessian = hessian.unflatten(-1, (2, 2)).permute(0, 1, 3, 2, 4).flatten(1, 2).flatten(-2)
    values, vectors = torch.linalg.eigh(hessian)
    size_of = values.abs()
    least = 1e-9 * size_of.amax(-1, keepdim=True) + 1e-30
    uphill = (vectors.mT @ gradient[..., None])[..., 0] / torch.maximum(size_of, least)
    step = (vectors @ uphill[..., None])[..., 0].unflatten(-1, (rank, 2))
    # In bins of the shortest wave: what moves a harmonic of order n moves it n times as far.
    bins = (step * step.new_tensor([size[1], size[0]])).abs().amax((-2, -1), keepdim=True)
    limited: Tensor = step * (LIMITS.largest_step_bins / bins.clamp_min(LIMITS.largest_step_bins))
    return limited
