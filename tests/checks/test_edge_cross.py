"""The cross on the spectrum's axes that opposite borders leave when they differ."""

import pytest
import torch
from known_lattice import known, none

from tiling_diag.checks.artifacts.edge_cross import measure_edge_cross
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.spectrum import power_spectrum
from tiling_diag.kernels.tapers import periodic_plus_smooth
from tiling_diag.synth import Material, View, draw_wall
from tiling_diag.synth.defects.catalogue import uneven_borders


def walls_of(image):
    return Walls(image[None], torch.ones_like(image[:1]))


def cross(image, lattice=None):
    walls = walls_of(image)
    power = power_spectrum(walls.luma, walls.mask)
    found = measure_edge_cross(walls, power, lattice or none())
    return {name: float(value[0]) for name, value in vars(found).items()}


@pytest.mark.parametrize("upright", [False, True])
def test_a_ramp_is_all_step_and_all_trend(upright):
    ramp = torch.linspace(0.2, 0.8, 120).expand(1, 96, -1)
    found = cross(ramp.transpose(1, 2) if upright else ramp)
    assert found["before"] == pytest.approx(1.0, abs=1e-4)
    # The split's ramp is one sample short: 1 / 120 of the slope stays, its square of the power.
    assert found["after"] == pytest.approx(1 / 120**2, rel=0.01)
    # The bands along the borders are 10 wide, so that 10 / 120 of the slope stays.
    assert found["step"] == pytest.approx(1 - (10 / 120) ** 2, abs=1e-3)
    assert found["trend"] == pytest.approx(1.0, abs=1e-4)


def test_waves_along_an_axis_are_on_it_but_are_no_step():
    x = torch.arange(128) / 128
    found = cross((0.5 + 0.3 * torch.cos(2 * torch.pi * 8 * x)).expand(1, 96, -1))
    assert found["before"] == pytest.approx(1.0, abs=1e-4)
    assert abs(found["step"]) < 0.01


def test_oblique_waves_leave_the_axes_free():
    x, y = torch.arange(128) / 128, torch.arange(96)[:, None] / 96
    found = cross((0.5 + 0.3 * torch.cos(2 * torch.pi * (8 * x + 6 * y)))[None])
    assert found["before"] < 1e-4
    # Where there is no cross it moves no period.
    assert found["period_px"] != found["period_px"]


def test_a_flat_wall_has_no_cross():
    found = cross(torch.full((1, 64, 64), 0.4))
    assert all(value != value for value in found.values())


def test_the_period_beside_a_strong_cross_is_that_of_the_joints():
    x = torch.arange(144)
    joints = 0.5 + 0.05 * torch.cos(2 * torch.pi * x / 12)
    light = 0.4 * torch.linspace(-0.5, 0.5, 144)
    found = cross((joints + light).expand(1, 96, -1), known((12.0, 0.0)))
    assert found["step"] > 0.5
    # A twentieth of a bin.
    assert found["split_period_px"] == pytest.approx(12.0, abs=0.05 * 12.0**2 / 144)


@pytest.mark.parametrize("size", [(96, 128), (75, 101)])
def test_the_cross_is_that_of_the_periodic_plus_smooth_split(size):
    picture = torch.rand(1, *size, generator=torch.Generator().manual_seed(2))
    image = picture * torch.linspace(0.3, 1, size[1])
    walls = walls_of(image)
    found = measure_edge_cross(walls, walls.power, none())
    ones = torch.ones(size)
    mean = image - image.mean()
    periodic, _ = periodic_plus_smooth(mean)
    total = power_spectrum(mean, ones).sum((-2, -1)) * 0 + mean.square().sum()
    for part, share in ((mean, found.before), (periodic, found.after)):
        power = torch.fft.fft2(part, norm="ortho").abs().square()
        on_axes = power[..., 0, :].sum() + power[..., :, 0].sum() - power[..., 0, 0].sum()
        assert float(share[0]) == pytest.approx(float(on_axes / total), rel=1e-3)


def test_a_tile_wall_with_joints_on_the_axes_has_no_cross_but_uneven_light_has():
    tiles = Material(bond="stack_bond", width_px=40.0, height_px=40.0, mortar_px=3.0)
    image = draw_wall(tiles, View((320, 400))).image

    def drop(picture):
        walls = walls_of(picture)
        found = measure_edge_cross(walls, walls.power, known((40.0, 0.0), (0.0, 40.0)))
        return float(found.before[0] - found.after[0]), float(found.before[0])

    clean, share = drop(image)
    assert share > 0.1 and clean < 0.05
    assert drop(uneven_borders(image, strength=1.0).image)[0] > 0.2


def test_light_that_falls_off_changes_evenly_and_boards_of_unlike_tones_do_not():
    generator = torch.Generator().manual_seed(8)
    boards = torch.rand(10, generator=generator).repeat_interleave(32).expand(1, 320, -1)
    light = 0.4 + 0.6 * torch.linspace(0, 1, 320) + 0.05 * torch.rand(1, 320, 320)
    uneven, even = (
        measure_edge_cross(walls, walls.power, none()) for walls in map(walls_of, (boards, light))
    )
    assert float(uneven.step[0]) > 0.05 and float(uneven.trend[0]) < 0.5
    assert float(even.step[0]) > 0.5 and float(even.trend[0]) > 0.95
