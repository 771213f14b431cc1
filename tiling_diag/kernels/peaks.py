"""Peaks of a map: local maxima, sub-pixel refinement, sampling between pixels.

Whole positions are array indices ``(row, column)``; positions between pixels are vectors
``(x, y)`` in pixels, with ``(0, 0)`` at the centre of the first pixel.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.kernels.running import pad_plane, running_max

# Least squares on a 3 x 3 neighbourhood, in reading order: from its values to the quadratic's value
# at the centre, its slopes by x and y, and its second derivatives by xx, yy and xy.
_QUADRATIC = tuple(
    (
        5 / 9 - (x * x + y * y) / 3,
        x / 6,
        y / 6,
        (3 * x * x - 2) / 3,
        (3 * y * y - 2) / 3,
        x * y / 4,
    )
    for y in (-1, 0, 1)
    for x in (-1, 0, 1)
)


def local_maxima(
    map_: Tensor, radius: int, k: int, penalty: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The `k` highest pixels that are the maximum of the square of `radius` around them.

    Of equal neighbours only the first in reading order counts, so a plateau is one peak and two
    peaks are always more than `radius` apart along x or y.

    Args:
        map_: ``(..., H, W)``.
        radius: half the side of the square, in pixels, at least 1.
        k: how many peaks to return.
        penalty: ``(H, W)`` to take off the map before the highest are chosen; infinite where no
            peak is wanted.

    Returns:
        ``values (..., k)`` of the map, the highest first by what is left after the penalty, and
        ``rows_columns (..., k, 2)`` int64. Places without a peak have the value -inf and the
        position ``(0, 0)``.

    Raises:
        InputError: if `radius` or `k` is below 1.
    """
    if radius < 1 or k < 1:
        raise InputError(f"radius={radius} and k={k} must both be at least 1")
    h, w = map_.shape[-2:]
    scores = map_.detach() if penalty is None else map_.detach() - penalty
    scores = scores.masked_fill(~_is_maximum(map_.detach(), radius), -math.inf).flatten(-2)
    missing = max(0, k - h * w)
    top, index = F.pad(scores, (0, missing), value=-math.inf).topk(k, dim=-1)
    empty = top == -math.inf
    index = index.masked_fill(empty, 0)
    values = map_.flatten(-2).gather(-1, index).masked_fill(empty, -math.inf)
    return values, torch.stack((index // w, index % w), dim=-1)


def _is_maximum(map_: Tensor, radius: int) -> Tensor:
    """Above all pixels of the square that come before it in reading order, below none after."""
    h, w = map_.shape[-2:]
    padded = pad_plane(map_, radius)
    # runs[i] covers i .. i + radius - 1 of the padded axis, whose pixel i sits at i + radius.
    runs = running_max(padded, radius, -1)
    left, right = runs[..., :w], runs[..., radius + 1 :]
    lines = torch.maximum(torch.maximum(left, right), padded[..., radius : radius + w])
    blocks = running_max(lines, radius, -2)
    above, below = blocks[..., :h, :], blocks[..., radius + 1 :, :]
    rows = slice(radius, radius + h)
    before = torch.maximum(above, left[..., rows, :])
    after = torch.maximum(below, right[..., rows, :])
    return (map_ > before) & (map_ >= after)


def refine_peak(map_: Tensor, rows_columns: Tensor) -> tuple[Tensor, Tensor]:
    """Sub-pixel place and height of peaks: least-squares quadratic on the 3 x 3 around each.

    Args:
        map_: ``(..., H, W)``, at least 3 x 3.
        rows_columns: ``(..., P, 2)`` int64, as `local_maxima` returns.

    Returns:
        ``values (..., P)`` of the fitted quadratic and ``xy_px (..., P, 2)``. A peak on the
        map's border, or whose quadratic has no maximum within a pixel, stays where it is, with
        the map's own value. Differentiable with respect to the map.

    References:
        Haralick, "Digital step edges from zero crossing of second directional derivatives",
        IEEE PAMI 6(1), 1984 (the facet model).
    """
    h, w = map_.shape[-2:]
    if h < 3 or w < 3:
        raise InputError(f"the map is {h} x {w}: refining a peak needs at least 3 x 3")
    row, column = rows_columns.unbind(-1)
    inner_row, inner_column = row.clamp(1, h - 2), column.clamp(1, w - 2)
    steps = torch.arange(-1, 2, device=map_.device)
    around = (inner_row[..., None, None] + steps[:, None]) * w + (
        inner_column[..., None, None] + steps
    )
    z = _take(map_.flatten(-2), around.flatten(-3)).view(around.shape)
    fit = torch.tensor(_QUADRATIC, device=map_.device, dtype=map_.dtype)
    centre, gx, gy, hxx, hyy, hxy = (z.flatten(-2) @ fit).unbind(-1)
    determinant = hxx * hyy - hxy.square()
    concave = (determinant > 0) & (hxx < 0) & (hyy < 0)
    safe = torch.where(concave, determinant, 1.0)
    dx = (hxy * gy - hyy * gx) / safe
    dy = (hxy * gx - hxx * gy) / safe
    inner = (row == inner_row) & (column == inner_column)
    good = inner & concave & (dx.abs() <= 1) & (dy.abs() <= 1)
    own = _take(map_.flatten(-2), row * w + column)
    values = torch.where(good, centre + 0.5 * (gx * dx + gy * dy), own)
    x = column + torch.where(good, dx, 0.0)
    y = row + torch.where(good, dy, 0.0)
    return values, torch.stack((x, y), dim=-1)


def parabola_shift(
    before: Tensor, middle: Tensor, after: Tensor, *, limit: float = 1.0, flattest: float = 0.0
) -> Tensor:
    """Where the parabola through three neighbouring samples is highest.

    Args:
        before: ``(...)`` values at -1.
        middle: at 0.
        after: at 1.
        limit: the largest shift, in samples.
        flattest: second differences nearer to 0 than this are taken for a straight line.

    Returns:
        ``(...)`` shift from the middle sample in [-limit, limit]; 0 where the parabola has no
        maximum, or a value is NaN.
    """
    bend = before - 2 * middle + after
    curved = bend < -flattest
    shift = 0.5 * (before - after) / torch.where(curved, bend, -1.0)
    return torch.where(curved, shift, 0.0).clamp(-limit, limit)


def is_inside(xy_px: Tensor, size: tuple[int, int]) -> Tensor:
    """Whether points ``(..., 2)`` lie between the centres of the first and the last pixels."""
    x, y = xy_px.unbind(-1)
    h, w = size
    return (x >= 0) & (x <= w - 1) & (y >= 0) & (y <= h - 1)


def sample_bilinear(map_: Tensor, xy_px: Tensor) -> Tensor:
    """Values between pixels, bilinear, 0 outside (see `is_inside`).

    Args:
        map_: ``(..., H, W)``; its leading dimensions broadcast against the points'.
        xy_px: ``(..., P, 2)`` as ``(x, y)``.

    Returns:
        ``(..., P)``. Differentiable with respect to both.
    """
    return _sample(map_, xy_px, _hat)


def sample_bicubic(map_: Tensor, xy_px: Tensor) -> Tensor:
    """Values between pixels by Keys' cubic convolution (a = -1/2), 0 outside (see `is_inside`).

    Exact for quadratics away from the border, where the edge pixels are repeated.

    Args:
        map_: ``(..., H, W)``; its leading dimensions broadcast against the points'.
        xy_px: ``(..., P, 2)`` as ``(x, y)``.

    Returns:
        ``(..., P)``. Differentiable with respect to both.

    References:
        Keys, "Cubic convolution interpolation for digital image processing", IEEE ASSP 29(6),
        1981.
    """
    return _sample(map_, xy_px, _keys)


def _hat(fraction: Tensor) -> Tensor:
    """Weights of the pixels at 0 and 1 for a point at `fraction`, stacked last."""
    return torch.stack((1 - fraction, fraction), dim=-1)


def _keys(fraction: Tensor) -> Tensor:
    """Weights of the pixels at -1, 0, 1 and 2 for a point at `fraction`, stacked last."""
    t = fraction
    return 0.5 * torch.stack(
        (
            ((2 - t) * t - 1) * t,
            (3 * t - 5) * t * t + 2,
            ((4 - 3 * t) * t + 1) * t,
            (t - 1) * t * t,
        ),
        dim=-1,
    )


def _sample(map_: Tensor, xy_px: Tensor, kernel: Callable[[Tensor], Tensor]) -> Tensor:
    """Weighted sum of the pixels around each point; `kernel` gives the weights along one axis."""
    h, w = map_.shape[-2:]
    x, y = xy_px.unbind(-1)
    # NaN and far points read pixel 0 and are blanked below.
    inside = is_inside(xy_px, (h, w))
    x, y = torch.where(inside, x, 0.0), torch.where(inside, y, 0.0)
    left, top = x.detach().floor(), y.detach().floor()
    weights_x, weights_y = kernel(x - left), kernel(y - top)
    taps = weights_x.shape[-1]
    steps = torch.arange(taps, device=map_.device) - (taps // 2 - 1)
    columns = (left.long()[..., None] + steps).clamp(0, w - 1)
    rows = (top.long()[..., None] + steps).clamp(0, h - 1)
    index = rows[..., :, None] * w + columns[..., None, :]
    pixels = _take(map_.flatten(-2), index.flatten(-3))
    pixels = pixels.view(*pixels.shape[:-1], *index.shape[-3:])
    weights = weights_x[..., None, :] * weights_y[..., :, None]
    values = (pixels * weights).sum((-2, -1))
    return torch.where(inside, values, 0.0)


def _take(flat: Tensor, index: Tensor) -> Tensor:
    """``flat (..., N)`` at ``index (..., P)``, leading dimensions broadcast, nothing copied."""
    # Not broadcast_shapes, which imports SymPy on first use: half as long as a diagnosis takes.
    heads = torch.broadcast_tensors(flat[..., :1], index[..., :1])  # type: ignore[no-untyped-call]
    lead = heads[0].shape[:-1]
    return flat.expand(*lead, -1).gather(-1, index.expand(*lead, -1))
