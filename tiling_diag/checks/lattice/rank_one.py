"""Candidate periods of walls that repeat in one direction only: boards, louvres, corrugated sheet.

The direction of the joints is that along which the wall changes least, or the one square to it:
streaks along boards may change less than the joints do. Across it a comb looks at the profile of
the autocorrelation after whole periods, and between them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import max_pool1d

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.channels import TONES
from tiling_diag.checks.lattice.by_window import STRIPE_NAMES, Windows, stripes_by_window
from tiling_diag.checks.lattice.levels import Level
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.nested import relative_contrast, strength
from tiling_diag.kernels.peaks import sample_bilinear

_OWN = (
    "support", "strength", "count", "longer_2", "longer_3", "shorter_2", "shorter_3", "followed",
    "period", "share", "straight", "luma", "edges", "relative", "ridge",
    "colour", "colourful",
)  # fmt: skip
NAMES = (
    *_OWN,
    "of_windows",
    *(f"window_{name}" for name in STRIPE_NAMES),
    *(f"relative_{name}" for name in STRIPE_NAMES),
)
# A trial period is looked at with its double, triple, half and third.
_MULTIPLES = (1.0, 2.0, 3.0, 0.5, 1 / 3)
# Whole periods that are looked at, and lags of contrasts.
_PERIODS, _ORDERS = 11, 24


@dataclass(frozen=True, eq=False)
class Stripes:
    """Candidate periods of a batch.

    Attributes:
        vector_px: ``(B, C, 2)`` float64, square to the joints.
        is_there: ``(B, C)`` bool.
        evidence: ``(B, C, ...)``: `NAMES`, or the first of them where only maps are looked at.
    """

    vector_px: Tensor
    is_there: Tensor
    evidence: Tensor


@dataclass(frozen=True, eq=False)
class _Profiles:
    """Autocorrelation ``(B, K, 2, n)`` by lag across the joints, in two directions.

    Attributes:
        values: as they are.
        loose: the best of neighbours.
        length_px: ``(B, 2)`` how far they reach.
        importance: ``(B, K)``.
    """

    values: Tensor
    loose: Tensor
    length_px: Tensor
    importance: Tensor

    def at(self, lags_px: Tensor) -> tuple[Tensor, Tensor]:
        """Values ``(B, K, 2, T, m)`` and weights ``(B, 2, T, m)`` at ``lags_px (B, 2, T, m)``."""
        index = (
            (lags_px / LIMITS.profile_step_px)
            .round()
            .long()
            .clamp(0, self.loose.shape[-1] - 1)
            .flatten(2)
        )
        channels = self.loose.shape[1]
        values = self.loose.gather(-1, index[:, None].expand(-1, channels, -1, -1))
        length = self.length_px[..., None, None]
        weights = (lags_px <= length) / (1 + lags_px / (0.5 * length))
        return values.unflatten(-1, tuple(lags_px.shape[2:])), weights

    def mean(self, lags_px: Tensor) -> Tensor:
        """``(B, K, 2, T)`` weighted mean over the last dimension of lags."""
        values, weights = self.at(lags_px)
        return (values * weights[:, None]).sum(-1) / weights.sum(-1).clamp_min(1e-9)[:, None]


def stripes(
    whole: AutocorrelationMaps,
    small_scale: Tensor,
    small_size: tuple[int, int],
    looks: list[Level],
    windows: Windows,
) -> Stripes:
    """Candidate periods across straight joints, px of the full wall.

    The whole wall proposes them, and the mean map of the windows of each level: where much of the
    picture is something else, the lags within a window still see the joints.

    Args:
        whole: maps of the whole walls.
        small_scale: ``(2,)`` px of these maps per px of the full wall.
        small_size: height and width of the walls in px of these maps.
        looks: the windows by level.
        windows: the same side by side.
    """
    found = [_in_full_px(stripes_of(whole, small_size), small_scale, 0.0)]
    side = (LIMITS.window_px, LIMITS.window_px)
    of_levels = stripes_of(_mean_maps(looks), side)
    for at, level in enumerate(looks):
        stripe = Stripes(
            *(x.unflatten(0, (len(looks), -1))[at] for x in dataclasses.astuple(of_levels))
        )
        found.append(_in_full_px(stripe, level.scale, 1.0))
    vectors = torch.cat([one.vector_px for one in found], 1)
    usable = torch.cat([one.is_there for one in found], 1)
    own = stripes_by_window(windows, vectors).float()
    best = own.masked_fill(~usable[..., None], 0.0).amax(1, keepdim=True).clamp_min(1e-3)
    seen = torch.cat([torch.cat([one.evidence for one in found], 1), own, own / best], -1)
    return Stripes(vectors, usable, seen.nan_to_num(-1.0))


def _in_full_px(found: Stripes, scale: Tensor, of_windows: float) -> Stripes:
    source = torch.full_like(found.evidence[..., :1], of_windows)
    # A picture shrunk unevenly by rounding turns joints by next to nothing.
    return Stripes(
        found.vector_px / scale, found.is_there, torch.cat([found.evidence, source], dim=-1)
    )


def _mean_maps(looks: list[Level]) -> AutocorrelationMaps:
    """The mean maps of the windows of each level: one for each wall, level after level."""
    maps, importance = [], []
    for level in looks:
        weights = level.coverage * (level.coverage >= LIMITS.least_coverage)
        weights = weights / weights.sum(-1, keepdim=True).clamp_min(1e-9)
        own = level.windows.maps.unflatten(0, (-1, level.count))
        maps.append(torch.einsum("bn,bnkyx->bkyx", weights, own))
        counts = level.windows.importance.unflatten(0, (-1, level.count))
        importance.append(torch.einsum("bn,bnk->bk", weights, counts).clamp_min(1e-6))
    return AutocorrelationMaps(torch.cat(maps), torch.cat(importance))


def stripes_of(maps: AutocorrelationMaps, size: tuple[int, int]) -> Stripes:
    """Candidate periods across straight joints, px of the maps.

    Args:
        maps: of walls or windows.
        size: height and width of the walls in px of the maps.
    """
    along, ridge = _least_change(maps)
    across = torch.stack([-along[:, 1], along[:, 0]], dim=-1)
    joints, moves = torch.stack([along, across], 1), torch.stack([across, along], 1)
    profiles = _profiles(maps, joints, moves)
    extent = (moves.new_tensor([size[1], size[0]]) / moves.abs().clamp_min(1e-6)).amin(-1)
    longest = torch.minimum(LIMITS.longest_rank_1_share * extent, profiles.length_px)[..., None]
    # In the smallest picture one trial, which is too long, stands for none.
    last = max(float(max(maps.max_lag_px)), LIMITS.shortest_rank_1_px + LIMITS.profile_step_px)
    trial = torch.arange(
        LIMITS.shortest_rank_1_px, last, LIMITS.profile_step_px / 2, device=extent.device
    )
    trial = trial.expand(*extent.shape, -1)
    support = _support(profiles, trial)[0].masked_fill(trial > longest, -1.0)
    near = max_pool1d(support, 9, 1, 4)
    peaks = support.masked_fill(support < near, -1.0)
    top, index = peaks.topk(min(LIMITS.trials, peaks.shape[-1]), dim=-1)
    multiples = trial.new_tensor(_MULTIPLES)
    period = (trial.gather(-1, index)[..., None] * multiples).flatten(2)
    usable = (top > 0).repeat_interleave(len(_MULTIPLES), dim=-1)
    usable &= (period >= LIMITS.shortest_rank_1_px) & (period <= longest)
    seen = _evidence(profiles, period, usable, extent, ridge)
    vectors = (moves[:, :, None] * period[..., None]).flatten(1, 2).double()
    return Stripes(vectors, usable.flatten(1), seen.flatten(1, 2).nan_to_num(-1.0))


def _least_change(maps: AutocorrelationMaps) -> tuple[Tensor, Tensor]:
    """``(B, 2)`` unit vector along which the mean map stays highest, and its mean there."""
    lag = torch.arange(6, max(0.6 * min(maps.max_lag_px), 7), 2.0, device=maps.maps.device)
    turn = torch.deg2rad(torch.arange(180, dtype=torch.float32, device=lag.device))
    direction = torch.stack([turn.cos(), turn.sin()], dim=-1)
    places = (direction[:, None] * lag[:, None] + maps.centre.float()).flatten(0, 1)
    values = sample_bilinear(maps.mean_map, places).unflatten(-1, (180, -1)).mean(-1)
    top, best = values.max(-1)
    before, after = (values.gather(1, ((best + k) % 180)[:, None])[:, 0] for k in (-1, 1))
    bend = before - 2 * top + after
    curved = bend < -1e-7
    offset = torch.where(curved, 0.5 * (before - after) / torch.where(curved, bend, -1.0), 0.0)
    turn = torch.deg2rad(best + offset.clamp(-0.5, 0.5))
    return torch.stack([turn.cos(), turn.sin()], dim=-1), top


def _profiles(maps: AutocorrelationMaps, joints: Tensor, moves: Tensor) -> _Profiles:
    """Mean autocorrelation by lag along `moves`, over places along `joints` ``(B, 2, 2)``."""
    my, mx = maps.max_lag_px
    reach = moves.new_tensor([mx - 1, my - 1])
    length = (reach / moves.abs().clamp_min(1e-6)).amin(-1)
    wide = LIMITS.profile_share * (reach / joints.abs().clamp_min(1e-6)).amin(-1)
    count = int(1.42 * max(my, mx) / LIMITS.profile_step_px)
    lags = torch.arange(count, device=moves.device) * LIMITS.profile_step_px
    beside = torch.linspace(-1, 1, LIMITS.profile_places, device=moves.device) * wide[..., None]
    places = (
        lags[:, None, None] * moves[:, :, None, None]
        + beside[:, :, None, :, None] * joints[:, :, None, None]
    )
    inside = (places.abs() <= reach).all(-1)
    at = (places + maps.centre.to(places)).flatten(1, 3)[:, None]
    values = sample_bilinear(maps.maps, at).unflatten(-1, tuple(inside.shape[1:]))
    values = (values * inside[:, None]).sum(-1) / inside.sum(-1).clamp_min(1)[:, None]
    enough = (inside.sum(-1) >= LIMITS.profile_places // 6) & (lags <= length[..., None])
    values = values * enough[:, None]
    loose = max_pool1d(values.flatten(0, 1), 3, 1, 1).view_as(values)
    reached = (enough.sum(-1) - 1).clamp_min(1) * LIMITS.profile_step_px
    return _Profiles(values, loose, reached, maps.importance)


def _support(profiles: _Profiles, period: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Support, strength and number of whole periods of ``period (B, 2, T)``, and means after them.

    Support is how much more a wall repeats after whole periods than between them, less for few.
    """
    lags = period[..., None] * torch.arange(1, _PERIODS + 1, device=period.device)
    half = period[..., None] / 2
    on = profiles.mean(lags)
    off = torch.minimum(profiles.mean(lags - half), profiles.mean(lags + half))
    count = (lags <= profiles.length_px[..., None, None]).sum(-1)
    counted = (on - off) * profiles.importance[:, :, None, None]
    stands_out = counted.clamp_min(0).topk(3, dim=1).values.mean(1)
    repeats = strength(on, profiles.importance, 3)
    return stands_out * count / (count + 1), repeats, count, on


def _evidence(
    profiles: _Profiles, period: Tensor, usable: Tensor, extent: Tensor, ridge: Tensor
) -> Tensor:
    """``(B, 2, T, len(_OWN))`` for periods ``(B, 2, T)``."""
    support, repeats, count, on = _support(profiles, period)
    straight = profiles.values[..., 0]
    importance = profiles.importance[:, :, None, None]
    followed = (on / straight.clamp_min(LIMITS.straight)[..., None] * importance).amax(1)
    best = support.masked_fill(~usable, 0.0).amax((-2, -1), keepdim=True).clamp_min(1e-3)
    numbers = [
        support,
        repeats,
        count.float().log1p(),
        _contrast(profiles, period, 2),
        _contrast(profiles, period, 3),
        _contrast(profiles, period / 2, 2),
        _contrast(profiles, period / 3, 3),
        followed,
        period.log2(),
        (period / extent[..., None]).log2(),
        (straight * profiles.importance[..., None]).amax(1)[..., None].expand_as(period),
        on[:, 0].clamp(0, 1),
        on[:, TONES].clamp(0, 1),
        support / best,
        ridge[:, None, None].expand_as(period),
        (on[:, 1:TONES].clamp(0, 1) * importance[:, 1:TONES]).amax(1),
        importance[:, 1:TONES].amax(1).expand_as(period),
    ]
    return torch.stack(numbers, -1).nan_to_num(-1.0)


def _contrast(profiles: _Profiles, period: Tensor, parts: int) -> Tensor:
    """Contrast between each `parts`-th multiple of ``period (B, 2, T)`` and those between them."""
    steps = torch.arange(1, _ORDERS + 1, device=period.device)
    values, weights = profiles.at(period[..., None] * steps)
    kept = steps % parts == 0
    on, off = (
        (values * (weights * chosen)[:, None]).sum(-1)
        / (weights * chosen).sum(-1).clamp_min(1e-9)[:, None]
        for chosen in (kept, ~kept)
    )
    contrast = relative_contrast(on, off, profiles.importance)
    tones, rest = contrast[:, :TONES] * LIMITS.tones_count, contrast[:, TONES:]
    return torch.maximum(tones.amax(1), rest.amax(1))
