"""Walls under test: pictures of one size with their masks, and the transforms that checks share."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps, autocorrelation_maps
from tiling_diag.checks.channels import Channels, channels
from tiling_diag.checks.limits import LIMITS
from tiling_diag.kernels.luma import luma
from tiling_diag.kernels.spectrum import power_spectrum
from tiling_diag.kernels.tapers import feather, hann


class Walls:
    """A batch of walls of one size; every transform is computed once, on first use.

    Args:
        image: ``(B, C, H, W)`` in [0, 1], C in {1, 3}.
        mask: ``(B, H, W)`` in [0, 1]; 1 where the wall is.
        channels: what is looked at in them, if that is known already.
        small: the same walls shrunk, if they are at hand already.
    """

    def __init__(
        self,
        image: Tensor,
        mask: Tensor,
        *,
        channels: Channels | None = None,
        small: Walls | None = None,
    ) -> None:
        """Keep the batch; nothing is computed yet."""
        self.image = image
        self.mask = mask
        self._channels = channels
        self._small = small
        self._by_size: dict[tuple[int, int], Walls] = {}

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in px."""
        return int(self.image.shape[-2]), int(self.image.shape[-1])

    @property
    def too_thin(self) -> bool:
        """Whether hardly anything of the shorter side is left where a lattice is searched."""
        height, width = self.size
        return max(height, width) > LIMITS.search_side_px and (
            max(height, width) > LIMITS.largest_aspect * min(height, width)
        )

    @cached_property
    def whole(self) -> bool:
        """Whether the masks leave nothing out."""
        return bool(self.mask.amin() >= 1)

    @cached_property
    def luma(self) -> Tensor:
        """``(B, H, W)`` luma."""
        return luma(self.image)

    @cached_property
    def taper(self) -> Tensor:
        """``(B, H, W)`` the mask with a soft inner border."""
        if self.whole:
            return self.mask
        return feather(self.mask, max(LIMITS.least_border_px, LIMITS.border_share * min(self.size)))

    @cached_property
    def weights(self) -> Tensor:
        """``(B, H, W)`` mask times Hann window."""
        return self.taper * hann(self.size, device=self.mask.device, dtype=self.mask.dtype)

    @cached_property
    def power(self) -> Tensor:
        """``(B, H, W // 2 + 1)`` power of luma under the window, one-sided."""
        return power_spectrum(self.luma, self.weights)

    @property
    def channels(self) -> Channels:
        """What is looked at when their lattice is searched."""
        if self._channels is None:
            self._channels = channels(self.image, self.mask)
        return self._channels

    @cached_property
    def autocorrelation_maps(self) -> AutocorrelationMaps:
        """How the channels of each wall repeat under a shift."""
        return autocorrelation_maps(self.channels, self.mask)

    @cached_property
    def small(self) -> Walls:
        """The same walls shrunk to `LIMITS.search_side_px`, or themselves if they are no larger."""
        if self._small is not None:
            return self._small
        height, width = self.size
        shrink = max(height, width) / LIMITS.search_side_px
        if shrink <= 1:
            return self
        least = LIMITS.least_small_side_px
        return self.shrunk((max(least, round(height / shrink)), max(least, round(width / shrink))))

    def shrunk(self, size: tuple[int, int]) -> Walls:
        """The same walls at a smaller size, computed once for each."""
        if size == self.size:
            return self
        if size not in self._by_size:
            self._by_size[size] = self._resized(size)
        return self._by_size[size]

    def zoomed(self, factor: float) -> Walls:
        """The same walls at ``factor`` times their size, which is at most 1."""
        height, width = (max(1, round(factor * side)) for side in self.size)
        return self.shrunk((height, width))

    def some(self, index: Tensor) -> Walls:
        """Walls ``index (n,)`` as a batch of n that shares the channels of the small walls.

        All of them in their order are this batch: nothing is copied.
        """
        if torch.equal(index.cpu(), torch.arange(len(self.image))):
            return self
        small = self.small
        part = Walls(small.image[index], small.mask[index], channels=small.channels.some(index))
        return part if small is self else Walls(self.image[index], self.mask[index], small=part)

    def within(self, mask: Tensor) -> Walls:
        """The same walls where ``mask (B, H, W)`` is, too, and nothing beyond."""
        both = self.mask * mask
        return Walls(only_wall(self.image, both), both)

    def _resized(self, size: tuple[int, int]) -> Walls:
        image = resized(self.image, size)
        mask = (
            torch.ones_like(image[:, 0])
            if self.whole
            else (resized(self.mask[:, None], size)[:, 0] > 0.5).to(image.dtype)
        )
        return Walls(image, mask)

    @property
    def small_step_px(self) -> tuple[float, float]:
        """Width and height in px of one pixel of `small`."""
        return self.size[1] / self.small.size[1], self.size[0] / self.small.size[0]


def only_wall(image: Tensor, mask: Tensor) -> Tensor:
    """``(B, C, H, W)`` with the wall's mean colour where there is hardly any wall.

    Filters and resizing look a few pixels beyond the mask; so they find nothing there.
    """
    if bool((mask >= 1).all()):
        return image
    weight = mask[:, None]
    total = weight.sum((-2, -1), keepdim=True).clamp_min(1e-9)
    mean = (image * weight).sum((-2, -1), keepdim=True) / total
    return torch.where(weight > LIMITS.hardly_wall, image, mean)


def resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    """``(B, C, H, W)`` at another size, low-passed where it shrinks, kept in [0, 1]."""
    return interpolate(
        image, size=size, mode="bilinear", antialias=True, align_corners=False
    ).clamp(0, 1)
