"""Least squares of lattices through the autocorrelation's maxima near their points."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.nested import half_plane
from tiling_diag.kernels.peaks import parabola_shift, refine_peak, sample_bilinear

LEAST_ORDERS, MOST_ORDERS = 5, 24
# How far out a lattice must repeat exactly, in its longer vectors.
REPEATED_VECTORS = 6.0
# Periods across joints: how far off they may be at first, in how many steps; how many of them are
# looked at, and at which places along the joints.
MOST_OFF, PERIOD_STEPS, MOST_PERIODS = 0.05, 40, 16
JOINT_PLACES, JOINT_SHARE = 7, 0.3


def fit(maps: AutocorrelationMaps, basis_px: Tensor, reaches: tuple[float, ...]) -> Tensor:
    """Lattices ``(B, S, 2, 2)`` float64 fitted to the mean maps.

    Args:
        maps: of B walls.
        basis_px: where to start, px of the maps.
        reaches: how far out maxima are taken, growing, as multiples of the longer vector.

    Returns:
        ``(B, S, 2, 2)``; unchanged where maxima are too few.
    """
    mean = maps.mean_map
    my, mx = maps.max_lag_px
    device = basis_px.device
    around = torch.arange(-LIMITS.near_px, LIMITS.near_px + 1, device=device)
    eye = torch.eye(2, dtype=basis_px.dtype, device=device)
    for reach in reaches:
        order = int(min(max(LEAST_ORDERS, 1.2 * reach), MOST_ORDERS))
        multiples = half_plane((order, order)).to(device)
        lags = multiples @ basis_px
        limit = reach * basis_px.norm(dim=-1).amax(-1)
        usable = lags.norm(dim=-1) <= limit[..., None]
        usable &= (lags[..., 0].abs() < mx - LIMITS.near_px - 1) & (
            lags[..., 1].abs() < my - LIMITS.near_px - 1
        )
        level = torch.where(usable[..., None], lags, 0.0).round().long()
        x, y = level[..., 0] + mx, level[..., 1] + my
        index = (y[..., None, None] + around[:, None]) * (2 * mx + 1) + x[..., None, None] + around
        near = mean.flatten(1).gather(1, index.flatten(1)).view(index.shape).flatten(-2)
        peak = near.argmax(-1)
        dy = peak.div(len(around), rounding_mode="floor") - LIMITS.near_px
        dx = peak % len(around) - LIMITS.near_px
        usable &= (dy.abs() < LIMITS.near_px) & (dx.abs() < LIMITS.near_px)
        heights, places = refine_peak(mean[:, None], torch.stack([y + dy, x + dx], dim=-1))
        weight = (heights.clamp_min(0) * usable).double()[..., None]
        seen = torch.where(usable[..., None], places.double() - maps.centre, 0.0)
        normal = (multiples * weight).mT @ multiples
        solvable = (torch.linalg.det(normal) > 1e-6)[..., None, None]
        right = (multiples * weight).mT @ seen
        solved = torch.linalg.solve(torch.where(solvable, normal, eye), right)
        basis_px = torch.where(solvable, solved, basis_px)
    return basis_px


def repetition(maps: AutocorrelationMaps, basis_px: Tensor) -> Tensor:
    """How well walls repeat exactly at the points of lattices: no lag near them will do.

    Args:
        maps: of B walls.
        basis_px: ``(B, 2, 2)`` px of the maps.

    Returns:
        ``(B,)`` mean of the mean maps, between their samples, at the points inside them.
    """
    my, mx = maps.max_lag_px
    lags = half_plane((MOST_ORDERS, MOST_ORDERS)).to(basis_px.device) @ basis_px
    limit = REPEATED_VECTORS * basis_px.norm(dim=-1).amax(-1)[:, None]
    usable = (lags[..., 0].abs() < mx) & (lags[..., 1].abs() < my) & (lags.norm(dim=-1) <= limit)
    at = torch.where(usable[..., None], lags, 0.0) + maps.centre
    values = sample_bilinear(maps.mean_map, at.to(maps.maps)) * usable
    mean: Tensor = values.sum(-1) / usable.sum(-1).clamp_min(1)
    return mean


def fit_period(maps: AutocorrelationMaps, vector_px: Tensor) -> Tensor:
    """Periods ``(B, 2)`` across straight joints, made longer or shorter until walls repeat best.

    Args:
        maps: of B walls.
        vector_px: ``(B, 2)`` float64, where to start, px of the maps.
    """
    share = torch.linspace(-MOST_OFF, MOST_OFF, 2 * PERIOD_STEPS + 1).to(vector_px)
    found = line_repetition(maps, vector_px[:, None] * (1 + share)[:, None])
    best = found.argmax(-1)
    inner = best.clamp(1, 2 * PERIOD_STEPS - 1)
    sides = torch.stack([inner - 1, inner, inner + 1], dim=-1)
    offset = torch.where(best == inner, parabola_shift(*found.gather(1, sides).unbind(-1)), 0.0)
    moved = share[best] + offset.to(share) * (MOST_OFF / PERIOD_STEPS)
    longer: Tensor = vector_px * (1 + moved)[:, None]
    return longer


def line_repetition(maps: AutocorrelationMaps, vectors_px: Tensor) -> Tensor:
    """``(B, S)`` mean of the mean maps after whole periods ``(B, S, 2)`` across straight joints."""
    reach = float(min(maps.max_lag_px))
    joints = torch.stack([-vectors_px[..., 1], vectors_px[..., 0]], dim=-1)
    joints = joints / joints.norm(dim=-1, keepdim=True).clamp_min(1e-9)
    beside = torch.linspace(-1, 1, JOINT_PLACES).to(vectors_px) * (JOINT_SHARE * reach)
    periods = torch.arange(1, MOST_PERIODS + 1).to(vectors_px)
    lags = vectors_px[:, :, None, None] * periods[:, None, None]
    lags = lags + joints[:, :, None, None] * beside[:, None]
    my, mx = maps.max_lag_px
    inside = (lags[..., 0].abs() < mx) & (lags[..., 1].abs() < my)
    at = torch.where(inside[..., None], lags, 0.0) + maps.centre
    values = sample_bilinear(maps.mean_map, at.flatten(1, 3).to(maps.maps)).view(inside.shape)
    counted = inside.flatten(2).to(values)
    mean: Tensor = (values.flatten(2) * counted).sum(-1) / counted.sum(-1).clamp_min(1)
    return mean
