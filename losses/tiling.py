"""TilingLoss: the four losses, joints and colours together, each spectrum computed once."""

from __future__ import annotations

from torch import Tensor

from .acf_period import ACFPeriodLoss
from .base import PairLoss, Terms, check_options, check_reduction, reduce_items, total
from .colour import colour_terms
from .inputs import Spectra
from .joints import joint_shift
from .log_polar_align import LogPolarAlignLoss
from .scale_consistency import ScaleConsistencyLoss
from .spectral_period import SpectralPeriodLoss, radial_grid


class TilingLoss(PairLoss):
    """Weighted sum of the four losses, for less work, and of what they do not see.

    With ``w_joints=0`` and ``w_colour=0`` it equals adding the four losses up. Long joints and
    head joints vote apart (`joints`), since beside right courses all lines together do not see
    doubled units; and colours count as in `ColourLoss`, so that no hue keeps old joints.

    Args:
        w_spectral: weight of `SpectralPeriodLoss`; a loss of weight 0 is not computed.
        w_log_polar: weight of `LogPolarAlignLoss`.
        w_scale: weight of `ScaleConsistencyLoss` between prediction and target. Unless it is 0,
            gradient flows to the target as well, if that asks for it.
        w_acf: weight of `ACFPeriodLoss`.
        w_joints: weight of the shifts of long joints and of head joints.
        w_colour: weight of each of the two opponent colours, if both pictures have colours; three
            spectra in place of one cost about three times the time.
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
        w_joints: float = 0.5,
        w_colour: float = 0.5,
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
        check_options(
            w_joints >= 0 and w_colour >= 0,
            f"w_joints={w_joints}, w_colour={w_colour}: use 0 or more (default 0.5 both)",
        )
        self.spectral = spectral or SpectralPeriodLoss()
        self.log_polar = log_polar or LogPolarAlignLoss()
        self.scale = scale or ScaleConsistencyLoss()
        self.acf = acf or ACFPeriodLoss()
        self.weights = {name: weight for name, weight in weights.items() if weight > 0}
        self.w_joints, self.w_colour = w_joints, w_colour
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

    def terms(self, spectra: Spectra, center_override: Tensor | None = None) -> Terms:
        """``spectral.peak``, ``log_polar.shift``, ``joints`` and so on, weighted."""
        parts: dict[str, PairLoss] = {
            "spectral": self.spectral,
            "log_polar": self.log_polar,
            "scale": self.scale,
            "acf": self.acf,
        }
        terms = {
            f"{name}.{term}": weight * value
            for name, weight in self.weights.items()
            for term, value in parts[name].terms(spectra, center_override).items()
        }
        if self.w_joints > 0:
            own = self.spectral
            grid = radial_grid(spectra.size, own.r_bins, own.min_bin, own.max_bin)
            terms["joints"] = self.w_joints * joint_shift(*spectra.maps(grid), grid, own.tau)
        return terms

    def item_terms(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None,
        center_override: Tensor | None = None,
    ) -> tuple[Terms, Tensor]:
        """Terms ``(B,)`` by name, summed over luma and colours, and which items count."""
        if self.w_colour == 0:
            return super().item_terms(pred, target, mask, center_override)
        return colour_terms(
            super().item_terms, pred, target, mask, center_override, w_colour=self.w_colour
        )

    def center(self, target: Tensor, mask: Tensor | None) -> Tensor | None:
        """That of `spectral`."""
        return self.spectral.center(target, mask) if "spectral" in self.weights else None


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
    w_joints: float = 0.5,
    w_colour: float = 0.5,
    reduction: str = "mean",
) -> Tensor:
    """`TilingLoss` as a function, the single losses with their defaults."""
    loss = TilingLoss(w_spectral, w_log_polar, w_scale, w_acf, w_joints=w_joints, w_colour=w_colour)
    check_reduction(reduction)
    terms, counts = loss.item_terms(pred, target, mask, center_override)
    return reduce_items(total(terms), counts, reduction)
