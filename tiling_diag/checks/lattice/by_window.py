"""What single windows say of every candidate: where it repeats, and with which of its points.

A pooled map mixes windows. In a wall with zones of twice the period the coarser lattice repeats in
all windows and the wall's own in most of them; a lattice that is too dense repeats in none. So each
candidate is looked at in every window of the level that shows it best.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from tiling_diag.checks.lattice.levels import Level, best_level
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.nested import (
    Relations,
    coarser,
    denser,
    relative_contrast,
    strength,
)

NAMES = (
    "mean", "four", "full", "full_two", "full_four", "proper", "proper_four", "both", "both_two",
    "both_four", "share_full", "share_both",
)  # fmt: skip
STRIPE_NAMES = ("mean", "two", "four", "share")
_ORDERS, _BETWEEN = (3, 2), (2, 2)
# Periods are looked at after so many of their halves, at places so far apart along the joints.
_HALVES, _BESIDE, _BESIDE_PX = 5, 2, 6.0


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of all levels of a batch side by side.

    Attributes:
        values: ``(B, K, W * N)`` flattened maps, see `AutocorrelationMaps.tolerant`.
        importance: ``(B, W, K)``.
        on_wall: ``(B, W)`` 1 where enough of a window lies on the wall.
        first, count: ``(L,)`` the first window of each level, and how many it has.
        scale: ``(L, 2)`` px of each level per px of the full wall.
        max_lag_px: longest lag of the maps.
    """

    values: Tensor
    importance: Tensor
    on_wall: Tensor
    first: Tensor
    count: Tensor
    scale: Tensor
    max_lag_px: int

    def at(self, level: Tensor, lags_px: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Values in all windows of one level for each lattice.

        Args:
            level: ``(B, S)`` int64.
            lags_px: ``(B, S, P, 2)`` px of that level.

        Returns:
            values ``(B * S * n, K, P)``, whether the lags lie inside the maps ``(B, S, P)``, and
            the windows' importance ``(B * S * n, K)``.
        """
        most = self.max_lag_px
        side = 2 * most + 1
        inside = (lags_px.abs() <= most - 1).all(-1)
        lags = torch.where(inside[..., None], lags_px, 0.0).round().long() + most
        place = lags[..., 1] * side + lags[..., 0]
        window = self.window(level)
        index = (window[..., None] * side * side + place[:, :, None]).flatten(1)
        channels = self.values.shape[1]
        values = self.values.gather(2, index[:, None].expand(-1, channels, -1))
        values = values.unflatten(-1, (*window.shape[1:], -1)).permute(0, 2, 3, 1, 4)
        importance = self.importance.gather(
            1, window.flatten(1)[..., None].expand(-1, -1, channels)
        )
        return values.flatten(0, 2), inside, importance.flatten(0, 1)

    def window(self, level: Tensor) -> Tensor:
        """``(B, S, n)`` the windows of levels ``(B, S)``; some twice where a level has fewer."""
        most = torch.arange(LIMITS.windows_per_side**2, device=level.device)
        last = self.count[level][..., None] - 1
        chosen: Tensor = self.first[level][..., None] + torch.minimum(most, last)
        return chosen

    def counted(self, level: Tensor) -> Tensor:
        """``(B, S, n)`` 1 for windows on the wall, each of them once."""
        window = self.window(level)
        most = torch.arange(window.shape[-1], device=level.device)
        once = most < self.count[level][..., None]
        return self.on_wall.gather(1, window.flatten(1)).view_as(window) * once


def side_by_side(looks: list[Level]) -> Windows:
    """All windows of all levels."""
    count = torch.tensor([level.count for level in looks])
    device = looks[0].coverage.device
    values = [level.windows.tolerant.unflatten(0, (-1, level.count)) for level in looks]
    importance = [level.windows.importance.unflatten(0, (-1, level.count)) for level in looks]
    coverage = torch.cat([level.coverage for level in looks], 1)
    return Windows(
        values=torch.cat(values, 1).movedim(2, 1).flatten(2),
        importance=torch.cat(importance, 1),
        on_wall=(coverage >= LIMITS.least_coverage).to(coverage.dtype),
        first=(count.cumsum(0) - count).to(device),
        count=count.to(device),
        scale=torch.stack([level.scale for level in looks]),
        max_lag_px=LIMITS.window_max_lag_px,
    )


@cache
def _relations() -> tuple[Relations, Relations]:
    return coarser(_ORDERS, (2, 3)), denser(_BETWEEN, (2,))


def lattices_by_window(windows: Windows, basis_px: Tensor) -> Tensor:
    """``(B, S, len(NAMES))`` what single windows say of lattices ``(B, S, 2, 2)``."""
    level = best_level(basis_px.norm(dim=-1).amax(-1), windows.scale)
    at_level = basis_px * windows.scale[level][..., None, :]
    parts = []
    for relations in _relations():
        relations = relations.to(basis_px.device)
        lags = (relations.multiples @ at_level).float()
        values, inside, importance = windows.at(level, lags)
        usable = (inside & (lags.norm(dim=-1) > 2)).to(values.dtype)[:, :, None, None]
        values = values.unflatten(0, (*level.shape, -1))
        on, off = (
            (values * usable) @ sets.mT / (usable @ sets.mT).clamp_min(1e-9)
            for sets in (relations.on, relations.off)
        )
        missing = (usable @ relations.on.mT < 1) | (usable @ relations.off.mT < 1)
        contrast = relative_contrast(on.flatten(0, 2), off.flatten(0, 2), importance)
        parts.append((on.flatten(0, 2), contrast.view_as(on), missing.squeeze(3), importance))
    (_, against, no_coarser, _), (on, added, no_room, importance) = parts
    points = (usable @ relations.on[0]).squeeze(-1)
    repeats = strength(on[..., 0], importance).view(*level.shape, -1)
    counted = windows.counted(level)
    repeats = repeats * points / (points + LIMITS.few_window_points) * counted
    lacking = against.topk(2, dim=3).values.mean(3).masked_fill(no_coarser, 0.0).amax(-1)
    new = added.topk(2, dim=3).values.mean(3).masked_fill(no_room, 0.0).amin(-1)
    full, proper = repeats * (1 - lacking).clamp(0, 1), repeats * new.clamp(0, 1)
    both = full * new.clamp(0, 1)
    number = counted.sum(-1).clamp_min(1)

    def mean(values: Tensor) -> Tensor:
        return values.sum(-1) / number

    def best(values: Tensor, count: int) -> Tensor:
        return values.topk(count, dim=-1).values.mean(-1)

    complete = _repeating(repeats) & (lacking < LIMITS.all_there)
    numbers = [
        mean(repeats), best(repeats, 4), mean(full), best(full, 2), best(full, 4), mean(proper),
        best(proper, 4), mean(both), best(both, 2), best(both, 4),
        mean(complete.to(repeats)), mean((complete & (new > LIMITS.told_apart)).to(repeats)),
    ]  # fmt: skip
    return torch.stack(numbers, -1)


def _repeating(strengths: Tensor) -> Tensor:
    """Which windows ``(..., n)`` repeat about as well as the two that do so best."""
    best = strengths.topk(2, dim=-1).values.mean(-1, keepdim=True)
    return strengths > LIMITS.some_share * best.clamp_min(LIMITS.some_least)


def stripes_by_window(windows: Windows, vector_px: Tensor) -> Tensor:
    """``(B, C, len(STRIPE_NAMES))`` what single windows say of periods ``(B, C, 2)``."""
    level = best_level(vector_px.norm(dim=-1), windows.scale)
    across = vector_px * windows.scale[level]
    joints = torch.stack([-across[..., 1], across[..., 0]], dim=-1)
    joints = joints / joints.norm(dim=-1, keepdim=True).clamp_min(1e-9) * _BESIDE_PX
    device = vector_px.device
    halves = torch.arange(1, _HALVES + 1, device=device)
    beside = torch.arange(-_BESIDE, _BESIDE + 1, device=device)
    lags = (halves / 2)[:, None, None] * across[:, :, None, None]
    lags = (lags + beside[:, None] * joints[:, :, None, None]).flatten(2, 3).float()
    values, inside, importance = windows.at(level, lags)
    usable = inside.to(values.dtype)[:, :, None, None]
    values = values.unflatten(0, (*level.shape, -1)) * usable
    even = (halves % 2 == 0).to(values.dtype).repeat_interleave(len(beside))
    on, off = (
        (values * kept).sum(-1) / (usable * kept).sum(-1).clamp_min(1) for kept in (even, 1 - even)
    )
    seen = (on - off).clamp_min(0) * importance.view_as(on)
    counted = windows.counted(level)
    seen = seen.topk(3, dim=-1).values.mean(-1) * counted
    number = counted.sum(-1).clamp_min(1)
    top = seen.topk(4, dim=-1).values
    some = _repeating(seen).to(seen)
    numbers = [seen.sum(-1) / number, top[..., :2].mean(-1), top.mean(-1), some.sum(-1) / number]
    return torch.stack(numbers, -1)
