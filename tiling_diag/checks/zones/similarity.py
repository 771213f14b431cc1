"""How similar places of a wall are, as they are and with one of two stretched by an octave.

Two places whose material has the same period have the same autocorrelation. Where one of them has
twice the period, the other one's autocorrelation, stretched by two, is that of the first: nothing
needs to be known of the material, and nothing else about a wall looks like that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from tiling_diag.checks.plane.windows import MAX_LAG
from tiling_diag.checks.zones.limits import LIMITS

# Stretches along and across the rows; where one direction repeats only, the first is the only one.
STRETCHES: tuple[tuple[float, float], ...] = ((2.0, 2.0), (2.0, 1.0), (1.0, 2.0))
# The longest lag that is compared, in samples: far from zero lag all windows are alike. Chosen on
# corpus pictures with bands and without.
LONGEST_LAG = 20


@dataclass(frozen=True, eq=False)
class Similarity:
    """Inner products of autocorrelations, float64 on the CPU.

    Attributes:
        plain: ``(3, ..., m, m)`` of pairs as they are, for each of `STRETCHES` without what that
            stretch leaves as it is.
        crossed: ``(3, ..., m, m)`` of one as it is (rows) and one stretched (columns).
        stretched: ``(3, ..., m, m)`` of two stretched ones.
    """

    plain: Tensor
    crossed: Tensor
    stretched: Tensor


def half_maps(maps: Tensor) -> Tensor:
    """The lags ``(..., L)`` of maps ``(..., m)`` that are compared: autocorrelations are even."""
    square = maps.reshape(*maps.shape[:-1], 2 * MAX_LAG + 1, 2 * MAX_LAG + 1)
    along = slice(MAX_LAG - LONGEST_LAG, MAX_LAG + LONGEST_LAG + 1)
    return square[..., MAX_LAG : MAX_LAG + LONGEST_LAG + 1, along].flatten(-2)


def similarities(halves: Tensor, *, rank_1: bool) -> Similarity:
    """How similar all pairs are.

    Args:
        halves: ``(..., m, L)`` see `half_maps`.
        rank_1: whether one direction repeats only.
    """
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    for stretch in STRETCHES:
        own, wide = (
            _centred(seen, stretch, rank_1) for seen in (halves, _stretched(halves, stretch))
        )
        found.append((own @ own.mT, own @ wide.mT, wide @ wide.mT))
    return Similarity(*(torch.stack(kind).double().cpu() for kind in zip(*found, strict=True)))


def most_similar_stretch(inside: Tensor, outside: Tensor, *, halved: bool) -> int:
    """Which of `STRETCHES` makes one side most similar to the other.

    Args:
        inside: ``(1, L)`` see `half_maps`.
        outside: ``(1, L)``; it is stretched unless `halved`.
        halved: whether it is the inside that is stretched.
    """
    fixed, moved = (outside, inside) if halved else (inside, outside)
    seen = torch.cat([_stretched(moved, stretch) for stretch in STRETCHES])
    # Without lines along one axis it is the period along that axis which shows.
    alike = [
        torch.cosine_similarity(
            _centred(seen, one_axis, rank_1=False), _centred(fixed, one_axis, rank_1=False)
        )
        for one_axis in STRETCHES[1:]
    ]
    return int(torch.stack(alike).sum(0).argmax())


@cache
def _lags() -> tuple[Tensor, Tensor]:
    """Lags ``(L, 2)`` of `half_maps` in samples, and which of them count ``(L,)``."""
    down, along = torch.meshgrid(
        torch.arange(LONGEST_LAG + 1), torch.arange(-LONGEST_LAG, LONGEST_LAG + 1), indexing="ij"
    )
    lags = torch.stack([along, down], dim=-1).flatten(0, 1)
    upper = (lags[:, 1] > 0) | (lags[:, 0] > 0)
    return lags, upper & (lags.double().norm(dim=-1) > LIMITS.shortest_lag)


def _square(halves: Tensor) -> Tensor:
    """``(..., L)`` by lags down and along."""
    return halves.reshape(*halves.shape[:-1], LONGEST_LAG + 1, 2 * LONGEST_LAG + 1)


def _stretched(halves: Tensor, stretch: tuple[float, float]) -> Tensor:
    """Maps stretched by 2 along one axis or both; between lags by straight lines."""
    square = _square(halves)
    for axis, by in ((-1, stretch[0]), (-2, stretch[1])):
        if by != 1:
            first = -LONGEST_LAG if axis == -1 else 0
            wanted = torch.arange(first, LONGEST_LAG + 1, device=halves.device)
            low = wanted.div(2, rounding_mode="floor") - first
            high = (wanted + 1).div(2, rounding_mode="floor") - first
            square = (square.index_select(axis, low) + square.index_select(axis, high)) / 2
    return square.flatten(-2)


def _centred(seen: Tensor, stretch: tuple[float, float], rank_1: bool) -> Tensor:
    """Maps without what a stretch leaves as it is.

    Long joints make ridges: along them everything repeats, whatever its period there. Where only
    one axis is stretched, lines along it have their mean taken off.

    Args:
        seen: ``(..., L)``.
        stretch: one of `STRETCHES`.
        rank_1: only lags about square to boards count.
    """
    lags, counted = _lags()
    if rank_1:
        counted = counted & (lags[:, 0].abs() <= LIMITS.ridge_samples)
    counts = counted.to(seen)
    square, weight = _square(seen * counts), _square(counts)
    axes = {(2.0, 2.0): (-2, -1), (2.0, 1.0): (-1,), (1.0, 2.0): (-2,)}[stretch]
    mean = square.sum(axes, keepdim=True) / weight.sum(axes, keepdim=True).clamp_min(1)
    return (square - mean * weight).flatten(-2)
