"""TilingLoss: the four losses together, each spectrum and profile computed once."""

from __future__ import annotations

from torch import Tensor

from .acf_period import ACFPeriodLoss
from .base import PairLoss, check_options
from .inputs import Spectra
from .log_polar_align import LogPolarAlignLoss
from .scale_consistency import ScaleConsistencyLoss
from .spectral_period import SpectralPeriodLoss


class TilingLoss(PairLoss):
    """Weighted sum of the four losses; equal to adding them up, for less work.

    Args:
        w_spectral: weight of `SpectralPeriodLoss`; a loss of weight 0 is not computed.
        w_log_polar: weight of `LogPolarAlignLoss`.
        w_scale: weight of `ScaleConsistencyLoss` between prediction and target. Unless it is 0,
            gradient flows to the target as well, if that asks for it.
        w_acf: weight of `ACFPeriodLoss`.
        spectral: the loss with its options; default: its defaults.
        log_polar: likewise.
        scale: likewise.
        acf: likewise.
        reduction: "mean" over the items that count, or "none" for ``(B,)``; those of the single
            losses play no part.

    Raises:
        InputError: if a weight is negative, or all are 0.
    """

    def __init__(
        self,
        w_spectral: float = 1.0,
        w_log_polar: float = 1.0,
        w_scale: float = 1.0,
        w_acf: float = 1.0,
        *,
        spectral: SpectralPeriodLoss | None = None,
        log_polar: LogPolarAlignLoss | None = None,
        scale: ScaleConsistencyLoss | None = None,
        acf: ACFPeriodLoss | None = None,
        reduction: str = "mean",
    ) -> None:
        """Check and keep the options."""
        super().__init__(reduction)
        weights = {"spectral": w_spectral, "log_polar": w_log_polar, "scale": w_scale, "acf": w_acf}
        check_options(
            min(weights.values()) >= 0 and max(weights.values()) > 0,
            f"weights are {weights}: use 0 or more, and at least one above 0",
        )
        self.spectral = spectral or SpectralPeriodLoss()
        self.log_polar = log_polar or LogPolarAlignLoss()
        self.scale = scale or ScaleConsistencyLoss()
        self.acf = acf or ACFPeriodLoss()
        self.weights = {name: weight for name, weight in weights.items() if weight > 0}
        self.both = w_scale > 0

    def forward(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None = None,
        center_override: Tensor | None = None,
    ) -> Tensor:
        """The loss; arguments as of `SpectralPeriodLoss.forward`."""
        return self._loss(pred, target, mask, center_override)

    def terms(self, spectra: Spectra, center_override: Tensor | None = None) -> dict[str, Tensor]:
        """``spectral.peak``, ``spectral.band``, ``log_polar.shift`` and so on, weighted."""
        parts: dict[str, PairLoss] = {
            "spectral": self.spectral,
            "log_polar": self.log_polar,
            "scale": self.scale,
            "acf": self.acf,
        }
        return {
            f"{name}.{term}": weight * value
            for name, weight in self.weights.items()
            for term, value in parts[name].terms(spectra, center_override).items()
        }


def tiling_loss(
    pred: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    center_override: Tensor | None = None,
    *,
    w_spectral: float = 1.0,
    w_log_polar: float = 1.0,
    w_scale: float = 1.0,
    w_acf: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """`TilingLoss` as a function, the single losses with their defaults."""
    return TilingLoss(w_spectral, w_log_polar, w_scale, w_acf, reduction=reduction).forward(
        pred, target, mask, center_override
    )
