"""Lattices fitted by least squares through the autocorrelation's maxima near their points."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.channel_autocorrelation import ChannelAutocorrelation
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.kernels.peaks import refine_peak


def fit(
    autocorrelation: ChannelAutocorrelation,
    basis: Tensor,
    on: Tensor | None = None,
    stages: tuple[float, ...] = LIMITS.fit_stages,
) -> Tensor:
    """Least squares of lattices through the autocorrelation's maxima near their points.

    Args:
        autocorrelation: of the wall.
        basis: ``(S, 2, 2)``.
        on: ``(K,)`` weights of the channels; all that count if None.
        stages: how far out maxima are taken, growing, as multiples of the longer vector.

    Returns:
        ``(S, 2, 2)`` lattices; unchanged where maxima are too few.
    """
    weights = autocorrelation.importance
    if on is not None:
        weights = weights * on.clamp_min(0)
    mean = torch.einsum("k,khw->hw", weights.float(), autocorrelation.maps) / weights.sum()
    for farthest in stages:
        multiples = _orders(farthest)
        near = farthest * basis.norm(dim=-1).amax(-1)
        usable, weight, seen = _maxima(mean, multiples @ basis, near)
        normal = (multiples * weight).mT @ multiples
        right = (multiples * weight).mT @ torch.where(usable[..., None], seen, 0.0)
        solvable = torch.linalg.det(normal) > 1e-6
        safe = torch.where(solvable[:, None, None], normal, torch.eye(2, dtype=torch.float64))
        basis = torch.where(solvable[:, None, None], torch.linalg.solve(safe, right), basis)
    return basis


def _maxima(mean: Tensor, lags: Tensor, farthest_px: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The maxima of ``mean (h, w)`` near ``lags (S, P, 2)``.

    Returns:
        ``(S, P)`` which of them are maxima in reach, ``(S, P, 1)`` their weights, and
        ``(S, P, 2)`` their lags to a fraction of a px.
    """
    my, mx = (mean.shape[-2] - 1) // 2, (mean.shape[-1] - 1) // 2
    radius = LIMITS.fit_radius_px
    window = torch.arange(-radius, radius + 1)
    usable = (lags.norm(dim=-1) <= farthest_px[:, None]) & (
        lags.abs() < torch.tensor([mx - radius - 1, my - radius - 1])
    ).all(-1)
    x = torch.where(usable, lags[..., 0], 0.0).round().long() + mx
    y = torch.where(usable, lags[..., 1], 0.0).round().long() + my
    near = mean[y[..., None, None] + window[:, None], x[..., None, None] + window].flatten(-2)
    peak = near.argmax(-1)
    dy, dx = peak // len(window) - radius, peak % len(window) - radius
    usable &= (dy.abs() < radius) & (dx.abs() < radius)
    values, places = refine_peak(mean, torch.stack([y + dy, x + dx], dim=-1))
    weight = (values.clamp_min(0) * usable).double()[..., None]
    return usable, weight, places.double() - torch.tensor([mx, my], dtype=torch.float64)


def _orders(farthest: float) -> Tensor:
    """``(P, 2)`` multiples of the two vectors that may lie within reach, one of each pair."""
    count = int(min(max(LIMITS.fit_orders, 1.2 * farthest), LIMITS.fit_most_orders))
    i, j = torch.meshgrid(
        torch.arange(-count, count + 1), torch.arange(0, count + 1), indexing="ij"
    )
    pairs = torch.stack([i, j], dim=-1).reshape(-1, 2)
    return pairs[(pairs[:, 1] > 0) | (pairs[:, 0] > 0)].double()
