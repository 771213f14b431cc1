"""ACFPeriodLoss: the autocorrelations repeat at the same lags."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from .base import PairLoss, Terms, check_options, pair_loss
from .inputs import Spectra
from .profiles import LogMap
from .shifts import MATCH_SHARE, mismatch, radial_shift
from .spectral_period import radial_grid
from .tables import constant_result

# Lines are weighted by this power of their frequency before the transform: half way between
# counting every octave of frequency alike (0) and every cycle per pixel alike (1).
FREQUENCY_POWER = 0.5
MIN_BIN = 2


class Lags(NamedTuple):
    """Lags of a profile in pixels, `count` of them, evenly spaced in their logarithm."""

    first_px: float
    last_px: float
    count: int

    @property
    def step(self) -> float:
        """Natural log of the ratio of two neighbouring lags."""
        return math.log(self.last_px / self.first_px) / (self.count - 1)


class ACFPeriodLoss(PairLoss):
    """Distance in log lag of the peaks of the autocorrelations' radial profiles.

    Along each direction the autocorrelation is the cosine transform of the power there (Wiener
    and Khinchin; by the slice theorem, that of the picture summed across the direction), taken of
    the lines that stand above the background. The profiles over log lag are compared at all
    shifts and at turns up to 15 degrees; a tenth of how far the lines' amplitudes differ is added,
    and all is times ``w``.

    Args:
        r_bins: lags, evenly spaced in their logarithm, and rings they are transformed from.
        tau: temperature of the belief over shifts.
        min_rel: shortest lag over half the shorter side.
        max_rel: longest lag over half the shorter side.
        w: weight.
        reduction: "mean" over the items that count, or "none" for ``(B,)``.

    Raises:
        InputError: if an option is out of its range.
    """

    def __init__(
        self,
        r_bins: int = 256,
        tau: float = 0.08,
        min_rel: float = 0.03,
        max_rel: float = 0.6,
        w: float = 1.0,
        *,
        reduction: str = "mean",
    ) -> None:
        """Check and keep the options."""
        super().__init__(reduction)
        _check(r_bins, tau, min_rel, max_rel)
        self.r_bins, self.tau, self.min_rel, self.max_rel = r_bins, tau, min_rel, max_rel
        self.w = w

    def forward(self, pred: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """The loss.

        Args:
            pred: ``(B, C, H, W)``, C = 1 or 3, floating point.
            target: the same size; it takes no gradient.
            mask: ``(B, 1, H, W)`` in [0, 1], or None for the whole picture.

        Raises:
            InputError: if shapes, dtypes or devices do not fit.
        """
        return self._loss(pred, target, mask)

    def terms(self, spectra: Spectra, center_override: Tensor | None = None) -> Terms:
        """``lag`` and ``lines``, weighted, each ``(B,)``."""
        return acf_period_terms(
            spectra,
            r_bins=self.r_bins,
            tau=self.tau,
            min_rel=self.min_rel,
            max_rel=self.max_rel,
            w=self.w,
        )


def acf_period_terms(
    spectra: Spectra, *, r_bins: int, tau: float, min_rel: float, max_rel: float, w: float
) -> Terms:
    """``lag`` and ``lines`` of `ACFPeriodLoss`, weighted, each ``(B,)``."""
    grid = radial_grid(spectra.size, r_bins, MIN_BIN, None)
    longest = min(spectra.size) / 2
    lags = Lags(min_rel * longest, max_rel * longest, r_bins)
    pred, target = spectra.maps(grid)
    transform = _cosines(grid, lags, pred.excess.device, pred.excess.dtype)
    lag = radial_shift(transform @ target.excess.detach(), transform @ pred.excess, lags.step, tau)
    match = mismatch(target.lines.detach(), pred.lines)
    return {"lag": w * lag, "lines": w * MATCH_SHARE * match}


def _check(r_bins: int, tau: float, min_rel: float, max_rel: float) -> None:
    check_options(r_bins >= 16, f"r_bins={r_bins}: use at least 16 (default 256)")
    check_options(tau > 0, f"tau={tau}: use a temperature above 0 (default 0.08)")
    check_options(
        min_rel > 0 and 2 * min_rel <= max_rel <= 1,
        f"min_rel={min_rel}, max_rel={max_rel}: use 0 < 2 * min_rel <= max_rel <= 1",
    )


@constant_result
def _cosines(grid: LogMap, lags: Lags, device: torch.device, dtype: torch.dtype) -> Tensor:
    """``(lags, rings)``: from lines over log frequency to autocorrelation over log lag."""
    radii = grid.radii
    lag_px = torch.logspace(
        math.log10(lags.first_px), math.log10(lags.last_px), lags.count, dtype=torch.float64
    )
    table = torch.cos(2 * math.pi * lag_px[:, None] * radii) * radii.pow(FREQUENCY_POWER)
    return table.to(device=device, dtype=dtype)


def acf_period_loss(
    pred: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    *,
    r_bins: int = 256,
    tau: float = 0.08,
    min_rel: float = 0.03,
    max_rel: float = 0.6,
    w: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """`ACFPeriodLoss` as a function."""
    _check(r_bins, tau, min_rel, max_rel)

    def terms(spectra: Spectra) -> Terms:
        return acf_period_terms(
            spectra, r_bins=r_bins, tau=tau, min_rel=min_rel, max_rel=max_rel, w=w
        )

    return pair_loss(pred, target, mask, terms, reduction)
