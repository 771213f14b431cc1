"""The numbers that a plain script takes off one FFT, written afresh from their definitions.

Baselines for the findings: no lattice, no calibration, the strongest ring is the fundamental.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

LUMA = np.array([0.2126, 0.7152, 0.0722])
AXIS_DEG = 5.0
RING_SHARE = 0.08
DOUBLED = 1.6
LEAST_BIN = 3


def legacy_metrics(image: Tensor, *, bands: bool) -> dict[str, float]:
    """`axis_ratio_at_f`, `E2f_over_Ef` and, if asked, `band_score` of a ``(3, H, W)`` picture."""
    grey = np.tensordot(LUMA, image.numpy().astype(np.float64), 1)
    power, radius, angle = _spectrum(grey)
    longest = max(grey.shape)
    profile, rings = _profile(power, radius * longest)
    f = _fundamental(profile) / longest

    def energy(at: float) -> float:
        on = np.abs(radius - at) <= RING_SHARE * at
        return float(power[on].sum())

    ring = np.abs(radius - f) <= RING_SHARE * f
    on_axis = (angle <= AXIS_DEG) | (angle >= 90 - AXIS_DEG)
    found = {
        "axis_ratio_at_f": float(power[ring & on_axis].sum() / max(power[ring].sum(), 1e-12)),
        "E2f_over_Ef": energy(2 * f) / max(energy(f), 1e-12),
    }
    if bands:
        found["band_score"] = _band_score(grey, longest / rings[_fundamental(profile)])
    return found


def _spectrum(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    height, width = grey.shape
    window = np.hanning(height)[:, None] * np.hanning(width)
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    power = np.abs(np.fft.rfft2((grey - grey.mean()) * window)) ** 2
    angle = np.degrees(np.arctan2(np.abs(fy), np.abs(fx)))
    return power, np.hypot(fy, fx), angle


def _profile(power: np.ndarray, bins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean power of every ring of one bin, and the rings' numbers."""
    place = np.rint(bins).astype(int).ravel()
    count = np.bincount(place)
    return np.bincount(place, power.ravel()) / np.maximum(count, 1), np.arange(len(count))


def _fundamental(profile: np.ndarray) -> int:
    """The strongest ring, weighed by its length."""
    ring = np.arange(len(profile))
    weighed = profile * ring * (ring >= LEAST_BIN) * (ring <= len(profile) / 1.5)
    return int(weighed.argmax())


def _band_score(grey: np.ndarray, period_px: float) -> float:
    """Largest share of doubled local periods in a row or column of windows."""
    side = int(min(min(grey.shape), max(64, 6 * period_px)))
    step = max(16, side // 4)
    rows = range(0, grey.shape[0] - side + 1, step)
    columns = range(0, grey.shape[1] - side + 1, step)
    local = np.array([[_local(grey[y : y + side, x : x + side]) for x in columns] for y in rows])
    doubled = local > DOUBLED * np.median(local)
    return float(max(doubled.mean(0).max(), doubled.mean(1).max()))


def _local(part: np.ndarray) -> float:
    power, radius, _ = _spectrum(part)
    profile, _ = _profile(power, radius * len(part))
    return len(part) / max(_fundamental(profile), 1)
