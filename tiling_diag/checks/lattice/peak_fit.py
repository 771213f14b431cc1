"""Least squares of lattices through the autocorrelation's maxima near their points."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.nested import half_plane
from tiling_diag.kernels.peaks import refine_peak

LEAST_ORDERS, MOST_ORDERS = 5, 24


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
