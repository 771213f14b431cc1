"""Zones count where their own lattice is found, on the wall alone."""

import dataclasses
import math

import pytest
import torch

from tiling_diag.checks.plane.local_period import measure_local_period
from tiling_diag.checks.plane.measure import measure_plane
from tiling_diag.checks.results import BandAxis
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.flat_wall import flat_wall
from tiling_diag.checks.zones.measure import measure_banding, searched_places
from tiling_diag.checks.zones.outlines import Zone, ends_of, outlines
from tiling_diag.checks.zones.proof import Proof, _stretch
from tiling_diag.checks.zones.proven_zones import (
    _against,
    _middle_of,
    _reach_both_borders,
    proven_zones,
    wide_enough,
)
from tiling_diag.checks.zones.wall_of_zones import WallOfZones
from tiling_diag.synth import Material, View, draw_wall, random_wall
from tiling_diag.synth.defects.bands import rescaled_bands

SIZE = (320, 320)
LATTICE = ((40.0, 0.0), (20.0, 16.0))
BRICK = Material(bond="running_bond", width_px=40, height_px=16, mortar_px=2.0, seed=3)


@pytest.fixture(scope="module")
def zoned():
    """A wall whose lower half has bricks twice as long and twice as high."""
    image = draw_wall(BRICK, View(size=SIZE, noise=0.01, seed=3)).image
    return rescaled_bands(image, factor=2.0, share=0.4, seed=2, lattice=LATTICE)


def measured(image, mask=None):
    walls = Walls(image[None], torch.ones_like(image[:1]) if mask is None else mask[None])
    lattice, plane, _ = measure_plane(walls)
    local = measure_local_period(walls, lattice, plane)
    return walls, lattice, local, measure_banding(walls, lattice, local)


def wall_of(walls, lattice, local, direction=0):
    flat = flat_wall(walls, torch.zeros(2, dtype=torch.float64), 0)
    return WallOfZones(walls, flat, lattice, local, 0, direction)


@pytest.fixture(scope="module")
def seen(zoned):
    return measured(zoned.image)


def test_a_zone_says_its_own_period_and_that_of_the_wall(seen):
    _, _, _, banding = seen
    assert int(banding.axis) == BandAxis.ROWS
    assert banding.box_factor[0, 0].tolist() == [2.0, 2.0]
    assert banding.zone_px[0].tolist() == pytest.approx([80.0, 32.0], rel=0.03)
    assert banding.rest_px[0].tolist() == pytest.approx([40.0, 16.0], rel=0.03)


def test_a_zone_gets_the_factor_that_was_found_and_what_has_the_walls_lattice_is_none(zoned, seen):
    walls, lattice, local, _ = seen
    (truth,) = zoned.truth.zones
    low, high = truth.box_px[1] - SIZE[0] / 2, truth.box_px[3] - SIZE[0] / 2
    wall = wall_of(walls, lattice, local)
    right, proof = proven_zones([Zone(low, high, (1.0, 2.0), 0.5)], wall, 0.6, None)
    assert [zone.factor for zone in right] == [(2.0, 2.0)] and proof.is_an_octave
    # Half of the wall beside it, taken for a zone.
    beside = Zone(-math.inf, low / 2 - 80, (2.0, 2.0), 0.5)
    assert proven_zones([beside], wall, 0.6, None)[0] == []


def test_of_two_sides_alike_in_size_the_larger_period_is_the_zone(zoned, seen):
    """Also where what lies beside the zone was taken for zones."""
    walls, lattice, local, _ = seen
    (truth,) = zoned.truth.zones
    low, high = truth.box_px[1] - SIZE[0] / 2, truth.box_px[3] - SIZE[0] / 2
    beside = [Zone(-math.inf, low, (0.5, 0.5), 0.5), Zone(high, math.inf, (0.5, 0.5), 0.5)]
    beside.sort(key=lambda zone: min(zone.high, 160.0) - max(zone.low, -160.0), reverse=True)
    wall = wall_of(walls, lattice, local)
    (found,), proof = proven_zones(beside, wall, 0.6, None)
    assert (found.low, found.high) == (low, high) and found.factor == (2.0, 2.0)
    assert proof.zone_px.tolist() == pytest.approx([80.0, 32.0], rel=0.03)


def test_the_middle_of_a_zone_is_away_from_its_borders():
    across = torch.arange(-100.0, 101.0)
    assert _middle_of(-40.0, 40.0, across) == (-20.0, 20.0)
    assert _middle_of(-math.inf, 0.0, across) == (-math.inf, -50.0)
    assert _middle_of(0.0, math.inf, across) == (50.0, math.inf)


def test_another_material_beside_the_wall_is_no_zone(zoned):
    """Twice the period, but nothing else about it is like the wall."""
    (truth,) = zoned.truth.zones
    image = zoned.image.clone()
    image[:, truth.box_px[1] : truth.box_px[3]] *= torch.tensor([0.3, 0.9, 0.4])[:, None, None]
    _, lattice, _, banding = measured(image)
    assert bool(lattice.is_periodic)
    assert int(banding.axis) == BandAxis.NONE and bool(banding.boxes_px.isnan().all())


def test_zones_are_as_wide_as_two_units_of_the_wall(seen):
    walls, lattice, local, _ = seen
    wall = wall_of(walls, lattice, local)
    nothing = torch.full((2,), torch.nan)
    proof = Proof(torch.tensor([80.0, 32.0]), torch.tensor([40.0, 16.0]), 0.9, True, nothing)
    narrow, wide = Zone(0.0, 18.0, (2.0, 2.0), 1.0), Zone(0.0, 32.0, (2.0, 2.0), 1.0)
    assert wide_enough([narrow, wide], proof, wall) == [wide]
    # Without a lattice of its own a zone must be wider.
    blended = Zone(0.0, 22.0, (2.0, 2.0), 1.0)
    assert wide_enough([blended, wide], proof, wall) == [blended, wide]
    assert wide_enough([blended, wide], None, wall) == [wide]
    # Zones of half the period are as wide as units of their own.
    halved = Proof(torch.tensor([20.0, 8.0]), torch.tensor([40.0, 16.0]), 0.9, True, nothing)
    assert wide_enough([Zone(0.0, 12.0, (0.5, 0.5), 1.0)], halved, wall) != []
    assert wide_enough([Zone(0.0, 9.0, (0.5, 0.5), 1.0)], halved, wall) == []
    assert wide_enough([Zone(145.0, math.inf, (2.0, 2.0), 1.0)], proof, wall) == []
    assert len(wide_enough([Zone(120.0, math.inf, (2.0, 2.0), 1.0)], proof, wall)) == 1
    # Upright ones are counted in units, not in courses.
    columns = wall_of(walls, lattice, local, 6)
    assert wide_enough([wide], proof, columns) == []


def test_a_lattice_that_is_smaller_where_likeness_says_larger_is_no_proof():
    octaves = torch.tensor([-1.0, math.nan])
    assert _against((2.0, 1.0), octaves)
    assert not _against((0.5, 1.0), octaves)
    # Squares may be read along their other rows.
    assert not _against((1.0, 0.5), octaves)


def test_strips_along_both_borders_leave_a_band_between_them():
    left, right = Zone(-math.inf, -20.0, (2.0, 2.0), 1.0), Zone(30.0, math.inf, (2.0, 2.0), 1.0)
    assert _reach_both_borders([right, left])
    assert not _reach_both_borders([left])
    px = torch.tensor([80.0, 32.0])
    octaves = torch.ones(2)
    assert Proof(px, px / 2, 0.5, True, octaves).is_sure
    assert not Proof(px, px / 2, 0.45, True, octaves).is_sure
    assert not Proof(torch.tensor([math.nan, 32.0]), px / 2, 0.9, True, octaves).is_sure


@pytest.mark.parametrize("tilt", [0.0, 2e-4])
def test_zones_of_large_pictures_are_looked_for_in_smaller_ones(tilt):
    walls = Walls(torch.rand(1, 3, 1200, 1600), torch.ones(1, 1200, 1600))
    tilts = torch.tensor([tilt, 0.0], dtype=torch.float64)
    coarse = flat_wall(walls, tilts, 0, shortest_px=100.0)
    assert max(coarse.walls.size) <= 1024
    assert coarse.walls.size == coarse.canvas.size == tuple(coarse.places.shape[:2])
    assert coarse.looks.shape == coarse.walls.size
    # The whole picture lies in it, in its own px from the middle.
    corner = coarse.places[0, 0] * coarse.scale
    assert float(corner.norm()) > 0.7 * math.hypot(512, 384)
    # Fine periods need all pixels there are.
    assert max(flat_wall(walls, tilts, 0, shortest_px=9.0).walls.size) > 1300


def test_zones_lie_on_the_mask_and_end_where_the_wall_does():
    mask = torch.zeros(100, 200)
    mask[40:, :150] = 1
    zone = Zone(-math.inf, 20.0, (2.0, 2.0), 0.5)
    tilt = torch.zeros(2, dtype=torch.float64)
    found = outlines([zone], 0, tilt, mask, [(-80.0, math.inf)])
    # Rows 0 to 70 of the picture, from 20 px on; the mask begins in row 40 and ends at 150 px.
    assert found["boxes_px"][0].tolist() == pytest.approx([20.0, 40.0, 150.0, 70.0])
    beside = outlines([Zone(-math.inf, -20.0, (2.0, 2.0), 0.5)], 0, tilt, mask, [(-80.0, math.inf)])
    assert bool(beside["boxes_px"].isnan().all())
    places = torch.arange(-90.0, 91.0, 20.0)
    assert ends_of(places, places > 0, 20.0) == (-10.0, math.inf)
    assert ends_of(places, places > 99, 20.0) == (-math.inf, math.inf)


def test_a_zone_on_a_wall_whose_single_windows_show_no_lattice_is_found():
    """The first wall that `synth` draws: its joints are thin, its bond is shifted by a fifth."""
    wall = draw_wall(*random_wall(0, size=(512, 512), period_px=(10.0, 64.0), min_periods=5.0))
    lattice = (wall.truth.a_px, wall.truth.b_px)
    _, _, local, clean = measured(wall.image)
    assert float(local.on_wall.double().mean()) < 0.1
    assert int(clean.axis) == BandAxis.NONE
    made = rescaled_bands(wall.image, orientation="rows", lattice=lattice)
    _, _, _, banding = measured(made.image)
    assert int(banding.axis) == BandAxis.ROWS
    assert banding.box_factor[0, 0].tolist() == [2.0, 2.0]
    (truth,) = made.truth.zones
    # The borders are known to a place or so: 28 px.
    assert banding.boxes_px[0, 0, [1, 3]].tolist() == pytest.approx(truth.box_px[1::2], abs=30)


def test_all_places_are_searched_where_hardly_any_shows_the_lattice(seen):
    _, _, local, _ = seen
    few = torch.zeros_like(local.on_wall)
    few[0, 0, :4] = True
    assert bool(searched_places(dataclasses.replace(local, on_wall=few)).all())
    few[0, :4] = True
    some = searched_places(dataclasses.replace(local, on_wall=few))
    assert torch.equal(some, few.flatten(1))


@pytest.mark.parametrize("stretch", [(2.0, 2.0), (2.0, 1.0), (1.0, 0.5)])
def test_a_stretch_is_told_by_points_whatever_the_reading(seen, stretch):
    _, lattice, _, _ = seen
    one = dataclasses.replace(lattice, basis_px=torch.tensor([[[20.0, 16.0], [40.0, 0.0]]]))
    basis = torch.tensor([[[20.0, -16.0], [60.0, -16.0]]]) * torch.tensor(stretch) * 1.01
    eye = torch.eye(2, dtype=torch.float64)
    octaves = _stretch(one, dataclasses.replace(lattice, basis_px=basis), eye)
    assert octaves.exp2().tolist() == list(stretch)
    other = dataclasses.replace(lattice, basis_px=basis * 1.3)
    assert bool(_stretch(one, other, eye).isnan().all())


def test_one_period_alone_is_no_proof_by_itself():
    size, nothing = torch.tensor([80.0, 32.0]), torch.tensor([0.0, 1.0])
    assert Proof(size, size / 2, 0.9, True, nothing).alone == 0.9
    single = torch.tensor([math.nan, 32.0])
    assert math.isnan(Proof(single, single / 2, 0.9, True, nothing).alone)
