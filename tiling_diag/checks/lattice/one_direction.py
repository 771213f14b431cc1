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
from tiling_diag.checks.lattice.octaves import CONTRAST_LIMIT
from tiling_diag.kernels.peaks import sample_bilinear

STEP_PX = 0.5
# Places along the joints over which profiles are averaged.
PLACES = 31
# Boards of the corpus have 0.15 and more, as they are and under stress; walls of stones of a few
# fixed heights up to 0.135.
STRIPES_SUPPORT = 0.14
SHORTEST_PX = 5.0
# Two periods must be in view.
LONGEST_SHARE = 0.52
_PARTS = (2, 3)
# A channel tells of joints where it is at least this alike along them.
STRAIGHT = 0.15
# Of few boards every second or third may have a tone in common by chance: 0.56 to 0.63 in contrast
# and, with one multiple in view, 1.05 where joints do not agree. Boards of two tones in turn have
# 1.5 to 2.
TONES_COUNT = 0.4


@dataclass(frozen=True)
class Stripes:
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


def find_stripes(autocorrelation: ChannelAutocorrelation, least: float = 0.0) -> Stripes | None:
    """The period across the direction in which a wall changes least, or along that direction.

    Streaks along boards may change less than the joints do: the better supported of the two is
    taken; None where neither has a period.

    Args:
        autocorrelation: what to look at.
        least: support below which nothing is looked for.
    """
    along = _least_change(autocorrelation)
    across = torch.stack([-along[1], along[0]])
    found = [
        _stripes_across(autocorrelation, *both, least)
        for both in ((along, across), (across, along))
    ]
    return max((one for one in found if one is not None), key=lambda one: one.support, default=None)


def _stripes_across(
    autocorrelation: ChannelAutocorrelation, along: Tensor, across: Tensor, least: float
) -> Stripes | None:
    profile, extent = _profile(autocorrelation, along, across)
    length = (profile.shape[1] - 1) * STEP_PX
    longest = min(LONGEST_SHARE * extent, length)
    if longest < SHORTEST_PX + 2 * STEP_PX:
        return None
    trial = torch.arange(SHORTEST_PX, longest, STEP_PX / 2, dtype=torch.float64)
    comb = _Comb(autocorrelation, max_pool1d(profile[None], 3, 1, 1)[0], length)
    support, _, _ = comb.support(trial)
    # Every period was tried, and joints are no surer than to be followed by joints.
    if support.max() <= least:
        return None
    near = max_pool1d(support[None, None], 9, 1, 4)[0, 0]
    starts = ((support >= near) & (support > 0)).nonzero()[:, 0]
    starts = starts[support[starts].argsort(descending=True)][:10]
    settled = comb.settle(trial[starts], longest)
    support, strength, periods = comb.support(settled)
    enough = support >= 0.6 * support.max()
    chosen = int(settled.masked_fill(~enough, math.inf).argmin())
    followed = comb.followed(settled[chosen])
    period = _refined(autocorrelation, profile, float(settled[chosen]), int(periods[chosen]))
    return Stripes(
        across * period,
        float(strength[chosen]),
        float(support[chosen]) * followed,
        int(periods[chosen]),
    )


def _least_change(autocorrelation: ChannelAutocorrelation) -> Tensor:
    """``(2,)`` unit vector along which the mean autocorrelation stays highest."""
    # In a narrow picture a single lag has to do.
    lag = torch.arange(6, max(0.6 * min(autocorrelation.max_lag_px), 7), 2, dtype=torch.float64)
    angle = best = torch.arange(0, 180, 1, dtype=torch.float64)
    for fine in (False, True):
        if fine:
            angle = best + torch.arange(-1, 1.01, 0.1, dtype=torch.float64)
        radians = torch.deg2rad(angle)
        direction = torch.stack([radians.cos(), radians.sin()], dim=-1)
        places = direction[:, None] * lag[:, None] + autocorrelation.centre
        best_index = int(
            sample_bilinear(autocorrelation.mean_map, places.float()).mean(-1).argmax()
        )
        best = angle[best_index]
    return direction[best_index]


def _profile(
    autocorrelation: ChannelAutocorrelation, along: Tensor, across: Tensor
) -> tuple[Tensor, float]:
    """Mean autocorrelation ``(K, n)`` by lag across the joints, and the wall's extent there."""
    my, mx = autocorrelation.max_lag_px
    height, width = autocorrelation.size
    reach = torch.tensor([mx - 1, my - 1], dtype=torch.float64)
    lags = torch.arange(0, float((reach / across.abs().clamp_min(1e-6)).min()), STEP_PX)
    offset = 0.35 * float((reach / along.abs().clamp_min(1e-6)).min())
    beside = torch.linspace(-offset, offset, PLACES, dtype=torch.float64)
    places = lags.double()[:, None, None] * across + beside[:, None] * along
    inside = autocorrelation.inside(places)
    values = sample_bilinear(
        autocorrelation.maps, (places + autocorrelation.centre).float().flatten(0, 1)
    )
    values = values.reshape(-1, *inside.shape) * inside
    enough = inside.sum(-1) >= PLACES // 6
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
        index = (lags / STEP_PX).round().long().clamp(0, self.profile.shape[1] - 1)
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
        stands_out = ((on - off) * importance).clamp_min(0).topk(3, dim=0).values.mean(0)
        strength = (on.clamp(0, 1) * importance).topk(3, dim=0).values.mean(0)
        return stands_out * count / (count + 1), strength, count

    def settle(self, period: Tensor, longest: float) -> Tensor:
        """The shortest periods ``(n,)`` that the profile supports, by multiples or parts."""
        for _ in range(5):
            before = period
            for n in reversed(_PARTS):
                longer = (period * n <= longest) & (self._contrast(period, n) > CONTRAST_LIMIT)
                period = torch.where(longer, period * n, period)
            for n in reversed(_PARTS):
                part = period / n
                shorter = (part >= SHORTEST_PX) & (self._contrast(part, n) < CONTRAST_LIMIT)
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
        contrast[:TONES] *= TONES_COUNT
        return contrast.amax(0)

    def followed(self, period: Tensor) -> float:
        """How sure a joint is to be followed by one a period further, in the surest channel.

        Stones of a few fixed heights share joints in places, boards all along.
        """
        steps = torch.arange(1, 12, dtype=torch.float64)
        straight = self.profile[:, 0]
        share = self._mean(period * steps) / straight.clamp_min(STRAIGHT)
        return float((share * self.autocorrelation.importance).max())


def _refined(
    autocorrelation: ChannelAutocorrelation, profile: Tensor, period: float, count: int
) -> float:
    """Least-squares period through the profile's own maxima near whole multiples."""
    mean = (profile * autocorrelation.importance[:, None]).sum(0).double()
    numerator = denominator = 0.0
    for step in range(1, min(count, 8) + 1):
        middle, spread = round(step * period / STEP_PX), 4 + step // 2
        low, high = max(1, middle - spread), min(len(mean) - 2, middle + spread)
        if high <= low:
            continue
        peak = low + int(mean[low : high + 1].argmax())
        if peak in (low, high):
            continue
        left, top, right = (float(v) for v in mean[peak - 1 : peak + 2])
        bend = left - 2 * top + right
        lag = (peak + (0.5 * (left - right) / bend if bend < 0 else 0.0)) * STEP_PX
        weight = max(top, 0.0)
        numerator += weight * step * lag
        denominator += weight * step * step
        period = numerator / denominator if denominator > 0 else period
    return period
