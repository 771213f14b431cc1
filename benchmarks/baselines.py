"""The usual ways to read a period off a picture, as a user would write them in an afternoon.

They are given every help that needs no lattice: luma with its mean removed, a Hann window or the
right normalization under a mask, and no period longer than half of the picture's shorter side.
Each is scored by `scoring.judge` in the way that suits what it can know.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from scoring import AxisPeriods, OnePeriod
from torch import Tensor

from tiling_diag.kernels.spectrum import fft_size

LUMA = np.array([0.2126, 0.7152, 0.0722])
SHORTEST_PERIOD_PX = 4.0
# A peak of the autocorrelation below this is taken for noise.
LEAST_CORRELATION = 0.1
# Noise has peaks of its own: the autocorrelation is smoothed by a Gaussian of this deviation.
SMOOTHING_PX = 1.0
# Of the softmax over log amplitudes: of 1, 3, 10 and 30 the one with most corpus pictures right.
SOFTMAX_GAIN = 3.0


def fft_bin(image: Tensor, mask: Tensor | None) -> OnePeriod:
    """The period of the strongest bin of the windowed spectrum."""
    grey, weights = _grey(image, mask)
    amplitude, radius = _spectrum(grey, weights)
    allowed = (radius >= 2 / min(grey.shape)) & (radius <= 1 / SHORTEST_PERIOD_PX)
    best = np.argmax(np.where(allowed, amplitude, -1.0))
    return OnePeriod(float(1 / radius.flat[best]))


def soft_argmax(image: Tensor, mask: Tensor | None) -> OnePeriod:
    """The expected radius under a softmax of the radial profile of log amplitudes.

    As in diagnostics that need a gradient: rings one bin (one cycle per longer side) wide, from
    2 bins to the Nyquist frequency.
    """
    grey, weights = _grey(image, mask)
    amplitude, radius = _spectrum(grey, weights)
    ring = np.rint(radius * max(grey.shape)).astype(int)
    last = max(grey.shape) // 2
    inside = (ring >= 2) & (ring <= last)
    count = np.bincount(ring[inside], minlength=last + 1)
    total = np.bincount(ring[inside], np.log1p(amplitude[inside]), minlength=last + 1)
    profile = total[2:] / np.maximum(count[2:], 1)
    share = np.exp(SOFTMAX_GAIN * (profile - profile.max())) * (count[2:] > 0)
    expected = float((share * np.arange(2, last + 1)).sum() / share.sum())
    return OnePeriod(max(grey.shape) / expected)


def acf_peak(image: Tensor, mask: Tensor | None) -> OnePeriod:
    """The length of the shortest lag at which the autocorrelation peaks."""
    grey, weights = _grey(image, mask)
    height, width = grey.shape
    size = (fft_size(3 * height // 2 + 1), fft_size(3 * width // 2 + 1))
    fy, fx = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])
    smoothing = np.exp(-2 * (np.pi * SMOOTHING_PX) ** 2 * (fx**2 + fy**2))
    # Zero lag in the middle, so that peaks near it see their neighbours on all sides.
    energy, overlap = (
        np.fft.fftshift(np.fft.irfft2(np.abs(np.fft.rfft2(x, size)) ** 2 * smoothing, size))
        for x in (grey * weights, weights)
    )
    lag_y, lag_x = (np.arange(n) - n // 2 for n in size)
    lag_y = lag_y[:, None]
    centre = (size[0] // 2, size[1] // 2)
    inside = (abs(lag_y) <= height // 2) & (abs(lag_x) <= width // 2)
    inside &= overlap > 0.05 * overlap[centre]
    acf = np.where(inside, energy / np.maximum(overlap, 1e-9), 0.0)
    acf /= max(acf[centre], 1e-12)
    highest = F.max_pool2d(torch.from_numpy(acf)[None], 7, stride=1, padding=3)[0].numpy()
    peak = inside & (acf == highest) & (acf > LEAST_CORRELATION)
    length = np.where(peak, np.hypot(lag_y, lag_x), np.inf)
    shortest = float(length[length >= SHORTEST_PERIOD_PX].min(initial=np.inf))
    return OnePeriod(shortest if np.isfinite(shortest) else None)


def yin_means(image: Tensor, mask: Tensor | None) -> AxisPeriods:
    """`librosa.yin` on the means of the columns (period along x) and of the rows (along y)."""
    grey, weights = _grey(image, mask)
    return AxisPeriods(*(_yin(_mean_along(grey, weights, axis)) for axis in (0, 1)))


BASELINES = {
    "fft bin": "baselines:fft_bin",
    "soft-argmax": "baselines:soft_argmax",
    "acf peak": "baselines:acf_peak",
    "yin": "baselines:yin_means",
}


def _yin(signal: np.ndarray) -> float | None:
    import librosa

    n = len(signal)
    longest = n // 2 - 1
    if longest <= 2 * SHORTEST_PERIOD_PX or np.ptp(signal) < 1e-9:
        return None
    steps = np.arange(n)
    level = signal - np.polyval(np.polyfit(steps, signal, 1), steps)
    pitch = librosa.yin(
        level,
        sr=1.0,
        fmin=1 / longest,
        fmax=1 / SHORTEST_PERIOD_PX,
        frame_length=n,
        hop_length=n,
        center=False,
    )
    return float(1 / pitch[0])


def _mean_along(grey: np.ndarray, weights: np.ndarray, axis: int) -> np.ndarray:
    """Weighted means over `axis`; what no weight reaches is 0, the mean of the picture."""
    total = weights.sum(axis)
    return (grey * weights).sum(axis) / np.maximum(total, 1e-9) * (total > 0)


def _spectrum(grey: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Amplitude of the windowed picture and its radius in cycles/px, one-sided."""
    height, width = grey.shape
    window = np.hanning(height)[:, None] * np.hanning(width) * weights
    level = grey - (grey * window).sum() / window.sum()
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    return np.abs(np.fft.rfft2(level * window)), radius


def _grey(image: Tensor, mask: Tensor | None) -> tuple[np.ndarray, np.ndarray]:
    """Luma with its mean under the mask removed, and the mask, ``(H, W)`` float64."""
    channels = image.numpy().astype(np.float64)
    grey = np.tensordot(LUMA, channels, 1) if len(channels) == 3 else channels[0]
    weights = np.ones_like(grey) if mask is None else mask.numpy().astype(np.float64)
    return grey - (grey * weights).sum() / weights.sum(), weights
