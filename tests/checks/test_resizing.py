"""Traces of a resize: found where they are, and told from materials."""

import math

import pytest
import torch
from known_lattice import known, none
from torch.nn.functional import interpolate

from tiling_diag.checks.artifacts.resizing import half_size_period, measure_resize
from tiling_diag.checks.artifacts.traces import difference_profiles
from tiling_diag.checks.walls import Walls
from tiling_diag.synth import Material, View, draw_wall
from tiling_diag.synth.defects.catalogue import resize_alias
from tiling_diag.synth.walls import jpeg_round_trip

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
        result = measure_resize(walls, known((70.0, 0.0), (35.0, 23.4)), difference_profiles(walls))
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
    mse = float(measure_resize(walls, none(), difference_profiles(walls)).mse_down_up[0])
    # The mean square of the fast wave; of the slow one a hundredth is smoothed away.
    assert mse == pytest.approx(0.1**2 / 2, rel=0.1)


def comb(size, period_px, orders=(1, 2, 3), least=0.0):
    """One-sided power of upright joints every `period_px`: a peak at each of its harmonics."""
    height, width = size
    power = torch.full((1, height, width // 2 + 1), 1e-6)
    for order in orders:
        column = order * width / period_px
        assert column == round(column), "a peak lies at a whole bin"
        if column / width > least:
            power[0, 0, round(column)] = 1.0 / order
    return power


@pytest.mark.parametrize(("size", "period_px"), [((64, 128), 16.0), ((96, 160), 10.0)])
def test_the_period_at_half_size_is_that_of_the_peaks_that_remain(size, period_px):
    # The lattice is 4 % off: the peaks decide.
    lattice = known((1.04 * period_px, 0.0))
    found = half_size_period(comb(size, period_px), size, lattice)
    # A twentieth of a bin.
    assert float(found[0]) == pytest.approx(period_px, abs=0.05 * period_px**2 / size[1])


def test_what_lies_in_the_upper_half_of_the_spectrum_is_gone_at_half_size():
    size, lattice = (64, 128), known((16.0, 0.0))
    power = comb(size, 16.0)
    above = power.clone()
    above[:, :, size[1] // 4 + 1 :] = 7.0
    above[:, size[0] // 4 : -size[0] // 4] = 7.0
    assert torch.equal(
        half_size_period(power, size, lattice), half_size_period(above, size, lattice)
    )


@pytest.mark.parametrize(
    ("size", "period_px"), [((64, 128), 4.0), ((12, 128), 16.0), ((64, 128), None)]
)
def test_a_fundamental_that_half_size_does_not_have_is_not_measured(size, period_px):
    lattice = none() if period_px is None else known((period_px, 0.0))
    assert half_size_period(comb(size, 16.0), size, lattice).isnan().all()


@pytest.mark.parametrize("size", [(33, 40), (40, 40), (48, 64), (96, 96), (32, 2500), (100, 1000)])
def test_noise_of_any_size_was_not_resized(size):
    chance = torch.Generator().manual_seed(2)
    for _ in range(5):
        trace, _, _ = resize(eight_bit(torch.rand(1, *size, generator=chance)))
        # Where all of the band belongs to the line's own harmonics nothing is known.
        assert math.isnan(trace) or trace < 0.8


def test_a_small_picture_that_was_enlarged_is_still_found():
    small = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(3))
    for method in ("nearest", "bilinear"):
        trace, _, factor = resize(eight_bit(interpolate(small, size=(64, 64), mode=method)[0]))
        assert trace > 2
        assert factor == pytest.approx(2, rel=0.05)
