"""A second look at a lattice: fine periods from nearby, all of the wall for the last digit."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from tiling_diag.checks.channel_autocorrelation import ChannelAutocorrelation
from tiling_diag.checks.channels import TONES_AND_EDGES
from tiling_diag.checks.lattice.candidates import STRIPES_LEAD, Found, is_single, repeats, search
from tiling_diag.checks.lattice.contrast import (
    mean_in_view,
)
from tiling_diag.checks.lattice.spectral_refinement import refine_waves
from tiling_diag.checks.walls import SEARCH_SIDE_PX, Walls, resized
from tiling_diag.kernels.lattice_algebra import cell_area, reciprocal

# Rows of points nearer than this in the searched wall are looked at from nearby, where they are
# `SHARP_PX` apart: on drawn walls octaves are decided wrongly below.
FINE_PX, SHARP_PX = 7.5, 16.0
# Rows nearer than this are looked at again where the support is below what clear lattices have:
# what shows as a coarse lattice or as stripes may be fine units blurred. All chosen on drawn walls.
CLOSE_PX, DOUBTFUL = 24.0, 0.45
# What counts as finer: a cell this many times as large.
FINER_SHARE = 0.7
# How many times the support it must have; chosen on the corpus and on drawn walls.
CLEARLY_BETTER = 1.2
# Stripes found in a part only must show five periods of it; chosen on materials without a period.
LONGEST_NEARBY_PX = 50.0
MIN_COVERAGE = 0.5
# The whole wall's spectrum is asked from this many cells on; fewer leave harmonics too near each
# other. Chosen on the corpus.
CELLS_FOR_SPECTRUM = 16.0
# It moves wave vectors by less than this many frequency bins, or it has lost its way.
LARGEST_MOVE_BINS = 0.6
# Nor may the wall repeat worse at the points of the lattice than before, by more than this; chosen
# on the corpus, on other materials and on drawn walls.
AS_WELL = 0.985


def search_whole(walls: Walls, index: int) -> Found:
    """What the search finds in wall `index`, with its parts at hand."""

    @cache
    def parts() -> list[ChannelAutocorrelation]:
        return walls.part_autocorrelations(index)

    return search(walls.channel_autocorrelations[index], parts)


def look_closer(walls: Walls, index: int, found: Found) -> Found:
    """The same answer, or a better supported one of a part of wall `index` at a larger scale.

    Where neither finds anything, the best supported of what is only faint.
    """
    best, seen = found, [found]
    zooms = [] if walls.small is walls else _zooms(found, max(walls.small_step_px))
    for zoom in zooms:
        nearby = _search_part(walls, index, zoom)
        if nearby is None:
            continue
        seen.append(nearby)
        if repeats(nearby) and _is_better(nearby, best, zoom):
            best = nearby
    faint = [one for one in seen if one.is_faint]
    if repeats(best) or not faint:
        return best
    return replace(max(faint, key=lambda one: one.support), is_faint=False)


def _is_better(nearby: Found, found: Found, zoom: float) -> bool:
    """Whether what a part shows `zoom` times as large is to be believed.

    A part may lie in a zone of coarser units, so it is believed about finer ones alone, and where
    it repeats clearly better; but where rows nearly blur into one, also about coarser ones.
    """
    if not repeats(found):
        # Coarse joints of a part that the whole does not follow are chance.
        return not is_single(nearby) or _spacing(nearby) * zoom <= LONGEST_NEARBY_PX
    ratio, blurred = _cell(nearby) / _cell(found), _spacing(found) < FINE_PX
    if blurred and ratio * FINER_SHARE > 1:
        return True
    clearly = _evidence(nearby) > CLEARLY_BETTER * _evidence(found)
    return clearly and (blurred or ratio < FINER_SHARE)


def _zooms(found: Found, full: float) -> list[float]:
    """How many times larger than in the small wall parts are looked at; `full` is the most."""
    if not repeats(found):
        return sorted({min(full, 2.0), full})
    spacing = _spacing(found)
    if spacing < FINE_PX:
        return [min(full, SHARP_PX / spacing)]
    return [min(full, 2.0)] if spacing < CLOSE_PX and found.support < DOUBTFUL else []


def _evidence(found: Found) -> float:
    """Support, by which lattices and stripes of one wall can be compared."""
    return found.support * (1.0 if is_single(found) else STRIPES_LEAD)


def _cell(found: Found) -> float:
    """Area in px² of a lattice's cell, of a square one between joints."""
    return float(found.basis[0].square().sum() if is_single(found) else cell_area(found.basis))


def _spacing(found: Found) -> float:
    """Distance in px between the closest rows of points of a reduced basis, or between joints."""
    if is_single(found):
        return float(found.basis[0].norm())
    return float(cell_area(found.basis) / found.basis.norm(dim=-1).amax())


def _search_part(walls: Walls, index: int, zoom: float) -> Found | None:
    """What is found where most of wall `index` is, `zoom` times as large as in the small wall."""
    step = walls.small_step_px
    height, width = (
        min(side, round(SEARCH_SIDE_PX * s / zoom))
        for side, s in zip(walls.size, (step[1], step[0]), strict=True)
    )
    mask = walls.mask[index : index + 1]
    top, left = _fullest(mask, (height, width))
    rows, columns = slice(top, top + height), slice(left, left + width)
    mask = mask[:, rows, columns]
    if float(mask.mean()) < MIN_COVERAGE:
        return None
    near = Walls(walls.image[index : index + 1, :, rows, columns], mask)
    size = round(height * zoom / step[1]), round(width * zoom / step[0])
    if size != near.size:
        near = Walls(resized(near.image, size), (resized(mask[:, None], size)[:, 0] > 0.5).to(mask))
    found = search_whole(near, 0)
    scale = torch.tensor([width / size[1] / step[0], height / size[0] / step[1]])
    return replace(found, basis=found.basis * scale.double())


def _fullest(mask: Tensor, size: tuple[int, int]) -> tuple[int, int]:
    """Top and left of the box of that size with most of ``mask (1, H, W)``, the middlemost."""
    height, width = mask.shape[-2:]
    middle = ((height - size[0]) // 2, (width - size[1]) // 2)
    if bool((mask >= 1).all()):
        return middle
    stride = max(1, min(size) // 8)
    cover = avg_pool2d(mask, size, stride)[0]
    tops = torch.arange(cover.shape[0]) * stride
    lefts = torch.arange(cover.shape[1]) * stride
    off = ((tops - middle[0]).abs()[:, None] + (lefts - middle[1]).abs()) / (height + width)
    best = int((cover.cpu() - 0.1 * off).argmax())
    return int(tops[best // len(lefts)]), int(lefts[best % len(lefts)])


def refined(walls: Walls, index: int, found: Found) -> Found:
    """The lattice moved to the peaks of the whole wall's spectrum, where enough cells are seen."""
    if not repeats(found):
        return found
    single = is_single(found)
    vector = found.basis[0]
    small, step = walls.small, torch.tensor(walls.small_step_px, dtype=torch.float64)
    if float(small.mask[index].sum()) / _cell(found) < CELLS_FOR_SPECTRUM:
        return found
    waves = (vector / vector.square().sum())[None] if single else reciprocal(found.basis)
    if _spacing(found) >= FINE_PX:
        seen = small.channels
        weights = small.mask[index] * seen.importance[index, :TONES_AND_EDGES, None, None]
        moved = refine_waves(seen.values[index, :TONES_AND_EDGES], weights, waves)
    else:
        mask = walls.mask[index]
        level = (walls.luma[index] * mask).sum() / mask.sum()
        moved = refine_waves((walls.luma[index] - level)[None], mask, waves / step) * step
    size = torch.tensor([small.size[1], small.size[0]], dtype=torch.float64)
    if float(((moved - waves) * size).abs().max()) > LARGEST_MOVE_BINS:
        return found
    if single:
        basis = torch.stack([moved[0] / moved[0].square().sum(), found.basis[1]])
        return replace(found, basis=basis)
    basis = reciprocal(moved)
    if _spacing(found) >= FINE_PX:
        before, after = mean_in_view(
            small.channel_autocorrelations[index], torch.stack([found.basis, basis])
        )
        if after < AS_WELL * before:
            return found
    return replace(found, basis=basis)
