"""How walls repeat under a shift, channel by channel, for a whole batch at once.

A *map* is a masked, normalized autocorrelation with zero lag in its middle. All functions of
`lattice` look at maps through `AutocorrelationMaps`: a batch of walls, or of windows of walls, with
a fixed number of lattices for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tiling_diag.checks.channels import Channels
from tiling_diag.checks.limits import LIMITS
from tiling_diag.kernels.autocorrelation import autocorrelation
from tiling_diag.kernels.rays import without_strongest_ray
from tiling_diag.kernels.running import square_max


@dataclass(frozen=True, eq=False)
class AutocorrelationMaps:
    """Autocorrelation maps of a batch.

    Attributes:
        maps: ``(B, K, 2 my + 1, 2 mx + 1)`` of K channels, 1 at zero lag.
        importance: ``(B, K)`` in [0, 1]; how far each channel counts.
        pick: ``(A, S)`` int64; which of the B maps each lattice is looked at in. If None, the
            lattices of a wall are looked at in the map of that wall, and A is B.
    """

    maps: Tensor
    importance: Tensor
    pick: Tensor | None = None

    def one(self, index: int) -> AutocorrelationMaps:
        """Those of wall `index`, as a batch of one."""
        own = slice(index, index + 1)
        return AutocorrelationMaps(self.maps[own], self.importance[own])

    @property
    def max_lag_px(self) -> tuple[int, int]:
        """Largest lag down and across."""
        return (self.maps.shape[-2] - 1) // 2, (self.maps.shape[-1] - 1) // 2

    @property
    def centre(self) -> Tensor:
        """``(2,)`` float64; the place of zero lag as (x, y)."""
        my, mx = self.max_lag_px
        return torch.tensor([mx, my], dtype=torch.float64, device=self.maps.device)

    @cached_property
    def tolerant(self) -> Tensor:
        """``(B, K, n)`` flattened maps in which a lag sees the best of its 3 x 3 neighbours."""
        return square_max(self.maps, 1).flatten(2)

    @cached_property
    def mean_map(self) -> Tensor:
        """``(B, 2 my + 1, 2 mx + 1)`` mean over the channels, by importance."""
        weights = self.importance / self.importance.sum(-1, keepdim=True)
        return torch.einsum("bk,bkhw->bhw", weights, self.maps)

    @cached_property
    def mean_and_rest(self) -> AutocorrelationMaps:
        """Two channels of importance 1: the mean map, and that without its strongest lines."""
        maps = torch.stack([self.mean_map, without_strongest_ray(self.mean_map)], dim=1)
        return AutocorrelationMaps(maps, torch.ones_like(maps[:, :, 0, 0]), self.pick)

    def picked(self, pick: Tensor) -> AutocorrelationMaps:
        """The same for lattices ``(A, S)`` that are looked at in maps ``pick`` of them."""
        return AutocorrelationMaps(self.maps, self.importance, pick)

    def of_each(self, values: Tensor) -> Tensor:
        """``values (B, n)`` of maps as those of lattices: ``(A, n, S)``, or ``(B, n, 1)``."""
        return values[..., None] if self.pick is None else values[self.pick].movedim(-1, 1)

    def at(self, lags_px: Tensor) -> tuple[Tensor, Tensor]:
        """Values near lags.

        Args:
            lags_px: ``(A, S, P, 2)``.

        Returns:
            ``(A, K, S, P)`` and whether the lags lie inside the maps ``(A, S, P)``; the value at
            zero lag where they don't.
        """
        my, mx = self.max_lag_px
        inside = (lags_px[..., 0].abs() <= mx - 1) & (lags_px[..., 1].abs() <= my - 1)
        lags = torch.where(inside[..., None], lags_px, 0.0).round().long()
        place = (lags[..., 1] + my) * (2 * mx + 1) + lags[..., 0] + mx
        channels, lagged = self.tolerant.shape[1:]
        if self.pick is not None:
            flat = self.tolerant.movedim(1, 0).flatten(1)
            values = flat[:, (self.pick * lagged)[..., None] + place]
            return values.movedim(0, 1), inside
        values = self.tolerant.gather(-1, place.flatten(1)[:, None].expand(-1, channels, -1))
        return values.unflatten(-1, tuple(inside.shape[1:])), inside

    def nearness(self, distance_px: Tensor) -> Tensor:
        """Weights that fall with the lag: far lags overlap less, and perspective blurs them."""
        return 1 / (1 + distance_px / (LIMITS.near_lag_share * min(self.max_lag_px)))


def autocorrelation_maps(channels: Channels, mask: Tensor) -> AutocorrelationMaps:
    """Maps of whole walls.

    Args:
        channels: of the batch.
        mask: ``(B, H, W)`` in [0, 1].
    """
    height, width = mask.shape[-2:]
    reach = (int(height * LIMITS.max_lag_share), int(width * LIMITS.max_lag_share))
    return AutocorrelationMaps(
        autocorrelation(channels.values, mask[:, None], reach), channels.importance
    )
