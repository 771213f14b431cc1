"""A crop of the wall seen larger: fine periods, which blur where the whole wall is searched."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.search import Found, search_wall
from tiling_diag.checks.limits import LIMITS as WALLS
from tiling_diag.checks.walls import Walls, resized


def search_magnified(walls: Walls, index: int, found: Found) -> Found:
    """The same answer, or a better supported one of a crop of wall `index` at a larger scale.

    Where neither finds anything, the best supported of what is only faint.
    """
    best, seen = found, [found]
    full = max(walls.small_step_px)
    for magnification in [] if walls.small is walls else _magnifications(found, full):
        crop = _search_crop(walls, index, magnification)
        if crop is None:
            continue
        seen.append(crop)
        if crop.repeats and _is_better(crop, best, magnification):
            best = crop
    faint = [one for one in seen if one.is_faint]
    if best.repeats or not faint:
        return best
    return replace(max(faint, key=lambda one: one.support), is_faint=False)


def _is_better(crop: Found, found: Found, magnification: float) -> bool:
    """Whether what a crop shows `magnification` times as large is to be believed.

    A crop may lie in a zone of coarser units, so it is believed about finer ones alone, and where
    it repeats clearly better; but where rows nearly blur into one, also about coarser ones.
    """
    if not found.repeats:
        # Coarse joints of a crop that the whole does not follow are chance.
        return not crop.is_rank_1 or crop.spacing_px * magnification <= LIMITS.crop_longest_px
    ratio, blurred = crop.cell_px2 / found.cell_px2, found.spacing_px < LIMITS.fine_px
    if blurred and ratio * LIMITS.finer_share > 1:
        return True
    clearly = _evidence(crop) > LIMITS.clearly_better * _evidence(found)
    return clearly and (blurred or ratio < LIMITS.finer_share)


def _magnifications(found: Found, full: float) -> list[float]:
    """How many times larger than in the small wall crops are looked at; `full` is the most."""
    if not found.repeats:
        return sorted({min(full, LIMITS.magnification), full})
    spacing = found.spacing_px
    if spacing < LIMITS.fine_px:
        return [min(full, LIMITS.sharp_px / spacing)]
    if spacing < LIMITS.close_px and found.support < LIMITS.doubtful_support:
        return [min(full, LIMITS.magnification)]
    return []


def _evidence(found: Found) -> float:
    """Support, by which lattices of rank 2 and 1 of one wall can be compared."""
    return found.support * (1.0 if found.is_rank_1 else LIMITS.rank_1_lead)


def _search_crop(walls: Walls, index: int, magnification: float) -> Found | None:
    """What is found where most of wall `index` is, seen larger than in the small wall."""
    step = walls.small_step_px
    height, width = (
        min(side, round(WALLS.search_side_px * s / magnification))
        for side, s in zip(walls.size, (step[1], step[0]), strict=True)
    )
    mask = walls.mask[index : index + 1]
    top, left = _fullest(mask, (height, width))
    rows, columns = slice(top, top + height), slice(left, left + width)
    mask = mask[:, rows, columns]
    if float(mask.mean()) < LIMITS.crop_coverage:
        return None
    near = Walls(walls.image[index : index + 1, :, rows, columns], mask)
    size = round(height * magnification / step[1]), round(width * magnification / step[0])
    if size != near.size:
        near = Walls(resized(near.image, size), (resized(mask[:, None], size)[:, 0] > 0.5).to(mask))
    found = search_wall(near, 0)
    # From px of the magnified crop to those of the small wall.
    scale = torch.tensor([width / size[1] / step[0], height / size[0] / step[1]])
    return replace(found, basis_small_px=found.basis_small_px * scale.double())


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
