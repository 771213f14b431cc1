"""The local lattice field: how the lattice is scaled from place to place over a wall.

In overlapping windows the autocorrelation of edges and tones is compared with the wall's lattice,
stretched along and across its rows by every pair of factors on a fine grid. A stretch fits where
the window repeats at the stretched lattice's points and not half-way between them, which tells a
period from its double.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, unfold

from tiling_diag.checks.channels import channels
from tiling_diag.kernels.autocorrelation import autocorrelation
from tiling_diag.kernels.windows import tukey
from tiling_diag.results import LatticeResult, LocalPeriodResult
from tiling_diag.wall import Walls

# Chosen on drawn walls with doubled zones and on the corpus.
WINDOW_PERIODS = 3.2
MIN_WINDOW_PX = 32
MAX_WINDOW_SHARE = 0.5
STRIDE_SHARE = 0.25
MAX_PLACES = 20
# Larger windows are looked at in a smaller picture: a window holds few periods anyway.
LARGEST_WINDOW_PX = 72
FACTORS = 29
LARGEST_FACTOR = 2.5
MIN_COVERAGE = 0.5
MIN_CONFIDENCE = 0.12
_ORDERS: list[tuple[float, float]] = [(1, 0), (0, 1), (1, 1), (1, -1), (2, 0), (0, 2)]
_BETWEEN = [(0.5, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, -0.5)]


def measure_local_period(walls: Walls, lattice: LatticeResult) -> LocalPeriodResult:
    """The local lattice field of a batch, in windows that fit the longest of its lattices."""
    small, step = walls.small, walls.small_step_px
    basis = lattice.basis / torch.tensor(step, dtype=torch.float64)
    longest = basis.norm(dim=-1).nan_to_num(0.0).amax()
    side = float(min(small.size))
    window = int(min(max(WINDOW_PERIODS * float(longest), MIN_WINDOW_PX), MAX_WINDOW_SHARE * side))
    window = max(window, min(8, int(side)))
    if window > LARGEST_WINDOW_PX:
        shrink = LARGEST_WINDOW_PX / window
        size = tuple(max(8, round(n * shrink)) for n in small.size)
        small = small.shrunk((size[0], size[1]))
        step = (walls.size[1] / small.size[1], walls.size[0] / small.size[0])
        basis = lattice.basis / torch.tensor(step, dtype=torch.float64)
        window = min(LARGEST_WINDOW_PX, *small.size)
    span = max(small.size) - window
    stride = max(2, round(window * STRIDE_SHARE), math.ceil(span / MAX_PLACES))
    seen = channels(small.image, small.mask)
    # Tones and edges; the split edges add nothing that a short window could show.
    values = seen.values[:, [0, 3]]
    patches, (rows, columns) = _unfold(values, window, stride)
    weights, _ = _unfold(small.mask[:, None], window, stride)
    coverage = weights.mean((-2, -1))[:, :, 0]
    taper = tukey((window, window), taper=0.5, device=patches.device, dtype=patches.dtype)
    lag = int(window * 0.7)
    # One window's weights serve all where nothing is masked: their own transform is done once.
    weights = taper if small.whole else weights * taper
    maps = autocorrelation(patches, weights, (lag, lag)).mean(2)
    scale, confidence = _best_stretch(maps, basis.to(maps), (lag, lag))
    shape = (len(basis), rows, columns)
    usable = (coverage >= MIN_COVERAGE) & (confidence >= MIN_CONFIDENCE)
    usable &= lattice.is_periodic.to(usable.device)[:, None]
    scale = scale.masked_fill(~usable[..., None], torch.nan).double().cpu()
    period = _fundamental(scale, lattice).reshape(shape)
    scale = scale.reshape(*shape, 2).movedim(-1, 1)
    centre_x = (torch.arange(columns) * stride + window / 2) * step[0]
    centre_y = (torch.arange(rows) * stride + window / 2) * step[1]
    drift, r2 = _drift(period, centre_x, centre_y, walls.size)
    count = len(basis)
    quantiles = [_quantile(period, q) for q in (0.5, 0.05, 0.95)]
    return LocalPeriodResult(
        period_px=period,
        scale=scale,
        rotation_deg=torch.full_like(period, torch.nan),
        confidence=confidence.double().cpu().reshape(shape),
        coverage=coverage.double().cpu().reshape(shape),
        center_x_px=centre_x.double().expand(count, -1),
        center_y_px=centre_y.double().expand(count, -1),
        window_px=torch.full((count,), window * max(step), dtype=torch.float64),
        stride_px=torch.full((count,), stride * max(step), dtype=torch.float64),
        median_px=quantiles[0],
        p05_px=quantiles[1],
        p95_px=quantiles[2],
        drift_x=drift[:, 0],
        drift_y=drift[:, 1],
        homography=torch.full((count, 3, 3), torch.nan, dtype=torch.float64),
        homography_r2=r2,
    )


def _unfold(values: Tensor, window: int, stride: int) -> tuple[Tensor, tuple[int, int]]:
    """Windows ``(B, L, K, n, n)`` of ``(B, K, H, W)``, and how many fit down and across."""
    height, width = values.shape[-2:]
    rows, columns = (height - window) // stride + 1, (width - window) // stride + 1
    flat = unfold(values, window, stride=stride)
    windows = flat.reshape(len(values), -1, window, window, rows * columns)
    return windows.movedim(-1, 1), (rows, columns)


def _best_stretch(maps: Tensor, basis: Tensor, reach: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Factors ``(B, L, 2)`` along and across the rows, and their confidence ``(B, L)``.

    Args:
        maps: ``(B, L, h, w)`` autocorrelations of the windows.
        basis: ``(B, 2, 2)`` px; the second row NaN where one direction repeats only.
        reach: largest lag down and across.
    """
    one_way = basis[:, 1].isnan().any(-1)
    basis = torch.nan_to_num(basis, nan=0.0)
    grid = torch.linspace(-1, 1, FACTORS).to(maps) * math.log(LARGEST_FACTOR)
    factor = grid.exp()
    frame = _row_frame(basis)
    local = basis @ frame
    stretch = torch.cartesian_prod(factor, factor)
    at = _stretched(local, frame, stretch, _ORDERS)
    between = _stretched(local, frame, stretch, _BETWEEN)
    on = _mean_inside(maps, at, reach)
    off = _mean_inside(maps, between, reach)
    score = on - off
    # Where one direction repeats only, both factors go together.
    diagonal = (stretch[:, 0] == stretch[:, 1]).expand(len(basis), -1)
    blocked = one_way[:, None] & ~diagonal
    score = score.masked_fill(blocked[:, None], -torch.inf)
    # Of equal fits the one nearest the wall's own lattice.
    nearness = 0.02 * stretch.log().norm(dim=-1)
    best = (score - nearness).argmax(-1)
    confidence = torch.gather(score, -1, best[..., None])[..., 0].clamp(0, 1).nan_to_num(0.0)
    refined = _refine(score.reshape(*score.shape[:-1], FACTORS, FACTORS), best)
    return (refined * (grid[1] - grid[0]) + grid[0]).exp(), confidence


def _row_frame(basis: Tensor) -> Tensor:
    """``(B, 2, 2)`` columns: unit vectors along and across the lattice vector nearest to x."""
    a, b = basis.unbind(1)
    choices = torch.stack([a, b, a + b, a - b], dim=1)
    length = choices.norm(dim=-1).clamp_min(1e-6)
    lean = choices[..., 1].abs() / length + 10.0 * (length < 1e-3)
    chosen = choices[torch.arange(len(basis)), lean.argmin(-1)]
    along = chosen / chosen.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    return torch.stack([along, torch.stack([-along[:, 1], along[:, 0]], -1)], dim=-1)


def _stretched(
    local: Tensor, frame: Tensor, stretch: Tensor, orders: list[tuple[float, float]]
) -> Tensor:
    """Lags ``(B, S, P, 2)`` of lattice points in px after every stretch in the row frame."""
    points = local.new_tensor(orders) @ local
    lags: Tensor = (points[:, None] * stretch[:, None]) @ frame.mT[:, None]
    return lags


def _mean_inside(maps: Tensor, lags: Tensor, reach: tuple[int, int]) -> Tensor:
    """Mean of ``maps (B, L, h, w)`` at the lags ``(B, S, P, 2)`` that lie inside: ``(B, L, S)``.

    Bilinear; the same places serve all windows of a wall, so that each is a weighted sum of rows.
    """
    my, mx = reach
    inside = (lags[..., 0].abs() < mx) & (lags[..., 1].abs() < my) & (lags.norm(dim=-1) > 1)
    places = torch.where(inside[..., None], lags, 0.0) + lags.new_tensor([mx, my])
    corner = places.floor()
    fx, fy = (places - corner).unbind(-1)
    share = torch.stack([(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy], dim=-1)
    count = inside.sum(-1)
    share = share * (inside / count.clamp_min(1)[..., None])[..., None]
    width, plane = 2 * mx + 1, (2 * my + 1) * (2 * mx + 1)
    first = corner[..., 1].long() * width + corner[..., 0].long()
    index = first[..., None] + torch.tensor([0, 1, width, width + 1], device=maps.device)
    index = index + plane * torch.arange(len(maps), device=maps.device)[:, None, None, None]
    rows = maps.flatten(-2).mT.reshape(-1, maps.shape[1])
    bags = index.flatten(2).flatten(0, 1)
    weights = share.flatten(2).flatten(0, 1).to(rows)
    mean = embedding_bag(bags.contiguous(), rows, per_sample_weights=weights, mode="sum")
    mean = mean.reshape(len(maps), -1, maps.shape[1]).mT
    return mean.masked_fill((count == 0)[:, None], -1.0)


def _refine(score: Tensor, best: Tensor) -> Tensor:
    """Sub-step index ``(B, L, 2)`` of the best of ``score (B, L, F, F)`` by two parabolas."""
    row, column = best // FACTORS, best % FACTORS
    flat = score.flatten(-2)

    def at(r: Tensor, c: Tensor) -> Tensor:
        index = r.clamp(0, FACTORS - 1) * FACTORS + c.clamp(0, FACTORS - 1)
        return torch.gather(flat, -1, index[..., None])[..., 0]

    top = at(row, column)
    shifts = []
    for dr, dc, index in ((1, 0, row), (0, 1, column)):
        left, right = at(row - dr, column - dc), at(row + dr, column + dc)
        bend = left - 2 * top + right
        inner = (index > 0) & (index < FACTORS - 1) & (bend < 0) & bend.isfinite()
        shifts.append(torch.where(inner, 0.5 * (left - right) / bend, 0.0).clamp(-0.5, 0.5))
    return torch.stack([row + shifts[0], column + shifts[1]], dim=-1)


def _fundamental(scale: Tensor, lattice: LatticeResult) -> Tensor:
    """Local fundamental period ``(B, L)`` of stretched lattices, px."""
    frame = _row_frame(torch.nan_to_num(lattice.basis, nan=0.0))
    wave = torch.nan_to_num(lattice.wave_vector, nan=1.0)[:, None] @ frame
    period: Tensor = 1 / (wave / scale).norm(dim=-1)
    return period


def _quantile(period: Tensor, q: float) -> Tensor:
    return torch.nanquantile(period.flatten(1), q, dim=1)


def _drift(
    period: Tensor, x_px: Tensor, y_px: Tensor, size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Relative change of the period across the wall ``(B, 2)``, and how much a plane explains.

    A plane through log period, refitted twice without what lies far off it.
    """
    height, width = size
    y, x = torch.meshgrid(y_px.double() / height, x_px.double() / width, indexing="ij")
    design = torch.stack([torch.ones_like(x), x, y], dim=-1).reshape(-1, 3)
    level = period.flatten(1).log()
    known = level.isfinite()
    level = level.nan_to_num(0.0)
    weight = known.double()
    for _ in range(3):
        normal = (design * weight[..., None]).mT @ design
        normal = normal + 1e-9 * torch.eye(3, dtype=torch.float64)
        right = (design * weight[..., None]).mT @ level[..., None]
        plane = torch.linalg.solve(normal, right)[..., 0]
        residual = level - (design @ plane[..., None])[..., 0]
        weight = known / (1 + (residual / 0.15).square()).square()
    mean = (level * known).sum(-1) / known.sum(-1).clamp_min(1)
    total = ((level - mean[:, None]).square() * known).sum(-1)
    left = (residual.square() * known).sum(-1)
    r2 = (1 - left / total.clamp_min(1e-12)).clamp(0, 1)
    enough = known.sum(-1) >= 6
    return (
        plane[:, 1:].expm1().masked_fill(~enough[:, None], torch.nan),
        r2.masked_fill(~enough, torch.nan),
    )
