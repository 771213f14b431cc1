"""Which zones of a wall count: those that are proven, and wide enough.

Without a lattice of its own a zone counts only if it is very like the rest, stretched.
"""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor

from tiling_diag.checks.batches import items
from tiling_diag.checks.plane.limits import LIMITS as PLANE
from tiling_diag.checks.plane.places import corners
from tiling_diag.checks.plane.row_frame import row_frame
from tiling_diag.checks.results import LocalPeriodResult
from tiling_diag.checks.zones.limits import LIMITS
from tiling_diag.checks.zones.outlines import Bounds, Zone, inside_of, others
from tiling_diag.checks.zones.proof import Proof, lattice_in, prove, sizes_along
from tiling_diag.checks.zones.wall_of_zones import WallOfZones
from tiling_diag.kernels.homography import to_flat


def proven_zones(
    zones: list[Zone], wall: WallOfZones, clarity: float, own: Tensor | None
) -> tuple[list[Zone], Proof | None]:
    """The zones of a wall that count, and the proof of the best one if there is any.

    Args:
        zones: all of one factor, the best first.
        wall: in which they lie.
        clarity: how clear they are.
        own: ``(2,)`` the wall's period over the expected one, NaN where nothing is expected; None
            where nothing is along both axes.
    """
    seen_at_an_angle = bool(wall.flat.canvas.tilt.any())
    both_ways = bool(wall.lattice.basis_px[wall.index].isfinite().all())
    # Boards hardly show how they are tilted along themselves: the near part passes for a zone.
    if not zones or (seen_at_an_angle and not both_ways):
        return [], None
    proof = _proof_of(zones, wall)
    if proof.is_the_same and own is None:
        # What was taken for zones is the wall: then what lies between may be the zone.
        between = [zone for zone in others(zones) if math.inf > zone.high > zone.low > -math.inf]
        if between and (other := _proof_of(between, wall)).is_an_octave:
            zones, proof = between, other
    if not proof.alike:
        return [], None
    if proof.is_an_octave and _against(zones[0].factor, proof.octaves):
        return [], None
    # Strips along both borders look like much; the wall between them is rarely the zone.
    if own is None and _reach_both_borders(zones) and not proof.is_sure:
        return [], None
    if proof.is_an_octave:
        zones = [dataclasses.replace(zone, factor=_factor(proof.octaves)) for zone in zones]
        if _is_the_wall(zones, proof, wall, own):
            zones = others(zones)
            proof = dataclasses.replace(proof, zone_px=proof.rest_px, rest_px=proof.zone_px)
        return zones, proof
    if own is not None:
        return zones, None
    covered = float(wall.local.on_wall[wall.index].double().mean())
    clear = clarity > LIMITS.clear_alone and covered > LIMITS.covered_alone
    # Lines along one axis are alike on many things, and a plane that is a little off makes zones.
    clear &= both_ways and not seen_at_an_angle
    # What repeats after half a unit does so after a whole one: only a doubled zone may not.
    doubled = max(zones[0].factor) > 1
    return (zones, None) if clear and not (doubled and proof.is_the_same) else ([], None)


def _reach_both_borders(zones: list[Zone]) -> bool:
    """Whether zones leave a band between them."""
    lows, highs = [zone.low for zone in zones], [zone.high for zone in zones]
    return min(lows) == -math.inf and max(highs) == math.inf


def _against(factor: tuple[float, float], octaves: Tensor) -> bool:
    """Whether a lattice is smaller where likeness says larger, or the reverse."""
    return float((octaves.new_tensor(factor).log2() * octaves).nansum()) < 0


def wide_enough(zones: list[Zone], proof: Proof | None, wall: WallOfZones) -> list[Zone]:
    """The zones that are as wide as enough units of the wall, or of their own if these are smaller.

    Args:
        zones: the zones.
        proof: of the best one, None where likeness is all there is.
        wall: in which they lie.
    """
    frame = row_frame(wall.lattice)
    size = frame.size_px[wall.index]
    if proof is not None:
        size = torch.fmin(proof.rest_px, proof.zone_px)
    sizes = (frame.axes[wall.index] @ wall.normal).abs() * size
    period = float(sizes.nan_to_num(0.0).amax())
    least = LIMITS.least_units if proof is None else LIMITS.least_units_proven
    reach = to_flat(wall.flat.canvas.tilt, corners(wall.walls.size)) @ wall.normal
    first, last = float(reach.amin()), float(reach.amax())
    return [zone for zone in zones if min(zone.high, last) - max(zone.low, first) >= least * period]


def _is_the_wall(zones: list[Zone], proof: Proof, wall: WallOfZones, own: Tensor | None) -> bool:
    """Whether what was taken for zones is the wall, and what lies between them the zones.

    That has the expected size. Where nothing is expected, and neither side is much larger, the
    smaller period is the wall's: models double more often than they halve.
    """
    if own is not None:
        expected = sizes_along(wall.lattice, wall.lattice, wall.index) / own
        return octaves_off(proof.zone_px / expected) < octaves_off(proof.rest_px / expected)
    share = float(inside_of([zone.bounds for zone in zones], wall.across).double().mean())
    return min(zones[0].factor) < 1 and max(zones[0].factor) <= 1 and 1 - share < LIMITS.even_share


def octaves_off(ratio: Tensor) -> float:
    """How many octaves ratios ``(2,)`` are off 1 along both axes, as far as they are known."""
    return float(ratio.log2().abs().nansum())


def _factor(octaves: Tensor) -> tuple[float, float]:
    """Period over that of the rest; where one axis is not known, that of the other."""
    known = octaves[octaves.isfinite()]
    along, across = octaves.masked_fill(octaves.isnan(), float(known[0])).exp2().tolist()
    return along, across


def _proof_of(zones: list[Zone], wall: WallOfZones) -> Proof:
    """What the best zone and the rest are."""
    bounds, flat = [zone.bounds for zone in zones], wall.flat
    across = flat.places @ wall.normal
    rest, lattice = ~inside_of(bounds, across), items(wall.lattice, torch.tensor([wall.index]))
    holds = wall_share(wall.local, ~inside_of(bounds, wall.across), wall.index)
    outside = lattice if holds >= LIMITS.rest_holds else lattice_in(flat, rest)
    proof = prove(flat, inside_of(bounds[:1], across), rest, outside, lattice)
    if not proof.is_the_same:
        return proof
    # Borders are where windows half on the zone say: in its middle there is nothing of the wall.
    middle = inside_of([_middle_of(*bounds[0], across)], across)
    inner = prove(flat, middle, rest, outside, lattice)
    return inner if inner.is_an_octave else proof


def _middle_of(low: float, high: float, across: Tensor) -> Bounds:
    """The middle half of a zone; where it ends at the picture's border, the half there."""
    first, last = max(low, float(across.amin())), min(high, float(across.amax()))
    quarter = (last - first) / 4
    if low < first and high > last:
        return low, high
    if low < first or high > last:
        return (low, last - 2 * quarter) if low < first else (first + 2 * quarter, high)
    return first + quarter, last - quarter


def wall_share(local: LocalPeriodResult, outside: Tensor, index: int) -> float:
    """Share of the places ``(n,)`` outside all zones whose lattice is that of wall `index`."""
    octaves = local.residual[index].flatten(1).log2()
    has = ((octaves.abs() < PLANE.wall_octaves).all(0)) & local.on_wall[index].flatten()
    return float((has & outside).sum()) / max(1, int(outside.sum()))
