"""SpectralPeriodLoss: the lines of the two spectra lie at the same radial frequencies."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tiling_diag.errors import InputError

from .base import (
    NYQUIST,
    SECTORS,
    PairLoss,
    Terms,
    bin_frequency,
    check_options,
    check_radial_options,
    pair_loss,
)
from .inputs import Spectra, compute_spectra
from .profiles import LogMap, log_map
from .shifts import MATCH_SHARE, mismatch, radial_shift
from .tables import constant_result

# The band saturates where the peak does not, so it must stay the smaller of the two.
BAND_SHARE = 0.05


class SpectralPeriodLoss(PairLoss):
    """Distance of the main peaks in log frequency, and of the shapes around the fundamental.

    ``w_peak`` times how far the prediction's lines are shifted against the target's (natural log
    of the scale ratio, at any turn up to 15 degrees) and a tenth of how far the lines' amplitudes
    differ, plus ``w_band`` times a twentieth of 1 - cosine of the two ring profiles in a band
    around the target's fundamental.

    Args:
        r_bins: rings from ``min_bin`` to ``max_bin``, evenly spaced in log frequency.
        tau: temperature of the belief over shifts.
        band_sigma: relative width of the band (standard deviation over its centre).
        w_peak: weight of the distance of the peaks.
        w_band: weight of the difference within the band.
        min_bin: lowest frequency, as a bin of `r_bins` from 0 to Nyquist (0.5 cycles/px); never
            below two cycles across the picture.
        max_bin: highest frequency, likewise; default Nyquist.
        reduction: "mean" over the items that count, or "none" for ``(B,)``.

    Raises:
        InputError: if an option is out of its range.
    """

    def __init__(
        self,
        r_bins: int = 256,
        tau: float = 0.06,
        band_sigma: float = 0.15,
        w_peak: float = 1.0,
        w_band: float = 1.0,
        min_bin: int = 2,
        max_bin: int | None = None,
        *,
        reduction: str = "mean",
    ) -> None:
        """Check and keep the options."""
        super().__init__(reduction)
        _check(r_bins, tau, band_sigma, min_bin, max_bin)
        self.r_bins, self.tau, self.band_sigma = r_bins, tau, band_sigma
        self.w_peak, self.w_band = w_peak, w_band
        self.min_bin, self.max_bin = min_bin, max_bin

    def forward(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None = None,
        center_override: Tensor | None = None,
    ) -> Tensor:
        """The loss.

        Args:
            pred: ``(B, C, H, W)``, C = 1 or 3, floating point.
            target: the same size; it takes no gradient.
            mask: ``(B, 1, H, W)`` in [0, 1], or None for the whole picture.
            center_override: ``(B,)`` middle of the band in place of the target's own fundamental:
                radial frequency in [0, 1], where 1 is Nyquist (0.5 cycles/px).

        Raises:
            InputError: if shapes, dtypes or devices do not fit.
        """
        return self._loss(pred, target, mask, center_override)

    def terms(self, spectra: Spectra, center_override: Tensor | None = None) -> Terms:
        """``peak`` and ``band``, weighted, each ``(B,)``."""
        return spectral_period_terms(
            spectra,
            center_override,
            r_bins=self.r_bins,
            tau=self.tau,
            band_sigma=self.band_sigma,
            w_peak=self.w_peak,
            w_band=self.w_band,
            min_bin=self.min_bin,
            max_bin=self.max_bin,
        )

    def center(self, target: Tensor, mask: Tensor | None) -> Tensor | None:
        """``(B,)`` the target's own fundamental over Nyquist."""
        with torch.no_grad(), torch.autocast(target.device.type, enabled=False):
            spectra = compute_spectra(target, target, mask)
            grid = radial_grid(spectra.size, self.r_bins, self.min_bin, self.max_bin)
            return fundamental(spectra.maps(grid)[1].excess, grid) / NYQUIST


def spectral_period_terms(
    spectra: Spectra,
    center_override: Tensor | None,
    *,
    r_bins: int,
    tau: float,
    band_sigma: float,
    w_peak: float,
    w_band: float,
    min_bin: int,
    max_bin: int | None,
) -> Terms:
    """``peak`` and ``band`` of `SpectralPeriodLoss`, weighted, each ``(B,)``."""
    grid = radial_grid(spectra.size, r_bins, min_bin, max_bin)
    pred, target = spectra.maps(grid)
    peak = radial_shift(target.excess.detach(), pred.excess, grid.step, tau)
    match = mismatch(target.lines.detach(), pred.lines)
    if center_override is None:
        center = fundamental(target.excess, grid)
    else:
        center = _checked_center(center_override, pred.excess)
    radii = _log_radii(grid, pred.excess.device, pred.excess.dtype)
    # An octave above or below is far outside: exp(-(0.69 / 0.14)^2 / 2) = 5e-6.
    away = (radii - torch.log(center.clamp_min(1e-6))[:, None]) / math.log1p(band_sigma)
    band = torch.exp(-0.5 * away.square())
    ring_pred = pred.excess.mean(-1) * band
    ring_target = target.excess.detach().mean(-1) * band
    cosine = (ring_pred * ring_target).sum(-1) * torch.rsqrt(
        ring_pred.square().sum(-1) * ring_target.square().sum(-1) + 1e-12
    )
    peak = peak + MATCH_SHARE * match
    return {"peak": w_peak * peak, "band": w_band * BAND_SHARE * (1 - cosine)}


def _check(r_bins: int, tau: float, band_sigma: float, min_bin: int, max_bin: int | None) -> None:
    check_radial_options(r_bins, tau, min_bin, max_bin)
    check_options(band_sigma > 0, f"band_sigma={band_sigma}: use a width above 0 (0.15)")


def radial_grid(size: tuple[int, int], bins: int, min_bin: int, max_bin: int | None) -> LogMap:
    """The log-frequency grid that radial options stand for."""
    top = NYQUIST if max_bin is None else bin_frequency(max_bin, bins)
    return log_map(size, bins, SECTORS, bin_frequency(min_bin, bins), top)


def fundamental(profile: Tensor, grid: LogMap) -> Tensor:
    """Frequency of the strongest ring of a profile, ``(B,)``, cycles/px."""
    radii = _log_radii(grid, profile.device, profile.dtype).exp()
    return radii[profile.detach().mean(-1).argmax(-1)]


def _checked_center(center: Tensor, like: Tensor) -> Tensor:
    if center.shape != like.shape[:1] or not center.is_floating_point():
        raise InputError(
            f"center_override is {center.dtype} of shape {tuple(center.shape)}: pass floating "
            f"point ({like.shape[0]},), one radial frequency in [0, 1] per item"
        )
    return NYQUIST * center.detach().to(like)


@constant_result
def _log_radii(grid: LogMap, device: torch.device, dtype: torch.dtype) -> Tensor:
    return grid.radii.log().to(device=device, dtype=dtype)


def spectral_period_loss(
    pred: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    center_override: Tensor | None = None,
    *,
    r_bins: int = 256,
    tau: float = 0.06,
    band_sigma: float = 0.15,
    w_peak: float = 1.0,
    w_band: float = 1.0,
    min_bin: int = 2,
    max_bin: int | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`SpectralPeriodLoss` as a function."""
    _check(r_bins, tau, band_sigma, min_bin, max_bin)

    def terms(spectra: Spectra) -> Terms:
        return spectral_period_terms(
            spectra,
            center_override,
            r_bins=r_bins,
            tau=tau,
            band_sigma=band_sigma,
            w_peak=w_peak,
            w_band=w_band,
            min_bin=min_bin,
            max_bin=max_bin,
        )

    return pair_loss(pred, target, mask, terms, reduction)
