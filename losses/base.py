"""What the losses have in common: from pictures to spectra, from terms per item to a mean."""

from __future__ import annotations

from collections.abc import Callable

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


Terms = dict[str, Tensor]


def pair_terms(
    pred: Tensor,
    target: Tensor,
    mask: Tensor | None,
    terms: Callable[[Spectra], Terms],
    *,
    both: bool = False,
) -> tuple[Terms, Tensor]:
    """Terms ``(B,)`` of two pictures' spectra, and which items count ``(B,)`` bool."""
    # Reduced precision is too coarse for spectra that span six decades.
    with torch.autocast(pred.device.type, enabled=False):
        spectra = compute_spectra(pred, target, mask, both=both)
        return terms(spectra), spectra.counts


def pair_loss(
    pred: Tensor,
    target: Tensor,
    mask: Tensor | None,
    terms: Callable[[Spectra], Terms],
    reduction: str,
    *,
    both: bool = False,
) -> Tensor:
    """The sum of the terms, reduced."""
    check_reduction(reduction)
    values, counts = pair_terms(pred, target, mask, terms, both=both)
    return reduce_items(total(values), counts, reduction)


class PairLoss(nn.Module):
    """A loss of two pictures that is a sum of terms, each computed from their spectra."""

    both = False
    """Whether gradient flows to the second picture too."""

    def __init__(self, reduction: str = "mean") -> None:
        """Check and keep the options."""
        super().__init__()
        check_reduction(reduction)
        self.reduction = reduction

    def terms(self, spectra: Spectra, center_override: Tensor | None = None) -> Terms:
        """Weighted terms by name, each ``(B,)``; the loss is their sum."""
        raise NotImplementedError

    def center(self, target: Tensor, mask: Tensor | None) -> Tensor | None:
        """``(B,)`` middle of the band for `center_override`, or None if the loss has no band."""
        return None

    def item_terms(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None,
        center_override: Tensor | None = None,
    ) -> tuple[Terms, Tensor]:
        """Terms ``(B,)`` by name, and which items count ``(B,)`` bool."""

        def terms(spectra: Spectra) -> Terms:
            return self.terms(spectra, center_override)

        return pair_terms(pred, target, mask, terms, both=self.both)

    def _loss(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None,
        center_override: Tensor | None = None,
    ) -> Tensor:
        terms, counts = self.item_terms(pred, target, mask, center_override)
        return reduce_items(total(terms), counts, self.reduction)

    def forward_terms(self, pred: Tensor, target: Tensor, mask: Tensor | None = None) -> Terms:
        """The weighted terms by name, reduced like the loss; their sum is the loss."""
        terms, counts = self.item_terms(pred, target, mask)
        return {name: reduce_items(x, counts, self.reduction) for name, x in terms.items()}


def total(terms: Terms) -> Tensor:
    """Sum of the terms, ``(B,)``."""
    return torch.stack(list(terms.values())).sum(0)
