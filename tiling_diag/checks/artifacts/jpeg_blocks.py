"""Blocks of JPEG: the quality that a picture was saved at, also before it was made larger.

JPEG rounds the 64 cosine coefficients of every 8 x 8 block to multiples of a step, which the
quality sets (ITU-T T.81, annex K, and the scale of the Independent JPEG Group). In a picture that
was decoded again the coefficients still lie near these multiples (Fan and de Queiroz,
"Identification of bitmap compression history", IEEE TIP 12(2), 2003): the mean of
cos(2 pi c / step) over them is near 1 at the right quality, and near 0 at others and in pictures
that never were JPEGs. If the picture was made larger afterwards its blocks are larger, too: edges
of blocks show as a comb of lines in the differences of neighbours, and after a resize back to 8 px
the coefficients tell the quality again.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.artifacts.results import JpegResult
from tiling_diag.checks.artifacts.traces import wave_amplitudes
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.spectrum import fft_size

BLOCK_PX = 8
# Luma as JPEG has it (Rec. 601), which is what was rounded.
_JPEG_LUMA = (0.299, 0.587, 0.114)
# ITU-T T.81, table K.1.
_STEPS_AT_50 = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def measure_jpeg(walls: Walls, profiles: tuple[Tensor, Tensor]) -> JpegResult:
    """Side of the blocks, quality and evidence; NaN where a picture is too small to tell.

    Args:
        walls: the batch.
        profiles: as `traces.difference_profiles` gives them.
    """
    luma = walls.luma if walls.image.shape[1] == 1 else _jpeg_luma(walls.image)
    sides = _comb(walls, profiles)
    each = [_one(luma[i], walls.mask[i], float(sides[i])) for i in range(len(luma))]
    quality, score, block_px = torch.tensor(each, dtype=torch.float64).unbind(-1)
    return JpegResult(quality=quality, score=score, block_px=block_px, step=_low_step(quality))


def _one(luma: Tensor, mask: Tensor, side_px: float) -> tuple[float, float, float]:
    """Quality, score and side of the blocks of one wall ``(H, W)``."""
    quality, score = _quality(luma, mask, LIMITS.jpeg_least_step)
    if score >= LIMITS.jpeg_sure or not math.isfinite(side_px):
        return quality, score, float(BLOCK_PX)
    size = [round(n * BLOCK_PX / side_px) for n in luma.shape]
    back = [
        interpolate(
            one[None, None], size=size, mode="bicubic", antialias=True, align_corners=False
        )[0, 0]
        for one in (luma, mask)
    ]
    # The way there and back leaves an error, which hides small steps.
    old_quality, old_score = _quality(back[0], back[1], LIMITS.jpeg_least_step_resized)
    if old_score > max(score, LIMITS.jpeg_sure):
        return old_quality, old_score, side_px
    return quality, score, float(BLOCK_PX)


def _jpeg_luma(image: Tensor) -> Tensor:
    weights = image.new_tensor(_JPEG_LUMA)
    return (image * weights[:, None, None]).sum(1)


def _quality(luma: Tensor, mask: Tensor, least_step: float) -> tuple[float, float]:
    """The likeliest quality of a picture ``(H, W)`` with blocks from its corner on, and how well
    the coefficients fit it, from 0 to 1.
    """
    coefficients = _coefficients(luma, mask)
    if len(coefficients) < LIMITS.jpeg_least_blocks:
        return math.nan, math.nan
    coarse = _fits(coefficients, tuple(range(5, 100, 3)), least_step)
    best = max(coarse, key=lambda quality: coarse[quality])
    near = tuple(q for q in range(best - 2, best + 3) if 1 <= q <= 100)
    fine = {**coarse, **_fits(coefficients, near, least_step)}
    # Multiples of a step are multiples of its half: the lowest quality that fits is the one.
    enough = LIMITS.jpeg_nearly_best * max(fine.values())
    if enough <= 0:
        return math.nan, 0.0
    lowest = min(q for q, value in fine.items() if value >= enough)
    last = lowest + LIMITS.jpeg_same_quality
    found = max((q for q in fine if lowest <= q <= last), key=lambda q: fine[q])
    return float(found), fine[found]


def _coefficients(luma: Tensor, mask: Tensor) -> Tensor:
    """``(N, K)`` the low coefficients of the blocks on the wall, in grey levels."""
    rows, columns = (n // BLOCK_PX for n in luma.shape)

    def tiles(plane: Tensor) -> Tensor:
        whole = plane[: rows * BLOCK_PX, : columns * BLOCK_PX]
        return whole.reshape(rows, BLOCK_PX, columns, BLOCK_PX).transpose(1, 2).flatten(0, 1)

    blocks = tiles(luma)[tiles(mask).amin((-2, -1)) > 0.99]
    blocks = blocks[:: max(1, len(blocks) // LIMITS.jpeg_most_blocks)]
    # Where it is black or white, what was decoded was cut off.
    blocks = blocks[(blocks.amin((-2, -1)) > 1 / 255) & (blocks.amax((-2, -1)) < 254 / 255)]
    cosines = _cosines().to(blocks)
    planes = cosines @ (255 * blocks) @ cosines.T
    low = _low_places()
    return planes[:, low[:, 0], low[:, 1]]


def _fits(coefficients: Tensor, qualities: tuple[int, ...], least_step: float) -> dict[int, float]:
    """How well coefficients fit each quality."""
    row, column = _low_places().unbind(-1)
    steps = torch.stack([_steps(quality) for quality in qualities])[:, row, column]
    steps = steps.to(coefficients)[:, None]
    off_zero = (coefficients.abs() > steps / 2) & (steps >= least_step)
    waves = torch.cos(2 * math.pi * coefficients / steps)
    count = off_zero.sum((-2, -1))
    mean = (waves * off_zero).sum((-2, -1)) / count.clamp_min(1)
    fits = torch.where(count >= LIMITS.jpeg_least_coefficients, mean, 0.0)
    return dict(zip(qualities, fits.tolist(), strict=True))


@cache
def _cosines() -> Tensor:
    """``(8, 8)`` the orthonormal cosine transform."""
    k = torch.arange(BLOCK_PX, dtype=torch.float32)
    table = torch.cos(math.pi * (2 * k + 1) * k[:, None] / (2 * BLOCK_PX)) / 2
    table[0] /= math.sqrt(2)
    return table


@cache
def _low_places() -> Tensor:
    """``(K, 2)`` row and column of the coefficients that are looked at."""
    reach = range(BLOCK_PX)
    return torch.tensor([(r, c) for r in reach for c in reach if 1 <= r + c <= LIMITS.jpeg_reach])


@cache
def _steps(quality: int) -> Tensor:
    """``(8, 8)`` steps of the luma, scaled as the Independent JPEG Group does."""
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    at_50 = torch.tensor(_STEPS_AT_50, dtype=torch.float64)
    return ((at_50 * scale + 50) / 100).floor().clamp(1, 255)


def _low_step(quality: Tensor) -> Tensor:
    """``(B,)`` mean step of the lowest coefficients in grey levels; NaN for an unknown quality."""
    steps = [
        _steps(round(one))[[0, 1], [1, 0]].mean() if math.isfinite(one) else math.nan
        for one in quality.tolist()
    ]
    return torch.tensor(steps, dtype=torch.float64)


def _comb(walls: Walls, profiles: tuple[Tensor, Tensor]) -> Tensor:
    """``(B,)`` side in px of blocks larger than 8 px, from their edges; NaN where there are none.

    In the profiles of differences the edges of blocks are a comb of lines at k / side, in both
    directions.
    """
    shortest = min(walls.size)
    nothing = torch.full((len(walls.luma),), torch.nan, dtype=torch.float64)
    if shortest < LIMITS.jpeg_least_side_px:
        return nothing
    bins = fft_size(4 * max(walls.size))
    planes = torch.stack([wave_amplitudes(profile[:, :2], bins) for profile in profiles], 1)
    planes = (planes / planes.median(-1, keepdim=True).values.clamp_min(1e-9)).amax(2)
    steps = round((LIMITS.jpeg_largest_px - LIMITS.jpeg_smallest_px) / LIMITS.jpeg_step_px)
    sides = LIMITS.jpeg_smallest_px + LIMITS.jpeg_step_px * torch.arange(steps + 1)
    orders = torch.arange(1, LIMITS.jpeg_comb_orders + 1)
    at = (orders / sides[:, None] * bins).round().long().to(planes.device)
    # The weakest of the first lines in the weaker of the two directions.
    comb = planes[..., at].amin(-1).amin(1)
    height, best = comb.max(-1)
    found = sides.double()[best.cpu()]
    return torch.where(height.cpu() > LIMITS.jpeg_least_comb, found, nothing)
