"""ColourLoss: a loss on the luma and on two opponent colours, so that no hue keeps old joints."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tiling_diag.kernels.luma import luma

from .base import PairLoss, Terms, check_options
from .inputs import check_pictures

ItemTerms = Callable[[Tensor, Tensor, Tensor | None, Tensor | None], tuple[Terms, Tensor]]


class ColourLoss(PairLoss):
    """A loss of the luma plus `w_colour` times that of red-green and of yellow-blue.

    The losses see the luma alone: joints of the same luma and another hue cost nothing there. Three
    spectra in place of one cost about three times the time. Grey pictures (C = 1) have no colours.

    Args:
        loss: any of the losses of this package but `PatchwiseLoss`, which goes around this one.
        w_colour: weight of each of the two opponent colours; where one is flat in the prediction
            or the target it does not count.
        reduction: "mean" over the items that count, or "none" for ``(B,)``.

    Raises:
        InputError: if an option is out of its range.
    """

    def __init__(self, loss: PairLoss, w_colour: float = 0.5, *, reduction: str = "mean") -> None:
        """Check and keep the options."""
        super().__init__(reduction)
        check_options(
            isinstance(loss, PairLoss),
            f"loss is {type(loss).__name__}: pass one of the losses of tiling_diag.losses",
        )
        check_options(w_colour >= 0, f"w_colour={w_colour}: use 0 or more (default 0.5)")
        self.loss, self.w_colour = loss, w_colour

    def forward(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None = None,
        center_override: Tensor | None = None,
    ) -> Tensor:
        """The loss; arguments as of `SpectralPeriodLoss.forward`."""
        return self._loss(pred, target, mask, center_override)

    def item_terms(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None,
        center_override: Tensor | None = None,
    ) -> tuple[Terms, Tensor]:
        """Terms of the loss summed over luma and colours, and which items count in any."""
        return colour_terms(
            self.loss.item_terms, pred, target, mask, center_override, w_colour=self.w_colour
        )

    def center(self, target: Tensor, mask: Tensor | None) -> Tensor | None:
        """That of the loss, of the luma."""
        return self.loss.center(target, mask)


def colour_terms(
    item_terms: ItemTerms,
    pred: Tensor,
    target: Tensor,
    mask: Tensor | None,
    center_override: Tensor | None = None,
    *,
    w_colour: float,
) -> tuple[Terms, Tensor]:
    """Terms ``(B,)`` summed over luma and weighted colours, and which items count in any.

    Args:
        item_terms: of the loss, as `PairLoss.item_terms`; it is given three grey pictures an item.
        pred: ``(B, C, H, W)``.
        target: like `pred`.
        mask: ``(B, 1, H, W)`` or None.
        center_override: ``(B,)`` or None.
        w_colour: weight of each opponent colour.
    """
    check_pictures(pred, target, mask)
    if min(pred.shape[1], target.shape[1]) == 1:
        return item_terms(pred, target, mask, center_override)
    times = (3, *[1] * (pred.ndim - 1))
    covers = None if mask is None else mask.repeat(times)
    center = None if center_override is None else center_override.repeat(3)
    with torch.autocast(pred.device.type, enabled=False):
        seen = _opponents(pred), _opponents(target)
    terms, counts = item_terms(*seen, covers, center)
    counts = counts.view(3, -1)
    weights = torch.where(counts, _weights(w_colour, next(iter(terms.values()))), 0.0)
    summed = {
        name: torch.where(counts, value.view(3, -1), 0.0).mul(weights).sum(0)
        for name, value in terms.items()
    }
    return summed, counts.any(0)


def _weights(w_colour: float, like: Tensor) -> Tensor:
    colours = torch.full((2, 1), w_colour, dtype=like.dtype, device=like.device)
    return torch.cat((torch.ones_like(colours[:1]), colours))


def _opponents(image: Tensor) -> Tensor:
    """``(3 B, 1, H, W)`` luma, red less green, yellow less blue, one after another."""
    image = image.to(torch.promote_types(image.dtype, torch.float32))
    red, green, blue = image.unbind(1)
    return torch.cat((luma(image), red - green, 0.5 * (red + green) - blue)).unsqueeze(1)
