"""Windows laid on a wall along its rows, and their autocorrelation.

A window is a square piece of the *flat* wall, turned so that its sides run along and across the
rows, and sampled so that its periods have about as many samples on every wall: all windows of a
batch, whatever their lattice and perspective, are one tensor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, grid_sample

from tiling_diag.checks.plane.limits import LIMITS
from tiling_diag.checks.plane.row_frame import RowFrame
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.homography import jacobian, to_flat
from tiling_diag.kernels.spectrum import lags_of_power, squared_magnitude
from tiling_diag.kernels.tapers import tukey

# Samples along a window's side, and of the transform: pairs that wrap around in it are at least
# TORUS - SAMPLES apart beyond the longest lag, where the taper leaves next to nothing of them.
SAMPLES = 48
TORUS = 64
LONGEST_LAG = 28
# Lags that maps hold, either way of zero.
MAX_LAG = TORUS // 2 - 1
_CORNERS = ((-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5))


@dataclass(frozen=True, eq=False)
class WindowMaps:
    """Autocorrelations of windows.

    Attributes:
        maps: ``(B, n, (2 MAX_LAG + 1) ** 2)`` mean over tones and edges, by lag (see `map_index`),
            1 at zero lag.
        coverage: ``(B, n)`` float64 on the CPU; share of each window that lies on the wall.
        step_in_rows: ``(B, 2)`` units and courses of one sample.
        places_px: ``(B, n, 2)`` the windows' middles in the picture, px from its middle.
    """

    maps: Tensor
    coverage: Tensor
    step_in_rows: Tensor
    places_px: Tensor


def map_index(lags: Tensor) -> Tensor:
    """Place ``(...)`` in a map of whole-number lags ``(..., 2)`` as (x, y), the nearest held."""
    x, y = (lags + MAX_LAG).clamp(0, 2 * MAX_LAG).unbind(-1)
    place: Tensor = y * (2 * MAX_LAG + 1) + x
    return place


def window_side_px(frame: RowFrame, size: tuple[int, int]) -> Tensor:
    """``(B,)`` side of the windows, px of the flat wall."""
    short, longest = float(min(size)), frame.longest_px
    least = torch.minimum(longest * LIMITS.most_periods, longest.new_tensor(short))
    least = least.clamp(max=LIMITS.least_share * short)
    side = torch.maximum(longest * LIMITS.window_periods, least)
    most = (longest * LIMITS.least_periods).clamp(
        LIMITS.largest_share * short, LIMITS.largest_of_all * short
    )
    return torch.minimum(side, most).clamp(min=min(LIMITS.least_side_of_window_px, short))


def window_maps(
    walls: Walls, frame: RowFrame, tilt: Tensor, places: Tensor, side: Tensor
) -> WindowMaps:
    """Autocorrelations of windows around picture places.

    Args:
        walls: the batch.
        frame: its lattices.
        tilt: ``(B, 2)`` see `kernels.homography`, about the picture's middle.
        places: ``(B, n, 2)`` px from the picture's middle; moved inwards as far as windows would
            reach beyond the picture.
        side: ``(B,)`` of the windows, px of the flat wall.
    """
    places, inside = _moved_inwards(frame, tilt, places, side, walls.size)
    step_px = side / SAMPLES
    offsets = (torch.arange(SAMPLES, dtype=torch.float64) - (SAMPLES - 1) / 2) * step_px[:, None]
    # From here on in halves of the picture, as `grid_sample` counts.
    half = places.new_tensor([walls.size[1] / 2, walls.size[0] / 2])
    across = offsets[:, :, None, None] * (frame.axes[:, None, None, 1] / half)
    along = offsets[:, None, :, None] * (frame.axes[:, None, None, 0] / half)
    centres = to_flat(tilt, places) / half
    device, kind = walls.image.device, walls.image.dtype
    grid = (across + along).to(device, kind)[:, None] + centres.to(device, kind)[:, :, None, None]
    if bool((tilt != 0).any()):
        grid = grid / (1 - grid @ (tilt * half).to(device, kind)[:, None, None, :, None])
    picture = _picture(walls, frame)
    values, weights = _sampled(picture, walls.size, grid, step_px, whole=walls.whole and inside)
    maps, coverage = _correlated(values, weights)
    return WindowMaps(maps, coverage.double().cpu(), step_px[:, None] / frame.size_px, places)


def _moved_inwards(
    frame: RowFrame, tilt: Tensor, places: Tensor, side: Tensor, size: tuple[int, int]
) -> tuple[Tensor, bool]:
    """Places at which windows stay inside the picture where they can, and whether all do."""
    half = places.new_tensor([size[1] / 2, size[0] / 2])
    corners = places.new_tensor(_CORNERS) @ (frame.axes * side[:, None, None])
    for _ in range(2):
        stretch = torch.linalg.inv(jacobian(tilt, places))
        extent = (stretch[:, :, None] @ corners[:, None, :, :, None])[..., 0].abs().amax(2)
        room = (half - extent).clamp_min(0)
        places = torch.maximum(torch.minimum(places, room), -room)
    return places, bool((extent <= half * (1 + 1e-6)).all())


def _picture(walls: Walls, frame: RowFrame) -> Walls:
    """The walls in which windows are looked at: the searched ones unless their periods are fine."""
    finest = float(frame.size_px[frame.known].amin()) if bool(frame.known.any()) else torch.inf
    zoom = LIMITS.fine_px * max(walls.small_step_px) / finest
    if zoom <= 1 or walls.small is walls:
        return walls.small
    zoom = min(zoom, max(walls.small_step_px))
    height, width = (
        min(full, math.ceil(side * zoom))
        for full, side in zip(walls.size, walls.small.size, strict=True)
    )
    return walls.shrunk((height, width))


def _sampled(
    walls: Walls, size: tuple[int, int], grid: Tensor, step_px: Tensor, *, whole: bool
) -> tuple[Tensor, Tensor | None]:
    """Tones and edges ``(B, n, K, s, s)`` at ``grid (B, n, s, s, 2)``, and the mask there.

    Args:
        walls: the batch, in any resolution.
        size: of the picture that px are counted in.
        grid: from its middle in halves of its width and height.
        step_px: ``(B,)`` distance of the samples; each wall is low-passed for its own.
        whole: nothing is masked and no window reaches beyond the picture: no mask is returned.
    """
    # Tones and all edges; split edges add nothing that a window could show.
    layer = walls.channels.values[:, [0, 3]]
    if not whole:
        mask = walls.mask[:, None]
        layer = torch.cat([layer * mask, mask], dim=1)
    batch, count = grid.shape[:2]
    flat = grid.reshape(batch, count * SAMPLES, SAMPLES, 2)
    ratio = step_px * (max(walls.size) / max(size))
    level = ratio.clamp_min(1).log2().floor().clamp_max(LIMITS.pyramid_levels - 1).long()
    found = flat.new_empty(batch, layer.shape[1], count * SAMPLES, SAMPLES)
    for number in range(int(level.max()) + 1):
        if number:
            height, width = layer.shape[-2:]
            layer = adaptive_avg_pool2d(layer, ((height + 1) // 2, (width + 1) // 2))
        mine = (level == number).nonzero()[:, 0].to(layer.device)
        if len(mine) == batch:  # nothing to pick out
            found = grid_sample(layer, flat, align_corners=False)
        elif len(mine):
            found[mine] = grid_sample(layer[mine], flat[mine], align_corners=False)
    found = found.reshape(batch, -1, count, SAMPLES, SAMPLES).movedim(1, 2)
    return (found, None) if whole else (found[:, :, :-1], found[:, :, -1:])


def _correlated(values: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Maps of windows, and how far each is covered."""
    taper = tukey((SAMPLES, SAMPLES), taper=LIMITS.taper, device=values.device, dtype=values.dtype)
    weights = taper if mask is None else taper * mask
    # Sampled values are already nothing where the mask is.
    total = weights.sum((-2, -1), keepdim=True).clamp_min(1e-6)
    weighted = values * taper
    mean = weighted.sum((-2, -1), keepdim=True) / total
    weighted = torch.addcmul(weighted, mean, weights, value=-1)
    energy = torch.linalg.vector_norm(weighted, dim=(-2, -1)).square()
    share = torch.where(energy > 1e-6 * weights.square().sum((-2, -1)), 1 / energy, 0.0)
    low_pass = _low_pass(values)
    spectrum = squared_magnitude(torch.fft.rfft2(weighted, s=(TORUS, TORUS)))
    power = torch.einsum("bnkyx,bnk->bnyx", spectrum, share / share.shape[2]) * low_pass
    maps = lags_of_power(power, (TORUS, TORUS), (MAX_LAG, MAX_LAG))
    cover = squared_magnitude(torch.fft.rfft2(weights, s=(TORUS, TORUS)))
    overlap = lags_of_power(cover, (TORUS, TORUS), (MAX_LAG, MAX_LAG))
    overlap = overlap / overlap[..., MAX_LAG : MAX_LAG + 1, MAX_LAG : MAX_LAG + 1].clamp_min(1e-6)
    if mask is not None:
        overlap = overlap[:, :, 0]
    coverage = values.new_ones(values.shape[:2]) if mask is None else mask.mean((-3, -2, -1))
    return (maps * torch.where(overlap > LIMITS.least_overlap, 1 / overlap, 0.0)).flatten(
        -2
    ), coverage


def _low_pass(like: Tensor) -> Tensor:
    """``(TORUS, TORUS // 2 + 1)`` transfer of a Gaussian."""
    down = torch.fft.fftfreq(TORUS, device=like.device, dtype=like.dtype)
    along = torch.fft.rfftfreq(TORUS, device=like.device, dtype=like.dtype)
    fall = -2 * (math.pi * LIMITS.smooth_samples) ** 2
    transfer: Tensor = (fall * down.square()).exp()[:, None] * (fall * along.square()).exp()
    return transfer
