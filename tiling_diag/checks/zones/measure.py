"""Zones of doubled or halved period: straight bands that repeat as the rest stretched by an octave.

Which of the two sides is the wall and which the zone, their likeness does not say. Without an
expected size the wall is what most of the picture shows; with one, it is what has that size.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tiling_diag.checks.batches import items
from tiling_diag.checks.plane.places import grid_places
from tiling_diag.checks.plane.row_frame import RowFrame, level_frame, row_frame
from tiling_diag.checks.results import BandAxis, BandingResult, LatticeResult, LocalPeriodResult
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.band_search import (
    DIRECTIONS,
    OCTAVES,
    Bands,
    find_bands,
    normals,
)
from tiling_diag.checks.zones.flat_wall import FlatWall, flat_wall
from tiling_diag.checks.zones.lag_maps import lag_maps
from tiling_diag.checks.zones.limits import LIMITS
from tiling_diag.checks.zones.outlines import (
    MAX_ZONES,
    Zone,
    along,
    ends_of,
    inside_of,
    others,
    outlines,
)
from tiling_diag.checks.zones.proof import Proof
from tiling_diag.checks.zones.proven_zones import octaves_off, proven_zones, wide_enough
from tiling_diag.checks.zones.wall_of_zones import WallOfZones
from tiling_diag.kernels.homography import to_flat


def measure_banding(
    walls: Walls,
    lattice: LatticeResult,
    local: LocalPeriodResult,
    expected: Tensor | None = None,
) -> BandingResult:
    """Doubled and halved places of a batch, by row and column, and as bands.

    Args:
        walls: the batch.
        lattice: its lattices.
        local: the local lattice field.
        expected: ``(B, 2)`` the walls' period over the expected one, along and across the rows,
            NaN where nothing is expected: with it the zones are those that differ from what is
            expected, however much of the wall they take; without it what most of the wall has is
            the base.
    """
    frame = row_frame(lattice)
    batch = len(frame.known)
    octave = None if expected is None else _octave(expected)
    own = [None] * batch if octave is None else [_known(one) for one in octave]
    found = [_banding(walls, lattice, frame, local, own[i], i) for i in range(batch)]
    factor = torch.stack([one.pop("factor") for one in found])
    factor = factor.masked_fill(~frame.known[:, None, None], torch.nan)
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
        row_max_run=_longest_run(row_frac > LIMITS.run_share),
        col_max_run=_longest_run(column_frac > LIMITS.run_share),
        **{name: torch.stack([one[name] for one in found]) for name in found[0]},
    )


def _octave(ratio: Tensor) -> Tensor:
    """Ratios ``(B, 2)`` that are about 2 or 0.5, exactly; 1 for all others but NaN."""
    octave = ratio.double().cpu().log2()
    near = octave.round().clamp(-1, 1)
    off = (octave - near).abs() >= LIMITS.octave_limit
    return near.masked_fill(off, 0.0).exp2()


def _known(octave: Tensor) -> Tensor | None:
    """An octave ``(2,)``, None where it is known along neither axis."""
    return None if bool(octave.isnan().all()) else octave


def _longest_run(over: Tensor) -> Tensor:
    """``(B,)`` length of the longest run of True in ``(B, n)``."""
    index = torch.arange(1, over.shape[-1] + 1).expand_as(over)
    last_false = torch.where(over, 0, index).cummax(-1).values
    return ((index - last_false) * over).amax(-1)


def _banding(
    walls: Walls,
    lattice: LatticeResult,
    frame: RowFrame,
    local: LocalPeriodResult,
    own: Tensor | None,
    index: int,
) -> dict[str, Tensor]:
    """The zones of one wall, by the names of `BandingResult`.

    Args:
        walls: the batch.
        lattice: its lattices.
        frame: the same, as their rows see them.
        local: the field of the batch.
        own: ``(2,)`` octave of its lattice over the expected one, NaN along an axis where nothing
            is expected; None where nothing is along both.
        index: which wall it is.
    """
    rows, columns = local.coverage.shape[-2:]
    tilt = local.tilt[index].nan_to_num(0.0)
    places = to_flat(tilt, grid_places(walls.size, rows, columns))
    shortest = float(frame.size_px[index].nan_to_num(math.inf).amin())
    flat = flat_wall(walls, tilt, index, shortest)
    bands = _clearest(flat, frame, lattice, index) if bool(frame.known[index]) else None
    direction = bands.direction if bands else 0
    across = places @ normals()[direction]
    zones: list[Zone] = []
    proof: Proof | None = None
    if bands and bands.scores[0] < LIMITS.least_nearer:
        bands = None
    clarity = bands.clarity if bands else 0.0
    if bands and clarity > LIMITS.least_clarity:
        residual = local.residual[index].flatten(1).log2().abs().mean(0)
        zones = _zones(bands, across, residual, own)[:MAX_ZONES]
        wall = WallOfZones(walls, flat, lattice, local, index, direction)
        zones, proof = proven_zones(zones, wall, clarity, own)
        zones = wide_enough(zones, proof, wall)
        clarity = clarity if zones else 0.0
    on_wall, step = searched_places(local)[index], float(local.stride_px[index])
    # Where the period is not believed, or no wall is, nothing is said.
    believed = local.period_px[index].flatten().isfinite()
    believed |= on_wall & inside_of([zone.bounds for zone in zones], across)
    factor = _factor(zones, across, own).masked_fill(~believed, torch.nan)
    lies = places @ along(normals()[direction])
    ends = [ends_of(lies, on_wall & inside_of([zone.bounds], across), step) for zone in zones]
    unknown = torch.full((2,), torch.nan, dtype=torch.float64)
    return {
        "factor": factor.reshape(rows, columns),
        "axis": torch.tensor(_axis(direction) if zones else BandAxis.NONE),
        "angle_deg": torch.tensor(180.0 * direction / DIRECTIONS if zones else math.nan),
        "clarity": torch.tensor(clarity),
        "zone_px": proof.zone_px if proof else unknown,
        "rest_px": proof.rest_px if proof else unknown,
        "proof": torch.tensor(proof.alone if proof and zones else math.nan),
        **outlines(zones, direction, tilt, walls.mask[index], ends),
    }


def _clearest(flat: FlatWall, frame: RowFrame, lattice: LatticeResult, index: int) -> Bands | None:
    """The clearest bands of wall `index`, stretched along its rows or along the picture's axes."""
    alone = torch.tensor([index])
    own = items(frame, alone)
    level = level_frame(items(lattice, alone), own)
    found = []
    for one in (own,) if level is None else (own, level):
        larger = one.size_px[0] * one.size_px.new_tensor(OCTAVES).clamp_min(1.0)
        across_px = (one.axes[0] @ normals().mT).abs() * larger[..., None]
        found.append(find_bands(lag_maps(flat, one), across_px.amax(1)))
    return max((bands for bands in found if bands), key=lambda bands: bands.contrast, default=None)


def searched_places(local: LocalPeriodResult) -> Tensor:
    """``(B, n)`` bool; the places on walls, or all where hardly any shows its wall's lattice."""
    on_wall = local.on_wall.flatten(1)
    said: Tensor = on_wall | (on_wall.double().mean(1, keepdim=True) < LIMITS.least_on_wall)
    return said


def _axis(direction: int) -> BandAxis:
    if direction % (DIRECTIONS // 2):
        return BandAxis.OBLIQUE
    return BandAxis.COLUMNS if direction else BandAxis.ROWS


def _zones(found: Bands, across: Tensor, residual: Tensor, own: Tensor | None) -> list[Zone]:
    """The zones that bands make, the best first.

    Args:
        found: the bands.
        across: ``(n,)`` where places are across them.
        residual: ``(n,)`` how far the lattices fitted there are from the wall's own, octaves.
        own: see `_banding`.
    """
    zones = [
        Zone(low, high, OCTAVES[found.kind], score)
        for (low, high), score in zip(found.places, found.scores, strict=True)
    ]
    inside = inside_of(found.places, across)
    if own is None:
        swapped = float(inside.double().mean()) > LIMITS.swap_share
    else:
        # The side that the wall's own lattice fits is the one that its size was compared for.
        sides = [residual[side].nanmedian().nan_to_num(9.0) for side in (inside, ~inside)]
        swapped = bool(sides[0] < sides[1])
    if swapped:
        zones = others(zones)
    if own is None or not zones:
        return zones
    # Where the zones come nearer to the expected size, what lies between them is wrong.
    nearer = octaves_off(own * own.new_tensor(zones[0].factor)) < octaves_off(own)
    return others(zones) if nearer else zones


def _factor(zones: list[Zone], across: Tensor, own: Tensor | None) -> Tensor:
    """``(n,)`` 2, 0.5 or 1: the period of places over the expected one, or over the base."""
    if not zones and own is not None:
        along, over = own.nan_to_num(1.0).tolist()
        zones = [Zone(-math.inf, math.inf, (along, over), 0.0)]
    factor = torch.ones_like(across)
    for zone in zones:
        value = max(zone.factor) if max(zone.factor) > 1 else min(zone.factor)
        factor[inside_of([zone.bounds], across)] = value
    return factor
