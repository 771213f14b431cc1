"""PatchwiseLoss: a loss on overlapping patches, for walls seen in perspective."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .base import PairLoss, Terms, check_options, check_reduction, reduce_items, total
from .inputs import SMALLEST_SIDE_PX, check_pictures


class PatchwiseLoss(nn.Module):
    """Mean of a loss over the patches inside the mask, or over the worst of them only.

    The fundamental that `SpectralPeriodLoss` looks at is that of the whole target, unless
    `center_override` is given.

    Args:
        loss: any of the losses of this package.
        patch: side of a patch in px, at least 16; two to three units should fit.
        stride: distance of patches in px; what does not fill a last patch is left out, half of it
            on each side.
        min_coverage: patches with a smaller mean of the mask do not count.
        hard_fraction: share of each picture's patches, those with the largest losses, that count.
        reduction: "mean" over the pictures that count, or "none" for ``(B,)``.

    Raises:
        InputError: if an option is out of its range.
    """

    def __init__(
        self,
        loss: PairLoss,
        patch: int = 256,
        stride: int = 128,
        min_coverage: float = 0.5,
        hard_fraction: float = 1.0,
        *,
        reduction: str = "mean",
    ) -> None:
        """Check and keep the options."""
        super().__init__()
        check_options(
            isinstance(loss, PairLoss),
            f"loss is {type(loss).__name__}: pass one of the losses of tiling_diag.losses",
        )
        check_options(
            patch >= SMALLEST_SIDE_PX and stride >= 1,
            f"patch={patch}, stride={stride}: use at least {SMALLEST_SIDE_PX} and 1 px",
        )
        check_options(
            0 <= min_coverage <= 1 and 0 < hard_fraction <= 1,
            f"min_coverage={min_coverage}, hard_fraction={hard_fraction}: use [0, 1] and (0, 1]",
        )
        check_reduction(reduction)
        self.loss, self.patch, self.stride = loss, patch, stride
        self.min_coverage, self.hard_fraction = min_coverage, hard_fraction
        self.reduction = reduction

    def forward(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None = None,
        center_override: Tensor | None = None,
    ) -> Tensor:
        """The loss; arguments as of `SpectralPeriodLoss.forward`.

        Raises:
            InputError: if shapes, dtypes or devices do not fit, or a picture is smaller than a
                patch.
        """
        terms, counts = self.item_terms(pred, target, mask, center_override)
        return reduce_items(terms["patches"], counts, self.reduction)

    def item_terms(
        self,
        pred: Tensor,
        target: Tensor,
        mask: Tensor | None,
        center_override: Tensor | None = None,
    ) -> tuple[Terms, Tensor]:
        """``patches`` ``(B,)``, and which items have a patch that counts ``(B,)`` bool."""
        check_pictures(pred, target, mask)
        check_options(
            min(pred.shape[-2:]) >= self.patch,
            f"patch={self.patch} px does not fit pictures of {tuple(pred.shape[-2:])}: "
            f"use at most {min(pred.shape[-2:])}",
        )
        center = self.loss.center(target, mask) if center_override is None else center_override
        parts = [self._patches(image) for image in (pred, target)]
        covers = None if mask is None else self._patches(mask)
        batch, patches = pred.shape[0], parts[0].shape[0] // pred.shape[0]
        if center is not None:
            center = center[:, None].expand(-1, patches).flatten()
        terms, counts = self.loss.item_terms(parts[0], parts[1], covers, center)
        if covers is not None:
            coverage = covers.float().clamp(0, 1).mean((-3, -2, -1))
            # A mask that is not finite shows in the loss.
            counts = counts & ~(coverage < self.min_coverage)
        values, counts = total(terms).view(batch, patches), counts.view(batch, patches)
        return {"patches": self._worst(values, counts)}, counts.any(-1)

    def _patches(self, image: Tensor) -> Tensor:
        """``(B * patches, C, patch, patch)``."""
        for dim in (-2, -1):
            spare = (image.shape[dim] - self.patch) % self.stride
            image = image.narrow(dim, spare // 2, image.shape[dim] - spare)
        tiles = image.unfold(-2, self.patch, self.stride).unfold(-2, self.patch, self.stride)
        return tiles.movedim(1, 3).flatten(0, 2)

    def _worst(self, values: Tensor, counts: Tensor) -> Tensor:
        """Mean per picture over the largest `hard_fraction` of the patches that count."""
        ranked = torch.where(counts, values, -torch.inf).sort(dim=-1, descending=True).values
        number = counts.sum(-1)
        chosen = torch.arange(values.shape[-1], device=values.device) < torch.ceil(
            self.hard_fraction * number[:, None]
        )
        mean: Tensor = torch.where(chosen, ranked, 0.0).sum(-1) / chosen.sum(-1).clamp_min(1)
        return mean
