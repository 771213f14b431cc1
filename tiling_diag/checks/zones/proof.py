"""Proof of a zone: the lattice that is found inside it is an octave off that of the rest.

Likeness alone is no proof: what stands before a wall, and what does not repeat, may look like the
wall stretched. So the lattice is searched again in the zone alone, and both sides must look alike:
another material beside the wall is no zone of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.appearance import tones_apart
from tiling_diag.checks.lattice.mapped import scaled
from tiling_diag.checks.lattice.measure import assumed, measure_lattice
from tiling_diag.checks.limits import LIMITS as WALLS
from tiling_diag.checks.plane.row_frame import row_frame
from tiling_diag.checks.results import LatticeResult
from tiling_diag.checks.walls import Walls, only_wall
from tiling_diag.checks.zones.flat_wall import FlatWall
from tiling_diag.checks.zones.limits import LIMITS
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
    def both_ways(self) -> bool:
        """Whether the zone shows both of its periods."""
        return bool(self.zone_px.isfinite().all())

    @property
    def is_an_octave(self) -> bool:
        """Whether the zone's lattice is an octave off the other one, and likely enough."""
        apart = self.octaves.nan_to_num(0.0)
        least = LIMITS.proof_probability if self.both_ways else LIMITS.proof_of_lines
        return bool((apart != 0).any()) and self.probability >= least

    @property
    def is_sure(self) -> bool:
        """Whether it is an octave off along known axes, and likelier than not."""
        sure = self.probability >= LIMITS.proof_of_lines
        return self.is_an_octave and self.both_ways and sure

    @property
    def alone(self) -> float:
        """The probability of the zone by its lattice alone; NaN for that of one direction.

        Boards, courses of stone and storeys of a house have one period, which proves little.
        """
        return self.probability if self.both_ways else math.nan

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
    inside = lattice_in(flat, zone)
    alike = _one_material(flat, zone, rest)
    nothing = torch.full((2,), torch.nan, dtype=torch.float64)
    if inside is None or outside is None:
        return Proof(nothing, nothing, 0.0, alike, nothing)
    zone_px, rest_px = sizes_along(inside, lattice), sizes_along(outside, lattice)
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


def lattice_in(flat: FlatWall, part: Tensor) -> LatticeResult | None:
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


def sizes_along(lattice: LatticeResult, wall: LatticeResult, index: int = 0) -> Tensor:
    """``(2,)`` px along and across the rows of `wall`."""
    sizes = torch.stack([lattice.unit_px[index], lattice.course_px[index]]).double()
    turn = float((lattice.angle_deg[index] - wall.angle_deg[index]).abs() % 180)
    return sizes.flip(0) if 45 < turn < 135 else sizes
