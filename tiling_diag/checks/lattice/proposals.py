"""Proposed lattices: pairs of autocorrelation maxima of the whole wall, and of every window."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.lattice.levels import Level
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.nested import mean_at_points
from tiling_diag.checks.lattice.peak_fit import fit
from tiling_diag.kernels.lattice_algebra import cell_area, shortened
from tiling_diag.kernels.peaks import local_maxima, refine_peak

# Lagrange's steps for bases of vectors that are less than a hundred times as long as each other.
STEPS = 8


def proposals(
    whole: AutocorrelationMaps,
    small_scale: Tensor,
    small_size: tuple[int, int],
    looks: list[Level],
) -> tuple[Tensor, Tensor]:
    """Lattices ``(B, n, 2, 2)`` px of the full wall and their scores; see `candidates.families`."""
    maps = _with_rest([whole])
    basis, score = starts(maps, LIMITS.peaks, LIMITS.starts, small_size)
    fitted = fit(maps, basis, (2.2, 4.0, 8.0)) / small_scale
    counts = (LIMITS.starts, LIMITS.rest_starts)
    proposed, scores = (
        [half[:, :count] for half, count in zip(both.chunk(2), counts, strict=True)]
        for both in (fitted, score)
    )
    # The windows of all levels side by side, as they are and without their strongest lines.
    basis, score = starts(
        _with_rest([level.windows for level in looks]), LIMITS.window_peaks, LIMITS.window_starts
    )
    windows = [level.coverage.numel() for level in looks]
    for at, kept in enumerate((LIMITS.window_starts, LIMITS.window_rest_starts)):
        parts = (x.chunk(2)[at][:, :kept].split(windows) for x in (basis, score))
        for level, own, value in zip(looks, *parts, strict=True):
            seen = (level.coverage >= LIMITS.least_coverage).flatten()[:, None]
            value = torch.where(seen, value, -1.0)
            proposed.append((own / level.scale).unflatten(0, (-1, level.count)).flatten(1, 2))
            scores.append(value.unflatten(0, (-1, level.count)).flatten(1, 2))
    return torch.cat(proposed, dim=1), torch.cat(scores, dim=1)


def best_repetition(maps: AutocorrelationMaps, size: tuple[int, int]) -> Tensor:
    """``(B,)`` how well walls repeat with the best lattice of two maxima, 0 to 2.

    The sum of what maps show as they are and without their strongest lines.

    Args:
        maps: of the walls.
        size: height and width of the walls.
    """
    _, score = starts(_with_rest([maps]), LIMITS.window_peaks, 1, size)
    as_is, rest = score.clamp_min(0)[:, 0].chunk(2)
    return as_is + rest


def _with_rest(several: list[AutocorrelationMaps]) -> AutocorrelationMaps:
    """Mean maps of all, and after them the same without their strongest lines; one channel."""
    both = torch.cat([maps.mean_and_rest.maps for maps in several])
    both = both.movedim(1, 0).flatten(0, 1)[:, None]
    return AutocorrelationMaps(both, torch.ones_like(both[:, :, 0, 0]))


def starts(
    maps: AutocorrelationMaps, peaks: int, kept: int, size: tuple[int, int] | None = None
) -> tuple[Tensor, Tensor]:
    """Lattices of pairs of maxima, the best few of every size.

    Args:
        maps: of B walls or windows, of a single channel.
        peaks: maxima that are paired.
        kept: lattices that are returned for each.
        size: height and width of the wall, if whole cells of it are to be in view.

    Returns:
        ``(B, kept, 2, 2)`` float64 bases in px of the maps, shortened, and scores ``(B, kept)``,
        below 0 for stand-ins.
    """
    lags, heights = _maxima(maps, peaks)
    i, j = torch.triu_indices(peaks, peaks, 1, device=lags.device)
    pairs = torch.stack([lags[:, i], lags[:, j]], dim=2)
    usable = heights[:, i].isfinite() & heights[:, j].isfinite() & (cell_area(pairs) > 1)
    basis = shortened(torch.where(usable[..., None, None], pairs, stand_in(pairs)), STEPS)
    usable &= is_plain(basis, LIMITS.shortest_px)
    if size is not None:
        usable &= in_view(basis, size)
    on, points = mean_at_points(maps, basis)
    score = on[:, 0].clamp(0, 1) * points / (points + LIMITS.few_points)
    score = score.masked_fill(~usable, -1.0)
    octave = cell_area(basis).log2().floor()
    order = score.argsort(dim=-1, descending=True, stable=True)
    score, octave = score.gather(1, order), octave.gather(1, order)
    same_before = (octave[:, :, None] == octave[:, None]).tril(-1).sum(-1)
    score = torch.where(same_before < LIMITS.starts_per_octave, score, score - 1.0)
    score, best = score.topk(kept, dim=-1)
    return pick(basis, order.gather(1, best)), score


def _maxima(maps: AutocorrelationMaps, count: int) -> tuple[Tensor, Tensor]:
    """``(B, count, 2)`` float64 lags of the mean map's maxima, and heights, -inf for stand-ins."""
    my, mx = maps.max_lag_px
    device = maps.maps.device
    y, x = torch.arange(-my, my + 1, device=device), torch.arange(-mx, mx + 1, device=device)
    forward = (y[:, None] > 0) | ((y[:, None] == 0) & (x > 0))
    distance = torch.hypot(y[:, None].float(), x.float())
    penalty = LIMITS.lag_penalty * distance / min(my, mx)
    penalty = penalty.masked_fill(~(forward & (distance > LIMITS.shortest_px)), math.inf)
    heights, places = local_maxima(maps.mean_map, 2, count, penalty)
    _, refined = refine_peak(maps.mean_map, places)
    return refined.double() - maps.centre, heights


def stand_in(like: Tensor) -> Tensor:
    """A basis in place of one that is not there, so that batches stay rectangular."""
    return torch.eye(2, dtype=like.dtype, device=like.device) * 23.0


def is_plain(basis: Tensor, shortest: float) -> Tensor:
    """Whether lattices ``(..., 2, 2)`` are neither too fine nor too flat."""
    lengths = basis.norm(dim=-1)
    sine = cell_area(basis) / lengths.prod(-1).clamp_min(1e-9)
    plain: Tensor = (lengths.amin(-1) > shortest) & (sine > LIMITS.least_sine)
    return plain


def in_view(basis: Tensor, size: tuple[int, int]) -> Tensor:
    """Whether about two periods along both vectors of ``(..., 2, 2)`` fit into a wall."""
    height, width = size
    longest = LIMITS.longest_share * basis.new_tensor([width, height])
    many = cell_area(basis) * LIMITS.cells_in_view <= height * width
    return (basis.abs() <= longest).all(-1).all(-1) & many


def pick(values: Tensor, index: Tensor) -> Tensor:
    """``values (B, n, 2, 2)`` at ``index (B, m)``."""
    return values.gather(1, index[..., None, None].expand(-1, -1, 2, 2))
