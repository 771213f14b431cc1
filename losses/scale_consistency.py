"""ScaleConsistencyLoss: two predictions under one condition have the same scale."""

from __future__ import annotations

from torch import Tensor

from .base import PairLoss, Terms, check_radial_options, pair_loss
from .inputs import Spectra
from .profiles import centred
from .shifts import MATCH_SHARE, correlation, largest_shift, mismatch, over_turns, shift_distance
from .spectral_period import radial_grid


class ScaleConsistencyLoss(PairLoss):
    """Distance in log scale of two predictions, at any turn up to 15 degrees; symmetric.

    The mean of how far each one's lines are shifted against the other's, plus a tenth of how far
    the lines' amplitudes differ, times ``w``; gradient flows to both.

    Args:
        r_bins: rings from ``min_bin`` to ``max_bin``, evenly spaced in log frequency.
        tau: temperature of the belief over shifts.
        min_bin: lowest frequency, as a bin of `r_bins` from 0 to Nyquist (0.5 cycles/px); never
            below two cycles across the picture.
        max_bin: highest frequency, likewise; default Nyquist.
        w: weight.
        reduction: "mean" over the items that count, or "none" for ``(B,)``.

    Raises:
        InputError: if an option is out of its range.
    """

    both = True

    def __init__(
        self,
        r_bins: int = 256,
        tau: float = 0.06,
        min_bin: int = 2,
        max_bin: int | None = None,
        w: float = 1.0,
        *,
        reduction: str = "mean",
    ) -> None:
        """Check and keep the options."""
        super().__init__(reduction)
        check_radial_options(r_bins, tau, min_bin, max_bin)
        self.r_bins, self.tau, self.min_bin, self.max_bin = r_bins, tau, min_bin, max_bin
        self.w = w

    def forward(self, pred1: Tensor, pred2: Tensor, mask: Tensor | None = None) -> Tensor:
        """The loss.

        Args:
            pred1: ``(B, C, H, W)``, C = 1 or 3, floating point.
            pred2: the same size.
            mask: ``(B, 1, H, W)`` in [0, 1], or None for the whole picture.

        Raises:
            InputError: if shapes, dtypes or devices do not fit.
        """
        return self._loss(pred1, pred2, mask)

    def terms(self, spectra: Spectra, center_override: Tensor | None = None) -> Terms:
        """``scale`` and ``lines``, weighted, each ``(B,)``."""
        return scale_consistency_terms(
            spectra,
            r_bins=self.r_bins,
            tau=self.tau,
            min_bin=self.min_bin,
            max_bin=self.max_bin,
            w=self.w,
        )


def scale_consistency_terms(
    spectra: Spectra, *, r_bins: int, tau: float, min_bin: int, max_bin: int | None, w: float
) -> Terms:
    """``scale`` and ``lines`` of `ScaleConsistencyLoss`, weighted, each ``(B,)``."""
    grid = radial_grid(spectra.size, r_bins, min_bin, max_bin)
    maps = spectra.maps(grid)
    first, second = (centred(profile.excess, grid.step) for profile in maps)
    most = largest_shift(grid.rings, grid.step)
    cross = over_turns(correlation(first, second, most))
    # Exchanging the two pictures turns the shifts round.
    there = shift_distance(cross, over_turns(correlation(first, first, most)), tau, grid.step)
    back = shift_distance(
        cross.flip(-1), over_turns(correlation(second, second, most)), tau, grid.step
    )
    match = mismatch(maps[0].lines, maps[1].lines)
    return {"scale": w * 0.5 * (there + back), "lines": w * MATCH_SHARE * match}


def scale_consistency_loss(
    pred1: Tensor,
    pred2: Tensor,
    mask: Tensor | None = None,
    *,
    r_bins: int = 256,
    tau: float = 0.06,
    min_bin: int = 2,
    max_bin: int | None = None,
    w: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """`ScaleConsistencyLoss` as a function."""
    check_radial_options(r_bins, tau, min_bin, max_bin)

    def terms(spectra: Spectra) -> Terms:
        return scale_consistency_terms(
            spectra, r_bins=r_bins, tau=tau, min_bin=min_bin, max_bin=max_bin, w=w
        )

    return pair_loss(pred1, pred2, mask, terms, reduction, both=True)
