"""Zones of doubled or halved period: straight bands that look like the rest stretched by an octave.

Which of the two sides is the wall and which the zone, their similarity does not say. Without an
expected size the wall is what most of the picture shows; with one, it is what has that size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.plane.places import grid_places
from tiling_diag.checks.plane.row_frame import row_frame
from tiling_diag.checks.plane.windows import WindowMaps
from tiling_diag.checks.results import BandAxis, BandingResult, LatticeResult, LocalPeriodResult
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.band_search import (
    DIRECTIONS,
    OCTAVES,
    Bands,
    find_bands,
    normals,
    pool_windows,
)
from tiling_diag.checks.zones.band_windows import BandWindows, band_windows, searched_places
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
from tiling_diag.checks.zones.proof import (
    Proof,
    WallOfZones,
    octaves_off,
    proven_zones,
    wide_enough,
)
from tiling_diag.checks.zones.similarity import STRETCHES, most_similar_stretch
from tiling_diag.kernels.homography import to_flat


def measure_banding(
    walls: Walls,
    lattice: LatticeResult,
    local: LocalPeriodResult,
    windows: WindowMaps,
    expected: Tensor | None = None,
) -> BandingResult:
    """Doubled and halved places of a batch, by row and column, and as bands.

    Args:
        walls: the batch.
        lattice: its lattices.
        local: the local lattice field.
        windows: that it was measured in.
        expected: ``(B, 2)`` the walls' period over the expected one, along and across the rows,
            NaN where nothing is expected: with it the zones are those that differ from what is
            expected, however much of the wall they take; without it what most of the wall has is
            the base.
    """
    frame = row_frame(lattice)
    batch = len(frame.known)
    octave = None if expected is None else _octave(expected)
    own = [None] * batch if octave is None else [_known(one) for one in octave]
    searched = band_windows(walls, frame, local, windows, octave)
    found = [_banding(walls, lattice, local, searched, own[i], i) for i in range(batch)]
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


@dataclass(frozen=True, eq=False)
class _Seen:
    """The clearest bands of one wall, how clear they are, and the windows that show them."""

    bands: Bands
    clarity: float
    halves: Tensor
    usable: Tensor


def _clearest(
    local: LocalPeriodResult, searched: list[BandWindows], places: Tensor, rank_1: bool, index: int
) -> _Seen | None:
    """The clearest bands of wall `index`; None where it has no lattice or nothing is compared."""
    best: _Seen | None = None
    for windows in searched:
        halves, usable = windows.halves[index], windows.usable[index]
        if not (bool(windows.meant[index]) and bool(usable.any())):
            continue
        seen = pool_windows(halves, places, usable, float(local.stride_px[index]), rank_1=rank_1)
        bands = find_bands(seen, windows.kinds[index].tolist())
        if bands is None:
            continue
        clarity = bands.clarity(float(windows.share[index]))
        if best is None or clarity > best.clarity:
            best = _Seen(bands, clarity, halves, usable)
    return best


def _banding(
    walls: Walls,
    lattice: LatticeResult,
    local: LocalPeriodResult,
    searched: list[BandWindows],
    own: Tensor | None,
    index: int,
) -> dict[str, Tensor]:
    """The zones of one wall, by the names of `BandingResult`.

    Args:
        walls: the batch.
        lattice: its lattices.
        local: the field of the batch.
        searched: windows of the batch, from wide to narrow.
        own: ``(2,)`` octave of its lattice over the expected one, NaN along an axis where nothing
            is expected; None where nothing is along both.
        index: which wall it is.
    """
    rows, columns = local.coverage.shape[-2:]
    rank_1 = bool(lattice.basis_px[index, 1].isnan().any())
    tilt = local.tilt[index].nan_to_num(0.0)
    places = to_flat(tilt, grid_places(walls.size, rows, columns))
    seen = _clearest(local, searched, places, rank_1, index)
    direction = seen.bands.direction if seen else 0
    across = places @ normals()[direction]
    zones: list[Zone] = []
    proof: Proof | None = None
    clarity = seen.clarity if seen else 0.0
    if seen and clarity > LIMITS.least_clarity:
        residual = local.residual[index].flatten(1).log2().abs().mean(0)
        octave = OCTAVES[seen.bands.kind]
        if not rank_1:
            inside = inside_of(seen.bands.places, across)
            sides = inside & seen.usable, ~inside & seen.usable
            octave = _octave_of(seen.halves, *sides, seen.bands.kind)
        zones = _zones(seen.bands, octave, across, residual, own)[:MAX_ZONES]
        wall = WallOfZones(walls, lattice, local, index, direction)
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


def _axis(direction: int) -> BandAxis:
    if direction % (DIRECTIONS // 2):
        return BandAxis.OBLIQUE
    return BandAxis.COLUMNS if direction else BandAxis.ROWS


def _octave_of(halves: Tensor, inside: Tensor, outside: Tensor, kind: int) -> tuple[float, float]:
    """Which of `OCTAVES` the bands are: as they were found, doubled or halved, along which axes."""
    halved = kind >= len(STRETCHES)
    sides = (side.to(halves)[None] @ halves for side in (inside, outside))
    best = most_similar_stretch(*sides, halved=halved)
    return OCTAVES[best + len(STRETCHES) * halved]


def _zones(
    found: Bands,
    factor: tuple[float, float],
    across: Tensor,
    residual: Tensor,
    own: Tensor | None,
) -> list[Zone]:
    """The zones that bands make, the best first.

    Args:
        found: the bands.
        factor: their period over that outside.
        across: ``(n,)`` where places are across them.
        residual: ``(n,)`` how far the lattices fitted there are from the wall's own, octaves.
        own: see `_banding`.
    """
    zones = [
        Zone(low, high, factor, score)
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
