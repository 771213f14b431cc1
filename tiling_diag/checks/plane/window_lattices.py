"""The lattice of single windows: which stretch of the wall's lattice their autocorrelation shows.

A stretch fits where the window repeats at the stretched lattice's points and not half-way between
them, which tells a period from its double. The best one is then fitted to the maxima near its
points, so that it may also turn and shear.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tiling_diag.checks.plane.limits import LIMITS
from tiling_diag.checks.plane.row_frame import RowFrame
from tiling_diag.checks.plane.windows import LONGEST_LAG, WindowMaps, map_index
from tiling_diag.kernels.peaks import parabola_shift

_ON = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 0), (0, 2))
_BETWEEN = ((0.5, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, -0.5))
_FITTED = (*_ON, (2, 1), (2, -1), (1, 2), (1, -2), (3, 0), (0, 3))
# Boards repeat across their rows only. Along them the ridge through a board's joint is followed.
_ON_RANK_1 = ((1, 0), (2, 0))
_BETWEEN_RANK_1 = ((0.5, 0.0), (1.5, 0.0))
_FITTED_RANK_1 = ((1, 0), (1, 0.7), (1, -0.7), (2, 0), (2, 0.7), (2, -0.7), (0, 0.7))


def fit_windows(windows: WindowMaps, frame: RowFrame) -> tuple[Tensor, Tensor]:
    """What every window's lattice is in the material coordinates of the wall's.

    Args:
        windows: their autocorrelations.
        frame: the walls' lattices.

    Returns:
        Gradients ``(B, n, 2, 2)``: units (first row) and courses (second row) of the window's own
        lattice per unit along and per course across the wall's; the identity where the two agree,
        ``diag(1/2, 1)`` where units are twice as long. The first row is NaN where one direction
        repeats only. And the confidence ``(B, n)`` in [0, 1].
    """
    maps = windows.maps
    step = windows.step_in_rows.to(maps)
    basis = frame.basis_in_rows.to(maps)
    rank_1 = frame.rank_1.to(maps.device)
    factor = _best_factor(maps, basis, step, rank_1)
    shape = torch.diag_embed(factor)
    for near in LIMITS.near_samples:
        shape = _fitted(maps, basis, step, rank_1, shape, near)
    confidence = _contrast(maps, basis, step, rank_1, shape)
    gradients = torch.linalg.inv(shape)
    blocked = rank_1[:, None, None] & torch.tensor([True, False], device=maps.device)[:, None]
    gradients = gradients.masked_fill(blocked[:, None].expand_as(gradients), torch.nan)
    return gradients.double().cpu(), confidence.double().cpu()


def _points(orders: tuple[tuple[float, float], ...], basis: Tensor) -> Tensor:
    """``(B, P, 2)`` sums of lattice vectors, in units and courses."""
    return basis.new_tensor(orders) @ basis


def _both(
    plain: tuple[tuple[float, float], ...],
    boards: tuple[tuple[float, float], ...],
    basis: Tensor,
    rank_1: Tensor,
) -> tuple[Tensor, Tensor]:
    """Points ``(B, P, 2)`` of each kind of lattice, and which of them count ``(B, P)``."""
    count = max(len(plain), len(boards))
    filled = [orders + ((0.0, 0.0),) * (count - len(orders)) for orders in (plain, boards)]
    points = torch.where(
        rank_1[:, None, None], _points(filled[1], basis), _points(filled[0], basis)
    )
    number = torch.where(rank_1, len(boards), len(plain))
    return points, torch.arange(count, device=basis.device) < number[:, None]


def _within(lags: Tensor) -> Tensor:
    """Whether lags in samples lie within the longest lag and away from zero lag."""
    within: Tensor = (lags.abs() <= LONGEST_LAG).all(-1) & (
        lags.norm(dim=-1) > LIMITS.shortest_lag_samples
    )
    return within


def _best_factor(maps: Tensor, basis: Tensor, step: Tensor, rank_1: Tensor) -> Tensor:
    """``(B, n, 2)`` factors along and across the rows, of the coarse grid."""
    grid = torch.linspace(-1, 1, LIMITS.factors).to(maps) * math.log(LIMITS.largest_factor)
    factors = torch.cartesian_prod(grid.exp(), grid.exp())
    on, on_counts = _both(_ON, _ON_RANK_1, basis, rank_1)
    off, off_counts = _both(_BETWEEN, _BETWEEN_RANK_1, basis, rank_1)
    means = [
        _mean_at(maps, (points[:, None] * factors[:, None]) / step[:, None, None], counts)
        for points, counts in ((on, on_counts), (off, off_counts))
    ]
    score = means[0] - means[1] - LIMITS.nearness * factors.log().norm(dim=-1)
    alike = (factors[:, 0] == factors[:, 1])[None, None]
    score = score.masked_fill(rank_1[:, None, None] & ~alike, -torch.inf)
    chosen: Tensor = factors[score.argmax(-1)]
    return chosen


def _mean_at(maps: Tensor, lags: Tensor, counts: Tensor) -> Tensor:
    """Mean ``(B, n, S)`` of ``maps (B, n, m)`` at the lags ``(B, S, P, 2)`` that lie in view.

    -1 where one of the first two does not.
    """
    usable = _within(lags) & counts[:, None]
    index = map_index(lags.round().long()).flatten(1)
    values = torch.gather(maps, -1, index[:, None].expand(-1, maps.shape[1], -1))
    values = values.reshape(*maps.shape[:2], *lags.shape[1:3])
    number = usable.sum(-1)
    mean = torch.einsum("bnsp,bsp->bns", values, usable.to(values))
    mean = mean / number.clamp_min(1)[:, None]
    # Both vectors must be in view, or a stretch could fit along one of them alone.
    both = (usable[..., :2] | ~counts[:, None, :2]).all(-1)
    return mean.masked_fill(~both[:, None], -1.0)


def _fitted(
    maps: Tensor, basis: Tensor, step: Tensor, rank_1: Tensor, shape: Tensor, near: int
) -> Tensor:
    """Least squares of ``shape (B, n, 2, 2)`` through the maxima near its points.

    `shape` carries a place in the wall's lattice (units, courses) to the window's.
    """
    points, counts = _both(_FITTED, _FITTED_RANK_1, basis, rank_1)
    wanted = points[:, None] @ shape.mT / step[:, None, None]
    usable = _within(wanted) & counts[:, None]
    around = torch.arange(-near, near + 1, device=maps.device)
    shifts = torch.cartesian_prod(around, around)
    # On a ridge only what lies across it counts.
    shifts = shifts.expand(len(maps), -1, -1)
    level = wanted.round().long()
    index = map_index(level[..., None, :] + shifts[:, None, None])
    seen = torch.gather(maps, -1, index.flatten(2)).reshape(index.shape)
    off_ridge = rank_1[:, None] & (shifts[..., 0] != 0)
    seen = seen.masked_fill(off_ridge[:, None, None], -torch.inf)
    best = seen.argmax(-1)
    x, y = best // len(around), best % len(around)
    usable &= (y > 0) & (y < 2 * near)
    usable &= ((x > 0) & (x < 2 * near)) | rank_1[:, None, None]
    peak, height = _refined(maps, level + torch.stack([x - near, y - near], dim=-1), rank_1)
    weight = (height.clamp_min(0) * usable)[..., None]
    places = peak * step[:, None, None]
    target = points[:, None].expand_as(places)
    # Rows of the gradient map places to points.
    normal = (places * weight).mT @ places
    right = (places * weight).mT @ target
    determinant = torch.linalg.det(normal)
    scale = normal.diagonal(dim1=-2, dim2=-1).prod(-1)
    solvable = (
        (usable.sum(-1) >= 2) & (determinant > LIMITS.least_determinant * scale) & (scale > 0)
    )
    eye = torch.eye(2, dtype=maps.dtype, device=maps.device)
    gradient = torch.linalg.solve(torch.where(solvable[..., None, None], normal, eye), right).mT
    first = torch.where(rank_1[:, None, None], eye[0], gradient[..., 0, :])
    gradient = torch.stack([first, gradient[..., 1, :]], dim=-2)
    correction = (gradient @ shape - eye).abs()
    # Along boards nothing is fitted, whatever the stretch they started at.
    correction[..., 0, :] = correction[..., 0, :].masked_fill(rank_1[:, None, None], 0.0)
    near_by = correction.amax((-2, -1)) < LIMITS.largest_correction
    solvable = solvable & near_by & (torch.linalg.det(gradient).abs() > 1e-3)
    gradient = torch.where(solvable[..., None, None], gradient, eye)
    return torch.where(solvable[..., None, None], torch.linalg.inv(gradient), shape)


def _refined(maps: Tensor, peak: Tensor, rank_1: Tensor) -> tuple[Tensor, Tensor]:
    """Maxima to a fraction of a sample by two parabolas, and their heights.

    Args:
        maps: ``(B, n, m)``.
        peak: ``(B, n, P, 2)`` whole-number lags.
        rank_1: ``(B,)``; where True a place keeps its x.
    """

    def at(dx: int, dy: int) -> Tensor:
        return torch.gather(maps, -1, map_index(peak + peak.new_tensor([dx, dy])))

    top = at(0, 0)
    shifts = [
        parabola_shift(at(-dx, -dy), top, at(dx, dy), limit=0.5, flattest=1e-6)
        for dx, dy in ((1, 0), (0, 1))
    ]
    shifts[0] = shifts[0].masked_fill(rank_1[:, None, None], 0.0)
    return peak + torch.stack(shifts, dim=-1), top


def _contrast(maps: Tensor, basis: Tensor, step: Tensor, rank_1: Tensor, shape: Tensor) -> Tensor:
    """Mean at the points of each window's own lattice less that between them, in [0, 1]."""
    means = []
    for plain, boards in ((_ON, _ON_RANK_1), (_BETWEEN, _BETWEEN_RANK_1)):
        points, counts = _both(plain, boards, basis, rank_1)
        lags = points[:, None] @ shape.mT / step[:, None, None]
        usable = _within(lags) & counts[:, None]
        values = torch.gather(maps, -1, map_index(lags.round().long()))
        means.append((values * usable).sum(-1) / usable.sum(-1).clamp_min(1))
    return (means[0] - means[1]).clamp(0, 1).nan_to_num(0.0)
