"""How far one profile is shifted against another: correlation, belief over shifts, distance.

The correlation of two profiles over all shifts lets the whole harmonic family vote; a softmax
makes a belief over shifts of it, at several temperatures, so that there is a slope from afar and a
sharp minimum near. Its Wasserstein distance to the belief of the target about itself is 0 for
equal profiles and grows in proportion to the log of the scale ratio.

References:
    Reddy and Chatterji, "An FFT-based technique for translation, rotation, and scale-invariant
    image registration", IEEE TIP 5(8), 1996 (scale and rotation as shifts of log-polar spectra);
    Werman, Peleg and Rosenfeld, "A distance metric for multidimensional histograms", CVGIP 32(3),
    1985 (the distance of cumulative histograms, on a line and on a circle).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .profiles import centred

# Shifts looked at, in natural log units: 2.5 octaves either way.
FARTHEST = 2.5 * math.log(2.0)
# A soft maximum over turns of so much either way; correlations lie in [-1, 1].
TURN_TEMPERATURE = 0.03
MOST_TURN_DEG = 15.0
# What the mismatch of the lines' amplitudes counts beside their shift. More makes steps of the
# sweep point away where lines of different order meet; none leaves the old lines in the picture.
MATCH_SHARE = 0.1
# Temperatures as multiples of the option `tau`.
TEMPERATURES = (0.25, 1.0, 4.0)
# Correlations are brought to this standard deviation, unless theirs is below the second.
SPREAD = 0.22
LEAST_SPREAD = 0.02
# Distances over shifts and turns together (log units, radians) well below this are squared: over
# narrow sectors, the last percent would make a picture's noise fit too.
ROUNDED_BELOW = 0.015


def largest_shift(rings: int, step: float) -> int:
    """Largest shift in steps that fits the profile."""
    return min(rings - 1, round(FARTHEST / step))


def correlation(first: Tensor, second: Tensor, most: int, per_ring: int = 1) -> Tensor:
    """Correlation over shifts and turns.

    Args:
        first: ``(B, rings, sectors)``.
        second: like `first`.
        most: largest shift in rings.
        per_ring: shifts to a ring; those between rings are interpolated (by zeros in frequency).

    Returns:
        ``(B, sectors, 2 * most * per_ring + 1)``: ``sum first[r, t] * second[r + shift,
        t + turn]``, the shift rising from ``-most``, the turn from 0, circular.
    """
    rings, sectors = first.shape[-2:]
    size, most = (sectors, 2 * rings), most * per_ring
    a = torch.fft.rfft2(first.mT, s=size)
    b = torch.fft.rfft2(second.mT, s=size)
    lags = per_ring * torch.fft.irfft2(a.conj() * b, s=(sectors, 2 * rings * per_ring))
    return torch.cat((lags[..., -most:], lags[..., : most + 1]), dim=-1)


def over_turns(lags: Tensor) -> Tensor:
    """Soft maximum over the turns up to `MOST_TURN_DEG`, of ``(B, sectors, shifts)``."""
    most = round(MOST_TURN_DEG * lags.shape[-2] / 180)
    near = torch.cat((lags[..., -most:, :], lags[..., : most + 1, :]), dim=-2) if most else lags
    return TURN_TEMPERATURE * torch.logsumexp(near / TURN_TEMPERATURE, dim=-2)


def mismatch(first: Tensor, second: Tensor, most_turn_deg: float = MOST_TURN_DEG) -> Tensor:
    """One minus the cosine of two maps that are not shifted, at the best of the near turns.

    Args:
        first: ``(B, rings, sectors)`` of unit norm.
        second: like `first`.
        most_turn_deg: largest turn looked at; 0 for none.

    Returns:
        ``(B,)`` in [0, 2].
    """
    sectors = first.shape[-1]
    most = round(most_turn_deg * sectors / 180)
    turns = [(first * second.roll(turn, -1)).sum((-2, -1)) for turn in range(-most, most + 1)]
    cosines = torch.stack(turns, dim=-1) / TURN_TEMPERATURE
    # Less the logarithm of their number: equal turns must not count as a better one.
    best = torch.logsumexp(cosines, -1) - math.log(len(turns))
    return 1 - TURN_TEMPERATURE * best


def standardized(lags: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Correlations less their mean, brought to one spread: only where they are high matters."""
    away = lags - lags.mean(dims, keepdim=True)
    variance = away.square().mean(dims, keepdim=True)
    return away * (SPREAD * torch.rsqrt(variance + LEAST_SPREAD**2))


def shift_distance(lags: Tensor, own: Tensor, tau: float, step: float) -> Tensor:
    """Mean over the temperatures of the distance between two beliefs over shifts, ``(B,)``.

    Args:
        lags: ``(B, shifts)`` correlation of target and prediction.
        own: ``(B, shifts)`` of the target with itself.
        tau: temperature, see `TEMPERATURES`.
        step: log units between two shifts; the distance is in the same units.
    """
    lags, own = standardized(lags, (-1,)), standardized(own, (-1,))
    return _mean([_line_distance(lags / (tau * t), own / (tau * t)) for t in TEMPERATURES]) * step


def radial_shift(first: Tensor, second: Tensor, step: float, tau: float) -> Tensor:
    """How far the second profile is shifted against the first at the near turns, ``(B,)``.

    Args:
        first: ``(B, rings, sectors)``, not yet centred.
        second: like `first`.
        step: log units between two rings; the distance is in the same units.
        tau: temperature, see `TEMPERATURES`.
    """
    a, b = centred(first, step), centred(second, step)
    most = largest_shift(first.shape[-2], step)
    cross, own = over_turns(correlation(a, b, most)), over_turns(correlation(a, a, most))
    return shift_distance(cross, own, tau, step)


def shift_and_turn_distance(
    lags: Tensor, own: Tensor, tau: float, step: float
) -> tuple[Tensor, Tensor]:
    """As `shift_distance` for beliefs over shifts and turns together.

    Args:
        lags: ``(B, sectors, shifts)``.
        own: like `lags`, of the target with itself.
        tau: temperature.
        step: log units between two shifts.

    Returns:
        The distances of the beliefs over shifts, in log units, and of those over turns, in
        radians, rounded off below `ROUNDED_BELOW`; each ``(B,)``.
    """
    lags, own = standardized(lags, (-2, -1)), standardized(own, (-2, -1))
    shifts, turns = [], []
    for temperature in TEMPERATURES:
        t = tau * temperature
        shifts.append(_line_distance(torch.logsumexp(lags / t, -2), torch.logsumexp(own / t, -2)))
        turns.append(_circle_distance(torch.logsumexp(lags / t, -1), torch.logsumexp(own / t, -1)))
    turn = _mean(turns) * (math.pi / lags.shape[-2])
    return _rounded(_mean(shifts) * step), _rounded(turn)


def _line_distance(logits: Tensor, own: Tensor) -> Tensor:
    difference = logits.softmax(-1) - own.softmax(-1)
    return difference.cumsum(-1).abs().sum(-1)


def _circle_distance(logits: Tensor, own: Tensor) -> Tensor:
    cumulative = (logits.softmax(-1) - own.softmax(-1)).cumsum(-1)
    # On a circle the cut is free, and the best place is where the median is taken away.
    return (cumulative - cumulative.median(-1, keepdim=True).values).abs().sum(-1)


def _rounded(distance: Tensor) -> Tensor:
    """Pseudo-Huber: 0 at 0 with slope 0 there, slope 1 far above `ROUNDED_BELOW`."""
    return torch.sqrt(distance.square() + ROUNDED_BELOW**2) - ROUNDED_BELOW


def _mean(values: list[Tensor]) -> Tensor:
    return torch.stack(values).mean(0)
