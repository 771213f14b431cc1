"""What the losses have in common: from pictures to spectra, from terms per item to a mean."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tiling_diag.errors import InputError

from .inputs import Spectra, compute_spectra

SECTORS = 36
NYQUIST = 0.5


def check_options(condition: bool, message: str) -> None:
    """Raise `InputError` with the message unless the condition holds."""
    if not condition:
        raise InputError(message)


def check_reduction(reduction: str) -> None:
    """Raise `InputError` unless the reduction is known."""
    check_options(reduction in ("mean", "none"), f'reduction={reduction!r}: use "mean" or "none"')


def bin_frequency(index: float, bins: int) -> float:
    """Frequency of a bin of a radial profile from 0 to Nyquist, in cycles/px."""
    return NYQUIST * index / (bins - 1)


def check_radial_options(r_bins: int, tau: float, min_bin: int, max_bin: int | None) -> None:
    """Raise `InputError` for options of a radial profile out of their range."""
    check_options(r_bins >= 16, f"r_bins={r_bins}: use at least 16 (default 256)")
    check_options(tau > 0, f"tau={tau}: use a temperature above 0 (default 0.06)")
    top = r_bins - 1 if max_bin is None else max_bin
    check_options(
        min_bin >= 0 and 2 * max(min_bin, 1) <= top <= r_bins - 1,
        f"min_bin={min_bin}, max_bin={max_bin}: use 0 <= min_bin and "
        f"2 * min_bin <= max_bin <= r_bins - 1 = {r_bins - 1}",
    )


def reduce_items(values: Tensor, counts: Tensor, reduction: str) -> Tensor:
    """Values ``(B,)``, 0 where an item does not count; or their mean over those that do."""
    kept = torch.where(counts, values, 0.0)
    if reduction == "none":
        return kept
    return kept.sum() / counts.sum().clamp_min(1)


class PairLoss(nn.Module):
    """A loss of two pictures that is a sum of terms, each computed from their spectra."""

    both = False
    """Whether gradient flows to the second picture too."""

    def __init__(self, reduction: str = "mean") -> None:
        """Check and keep the options."""
        super().__init__()
        check_reduction(reduction)
        self.reduction = reduction

    def terms(self, spectra: Spectra, center_override: Tensor | None = None) -> dict[str, Tensor]:
        """Weighted terms by name, each ``(B,)``; the loss is their sum."""
        raise NotImplementedError

    def item_terms(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None,
        center_override: Tensor | None = None,
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Terms ``(B,)`` by name, and which items count ``(B,)`` bool."""
        # Reduced precision is too coarse for spectra that span six decades.
        with torch.autocast(pred.device.type, enabled=False):
            spectra = compute_spectra(pred, target, mask, both=self.both)
            return self.terms(spectra, center_override), spectra.counts

    def _loss(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None,
        center_override: Tensor | None = None,
    ) -> Tensor:
        terms, counts = self.item_terms(pred, target, mask, center_override)
        return reduce_items(total(terms), counts, self.reduction)

    def forward_terms(
        self, pred: Tensor, target: Tensor, mask: Tensor | None = None
    ) -> dict[str, Tensor]:
        """The weighted terms by name, reduced like the loss; their sum is the loss."""
        terms, counts = self.item_terms(pred, target, mask)
        return {name: reduce_items(x, counts, self.reduction) for name, x in terms.items()}


def total(terms: dict[str, Tensor]) -> Tensor:
    """Sum of the terms, ``(B,)``."""
    return torch.stack(list(terms.values())).sum(0)
