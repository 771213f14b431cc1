"""How well a wall repeats under a shift, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tiling_diag.checks.channels import Channels
from tiling_diag.checks.limits import LIMITS
from tiling_diag.kernels.autocorrelation import autocorrelation
from tiling_diag.kernels.running import pad_plane, running_max


@dataclass(frozen=True, eq=False)
class ChannelAutocorrelation:
    """Autocorrelation of one wall's channels.

    Attributes:
        maps: ``(K, 2 my + 1, 2 mx + 1)`` masked, normalized; zero lag in the middle.
        importance: ``(K,)`` how far each channel counts.
        size: height and width of the wall.
        area: px of it that the mask leaves.
    """

    maps: Tensor
    importance: Tensor
    size: tuple[int, int]
    area: float

    @property
    def max_lag_px(self) -> tuple[int, int]:
        """Largest lag down and across."""
        return (self.maps.shape[-2] - 1) // 2, (self.maps.shape[-1] - 1) // 2

    @property
    def centre(self) -> Tensor:
        """``(2,)`` place of the zero lag as (x, y)."""
        my, mx = self.max_lag_px
        return self.maps.new_tensor([mx, my], dtype=torch.float64)

    @cached_property
    def tolerant(self) -> Tensor:
        """``(K, n)`` maps, flattened, in which a point sees the best of its 3 x 3 neighbours."""
        return running_max(running_max(pad_plane(self.maps, 1), 3, -1), 3, -2).flatten(1)

    @cached_property
    def mean_map(self) -> Tensor:
        """``(2 my + 1, 2 mx + 1)`` mean over the channels that count."""
        return torch.einsum("k,khw->hw", self.importance, self.maps) / self.importance.sum()

    def inside(self, lags: Tensor) -> Tensor:
        """Whether lags ``(..., 2)`` lie within the maps."""
        my, mx = self.max_lag_px
        return (lags[..., 0].abs() <= mx - 1) & (lags[..., 1].abs() <= my - 1)

    def at(self, lags: Tensor) -> Tensor:
        """``(K, ...)`` values at lags ``(..., 2)`` that lie inside."""
        my, mx = self.max_lag_px
        index = (lags[..., 1].round() + my) * (2 * mx + 1) + (lags[..., 0].round() + mx)
        values = self.tolerant[:, index.flatten().long()]
        return values.reshape(-1, *lags.shape[:-1])

    def nearness(self, distance: Tensor) -> Tensor:
        """Weights that fall with the lag: far lags overlap less, and perspective blurs them."""
        return 1 / (1 + distance / (LIMITS.near_lag_share * min(self.max_lag_px)))


def channel_autocorrelations(channels: Channels, mask: Tensor) -> list[ChannelAutocorrelation]:
    """How every wall of a batch repeats, from one transform.

    Args:
        channels: of the batch.
        mask: ``(B, H, W)`` in [0, 1].
    """
    size = (mask.shape[-2], mask.shape[-1])
    maps = autocorrelation(channels.values, mask[:, None], _max_lag_px(size)).cpu()
    areas = mask.sum((-2, -1)).tolist()
    return [
        ChannelAutocorrelation(m, i, size, a)
        for m, i, a in zip(maps, channels.importance.cpu(), areas, strict=True)
    ]


def part_autocorrelations(
    channels: Channels, mask: Tensor, index: int
) -> list[ChannelAutocorrelation]:
    """How the thirds of wall `index` repeat, from top to bottom and from left to right."""
    values, own = channels.values[index], mask[index]
    importance = channels.importance[index].cpu()
    found = []
    for axis in (-2, -1):
        length = values.shape[axis] // LIMITS.parts
        parts, masks = (
            torch.stack([plane.narrow(axis, k * length, length) for k in range(LIMITS.parts)])
            for plane in (values, own)
        )
        size = (parts.shape[-2], parts.shape[-1])
        maps = autocorrelation(parts, masks[:, None], _max_lag_px(size)).cpu()
        areas = masks.sum((-2, -1)).tolist()
        found += [
            ChannelAutocorrelation(m, importance, size, a) for m, a in zip(maps, areas, strict=True)
        ]
    return found


def _max_lag_px(size: tuple[int, int]) -> tuple[int, int]:
    return int(size[0] * LIMITS.max_lag_share), int(size[1] * LIMITS.max_lag_share)
