"""Zones of doubled or halved period: straight bands in which the octave evidence stands out.

Bands of every direction are tried: places are binned across a direction, and the run of bins is
taken whose evidence stands furthest above the middle between the wall's own level and certainty.
All places along a band count together, so that a narrow band shows as well as a wide one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.bands import (
    DIRECTIONS,
    Band,
    Profiles,
    best_band,
    between,
    edges,
    normals,
    profiles,
)
from tiling_diag.checks.local_octaves import OCTAVES
from tiling_diag.checks.perspective import corners, grid_places
from tiling_diag.kernels.tilt import to_flat, to_picture
from tiling_diag.results import BandingResult, LocalPeriodResult

# Chosen on corpus pictures with bands and without.
RUN_SHARE = 0.35
MAX_ZONES = 4
# Corners of a band cut out of a picture.
MOST_CORNERS = 6
# The wall's own level: the quantile of the evidence, so that zones may take most of the wall.
LEVEL_QUANTILE = 0.3
USUAL_QUANTILE = 0.5
# Evidence is counted from half-way between the wall's level and certainty.
HALF_WAY = 0.5
# Windows at a band's edge see both sides: the edge is where evidence has this value.
EDGE_LEVEL = 0.25
# Zones of a smaller share of the wall count less.
FULL_SHARE = 0.06
# A fitted lattice this near to the wall's own is the wall's own.
OWN_OCTAVES = 0.2
# Where the wall's own level is above this, an octave can't be told from it.
HIGHEST_LEVEL = 0.7
# An oblique band must explain so much more than one along rows or columns.
OBLIQUE_SHARE = 0.9
# Octaves with this share of the best one's evidence are as good as it.
ALIKE_SHARE = 0.8
# Bands that stand out less are not worth drawing.
LEAST_SCORE = 0.3
# Further bands of a wall must have this share of the best one's evidence.
NEXT_SHARE = 0.3
# How far a wall's period may be from the expected one's octave, in octaves.
OCTAVE_LIMIT = 0.25


def measure_banding(
    local: LocalPeriodResult, size: tuple[int, int], expected: Tensor | None = None
) -> BandingResult:
    """Doubled and halved places of a batch, by row and column, and as bands.

    Args:
        local: the local lattice field.
        size: height and width of the pictures, px.
        expected: ``(B, 2)`` the walls' period over the expected one, along and across the rows,
            NaN where nothing is expected: with it the zones are those that differ from what is
            expected, however much of the wall they take; without it what most of the wall has is
            the base.
    """
    octaves = local.octaves
    batch, _, rows, columns = octaves.shape
    evidence = _above_level(octaves.flatten(2), trusted=expected is not None)
    certain = _without_own(evidence, local.residual.flatten(2))
    factor = _factors(certain).reshape(batch, rows, columns)
    if expected is None:
        evidence = certain
    own = torch.ones(batch, 2, dtype=torch.float64) if expected is None else _octave(expected)
    found = [_zones(local, evidence[i], own[i], i, size) for i in range(batch)]
    factor = factor * own.prod(-1).sqrt().log2().round().exp2()[:, None, None]
    known = factor.isfinite()
    doubled = (factor > 1) & known
    row_frac = doubled.sum(-1) / known.sum(-1).clamp_min(1)
    column_frac = doubled.sum(-2) / known.sum(-2).clamp_min(1)
    base = torch.where((factor == 1) & known, local.period_px, torch.nan)
    base = torch.nanmedian(base.flatten(1), dim=1).values
    return BandingResult(
        factor=factor,
        row_frac=row_frac,
        col_frac=column_frac,
        base_period_px=torch.where(base.isnan(), local.median_px, base),
        row_max_run=_longest_run(row_frac > RUN_SHARE),
        col_max_run=_longest_run(column_frac > RUN_SHARE),
        **{name: torch.stack([one[name] for one in found]) for name in found[0]},
    )


def _above_level(octaves: Tensor, *, trusted: bool) -> Tensor:
    """Evidence ``(B, 6, n)`` over the wall's own level: 0 as usual on this wall, 1 certain.

    Args:
        octaves: ``(B, 6, n)``.
        trusted: an octave that most of the wall shows is a zone all the same: the size expected
            says what is one.
    """
    level = torch.nanquantile(octaves, LEVEL_QUANTILE, dim=-1, keepdim=True)
    usual = level if trusted else torch.nanquantile(octaves, USUAL_QUANTILE, dim=-1, keepdim=True)
    above: Tensor = ((octaves - level) / (1 - level)).clamp(-0.5, 1.2)
    return above.masked_fill(~(usual < HIGHEST_LEVEL), torch.nan)


def _without_own(evidence: Tensor, residual: Tensor) -> Tensor:
    """No evidence of a halved period where the wall's own lattice was fitted.

    Half-way between the units of a bond much repeats as well; a zone of twice their period then
    leaves the rest of the wall standing out as if it were halved.
    """
    own = (residual.log2().abs().amax(1, keepdim=True) < OWN_OCTAVES) & (evidence > 0)
    halved = torch.tensor([min(pair) < 1 for pair in OCTAVES])
    return torch.where(own & halved[:, None], 0.0, evidence)


def _factors(evidence: Tensor) -> Tensor:
    """2, 0.5 or 1 for every place ``(B, n)``; NaN where no octave could be looked for."""
    known = evidence.isfinite().any(1)
    value, best = evidence.nan_to_num(-1.0).max(1)
    octave = torch.tensor([1 if max(pair) > 1 else -1 for pair in OCTAVES])
    factor = torch.where(value > HALF_WAY, octave.double()[best].exp2(), 1.0)
    return factor.masked_fill(~known, torch.nan)


def _octave(ratio: Tensor) -> Tensor:
    """Ratios ``(B, 2)`` that are about 2 or 0.5, exactly; 1 for all others."""
    octave = ratio.double().cpu().log2().nan_to_num(0.0)
    near = octave.round().clamp(-1, 1)
    return torch.where((octave - near).abs() < OCTAVE_LIMIT, near, 0.0).exp2()


def _longest_run(over: Tensor) -> Tensor:
    """``(B,)`` length of the longest run of True in ``(B, n)``."""
    index = torch.arange(1, over.shape[-1] + 1).expand_as(over)
    last_false = torch.where(over, 0, index).cummax(-1).values
    return ((index - last_false) * over).amax(-1)


def _zones(
    local: LocalPeriodResult, evidence: Tensor, own: Tensor, index: int, size: tuple[int, int]
) -> dict[str, Tensor]:
    """The zones of one wall, by the names of `BandingResult`.

    Args:
        local: the field of the batch.
        evidence: ``(6, n)`` of this wall.
        own: ``(2,)`` octave of its lattice over the expected one.
        index: which wall it is.
        size: height and width in px.
    """
    rows, columns = local.octaves.shape[-2:]
    tilt = local.tilt[index].nan_to_num(0.0)
    places = to_flat(tilt, grid_places(size, rows, columns))
    outline = to_flat(tilt, corners(size)[[0, 1, 3, 2]])
    seen = profiles(evidence, places, float(local.stride_px[index]))
    bands = _bands(seen)
    zones = [_zone(local, seen, band, places, index) for band in bands]
    direction = bands[0].direction if bands else 0
    across = places @ normals()[direction]
    if bool((own == 1).all()) and _share(zones, across) > HALF_WAY:
        # What most of the wall has is the base.
        own = 1 / own.new_tensor(zones[0].factor)
    if bool((own != 1).any()):
        zones = _others(zones, own)
    contrast = zones[0].score if zones else 0.0
    zones = [zone for zone in zones if zone.score > LEAST_SCORE][:MAX_ZONES]
    boxes = torch.full((MAX_ZONES, 4), torch.nan, dtype=torch.float64)
    polygons = torch.full((MAX_ZONES, MOST_CORNERS, 2), torch.nan, dtype=torch.float64)
    middle = torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)
    for k, zone in enumerate(zones):
        shape = between(outline, normals()[direction], zone.low, zone.high)
        if len(shape):
            shape = to_picture(tilt, shape) + middle
            boxes[k] = torch.cat([shape.amin(0), shape.amax(0)])
            polygons[k] = shape[torch.arange(MOST_CORNERS).clamp(max=len(shape) - 1)]
    missing = [math.nan] * (MAX_ZONES - len(zones))
    hint = {0: 1, DIRECTIONS // 2: 2}.get(direction, 3) if zones else 0
    return {
        "hint": torch.tensor(hint),
        "boxes_px": boxes,
        "polygons_px": polygons,
        "angle_deg": torch.tensor(180.0 * direction / DIRECTIONS if zones else math.nan),
        "box_factor": torch.tensor([z.factor for z in zones] + [(math.nan,) * 2] * len(missing)),
        "box_score": torch.tensor([z.score for z in zones] + missing),
        "contrast": torch.tensor(contrast),
    }


def _share(zones: list[_Zone], across: Tensor) -> float:
    """Share of the places, by where they are across the zones, that lie in zones."""
    inside = torch.zeros_like(across, dtype=torch.bool)
    for zone in zones:
        inside |= (across > zone.low) & (across < zone.high)
    return float(inside.double().mean())


@dataclass(frozen=True)
class _Zone:
    """A zone: from where to where across its direction, flat px; period over the wall's; score."""

    low: float
    high: float
    factor: tuple[float, float]
    score: float


def _bands(seen: Profiles) -> list[Band]:
    """The bands of a wall, the best first, all in one direction."""
    usable = seen.count > 0
    weights = torch.full(usable.shape[:2], OBLIQUE_SHARE, dtype=torch.float64)
    weights[[0, DIRECTIONS // 2]] = 1.0
    found: list[Band] = []
    while len(found) < MAX_ZONES:
        band = best_band(seen, HALF_WAY, usable, weights)
        if band is None or (found and band.gain < NEXT_SHARE * found[0].gain):
            break
        # What follows is alike and parallel to the best one and apart from all before.
        usable[torch.arange(DIRECTIONS) != band.direction] = False
        usable[:, torch.arange(len(OCTAVES)) != band.kind] = False
        usable[..., max(0, band.first - 1) : band.last + 2] = False
        found.append(band)
    return found


def _zone(
    local: LocalPeriodResult, seen: Profiles, band: Band, places: Tensor, index: int
) -> _Zone:
    """What a band is: its edges, its octave, and how far its evidence stands above the rest."""
    inside = slice(band.first, band.last + 1)
    total, count = seen.total[band.direction], seen.count[band.direction]
    gain = (total - HALF_WAY * count)[:, inside].sum(-1)
    # Of octaves with about the same evidence the one that the fitted lattices have.
    across = normals()[band.direction] @ places.mT
    bins = ((across - seen.low[band.direction]) / seen.width).floor()
    within = (bins >= band.first) & (bins <= band.last)
    fitted = local.residual[index].flatten(1)[:, within].log2().nanmedian(-1).values
    miss = (torch.tensor(OCTAVES, dtype=torch.float64).log2() - fitted).nan_to_num(0.0).norm(dim=-1)
    alike = gain >= ALIKE_SHARE * band.gain
    kind = int(miss.masked_fill(~alike, torch.inf).argmin())
    own, all_in = total[band.kind], count[band.kind]
    mean_in = float(own[inside].sum() / all_in[inside].sum().clamp_min(1))
    outside = float((all_in.sum() - all_in[inside].sum()).clamp_min(1))
    mean_out = float(own.sum() - own[inside].sum()) / outside
    # A few places in a corner agree by chance.
    few = min(1.0, float(all_in[inside].sum()) / (FULL_SHARE * float(all_in.sum())))
    low, high = edges(seen, band, EDGE_LEVEL)
    return _Zone(low, high, OCTAVES[kind], few * (mean_in - mean_out))


def _others(zones: list[_Zone], own: Tensor) -> list[_Zone]:
    """What lies between the zones that have the expected period, where the wall's own has not."""
    factor = (float(own[0]), float(own[1]))
    base = [z for z in zones if all(a * b == 1 for a, b in zip(z.factor, factor, strict=True))]
    base.sort(key=lambda zone: zone.low)
    if not base:
        return []
    score = max(zone.score for zone in base)
    starts = [-math.inf, *(zone.high for zone in base)]
    ends = [*(zone.low for zone in base), math.inf]
    return [
        _Zone(low, high, factor, score)
        for low, high in zip(starts, ends, strict=True)
        if low < high
    ]
