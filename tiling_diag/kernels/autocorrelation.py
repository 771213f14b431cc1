"""Autocorrelation under a mask: zero-padded, so that lags never wrap, and free of the mask's shape.

The correlation of the weighted image is divided, lag by lag, by the weights' own autocorrelation
(the overlap): the denominator that Padfield's masked correlation carries (eq. 12), for one global
mean. Lags are in pixels; zero lag is in the centre of every map.

References:
    Padfield, "Masked object registration in the Fourier domain", IEEE TIP 21(5), 2012.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.kernels.spectrum import (
    check_weights,
    fft_size,
    lower_lags,
    mirror_lags,
    squared_magnitude,
    weighted_mean,
)

# A weighted image whose standard deviation is below this many rounding errors of its mean is flat.
FLAT_IN_ROUNDING_ERRORS = 16.0


def weights_autocorrelation(weights: Tensor, max_lag_px: tuple[int, int]) -> Tensor:
    """Overlap of the weights with themselves at every lag, for `autocorrelation` to reuse.

    For separable weights, ``rows[:, None] * columns``, it is the product of those of
    ``rows[:, None]`` with lags ``(my, 0)`` and of ``columns[None]`` with ``(0, mx)``, which cost
    next to nothing.

    Args:
        weights: ``(..., H, W)``, at least 0.
        max_lag_px: ``(my, mx)``, each shorter than the image.

    Returns:
        ``(..., 2 * my + 1, 2 * mx + 1)``: the sum of products at each lag; the sum of squared
        weights in the centre.

    Raises:
        InputError: if a lag does not fit the image.
    """
    return mirror_lags(_correlate(weights, max_lag_px))


def autocorrelation(
    image: Tensor,
    weights: Tensor,
    max_lag_px: tuple[int, int],
    *,
    overlap: Tensor | None = None,
    min_overlap: float = 0.05,
) -> Tensor:
    """Normalized autocorrelation of an image under weights.

    Args:
        image: ``(..., H, W)`` grey levels, float32 or float64, any range.
        weights: ``(H, W)`` or batched so that it broadcasts against the image (``(B, 1, H, W)``
            serves the K feature channels of ``(B, K, H, W)`` with one overlap each), in [0, 1].
        max_lag_px: ``(my, mx)``, each shorter than the image.
        overlap: ``weights_autocorrelation(weights, max_lag_px)`` if it is known already.
        min_overlap: lags whose overlap is below this share of the overlap at zero lag are 0.

    Returns:
        ``(..., 2 * my + 1, 2 * mx + 1)``: 1 at zero lag (the centre), symmetric through it. Where
        few pixels overlap values may pass 1. A flat image, or one without weights, is 0 throughout.

    Raises:
        InputError: if shapes disagree or a lag does not fit the image.
    """
    check_weights(image, weights)
    my, mx = max_lag_px
    mean = weighted_mean(image, weights)
    numerator = _correlate((image - mean) * weights, max_lag_px)
    if overlap is None:
        lower_overlap = _correlate(weights, max_lag_px)
    elif overlap.shape[-2:] == (2 * my + 1, 2 * mx + 1):
        lower_overlap = overlap[..., my:, :]
    else:
        raise InputError(
            f"overlap is {tuple(overlap.shape)} but max_lag_px={(my, mx)} needs "
            f"{(2 * my + 1, 2 * mx + 1)}: compute it with the same max_lag_px"
        )
    info = torch.finfo(numerator.dtype)
    area = lower_overlap[..., :1, mx : mx + 1]
    enough = (lower_overlap >= min_overlap * area) & (lower_overlap > info.tiny)
    gain = torch.where(enough, area / torch.where(enough, lower_overlap, 1.0), 0.0)
    energy = numerator[..., :1, mx : mx + 1]
    floor = (FLAT_IN_ROUNDING_ERRORS * info.eps * mean).square() * area + info.tiny
    flat = energy <= floor
    scale = torch.where(flat, 0.0, 1.0 / torch.where(flat, 1.0, energy))
    return mirror_lags(numerator * gain * scale)


def _correlate(weighted: Tensor, max_lag_px: tuple[int, int]) -> Tensor:
    """Sum of products of `weighted` with itself, ``(..., my + 1, 2 * mx + 1)``, none wrapped."""
    height, width = weighted.shape[-2:]
    my, mx = max_lag_px
    if not (0 <= my < height and 0 <= mx < width):
        raise InputError(
            f"max_lag_px={(my, mx)} does not fit a {height} x {width} image: "
            f"use at most {(height - 1, width - 1)}"
        )
    # Circular lags up to m are free of wrap-around once m zeros follow the image.
    size = (fft_size(height + my), fft_size(width + mx))
    # Unscaled: the bins are what the inverse, which divides by the pixel count, expects.
    power = squared_magnitude(torch.fft.rfft2(weighted, s=size))
    return lower_lags(power, size, max_lag_px)
