"""The tilt of a wall of which no lattice is known yet.

In strong perspective nothing repeats over the whole wall, but windows of it do. If the tilt were
known, their autocorrelations could be laid on each other as those of one flat wall: each lag of the
flat wall is a known lag in every window. Of many tilts the one is taken under which the mean of all
windows has the most energy: there their peaks fall together.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from tiling_diag.checks.plane.limits import LIMITS
from tiling_diag.checks.plane.places import corners, grid_places
from tiling_diag.checks.plane.row_frame import pixel_frame
from tiling_diag.checks.plane.windows import LONGEST_LAG, MAX_LAG, WindowMaps, window_maps
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.autocorrelation import less_ring_means
from tiling_diag.kernels.grid_search import grid_search
from tiling_diag.kernels.homography import LEAST_DEPTH


def tilt_from_windows(walls: Walls) -> Tensor:
    """Tilts ``(B, 2)`` in 1/px about the picture's middle, float64 on the CPU."""
    batch = len(walls.image)
    half = corners(walls.size)[3]
    places = grid_places(walls.size, LIMITS.tilt_places, LIMITS.tilt_places).expand(batch, -1, -1)
    found = []
    for share in LIMITS.tilt_window_shares:
        side = torch.full((batch,), share * min(walls.size), dtype=torch.float64)
        flat = torch.zeros(batch, 2, dtype=torch.float64)
        windows = window_maps(walls, pixel_frame(batch), flat, places, side)
        energy = _energy(windows, half)
        found.append(grid_search(energy, flat, LIMITS.window_stages, between=True))
    better = (found[1].score > found[0].score)[:, None]
    return torch.where(better, found[1].place, found[0].place) / half


def _energy(windows: WindowMaps, half: Tensor) -> Callable[[Tensor], Tensor]:
    """How well windows agree under tilts ``(B, T, 2)`` in shares of half the picture ``(B, T)``."""
    side = 2 * MAX_LAG + 1
    maps = less_ring_means(windows.maps.reshape(*windows.maps.shape[:2], side, side))
    weights = windows.coverage.to(maps)
    places = windows.places_px / half

    def energy(tilts: Tensor) -> Tensor:
        found = _agreement(maps, weights, places, tilts).to(tilts)
        return found.masked_fill(tilts.abs().sum(-1) >= 1 - LEAST_DEPTH, -torch.inf)

    return energy


def _agreement(maps: Tensor, weights: Tensor, places: Tensor, tilts: Tensor) -> Tensor:
    """Energy ``(B, T)`` of the mean autocorrelation on the flat wall under each tilt.

    Args:
        maps: ``(B, n, 2 MAX_LAG + 1, 2 MAX_LAG + 1)`` by lag, without their means over rings.
        weights: ``(B, n)`` of windows.
        places: ``(B, n, 2)`` in shares of half the picture.
        tilts: ``(B, T, 2)`` over half the picture.
    """
    lags = _flat_lags().to(maps)
    places, tilts = places.to(maps), tilts.to(maps)
    depth = 1 + torch.einsum("bnk,btk->btn", places, tilts)
    # A flat lag L is seen at x as d (L + x (p . L)).
    along = torch.einsum("btk,lk->btl", tilts, lags)
    seen = lags + places[:, None, :, None] * along[:, :, None, :, None]
    seen = seen * depth[..., None, None]
    inside = (seen.abs() <= LONGEST_LAG).all(-1)
    grid = (seen / MAX_LAG).transpose(1, 2).flatten(0, 1)
    values = grid_sample(maps.flatten(0, 1)[:, None], grid, align_corners=True)
    values = values.reshape(*maps.shape[:2], *values.shape[-2:]).transpose(1, 2)
    share = inside * weights[:, None, :, None]
    values = values * share
    # Products of two windows only: a window's own square is there under every tilt.
    pairs = values.sum(2).square() - values.square().sum(2)
    count = share.sum(2).square() - share.square().sum(2)
    every = weights.sum(-1).square() - weights.square().sum(-1)
    enough = count > LIMITS.least_pairs * every[:, None, None]
    mean = torch.where(enough, pairs / count.clamp_min(1e-6), 0.0)
    return mean.sum(-1) / enough.sum(-1).clamp_min(1)


def _flat_lags() -> Tensor:
    """``(L, 2)`` whole-number lags of half a ring, in samples."""
    low, high = LIMITS.tilt_lags
    y, x = torch.meshgrid(
        torch.arange(0, high + 1, LIMITS.tilt_lag_step),
        torch.arange(-high, high + 1, LIMITS.tilt_lag_step),
        indexing="ij",
    )
    lags = torch.stack([x, y], dim=-1).reshape(-1, 2)
    length = lags.double().norm(dim=-1)
    half = (lags[:, 1] > 0) | (lags[:, 0] > 0)
    return lags[half & (length >= low) & (length <= high)]
