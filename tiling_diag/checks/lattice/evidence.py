"""One vector of evidence for every candidate lattice; what it means is left to the fitted score.

Repetition at the lattice's points, contrast against coarser and denser lattices and against its own
moved copies, in the whole wall and in the windows that repeat with it; how many windows agree; and
how all that compares with the best candidate of the wall.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.channels import TONES
from tiling_diag.checks.lattice import by_window
from tiling_diag.checks.lattice.by_window import Windows, lattices_by_window
from tiling_diag.checks.lattice.candidates import Candidates, Families
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.nested import (
    Points,
    Relations,
    coarser,
    contrast,
    denser,
    in_line,
    looked_at,
    mean_at_near,
    near_points,
    shifted,
    strength,
)
from tiling_diag.kernels.lattice_algebra import cell_area

_LOOK = (
    "strength", "support", "coarser", "coarser_second", "coarser_mean", "denser", "denser_second",
    "denser_mean", "moved", "points", "luma", "edges", "edge_direction", "best", "mean",
    "line_coarser", "line_other", "line_coarser_3", "line_denser", "colour", "colourful",
    "stands_out", "rest", "rest_coarser", "rest_denser", "rest_moved", "rest_stands_out",
)  # fmt: skip
_GEOMETRY = ("short", "long", "aspect", "sine", "cells", "level_vector")
_WINDOWS = ("agree_mean", "agree_max", "agree_four", "agree_some", "agree_much", "votes", "mass")
_RELATIVE = (
    "whole_support", "windows_support", "whole_strength", "windows_strength", "agree_mean", "mass",
    "whole_rest", "windows_rest", "whole_stands_out", "windows_stands_out",
    "window_mean", "window_full", "window_full_four", "window_both", "window_both_four",
)  # fmt: skip
NAMES: tuple[str, ...] = (
    *(f"whole_{name}" for name in _LOOK),
    *(f"windows_{name}" for name in _LOOK),
    *_GEOMETRY,
    *_WINDOWS,
    *(f"window_{name}" for name in by_window.NAMES),
    *(f"relative_{name}" for name in _RELATIVE),
)
# Points that are looked at in the whole wall and, fewer, in windows.
_WHOLE_ORDERS, _WHOLE_BETWEEN = (10, 6), (7, 4)
_WINDOW_ORDERS, _WINDOW_BETWEEN = (6, 4), (4, 3)
# Points along one vector, and the channels that must agree on what they show.
_IN_LINE, _VOTES = 6, 3


@cache
def _relations(orders: tuple[int, int], between: tuple[int, int]) -> tuple[Relations, ...]:
    return coarser(orders), denser(between), shifted((6, 5)), in_line(_IN_LINE)


def evidence(
    found: Candidates,
    families: Families,
    windows: Windows,
    whole: AutocorrelationMaps,
    small_scale: Tensor,
    size: tuple[int, int],
) -> Tensor:
    """Evidence ``(B, S, len(NAMES))`` for candidates, finite throughout.

    Args:
        found: the candidates.
        families: that they belong to.
        windows: of all levels.
        whole: maps of the whole walls.
        small_scale: ``(2,)`` px of these maps per px of the full wall.
        size: height and width of the full wall.
    """
    basis, family = found.basis_px, found.family
    in_whole = _look(whole, basis * small_scale, _relations(_WHOLE_ORDERS, _WHOLE_BETWEEN))
    parts = [in_whole, _in_windows(found, families)]
    lengths = basis.norm(dim=-1)
    scale = families.scale.mean(-1).gather(1, family)
    small = small_scale.mean()
    area = cell_area(basis)
    geometry = [
        (lengths.amin(-1) * small).log2(),
        (lengths.amax(-1) * small).log2(),
        (lengths.amax(-1) / lengths.amin(-1)).log(),
        area / lengths.prod(-1),
        (size[0] * size[1] / area).log2(),
        (lengths.amax(-1) * scale).log2(),
    ]
    agree = families.support.gather(1, family[..., None].expand(-1, -1, families.support.shape[-1]))
    number = families.windows.gather(1, family)
    agreed = [
        agree.sum(-1) / number,
        agree.amax(-1),
        agree.topk(4, dim=-1).values.mean(-1),
        (agree > 0.15).sum(-1) / number,
        (agree > 0.3).sum(-1) / number,
        families.votes.gather(1, family).log1p(),
        families.mass.gather(1, family).log1p(),
    ]
    parts += [torch.stack(geometry, -1).float(), torch.stack(agreed, -1).float()]
    parts.append(lattices_by_window(windows, basis).float())
    known = torch.cat(parts, -1)
    relative = []
    for name in _RELATIVE:
        own = known[..., NAMES.index(name)].masked_fill(~found.is_there, -1.0)
        relative.append(own / own.amax(-1, keepdim=True).clamp_min(1e-3))
    return torch.cat([known, torch.stack(relative, -1)], -1).nan_to_num(-1.0)


def _look(maps: AutocorrelationMaps, basis: Tensor, relations: tuple[Relations, ...]) -> Tensor:
    """``(B, S, len(_LOOK))`` what maps say of lattices ``(B, S, 2, 2)`` in px of the maps."""
    multiples = [near_points(), *(one.multiples for one in relations)]
    counts, every = [len(part) for part in multiples], torch.cat(multiples).to(basis.device)
    own = looked_at(maps, basis, every).split(counts)
    importance = maps.of_each(maps.importance)
    on, number = mean_at_near(own[0])
    repeats = strength(on, importance)
    against, missing, kept = contrast(own[1], importance, relations[0])
    missing = missing | (kept.amax(1) < 0.1)
    against = against.masked_fill(missing[:, None], -1.0)
    added, no_room, _ = contrast(own[2], importance, relations[1])
    added = added.masked_fill(no_room[:, None], 2.0)
    moved, nowhere, _ = contrast(own[3], importance, relations[2], doubt=0.0)
    moved = moved.amax(1).masked_fill(nowhere, 0.0).unflatten(-1, (2, -1)).amax(-1).amin(-1)
    counted = on.clamp(0, 1) * importance
    # Even against odd points, multiples of three, halfway points; along each of four vectors.
    line, none, _ = contrast(own[4], importance, relations[3], doubt=0.5)
    line = line.topk(_VOTES, dim=1).values[:, -1].unflatten(-1, (4, 3))
    none = none.unflatten(-1, (4, 3))
    evens = line[..., 0].masked_fill(none[..., 0], -1.0).sort(-1, descending=True).values
    numbers = [
        repeats,
        repeats * number / (number + LIMITS.few_points),
        against.amax(1).amax(-1),
        against.topk(2, dim=1).values[:, 1].amax(-1),
        against.clamp_min(0).mean(1).amax(-1),
        added.amax(1).amin(-1).clamp_max(2.0),
        added.topk(2, dim=1).values[:, 1].amin(-1).clamp_max(2.0),
        added.clamp_min(0).mean(1).amin(-1).clamp_max(2.0),
        moved,
        number.log1p(),
        on[:, 0].clamp(0, 1),
        on[:, 3].clamp(0, 1),
        counted[:, 4:].amax(1),
        counted.amax(1),
        counted.mean(1),
        evens[..., 0],
        evens[..., 1],
        line[..., 1].masked_fill(none[..., 1], -1.0).amax(-1),
        line[..., 2].masked_fill(none[..., 2], 2.0).amin(-1),
        counted[:, 1:TONES].amax(1),
        importance[:, 1:TONES].amax(1).expand_as(repeats),
    ]
    # The mean map and the one without its strongest lines.
    two = maps.mean_and_rest
    both = looked_at(two, basis, every).split(counts)
    also, _ = mean_at_near(both[0])
    level, spread = (maps.of_each(x) for x in (two.tolerant.mean(-1), two.tolerant.std(-1)))
    off = (also - level) / spread.clamp_min(1e-4)
    stands_out = (off * number.sqrt()[:, None]).clamp(-20, 60)
    rest = [part.of(1) for part in both]
    numbers += [stands_out[:, 0], also[:, 1], *_rest(rest, relations), stands_out[:, 1]]
    return torch.stack(numbers, -1)


def _rest(seen: list[Points], relations: tuple[Relations, ...]) -> list[Tensor]:
    """What maps without their strongest lines say of nested and moved lattices, each ``(B, S)``."""
    one = torch.ones_like(seen[0].values[..., 0])
    against, missing, _ = contrast(seen[1], one, relations[0])
    added, no_room, _ = contrast(seen[2], one, relations[1])
    moved, nowhere, _ = contrast(seen[3], one, relations[2], doubt=0.0)
    return [
        against[:, 0].masked_fill(missing, -1.0).amax(-1),
        added[:, 0].masked_fill(no_room, 2.0).amin(-1).clamp_max(2.0),
        moved[:, 0].masked_fill(nowhere, 0.0).unflatten(-1, (2, -1)).amax(-1).amin(-1),
    ]


def _in_windows(found: Candidates, families: Families) -> Tensor:
    """What the pooled maps of each candidate's own family say of it."""
    many = families.basis_px.shape[1]
    first = torch.arange(len(found.family), device=found.family.device)[:, None] * many
    scale = families.scale.gather(1, found.family[..., None].expand(-1, -1, 2))
    return _look(
        families.maps.picked(first + found.family),
        found.basis_px * scale[..., None, :],
        _relations(_WINDOW_ORDERS, _WINDOW_BETWEEN),
    )
