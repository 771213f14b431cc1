"""Mean power in the cells of a log-polar grid: a map that scaling and turning only shift.

Where a cell is smaller than a frequency bin it is interpolated, where it is larger it is an
average of its middle bins, so that no line falls between two samples (a bilinear log-polar map
steps over them at high frequencies). Frequencies are in cycles per pixel on both axes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.kernels.polar import _take
from tiling_diag.kernels.spectrum import check_one_sided

# A cell's standard deviations: in steps of the grid, and at least so many frequency bins.
SPREAD_STEPS = 0.7
SPREAD_BINS = 0.45
REACH_BINS = 4


def sector_table(
    size: tuple[int, int],
    radii: Tensor,
    sectors: int,
    *,
    taps: int = 16,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, Tensor]:
    """Which bins of the one-sided plane make up which cell, to be computed once.

    Args:
        size: the ``(h, w)`` of the transform, at least ``(16, 16)``.
        radii: ``(n,)`` cycles/px in (0, 0.5], growing by one factor per step.
        sectors: cells in half a turn, from the x axis towards y.
        taps: bins per cell.
        device: of the table.
        dtype: of the weights.

    Returns:
        ``index (n, sectors, taps)`` along the flattened plane, and ``weight`` of the same shape,
        whose sum over the taps is 1.

    Raises:
        InputError: if the plane is too small, or radii, sectors or taps are out of range.
    """
    h, w = size
    if min(h, w) < 2 * REACH_BINS + 8:
        raise InputError(f"size is {size}: sectors need at least 16 x 16 pixels")
    if radii.ndim != 1 or radii.shape[0] < 2 or sectors < 1 or not 1 <= taps <= 64:
        raise InputError(
            f"radii {tuple(radii.shape)}, sectors={sectors}, taps={taps}: use at least 2 radii, "
            "1 sector and 1 to 64 taps"
        )
    log_r = radii.to(device=device, dtype=torch.float64).log()
    step_r = (log_r[-1] - log_r[0]) / (log_r.shape[0] - 1)
    step_t = math.pi / sectors
    angle = torch.arange(sectors, device=device, dtype=torch.float64) * step_t
    radius = log_r.exp()[:, None, None]
    near = torch.arange(-REACH_BINS, REACH_BINS + 1, device=device)
    near_x, near_y = (n.flatten() for n in torch.meshgrid(near, near, indexing="xy"))
    kx = (radius * angle.cos()[:, None] * w).round() + near_x
    ky = (radius * angle.sin()[:, None] * h).round() + near_y
    # Distances along and across the radius, in cycles/px, from the bin to the cell's middle.
    fx, fy = kx / w, ky / h
    along = fx * angle.cos()[:, None] + fy * angle.sin()[:, None] - radius
    across = fy * angle.cos()[:, None] - fx * angle.sin()[:, None]
    bin_size = 1.0 / max(h, w) if h == w else 0.5 * (1.0 / h + 1.0 / w)
    spread_r = (SPREAD_STEPS * step_r * radius).clamp_min(SPREAD_BINS * bin_size)
    spread_t = (SPREAD_STEPS * step_t * radius).clamp_min(SPREAD_BINS * bin_size)
    weight = torch.exp(-0.5 * ((along / spread_r).square() + (across / spread_t).square()))
    # Zero frequency holds no power, and bins beyond Nyquist would repeat others.
    inside = (kx.abs() <= w // 2) & (ky.abs() <= h // 2) & ((kx != 0) | (ky != 0))
    weight, chosen = (weight * inside).topk(taps, dim=-1)
    kx, ky = kx.gather(-1, chosen).long(), ky.gather(-1, chosen).long()
    mirrored = kx < 0
    kx, ky = torch.where(mirrored, -kx, kx), torch.where(mirrored, -ky, ky)
    index = (ky % h) * (w // 2 + 1) + kx.clamp(max=w // 2)
    weight = weight / weight.sum(-1, keepdim=True).clamp_min(torch.finfo(torch.float64).tiny)
    return index, weight.to(dtype or torch.get_default_dtype())


def sector_map(power: Tensor, size: tuple[int, int], table: tuple[Tensor, Tensor]) -> Tensor:
    """Mean power per cell, ``(..., n, sectors)``.

    A picture enlarged by s has its map moved down by ``log(s)`` in log radius; a turn is a
    circular shift of the sectors.

    Args:
        power: one-sided ``(..., h, w // 2 + 1)``.
        size: the ``(h, w)`` of the transform.
        table: `sector_table` of that size.

    Raises:
        InputError: if the plane does not fit `size`.
    """
    check_one_sided(power, size)
    index, weight = table
    bins = _take(power.flatten(-2), index.flatten())
    return (bins.reshape(*power.shape[:-2], *index.shape) * weight).sum(-1)
