"""Traces of a resize, and the borders' cross: found where they are, and told from materials."""

import pytest
import torch
from known_lattice import known, none

from tiling_diag.checks.artifacts.edge_cross import measure_edge_cross
from tiling_diag.checks.artifacts.resizing import measure_resize
from tiling_diag.checks.spectra.shift import measure_shift
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.spectrum import power_spectrum
from tiling_diag.kernels.tapers import periodic_plus_smooth
from tiling_diag.synth import Material, View, draw_wall
from tiling_diag.synth.defects.catalogue import resize_alias, uneven_borders
from tiling_diag.synth.walls import jpeg_round_trip

torch.set_num_threads(1)

BRICK = Material(width_px=70.0, height_px=23.4, mortar_px=3.0)


def eight_bit(image):
    return (image * 255).round() / 255


@pytest.fixture(scope="module")
def wall():
    return eight_bit(draw_wall(BRICK, View((320, 384), noise=0.01)).image)


def walls_of(image, mask=None):
    return Walls(image[None], torch.ones_like(image[:1]) if mask is None else mask)


def resize(image, mask=None):
    walls = walls_of(image, mask)
    with torch.inference_mode():
        result = measure_resize(walls, known((70.0, 0.0), (35.0, 23.4)))
    return float(result.trace[0]), float(result.trace_amplitude[0]), float(result.trace_factor[0])


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
@pytest.mark.parametrize("factor", [1.5, 2.0, 2.5, 3.0, 4.0])
def test_an_alias_leaves_a_line_that_says_its_factor(wall, method, factor):
    trace, amplitude, found = resize(
        eight_bit(resize_alias(wall, factor=factor, method=method).image)
    )
    # Twice as high as any other line, and a difference of a third between neighbours.
    assert trace > 0.69 and amplitude > 0.15
    # A resized picture has a whole number of pixels.
    assert found == pytest.approx(factor, rel=0.02)


@pytest.mark.parametrize("quality", [None, 90, 40])
def test_clean_and_crisp_walls_have_no_such_line(wall, quality):
    image = wall if quality is None else jpeg_round_trip(wall, quality)
    trace, amplitude, _ = resize(image)
    assert trace < 0.6 or amplitude < 0.1


def test_only_the_wall_counts(wall):
    mask = torch.zeros_like(wall[:1])
    mask[:, 40:, 30:] = 1
    spoiled = eight_bit(resize_alias(wall, factor=2.0).image)
    inside = resize(torch.where(mask > 0, spoiled, wall), mask)
    outside = resize(torch.where(mask > 0, wall, spoiled), mask)
    assert inside[0] > 0.69 and inside[1] > 0.3
    assert outside[0] < 0.6 or outside[1] < 0.1


def test_too_small_a_picture_says_nothing():
    trace, _, _ = resize(torch.rand(3, 24, 40, generator=torch.Generator().manual_seed(0)))
    assert trace != trace


def test_half_size_and_back_takes_what_lies_near_the_highest_frequency():
    x = torch.arange(256) / 256
    slow = 0.2 * torch.cos(2 * torch.pi * 8 * x)
    fast = 0.1 * torch.cos(2 * torch.pi * 120 * x)
    picture = (0.5 + slow + fast).expand(3, 256, 256)
    walls = walls_of(picture)
    mse = float(measure_resize(walls, none()).mse_down_up[0])
    # The mean square of the fast wave; of the slow one a hundredth is smoothed away.
    assert mse == pytest.approx(0.1**2 / 2, rel=0.1)


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


def test_shift_is_the_mean_square_difference_of_neighbours():
    picture = torch.rand(1, 40, 50, generator=torch.Generator().manual_seed(3))
    mask = torch.ones(1, 40, 50)
    mask[:, :, 20:25] = 0
    for weights in (torch.ones(1, 40, 50), mask):
        found = measure_shift(walls_of(picture, weights))
        both = weights[0, :, 1:] * weights[0, :, :-1]
        expected = ((picture[0].diff(dim=1) ** 2) * both).sum() / both.sum()
        assert float(found.mse_dx1[0]) == pytest.approx(float(expected), rel=1e-5)
