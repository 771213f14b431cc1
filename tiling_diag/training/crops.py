"""Crops of latents that lie inside the mask and on the grid of the tokens."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

# Places whose coverage is at least this share of the best one's are drawn from alike.
NEARLY_BEST = 0.9


class Crops(NamedTuple):
    """One crop for each item of a batch."""

    top: Tensor
    """``(B,)`` first row of latents."""
    left: Tensor
    """``(B,)`` first column of latents."""
    size: tuple[int, int]
    """Height and width in latents."""
    counts: Tensor
    """``(B,)`` bool: whether the mask covers enough of the crop."""

    def keep(self, index: Tensor) -> Crops:
        """Those of some items."""
        return Crops(self.top[index], self.left[index], self.size, self.counts[index])

    def cut(self, image: Tensor, scale: int = 1) -> Tensor:
        """``(B, C, h, w)`` from each item of `image`, which has `scale` px to a latent."""
        height, width = (side * scale for side in self.size)
        y = self.top[:, None] * scale + torch.arange(height, device=image.device)
        x = self.left[:, None] * scale + torch.arange(width, device=image.device)
        items = torch.arange(len(image), device=image.device)
        # Indices on both sides of a slice put what they pick first: (B, h, w, C).
        return image[items[:, None, None], :, y[:, :, None], x[:, None, :]].movedim(-1, 1)


def choose_crops(
    latents: Tensor,
    mask: Tensor | None,
    *,
    side: int,
    token: int,
    stride: int,
    min_coverage: float,
    generator: torch.Generator | None = None,
) -> Crops:
    """Draw a place for each item, among those that the mask covers best.

    Args:
        latents: ``(B, C, h, w)``.
        mask: ``(B, 1, h * stride, w * stride)`` in [0, 1], or None for the whole picture.
        side: side of a crop in latents; where the picture is smaller, its own.
        token: sides and places are multiples of so many latents.
        stride: px to a latent.
        min_coverage: a crop with a smaller mean of the mask does not count.
        generator: where the draws come from, on the device of the latents.
    """
    batch, (height, width) = latents.shape[0], latents.shape[-2:]
    size = (min(side, height) // token * token, min(side, width) // token * token)
    rows, columns = (
        (total - own) // token + 1 for total, own in zip((height, width), size, strict=True)
    )
    if mask is None:
        coverage = torch.ones(batch, rows * columns, device=latents.device)
    else:
        window, step = (size[0] * stride, size[1] * stride), token * stride
        inside = mask.detach().to(torch.float32).clamp(0, 1)
        coverage = F.avg_pool2d(inside, window, step).flatten(1)
    best = coverage.amax(1, keepdim=True)
    draws = torch.rand(coverage.shape, device=latents.device, generator=generator)
    place = torch.where(coverage >= NEARLY_BEST * best, draws, -1.0).argmax(1)
    top = torch.div(place, columns, rounding_mode="floor") * token
    return Crops(top, place % columns * token, size, best[:, 0] >= min_coverage)
