"""Candidate lattices of a wall: what the whole and its windows propose, merged.

What windows propose is merged over the wall into a fixed number of *families*; a family's
sub-lattices and super-lattices are candidates too, since which of nested lattices a pair of maxima
happens to span is chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.lattice.levels import Level, best_level
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.nested import forms, mean_at_points, strength
from tiling_diag.checks.lattice.peak_fit import fit
from tiling_diag.checks.lattice.proposals import STEPS, in_view, is_plain, pick, proposals, stand_in
from tiling_diag.kernels.lattice_algebra import cell_area, reciprocal, same_lattice, shortened

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
    basis, score = proposals(whole, small_scale, small_size, looks)
    usable = basis.isfinite().flatten(-2).all(-1) & (score > 0)
    usable &= cell_area(torch.where(usable[..., None, None], basis, stand_in(basis))) > 9
    basis = shortened(torch.where(usable[..., None, None], basis, stand_in(basis)), STEPS)
    score = score.masked_fill(~usable, 0.0)
    same = same_lattice(basis[:, :, None], basis[:, None], LIMITS.same_lattice, steps=0)
    votes = (same & usable[:, None]).sum(-1).to(score)
    mass = (same * score[:, None]).sum(-1).masked_fill(~usable, -1.0)
    index, mass = _distinct(same, mass, LIMITS.families)
    found = pick(basis, index)
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
    basis = shortened((nested @ found.basis_px[:, :, None]).flatten(1, 2), STEPS)
    family = torch.arange(found.basis_px.shape[1], device=basis.device)
    family = family.repeat_interleave(len(nested)).expand(len(basis), -1)
    usable = found.is_there.gather(1, family) & in_view(basis, size)
    usable &= is_plain(basis, LIMITS.shortest_px)
    on, points = mean_at_points(whole, basis * small_scale)
    score = strength(on, whole.importance) * points / (points + LIMITS.few_points)
    score = score + (found.support.sum(-1) / found.windows).gather(1, family)
    # What windows propose is scored in any case, however weak.
    itself = torch.arange(basis.shape[1], device=basis.device) % len(nested) == 0
    score = (score + itself).masked_fill(~usable, -1.0)
    same = same_lattice(basis[:, :, None], basis[:, None], LIMITS.same_candidate, steps=0)
    index, score = _distinct(same, score, LIMITS.candidates)
    return Candidates(pick(basis, index), score > 0, family.gather(1, index))
