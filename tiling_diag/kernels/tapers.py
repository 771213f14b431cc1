"""Windows and weights: tapers, feathered masks, Moisan's edge removal, Gaussian smoothing.

All windows are sampled at pixel centres, so they are symmetric (a flipped image keeps its
weights) and no pixel is lost to a zero. Lengths are in pixels.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.kernels.running import square_max
from tiling_diag.kernels.spectrum import check_weights, fft_size, weighted_mean

# Below this share of the kernel's mass `gaussian_blur` trusts the mean more than the pixels.
LEAST_KERNEL_MASS = 1e-3
# Up to this side products with a matrix are quicker than transforms.
MATRIX_SIDE = 256


def hann(
    size: tuple[int, int],
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Separable Hann window ``(H, W)``: ``sin^2(pi (i + 1/2) / n)`` along each side.

    Its transform is zero but for three bins along each axis, as the periodic Hann window's is.
    """
    return tukey(size, taper=1.0, device=device, dtype=dtype)


def tukey(
    size: tuple[int, int],
    *,
    taper: float = 0.25,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Separable Tukey (tapered cosine) window ``(H, W)``.

    Args:
        size: ``(H, W)``.
        taper: the share of each side that the two tapers take together, in [0, 1]: 0 is a box of
            ones, 1 the Hann window.
        device: of the window.
        dtype: of the window.

    Raises:
        InputError: if `taper` is outside [0, 1].

    References:
        Harris, "On the use of windows for harmonic analysis with the discrete Fourier
        transform", Proc. IEEE 66(1), 1978, eq. 38.
    """
    if not 0.0 <= taper <= 1.0:
        raise InputError(f"taper={taper} is outside [0, 1]: 0 is a box, 1 a Hann window")
    rows, columns = (_tukey_1d(n, taper, device, dtype) for n in size)
    return rows[:, None] * columns


def _tukey_1d(
    n: int, taper: float, device: torch.device | None, dtype: torch.dtype | None
) -> Tensor:
    if taper == 0.0:
        return torch.ones(n, device=device, dtype=dtype)
    index = torch.arange(n, device=device, dtype=dtype)
    # Distance of the pixel's centre from the nearer end, in tapers.
    edge = (torch.minimum(index, n - 1 - index) + 0.5) / (0.5 * taper * n)
    return torch.sin(0.5 * math.pi * edge.clamp_max(1.0)).square()


def feather(mask: Tensor, radius_px: float) -> Tensor:
    """Soften a mask *inwards*: 0 outside it, 1 from `radius_px` inside its border.

    The mask is eroded by half the radius and smoothed by a raised cosine as wide, so
    nothing spills over the border. What lies outside the picture counts as outside the mask:
    a mask of ones becomes a tapered window. Parts thinner than about `radius_px` vanish.

    Args:
        mask: ``(..., H, W)`` in [0, 1], floating point.
        radius_px: width of the taper; below 1 the mask is returned as it is.

    Returns:
        ``(..., H, W)`` in [0, 1], nowhere above the mask.

    Raises:
        InputError: if the mask is not floating point or the radius is negative.
    """
    if not mask.is_floating_point() or mask.ndim < 2:
        raise InputError(
            f"mask is {mask.dtype} of shape {tuple(mask.shape)}: pass (..., H, W) floating point"
        )
    if radius_px < 0:
        raise InputError(f"radius_px={radius_px} is negative: use 0 for no feathering")
    half_width = round(radius_px / 2)
    if half_width == 0:
        return mask
    negative = square_max(-mask, half_width, beyond=0.0)
    offsets = torch.arange(-half_width, half_width + 1, device=mask.device, dtype=mask.dtype)
    taps = 1.0 + torch.cos(math.pi * offsets / (half_width + 1))
    soft = _convolve(-negative, taps / taps.sum())
    # Rounding of the transform must not lift what is outside the mask.
    return torch.minimum(soft.clamp(0.0, 1.0), mask)


def periodic_plus_smooth(image: Tensor) -> tuple[Tensor, Tensor]:
    """Split an image into a part without jumps across its edges and a smooth rest.

    The spectrum of the periodic part has no axis cross from the frame, and, unlike under a
    window, every pixel counts in full.

    Args:
        image: ``(..., H, W)``, float32 or float64.

    Returns:
        ``(periodic, smooth)``, each ``(..., H, W)``; their sum is the image, and the smooth
        part's mean is 0.

    References:
        Moisan, "Periodic plus smooth image decomposition", J. Math. Imaging Vis. 39, 2011,
        eq. 11-12.
    """
    h, w = image.shape[-2:]
    # The jumps live on the border, so their transform is an outer product of two 1-D ones.
    across_rows = torch.fft.rfft(image[..., -1, :] - image[..., 0, :])
    across_columns = torch.fft.fft(image[..., :, -1] - image[..., :, 0])
    turn_y = 2 * math.pi * torch.fft.fftfreq(h, device=image.device, dtype=image.dtype)
    turn_x = 2 * math.pi * torch.fft.rfftfreq(w, device=image.device, dtype=image.dtype)
    phase_y = 1 - torch.polar(torch.ones_like(turn_y), turn_y)
    phase_x = 1 - torch.polar(torch.ones_like(turn_x), turn_x)
    jumps = (
        phase_y[:, None] * across_rows[..., None, :]
        + across_columns[..., :, None] * phase_x[None, :]
    )
    laplacian = 2 * torch.cos(turn_y)[:, None] + 2 * torch.cos(turn_x) - 4
    at_zero = torch.zeros_like(laplacian, dtype=torch.bool)
    at_zero[0, 0] = True
    inverse = torch.where(at_zero, 0.0, 1.0 / torch.where(at_zero, 1.0, laplacian))
    smooth = torch.fft.irfft2(jumps * inverse, s=(h, w))
    return image - smooth, smooth


def gaussian_blur(image: Tensor, sigma_px: float, weights: Tensor | None = None) -> Tensor:
    """Gaussian smoothing that ignores what is outside the picture and outside the weights.

    Normalized convolution: ``blur(image * weights) / blur(weights)``, so a masked border leaks
    nothing in. The cost does not depend on `sigma_px`.

    Args:
        image: ``(..., H, W)``, float32 or float64.
        sigma_px: standard deviation of the kernel, above 0.
        weights: ``(H, W)`` or batched, at least 0; default: 1 throughout.

    Returns:
        ``(..., H, W)``. Where the kernel meets less than a thousandth of its mass in weights the
        result fades to the image's weighted mean.

    Raises:
        InputError: if `sigma_px` is not positive or shapes disagree.

    References:
        Knutsson and Westin, "Normalized and differential convolution", CVPR 1993.
    """
    if not sigma_px > 0:
        raise InputError(f"sigma_px={sigma_px} must be above 0: leave the blur out for none")
    if weights is None:
        taps = _gaussian_taps(sigma_px, max(image.shape[-2:])).to(image)
        rows, columns = (_mass_inside(n, taps) for n in image.shape[-2:])
        return _smoothed(image, sigma_px) / (rows[:, None] * columns)
    check_weights(image, weights)
    mean = weighted_mean(image, weights)
    mass = _smoothed(weights, sigma_px).clamp_min(LEAST_KERNEL_MASS)
    return mean + _smoothed((image - mean) * weights, sigma_px) / mass


def wide_blur(image: Tensor, sigma_px: float, weights: Tensor, shrink: int) -> Tensor:
    """About `gaussian_blur`, taken in a picture that is shrunk first: it has nothing fine.

    Args:
        image: ``(B, C, H, W)``.
        sigma_px: standard deviation of the kernel, several times `shrink`.
        weights: ``(B, 1, H, W)``, at least 0.
        shrink: px along each side that are one px of the shrunk picture; 1 for none.

    Returns:
        ``(B, C, H, W)``, in straight lines between the middles of these.
    """
    if shrink == 1:
        return gaussian_blur(image, sigma_px, weights)
    size = (image.shape[-2], image.shape[-1])
    share = F.avg_pool2d(weights, shrink, ceil_mode=True)
    mean = F.avg_pool2d(image * weights, shrink, ceil_mode=True) / share.clamp_min(1e-6)
    blurred = gaussian_blur(mean, sigma_px / shrink, share)
    if max(size) > MATRIX_SIDE:
        larger = F.interpolate(blurred, scale_factor=float(shrink), mode="bilinear")
        return larger[..., : size[0], : size[1]]
    down, across = (
        _linear(n, coarse, shrink).to(blurred)
        for n, coarse in zip(size, blurred.shape[-2:], strict=True)
    )
    return down @ blurred @ across.mT


def _linear(count: int, coarse: int, step: int) -> Tensor:
    """``(count, coarse)`` weights of linear interpolation between blocks of `step` pixels."""
    place = ((torch.arange(count) + 0.5) / step - 0.5).clamp(0, coarse - 1)
    return (1 - (place[:, None] - torch.arange(coarse)).abs()).clamp_min(0)


def _gaussian_taps(sigma_px: float, longest: int) -> Tensor:
    """Odd kernel of sum 1, float64; `longest` is the longer side of what it smooths."""
    half_width = min(math.ceil(6.0 * sigma_px), longest)
    offsets = torch.arange(-half_width, half_width + 1, dtype=torch.float64)
    taps = torch.exp(-0.5 * (offsets / sigma_px).square())
    return taps / taps.sum()


def _smoothed(image: Tensor, sigma_px: float) -> Tensor:
    """Linear convolution along both axes with a Gaussian, zeros around the image."""
    longest = max(image.shape[-2:])
    # How few factors do is found out by numbers, which a compiled graph does not know.
    if longest > MATRIX_SIDE or torch.compiler.is_compiling():
        return _convolve(image, _gaussian_taps(sigma_px, longest).to(image))
    down, across = (
        _gaussian_factors(n, longest, sigma_px, image.device, image.dtype) for n in image.shape[-2:]
    )
    for factor in reversed(across):
        image = image @ factor.mT
    for factor in reversed(down):
        image = factor @ image
    return image


@lru_cache(maxsize=64)
def _gaussian_factors(
    n: int, longest: int, sigma_px: float, device: torch.device, dtype: torch.dtype
) -> tuple[Tensor, ...]:
    """Matrices whose product convolves `n` samples with a Gaussian, zeros around them.

    A wide Gaussian leaves few degrees of freedom, all others less than rounding does: then they
    are ``(n, k)`` and ``(k, n)``, and k is small.
    """
    # Kept for later calls: those in inference mode, and those that need gradients.
    with torch.inference_mode(False), torch.no_grad():
        band = _band_matrix(n, _gaussian_taps(sigma_px, longest))
        values, vectors = torch.linalg.eigh(band)
        kept = values.abs() > torch.finfo(dtype).eps
        few = 2 * int(kept.sum()) < n
        factors = (vectors[:, kept] * values[kept], vectors[:, kept].mT) if few else (band,)
        return tuple(factor.to(device, dtype).contiguous() for factor in factors)


def _mass_inside(n: int, taps: Tensor) -> Tensor:
    """Share of an odd kernel's mass that falls on `n` samples, for its middle at each of them."""
    half_width = taps.shape[0] // 2
    below = F.pad(taps.cumsum(0), (1, 0))
    place = torch.arange(n, device=taps.device) + half_width
    return below[(place + 1).clamp_max(2 * half_width + 1)] - below[(place + 1 - n).clamp_min(0)]


def _convolve(image: Tensor, taps: Tensor) -> Tensor:
    """Linear convolution along both axes with an odd, symmetric kernel, zeros around the image."""
    height, width = image.shape[-2:]
    half_width = taps.shape[0] // 2
    if max(height, width) <= MATRIX_SIDE:
        return _band_matrix(height, taps) @ image @ _band_matrix(width, taps)
    h, w = fft_size(height + half_width), fft_size(width + half_width)
    spectrum = torch.fft.rfft2(image, s=(h, w))
    gain = torch.fft.fft(_around_zero(taps, h)).real[:, None]
    gain = gain * torch.fft.rfft(_around_zero(taps, w)).real
    blurred: Tensor = torch.fft.irfft2(spectrum * gain, s=(h, w))
    return blurred[..., :height, :width]


def _band_matrix(n: int, taps: Tensor) -> Tensor:
    """``(n, n)`` that convolves `n` samples with an odd, symmetric kernel, zeros around them."""
    place = torch.arange(n, device=taps.device)
    apart = (place[:, None] - place).abs()
    half_width = taps.shape[0] // 2
    return taps[half_width:][apart.clamp_max(half_width)] * (apart <= half_width)


def _around_zero(taps: Tensor, n: int) -> Tensor:
    """The kernel on a circle of `n` samples, its middle at sample 0; ends that meet are added."""
    half_width = taps.shape[0] // 2
    place = torch.arange(-half_width, half_width + 1, device=taps.device) % n
    return taps.new_zeros(n).index_add(0, place, taps)
