"""The period of a wall that repeats in one direction only: boards, louvres, corrugated sheet."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import max_pool1d

from tiling_diag.checks.channel_autocorrelation import ChannelAutocorrelation
from tiling_diag.checks.channels import TONES
from tiling_diag.checks.lattice.contrast import relative_contrast
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.kernels.grid_search import grid_search
from tiling_diag.kernels.peaks import parabola_shift, sample_bilinear


@dataclass(frozen=True)
class OneDirection:
    """One period across straight joints.

    Attributes:
        vector: ``(2,)`` px, square to the joints.
        strength: mean autocorrelation after whole periods, in [0, 1].
        support: how much more a wall repeats after whole periods than between them, less for few,
            times how sure joints are to be followed by joints.
        periods: whole periods that fit into the lags looked at.
    """

    vector: Tensor
    strength: float
    support: float
    periods: int


def find_one_direction(
    autocorrelation: ChannelAutocorrelation, least: float = 0.0
) -> OneDirection | None:
    """The period across the direction in which a wall changes least, or along that direction.

    Streaks along boards may change less than the joints do: the better supported of the two is
    taken; None where neither has a period.

    Args:
        autocorrelation: of the wall.
        least: support below which nothing is looked for.
    """
    along = _least_change(autocorrelation)
    across = torch.stack([-along[1], along[0]])
    found = [_across(autocorrelation, *both, least) for both in ((along, across), (across, along))]
    return max((one for one in found if one is not None), key=lambda one: one.support, default=None)


def _across(
    autocorrelation: ChannelAutocorrelation, along: Tensor, across: Tensor, least: float
) -> OneDirection | None:
    profile, extent = _profile(autocorrelation, along, across)
    length = (profile.shape[1] - 1) * LIMITS.profile_step_px
    longest = min(LIMITS.rank_1_longest_share * extent, length)
    if longest < LIMITS.rank_1_shortest_px + 2 * LIMITS.profile_step_px:
        return None
    trial = torch.arange(
        LIMITS.rank_1_shortest_px, longest, LIMITS.profile_step_px / 2, dtype=torch.float64
    )
    comb = _Comb(autocorrelation, max_pool1d(profile[None], 3, 1, 1)[0], length)
    support, _, _ = comb.support(trial)
    # Every period was tried, and joints are no surer than to be followed by joints.
    if support.max() <= least:
        return None
    near = max_pool1d(support[None, None], 9, 1, 4)[0, 0]
    starts = ((support >= near) & (support > 0)).nonzero()[:, 0]
    starts = starts[support[starts].argsort(descending=True)][: LIMITS.pitch_starts]
    selected = comb.select(trial[starts], longest)
    support, strength, periods = comb.support(selected)
    enough = support >= LIMITS.pitch_share * support.max()
    chosen = int(selected.masked_fill(~enough, math.inf).argmin())
    followed = comb.followed(selected[chosen])
    period = _refined(autocorrelation, profile, float(selected[chosen]), int(periods[chosen]))
    return OneDirection(
        across * period,
        float(strength[chosen]),
        float(support[chosen]) * followed,
        int(periods[chosen]),
    )


def _least_change(autocorrelation: ChannelAutocorrelation) -> Tensor:
    """``(2,)`` unit vector along which the mean autocorrelation stays highest."""
    # In a narrow picture a single lag has to do.
    lag = torch.arange(6, max(0.6 * min(autocorrelation.max_lag_px), 7), 2, dtype=torch.float64)

    def height(angle: Tensor) -> Tensor:
        places = _unit(angle[..., 0])[..., None, :] * lag[:, None] + autocorrelation.centre
        return sample_bilinear(autocorrelation.mean_map, places.float()).mean(-1)

    middle = torch.tensor([[89.5]], dtype=torch.float64)
    return _unit(grid_search(height, middle, LIMITS.direction_stages_deg).place[0, 0])


def _unit(angle_deg: Tensor) -> Tensor:
    """``(..., 2)`` unit vectors at an angle to the x axis."""
    radians = torch.deg2rad(angle_deg)
    return torch.stack([radians.cos(), radians.sin()], dim=-1)


def _profile(
    autocorrelation: ChannelAutocorrelation, along: Tensor, across: Tensor
) -> tuple[Tensor, float]:
    """Mean autocorrelation ``(K, n)`` by lag across the joints, and the wall's extent there."""
    my, mx = autocorrelation.max_lag_px
    height, width = autocorrelation.size
    max_lag = torch.tensor([mx - 1, my - 1], dtype=torch.float64)
    lags = torch.arange(
        0, float((max_lag / across.abs().clamp_min(1e-6)).min()), LIMITS.profile_step_px
    )
    offset = LIMITS.profile_share * float((max_lag / along.abs().clamp_min(1e-6)).min())
    beside = torch.linspace(-offset, offset, LIMITS.profile_places, dtype=torch.float64)
    places = lags.double()[:, None, None] * across + beside[:, None] * along
    inside = autocorrelation.inside(places)
    values = sample_bilinear(
        autocorrelation.maps, (places + autocorrelation.centre).float().flatten(0, 1)
    )
    values = values.reshape(-1, *inside.shape) * inside
    enough = inside.sum(-1) >= LIMITS.profile_places // 6
    profile = values.sum(-1) / inside.sum(-1).clamp_min(1)
    size = torch.tensor([width, height], dtype=torch.float64)
    return profile[:, enough], float((size / across.abs().clamp_min(1e-6)).min())


class _Comb:
    """Looks at a profile after whole numbers of a period."""

    def __init__(
        self, autocorrelation: ChannelAutocorrelation, profile: Tensor, length: float
    ) -> None:
        self.autocorrelation, self.profile, self.length = autocorrelation, profile, length

    def _weigh(self, lags: Tensor) -> tuple[Tensor, Tensor]:
        inside = lags <= self.length
        weights = inside / (1 + lags / (0.5 * self.length))
        index = (lags / LIMITS.profile_step_px).round().long().clamp(0, self.profile.shape[1] - 1)
        return self.profile[:, index], weights

    def _mean(self, lags: Tensor) -> Tensor:
        values, weights = self._weigh(lags)
        return (values * weights).sum(-1) / weights.sum(-1).clamp_min(1e-9)

    def support(self, period: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Support, strength and number of whole periods of ``period (n,)``."""
        steps = torch.arange(1, 12, dtype=torch.float64)
        lags = period[:, None] * steps
        on = self._mean(lags)
        off = torch.minimum(
            self._mean(lags - period[:, None] / 2), self._mean(lags + period[:, None] / 2)
        )
        importance = self.autocorrelation.importance[:, None]
        count = (lags <= self.length).sum(-1)
        stands_out = (
            ((on - off) * importance)
            .clamp_min(0)
            .topk(LIMITS.profile_channels, dim=0)
            .values.mean(0)
        )
        strength = (on.clamp(0, 1) * importance).topk(LIMITS.profile_channels, dim=0).values.mean(0)
        return stands_out * count / (count + 1), strength, count

    def select(self, period: Tensor, longest: float) -> Tensor:
        """The shortest periods ``(n,)`` that the profile supports, by multiples or parts."""
        for _ in range(5):
            before = period
            for n in reversed(LIMITS.rank_1_parts):
                longer = (period * n <= longest) & (self._contrast(period, n) > LIMITS.contrast)
                period = torch.where(longer, period * n, period)
            for n in reversed(LIMITS.rank_1_parts):
                part = period / n
                shorter = (part >= LIMITS.rank_1_shortest_px) & (
                    self._contrast(part, n) < LIMITS.contrast
                )
                period = torch.where(shorter, part, period)
            if torch.equal(before, period):
                break
        return period

    def _contrast(self, period: Tensor, parts: int) -> Tensor:
        """Contrast between each `parts`-th multiple of ``period (n,)`` and those between them."""
        steps = torch.arange(1, 25, dtype=torch.float64)
        values, weights = self._weigh(period[:, None] * steps)
        shared = (steps % parts) == 0
        on, off = (
            (values * weights * chosen).sum(-1) / (weights * chosen).sum(-1).clamp_min(1e-9)
            for chosen in (shared, ~shared)
        )
        contrast = relative_contrast(on, off, self.autocorrelation.importance)
        contrast[:TONES] *= LIMITS.tones_count
        return contrast.amax(0)

    def followed(self, period: Tensor) -> float:
        """How sure a joint is to be followed by one a period further, in the surest channel.

        Stones of a few fixed heights share joints in places, boards all along.
        """
        steps = torch.arange(1, 12, dtype=torch.float64)
        straight = self.profile[:, 0]
        share = self._mean(period * steps) / straight.clamp_min(LIMITS.straight)
        return float((share * self.autocorrelation.importance).max())


def _refined(
    autocorrelation: ChannelAutocorrelation, profile: Tensor, period: float, count: int
) -> float:
    """Least-squares period through the profile's own maxima near whole multiples."""
    mean = (profile * autocorrelation.importance[:, None]).sum(0).double()
    numerator = denominator = 0.0
    for step in range(1, min(count, 8) + 1):
        middle, spread = round(step * period / LIMITS.profile_step_px), 4 + step // 2
        low, high = max(1, middle - spread), min(len(mean) - 2, middle + spread)
        if high <= low:
            continue
        peak = low + int(mean[low : high + 1].argmax())
        if peak in (low, high):
            continue
        lag = (peak + float(parabola_shift(*mean[peak - 1 : peak + 2]))) * LIMITS.profile_step_px
        weight = max(float(mean[peak]), 0.0)
        numerator += weight * step * lag
        denominator += weight * step * step
        period = numerator / denominator if denominator > 0 else period
    return period
