"""Proof of a zone: the lattice that is found inside it is an octave off that of the rest.

Likeness alone is no proof: what stands before a wall, and what does not repeat, may look like the
wall stretched. So the lattice is searched again in the zone alone, and both sides must look alike:
another material beside the wall is no zone of it.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.appearance import tones_apart
from tiling_diag.checks.batches import items
from tiling_diag.checks.lattice.mapped import scaled
from tiling_diag.checks.lattice.measure import assumed, measure_lattice
from tiling_diag.checks.limits import LIMITS as WALLS
from tiling_diag.checks.plane.limits import LIMITS as PLANE
from tiling_diag.checks.plane.places import corners
from tiling_diag.checks.plane.row_frame import row_frame
from tiling_diag.checks.results import LatticeResult, LocalPeriodResult
from tiling_diag.checks.walls import Walls, only_wall
from tiling_diag.checks.zones.flat_wall import FlatWall
from tiling_diag.checks.zones.limits import LIMITS
from tiling_diag.checks.zones.outlines import Bounds, Zone, inside_of, others
from tiling_diag.checks.zones.wall_of_zones import WallOfZones
from tiling_diag.kernels.homography import to_flat
from tiling_diag.kernels.lattice_algebra import same_lattice

# In octaves along and across the rows, the likeliest first.
_STRETCHES = ((1, 1), (1, 0), (0, 1), (-1, -1), (-1, 0), (0, -1), (1, -1), (-1, 1))


@dataclass(frozen=True, eq=False)
class Proof:
    """What the two sides of a zone's border are.

    Attributes:
        zone_px: ``(2,)`` the zone's period along and across the rows; NaN where there is none.
        rest_px: ``(2,)`` that of the rest.
        probability: that the zone's own lattice is right, in [0, 1].
        alike: whether both sides look like one material: like the wall's largest part, or like
            each other but for their edges, which a smaller period has more of.
        octaves: ``(2,)`` 1, -1, 0 or NaN: the zone's period over that of the rest, as a logarithm.
    """

    zone_px: Tensor
    rest_px: Tensor
    probability: float
    alike: bool
    octaves: Tensor

    @property
    def is_an_octave(self) -> bool:
        """Whether the zone's lattice is an octave off the other one, and likely enough."""
        apart = self.octaves.nan_to_num(0.0)
        both = bool(self.zone_px.isfinite().all())
        least = LIMITS.proof_probability if both else LIMITS.proof_of_lines
        return bool((apart != 0).any()) and self.probability >= least

    @property
    def alone(self) -> float:
        """The probability of the zone by its lattice alone; NaN for that of one direction.

        Boards, courses of stone and storeys of a house have one period, which proves little.
        """
        return self.probability if bool(self.zone_px.isfinite().all()) else math.nan

    @property
    def is_the_same(self) -> bool:
        """Whether the zone has the lattice of the rest, along all axes along which that repeats."""
        known = self.octaves[self.rest_px.isfinite()]
        same = len(known) > 0 and bool((known == 0).all())
        return same and self.probability >= LIMITS.proof_against


def prove(
    flat: FlatWall,
    zone: Tensor,
    rest: Tensor,
    outside: LatticeResult | None,
    lattice: LatticeResult,
) -> Proof:
    """What a zone and the rest are.

    Args:
        flat: the wall.
        zone: ``(h, w)`` bool of its px.
        rest: ``(h, w)`` bool; px in no zone.
        outside: a batch of one, the lattice of the rest; None where it has none.
        lattice: a batch of one, of the wall.
    """
    inside = _lattice_in(flat, zone)
    alike = _one_material(flat, zone, rest)
    nothing = torch.full((2,), torch.nan, dtype=torch.float64)
    if inside is None or outside is None:
        return Proof(nothing, nothing, 0.0, alike, nothing)
    zone_px, rest_px = _sizes(inside, lattice), _sizes(outside, lattice)
    ratio = (zone_px / rest_px).log2()
    near = ratio.round()
    off = ((ratio - near).abs() > LIMITS.proof_octaves) | (near.abs() > 1)
    # One axis that is something else is no octave; one that is not known may be.
    octaves = torch.full_like(near, torch.nan) if bool(off.any()) else near
    # A zone may be too narrow to show both of its periods, but not show more than the rest.
    if bool((zone_px.isfinite() & rest_px.isnan()).any()):
        octaves = torch.full_like(near, torch.nan)
    if bool(octaves.isnan().all()):
        # Lattices may be read along other rows than the wall's: their points tell.
        octaves = _stretch(outside, inside, row_frame(lattice).axes[0])
        zone_px = torch.where(octaves.isfinite(), rest_px * octaves.exp2(), zone_px)
    return Proof(zone_px, rest_px, float(inside.probability), alike, octaves)


def _one_material(flat: FlatWall, zone: Tensor, rest: Tensor) -> bool:
    """Whether two parts ``(h, w)`` of a wall look like one material."""
    mask = flat.walls.mask[0] > 0.5
    sides = [side.to(mask.device) & mask for side in (zone, rest)]
    if not all(bool(side.any()) for side in sides):
        return False
    if min(float(flat.looks[side].mean()) for side in sides) >= LIMITS.least_alike:
        return True
    return tones_apart(flat.walls.image, *sides) < WALLS.alike_distance


def _stretch(rest: LatticeResult, zone: LatticeResult, axes: Tensor) -> Tensor:
    """``(2,)`` octaves by which one lattice is the other, stretched along `axes`; NaN for none.

    Args:
        rest: a batch of one.
        zone: a batch of one.
        axes: ``(2, 2)`` unit vectors along and across the rows.
    """
    one, other = (found.basis_px[0].double().cpu() @ axes.mT for found in (rest, zone))
    octaves = torch.tensor(_STRETCHES, dtype=torch.float64)
    if bool((one.isfinite() & other.isfinite()).all()):
        same = same_lattice(one * octaves.exp2()[:, None], other, LIMITS.proof_miss)
        if bool(same.any()):
            return octaves[int(same.int().argmax())]
    return torch.full((2,), torch.nan, dtype=torch.float64)


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
    size = frame.size_px[wall.index] if proof is None else proof.rest_px
    if proof is not None:
        size = torch.fmin(size, proof.zone_px)
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
        expected = _sizes(wall.lattice, wall.lattice, wall.index) / own
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
    outside = lattice if holds >= LIMITS.rest_holds else _lattice_in(flat, rest)
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


def _lattice_in(flat: FlatWall, part: Tensor) -> LatticeResult | None:
    """The likeliest lattice of a part ``(h, w)``, flat px; None where it is too small for one."""
    part = part.to(flat.walls.mask.device) & (flat.walls.mask[0] > 0.5)
    rows, columns = part.any(1).nonzero()[:, 0], part.any(0).nonzero()[:, 0]
    if not len(rows):
        return None
    box = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    mask = part[box][None].to(flat.walls.mask.dtype)
    if min(mask.shape[-2:]) < LIMITS.least_side_px:
        return None
    walls = Walls(only_wall(flat.walls.image[(..., *box)], mask), mask)
    if walls.too_thin:
        return None
    found = assumed(measure_lattice(walls))
    return scaled(found, 1 / flat.scale) if bool(found.is_periodic[0]) else None


def _sizes(lattice: LatticeResult, wall: LatticeResult, index: int = 0) -> Tensor:
    """``(2,)`` px along and across the rows of `wall`."""
    sizes = torch.stack([lattice.unit_px[index], lattice.course_px[index]]).double()
    turn = float((lattice.angle_deg[index] - wall.angle_deg[index]).abs() % 180)
    return sizes.flip(0) if 45 < turn < 135 else sizes
