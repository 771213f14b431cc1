"""Candidate lattices: pairs of autocorrelation maxima, of the whole wall and of every window.

What windows propose is merged over the wall into a fixed number of *families*; a family's
sub-lattices and super-lattices are candidates too, since which of nested lattices a pair of maxima
happens to span is chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.lattice.levels import Level, best_level
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.nested import forms, mean_at_points, strength
from tiling_diag.checks.lattice.peak_fit import fit
from tiling_diag.kernels.lattice_algebra import cell_area, reciprocal, same_lattice, shortened
from tiling_diag.kernels.peaks import local_maxima, refine_peak
from tiling_diag.kernels.rays import without_strongest_ray

# Lagrange's steps for bases of vectors that are less than a hundred times as long as each other.
_STEPS = 8
# A family itself, its sub-lattices and its super-lattices of index 2 and 3.
NESTED = torch.cat(
    [torch.eye(2, dtype=torch.float64)[None], forms((2, 3)), reciprocal(forms((2, 3)))]
)


@dataclass(frozen=True, eq=False)
class Families:
    """Lattices of a batch that some window or the whole wall proposes, the likeliest first.

    Attributes:
        basis_px: ``(B, F, 2, 2)`` float64, px of the full wall.
        is_there: ``(B, F)`` bool; a stand-in where there are fewer.
        votes: ``(B, F)`` how many starts are this lattice.
        mass: ``(B, F)`` the sum of their scores.
        level: ``(B, F)`` int64; the level whose windows show it best.
        support: ``(B, F, n)`` how well it repeats in each window of that level; 0 where none is.
        windows: ``(B, F)`` how many windows of that level lie on the wall.
        maps: ``B * F`` maps: the mean over the windows that repeat with this lattice.
        scale: ``(B, F, 2)`` px of these maps per px of the full wall.
    """

    basis_px: Tensor
    is_there: Tensor
    votes: Tensor
    mass: Tensor
    level: Tensor
    support: Tensor
    windows: Tensor
    maps: AutocorrelationMaps
    scale: Tensor


@dataclass(frozen=True, eq=False)
class Candidates:
    """Lattices of a batch that are scored.

    Attributes:
        basis_px: ``(B, S, 2, 2)`` float64, shortened, px of the full wall.
        is_there: ``(B, S)`` bool.
        family: ``(B, S)`` int64.
    """

    basis_px: Tensor
    is_there: Tensor
    family: Tensor


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
    basis = shortened(torch.where(usable[..., None, None], pairs, _stand_in(pairs)), _STEPS)
    usable &= _is_plain(basis, LIMITS.shortest_px)
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
    return _pick(basis, order.gather(1, best)), score


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


def _stand_in(like: Tensor) -> Tensor:
    """A basis in place of one that is not there, so that batches stay rectangular."""
    return torch.eye(2, dtype=like.dtype, device=like.device) * 23.0


def _is_plain(basis: Tensor, shortest: float) -> Tensor:
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


def _pick(values: Tensor, index: Tensor) -> Tensor:
    """``values (B, n, 2, 2)`` at ``index (B, m)``."""
    return values.gather(1, index[..., None, None].expand(-1, -1, 2, 2))


def _distinct(same: Tensor, score: Tensor, kept: int) -> tuple[Tensor, Tensor]:
    """Index ``(B, kept)`` of the best of each lattice, and scores, below 0 for stand-ins.

    Args:
        same: ``(B, n, n)`` bool; which are the same lattice.
        score: ``(B, n)``.
        kept: how many are returned, if there are as many.
    """
    order = score.argsort(dim=-1, descending=True, stable=True)
    ranked = same.gather(1, order[..., None].expand_as(same))
    ranked = ranked.gather(2, order[:, None].expand_as(same))
    score = score.gather(1, order).masked_fill(ranked.tril(-1).any(-1), -1.0)
    score, best = score.topk(min(kept, score.shape[1]), dim=-1)
    return order.gather(1, best), score


def families(
    whole: AutocorrelationMaps,
    small_scale: Tensor,
    small_size: tuple[int, int],
    looks: list[Level],
) -> Families:
    """What the whole wall and its windows propose, merged.

    Args:
        whole: maps of the whole walls.
        small_scale: ``(2,)`` px of these maps per px of the full wall.
        small_size: height and width of the walls that these maps are of.
        looks: the windows.
    """
    basis, score = _proposed(whole, small_scale, small_size, looks)
    usable = basis.isfinite().flatten(-2).all(-1) & (score > 0)
    usable &= cell_area(torch.where(usable[..., None, None], basis, _stand_in(basis))) > 9
    basis = shortened(torch.where(usable[..., None, None], basis, _stand_in(basis)), _STEPS)
    score = score.masked_fill(~usable, 0.0)
    same = same_lattice(basis[:, :, None], basis[:, None], LIMITS.same_lattice, steps=0)
    votes = (same & usable[:, None]).sum(-1).to(score)
    mass = (same * score[:, None]).sum(-1).masked_fill(~usable, -1.0)
    index, mass = _distinct(same, mass, LIMITS.families)
    found = _pick(basis, index)
    level_of = best_level(found.norm(dim=-1).amax(-1), torch.stack([one.scale for one in looks]))
    support, windows, maps = _pooled(found, level_of, looks)
    scale = torch.stack([level.scale for level in looks])[level_of]
    at_level = found * scale[..., None, :]
    fitted = fit(maps, at_level.flatten(0, 1)[:, None], (2.2, 4.0)).view_as(found)
    fitted = fitted / scale[..., None, :]
    near = ((fitted - found).norm(dim=-1) < 0.15 * found.norm(dim=-1)).all(-1)
    return Families(
        basis_px=torch.where(near[..., None, None], fitted, found),
        is_there=mass > 0,
        votes=votes.gather(1, index),
        mass=mass.clamp_min(0),
        level=level_of,
        support=support,
        windows=windows,
        maps=maps,
        scale=scale,
    )


def _proposed(
    whole: AutocorrelationMaps,
    small_scale: Tensor,
    small_size: tuple[int, int],
    looks: list[Level],
) -> tuple[Tensor, Tensor]:
    """Lattices ``(B, n, 2, 2)`` px of the full wall and their scores; see `families`."""
    maps = _with_rest([whole])
    basis, score = starts(maps, LIMITS.peaks, LIMITS.starts, small_size)
    fitted = fit(maps, basis, (2.2, 4.0, 8.0)) / small_scale
    proposed, scores = [], []
    for at, kept in enumerate((LIMITS.starts, LIMITS.rest_starts)):
        proposed.append(fitted.chunk(2)[at][:, :kept])
        scores.append(score.chunk(2)[at][:, :kept])
    # The windows of all levels side by side, as they are and without their strongest lines.
    basis, score = starts(
        _with_rest([level.windows for level in looks]), LIMITS.window_peaks, LIMITS.window_starts
    )
    counts = [level.coverage.numel() for level in looks]
    for at, kept in enumerate((LIMITS.window_starts, LIMITS.window_rest_starts)):
        parts = (x.chunk(2)[at][:, :kept].split(counts) for x in (basis, score))
        for level, own, value in zip(looks, *parts, strict=True):
            seen = (level.coverage >= LIMITS.least_coverage).flatten()[:, None]
            value = torch.where(seen, value, -1.0)
            proposed.append((own / level.scale).unflatten(0, (-1, level.count)).flatten(1, 2))
            scores.append(value.unflatten(0, (-1, level.count)).flatten(1, 2))
    return torch.cat(proposed, dim=1), torch.cat(scores, dim=1)


def _with_rest(several: list[AutocorrelationMaps]) -> AutocorrelationMaps:
    """Mean maps of all, and after them the same without their strongest lines; one channel."""
    means = torch.cat([maps.mean_map for maps in several])
    both = torch.cat([means, without_strongest_ray(means)])[:, None]
    return AutocorrelationMaps(both, torch.ones_like(both[:, :, 0, 0]))


def _pooled(
    basis: Tensor, level_of: Tensor, looks: list[Level]
) -> tuple[Tensor, Tensor, AutocorrelationMaps]:
    """Support of families in the windows of their level, their number, and their mean maps."""
    most = LIMITS.windows_per_side**2
    support = basis.new_zeros((*level_of.shape, most), dtype=torch.float32)
    windows = torch.zeros_like(support[..., 0])
    maps = importance = basis.new_zeros((), dtype=torch.float32)
    for k, level in enumerate(looks):
        count = level.count
        at_level = (basis * level.scale).repeat_interleave(count, dim=0)
        on, points = mean_at_points(level.windows, at_level)
        seen = strength(on, level.windows.importance) * points / (points + LIMITS.few_window_points)
        on_wall = level.coverage >= LIMITS.least_coverage
        seen = (seen.unflatten(0, (-1, count)) * on_wall[..., None]).mT
        mine = (level_of == k)[..., None]
        windows += on_wall.sum(-1, keepdim=True) * mine[..., 0]
        support[..., :count] += seen * mine
        weights = seen.clamp_min(0.02).square() * level.coverage[:, None]
        weights = weights / weights.sum(-1, keepdim=True).clamp_min(1e-9) * mine
        own = level.windows.maps.unflatten(0, (-1, count))
        maps = maps + torch.einsum("bfn,bnkyx->bfkyx", weights, own)
        imp = level.windows.importance.unflatten(0, (-1, count))
        importance = importance + torch.einsum("bfn,bnk->bfk", weights, imp)
    return (
        support,
        windows.clamp_min(1),
        AutocorrelationMaps(maps.flatten(0, 1), importance.flatten(0, 1)),
    )


def candidates(
    found: Families, whole: AutocorrelationMaps, small_scale: Tensor, size: tuple[int, int]
) -> Candidates:
    """Families and the lattices nested in them or around them, the best supported.

    Args:
        found: the families.
        whole: maps of the whole walls.
        small_scale: ``(2,)`` px of these maps per px of the full wall.
        size: height and width of the full wall.
    """
    nested = NESTED.to(found.basis_px.device)
    basis = shortened((nested @ found.basis_px[:, :, None]).flatten(1, 2), _STEPS)
    family = torch.arange(found.basis_px.shape[1], device=basis.device)
    family = family.repeat_interleave(len(nested)).expand(len(basis), -1)
    usable = found.is_there.gather(1, family) & in_view(basis, size)
    usable &= _is_plain(basis, LIMITS.shortest_px)
    on, points = mean_at_points(whole, basis * small_scale)
    score = strength(on, whole.importance) * points / (points + LIMITS.few_points)
    score = score + (found.support.sum(-1) / found.windows).gather(1, family)
    # What windows propose is scored in any case, however weak.
    itself = torch.arange(basis.shape[1], device=basis.device) % len(nested) == 0
    score = (score + itself).masked_fill(~usable, -1.0)
    same = same_lattice(basis[:, :, None], basis[:, None], LIMITS.same_candidate, steps=0)
    index, score = _distinct(same, score, LIMITS.candidates)
    return Candidates(_pick(basis, index), score > 0, family.gather(1, index))
