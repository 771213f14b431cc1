"""Power spectra of real images, in the one-sided layout of `torch.fft.rfft2`.

An image of ``(H, W)`` pixels has a one-sided plane of ``(H, W // 2 + 1)`` bins: rows run over
``fy`` (zero first, negative frequencies in the second half), columns over ``fx >= 0``. The other
half of the plane mirrors it, ``P(-fx, -fy) = P(fx, fy)``. Frequencies are in cycles per pixel.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.errors import InputError


def fft_size(n: int) -> int:
    """Smallest even length of at least `n` whose only prime factors are 2, 3, 5 and 7."""
    if n < 1:
        raise InputError(f"a transform of {n} samples does not exist: use a length of at least 1")
    best = 1 << max(1, (n - 1).bit_length())
    for odd in _odd_factors(best):
        # The least power of two, at least 2, that lifts `odd` to n.
        best = min(best, odd << max(1, (-(-n // odd) - 1).bit_length()))
    return best


def _odd_factors(limit: int) -> list[int]:
    """Products of 3, 5 and 7 below `limit`."""
    found = [1]
    for prime in (3, 5, 7):
        for factor in found:  # grows as it goes
            if factor * prime < limit:
                found.append(factor * prime)
    return found


def check_weights(image: Tensor, weights: Tensor) -> None:
    """Raise `InputError` unless both are floating point and of one height and width."""
    if not image.is_floating_point() or not weights.is_floating_point():
        raise InputError(
            f"image is {image.dtype} and weights are {weights.dtype}: both must be floating "
            "point, e.g. image.float()"
        )
    if image.ndim < 2 or weights.ndim < 2 or weights.shape[-2:] != image.shape[-2:]:
        raise InputError(
            f"weights are {tuple(weights.shape)} but the image is {tuple(image.shape)}: the last "
            "two dimensions (height, width) must agree; build the weights for this image"
        )


def weighted_mean(image: Tensor, weights: Tensor) -> Tensor:
    """Mean of `image` under `weights`, ``(..., 1, 1)``; 0 where all weights are 0."""
    total = weights.sum((-2, -1), keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)
    return (image * weights).sum((-2, -1), keepdim=True) / total


def remove_mean(image: Tensor, weights: Tensor) -> Tensor:
    """The image less its weighted mean (not multiplied by the weights).

    The weighted mean is the one whose removal makes the *weighted* image sum to zero, so that
    zero frequency holds nothing.

    Args:
        image: ``(..., H, W)``, floating point.
        weights: ``(H, W)`` or batched so that it broadcasts against the image, at least 0.

    Returns:
        ``(..., H, W)``.

    Raises:
        InputError: if height and width differ, or a tensor is not floating point.
    """
    check_weights(image, weights)
    return image - weighted_mean(image, weights)


def squared_magnitude(spectrum: Tensor) -> Tensor:
    """``|F|^2`` of a complex tensor, without the square root that `abs` takes."""
    return spectrum.real.square().add_(spectrum.imag.square())


def power_spectrum(image: Tensor, weights: Tensor, size: tuple[int, int] | None = None) -> Tensor:
    """One-sided power spectrum of ``(image - weighted mean) * weights``.

    Left in, the mean fills zero frequency and its neighbours (the main lobe of the weights) with
    more power than a faint lattice has anywhere.

    Args:
        image: ``(..., H, W)`` grey levels, float32 or float64, any range.
        weights: ``(H, W)`` or batched, window times mask, in [0, 1].
        size: zero-pad to this ``(height, width)``, each at least the image's; default: no padding.

    Returns:
        ``(..., h, w // 2 + 1)`` with ``(h, w)`` the size. Each bin holds what it holds in the
        full plane, scaled so that the *full* plane sums to the sum of squares of the weighted
        image (Parseval): sum the one-sided plane times `column_counts`. Zero frequency is
        ``[0, 0]`` and is 0 up to rounding.

    Raises:
        InputError: if shapes disagree, a tensor is not floating point, or `size` would crop.
    """
    height, width = image.shape[-2:]
    h, w = (height, width) if size is None else size
    if h < height or w < width:
        raise InputError(
            f"size={(h, w)} would crop the {height} x {width} image: use at least its own size"
        )
    weighted = remove_mean(image, weights) * weights
    return squared_magnitude(torch.fft.rfft2(weighted, s=(h, w), norm="ortho"))


def column_counts(
    size: tuple[int, int],
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """``(w // 2 + 1,)``: how often each one-sided column occurs in the full plane (1 or 2)."""
    w = size[1]
    counts = torch.full((w // 2 + 1,), 2.0, device=device, dtype=dtype)
    counts[0] = 1.0
    if w % 2 == 0:
        counts[-1] = 1.0
    return counts


def frequency_grid(
    size: tuple[int, int],
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, Tensor]:
    """Frequencies of the one-sided layout: ``fx (w // 2 + 1,)`` and ``fy (h,)``, cycles/px.

    `fx` is never negative. For an even height the row ``h // 2`` is Nyquist and reads -0.5.
    """
    h, w = size
    return (
        torch.fft.rfftfreq(w, device=device, dtype=dtype),
        torch.fft.fftfreq(h, device=device, dtype=dtype),
    )


def check_one_sided(one_sided: Tensor, size: tuple[int, int]) -> None:
    """Raise `InputError` unless `one_sided` is the one-sided plane of `size`."""
    expected = (size[0], size[1] // 2 + 1)
    if one_sided.ndim < 2 or tuple(one_sided.shape[-2:]) != expected:
        raise InputError(
            f"the one-sided plane of size={tuple(size)} ends in {expected}, "
            f"but this one is {tuple(one_sided.shape)}: pass the size it was transformed with"
        )


def two_sided(one_sided: Tensor, size: tuple[int, int]) -> Tensor:
    """The full plane ``(..., h, w)``, zero frequency at ``[h // 2, w // 2]``, for figures.

    The frequencies along its axes are ``fftshift(fftfreq(n))``: for an even length the first one
    is -0.5 cycles/px.
    """
    check_one_sided(one_sided, size)
    h, w = size
    columns = torch.arange(1, (w + 1) // 2, device=one_sided.device).flip(0)
    rows = -torch.arange(h, device=one_sided.device) % h
    mirrored = one_sided.index_select(-1, columns).index_select(-2, rows)
    full: Tensor = torch.fft.fftshift(torch.cat((one_sided, mirrored), dim=-1), dim=(-2, -1))
    return full


def log_power_at(one_sided: Tensor, size: tuple[int, int], waves: Tensor) -> Tensor:
    """Log power between the bins, bilinear in the log.

    Args:
        one_sided: ``(B, h, w // 2 + 1)`` power.
        size: its ``(h, w)``.
        waves: ``(B, n, 2)`` wave vectors ``(fx, fy)`` in cycles/px, below 0.5 but for a bin.

    Returns:
        ``(B, n)`` natural logarithms, at least that of 1e-20.

    Raises:
        InputError: if the plane does not fit `size`.
    """
    check_one_sided(one_sided, size)
    h, w = size
    # The plane's other half mirrors it.
    half = torch.where(waves[..., :1] < 0, -waves, waves) * waves.new_tensor([w, h])
    corner = half.floor()
    x, y = (half - corner).unbind(-1)
    left, top = corner.long().unbind(-1)
    columns = torch.stack((left, left + 1, left, left + 1), dim=-1).clamp(0, w // 2)
    rows = torch.stack((top, top, top + 1, top + 1), dim=-1) % h
    index = (rows * (w // 2 + 1) + columns).flatten(1)
    level = one_sided.flatten(1).gather(1, index).clamp_min(1e-20).log().view(*left.shape, 4)
    shares = torch.stack(((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y), dim=-1)
    return (level * shares).sum(-1)


def lags_of_power(one_sided: Tensor, size: tuple[int, int], max_lag_px: tuple[int, int]) -> Tensor:
    """Inverse transform of a real, mirror-symmetric plane, cropped to the short lags.

    Equal to the centre of ``fftshift(irfft2(one_sided, s=size))``.

    Args:
        one_sided: ``(..., h, w // 2 + 1)`` real.
        size: its ``(h, w)``.
        max_lag_px: ``(my, mx)``, at most ``((h - 1) // 2, (w - 1) // 2)``.

    Returns:
        ``(..., 2 * my + 1, 2 * mx + 1)``, zero lag in the centre.

    Raises:
        InputError: if the plane does not fit `size` or a lag does not fit the transform.
    """
    return mirror_lags(lower_lags(one_sided, size, max_lag_px))


def lower_lags(one_sided: Tensor, size: tuple[int, int], max_lag_px: tuple[int, int]) -> Tensor:
    """The half of `lags_of_power` from its middle row on, ``(..., my + 1, 2 * mx + 1)``.

    The plane is real, so its inverse along the columns is the conjugate of a *real* transform,
    and only the rows 0..my are carried on: a third of the work of the full inverse.
    """
    check_one_sided(one_sided, size)
    h, w = size
    my, mx = max_lag_px
    if not (0 <= my <= (h - 1) // 2 and 0 <= mx <= (w - 1) // 2):
        raise InputError(
            f"max_lag_px={(my, mx)} does not fit a {h} x {w} transform: "
            f"use at most {((h - 1) // 2, (w - 1) // 2)}"
        )
    columns = torch.fft.rfft(one_sided, dim=-2, norm="forward")[..., : my + 1, :]
    rows = torch.fft.irfft(columns.conj(), n=w, dim=-1)
    return torch.cat((rows[..., w - mx :], rows[..., : mx + 1]), dim=-1)


def mirror_lags(lower: Tensor) -> Tensor:
    """The full map of lags from its lower half: ``r(-y, -x) = r(y, x)``."""
    return torch.cat((lower[..., 1:, :].flip((-2, -1)), lower), dim=-2)
