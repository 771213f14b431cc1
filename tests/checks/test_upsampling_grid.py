"""Grids are found at the amplitude where a person begins to see them, and only where they are."""

import pytest
import torch
from known_lattice import known, none

from tiling_diag.checks.artifacts.upsampling_grid import measure_grid
from tiling_diag.checks.walls import Walls
from tiling_diag.synth import Material, View, draw_wall
from tiling_diag.synth.defects.catalogue import autoencoder_grid, transposed_convolution_grid
from tiling_diag.synth.walls import jpeg_round_trip

PERIODS = (2, 4, 8, 16)
# 1.5 grey levels: FULL_GRID_LEVELS / 4.
VISIBLE = 0.25
# Log likelihood from which a grid is likelier than not by a wide margin (e^4 = 55).
SURE = 4.0


def brick(period_px=23.4, size=(448, 500), bond="running_bond"):
    """A wall as a file has it, and its lattice."""
    width = 3 * period_px if bond == "running_bond" else period_px
    material = Material(bond=bond, width_px=width, height_px=period_px, mortar_px=0.13 * period_px)
    drawn = draw_wall(material, View(size, noise=0.01))
    return (drawn.image * 255).round() / 255, known(drawn.truth.a_px, drawn.truth.b_px)


def measured(image, lattice, periods=PERIODS, mask=None):
    mask = torch.ones_like(image[:1]) if mask is None else mask
    with torch.inference_mode():
        grid = measure_grid(Walls(image[None], mask), lattice, periods)
    return dict(zip(periods, grid.score[0].tolist(), strict=True)), dict(
        zip(periods, grid.amplitude[0].tolist(), strict=True)
    )


@pytest.fixture(scope="module")
def wall():
    return brick()


@pytest.mark.parametrize("make", [transposed_convolution_grid, autoencoder_grid])
@pytest.mark.parametrize("period_px", [4, 8, 16])
def test_a_visible_grid_is_found_with_its_period_and_amplitude(wall, make, period_px):
    image, lattice = wall
    # The fewer periods there are, the more of the texture remains in their sum.
    strength = VISIBLE if period_px < 16 else 2 * VISIBLE
    defect = make(image, period_px=period_px, strength=strength, seed=3)
    score, amplitude = measured(defect.image, lattice)
    assert score[period_px] > SURE
    assert all(score[p] < score[period_px] for p in PERIODS if p != period_px)
    assert all(score[p] < SURE for p in PERIODS if p > period_px)
    # The texture under the lines adds to them or takes away.
    assert amplitude[period_px] == pytest.approx(defect.truth.grid_levels, rel=0.35)


@pytest.mark.parametrize("quality", [None, 40, 90])
@pytest.mark.parametrize("period_px", [23.4, 64.0])
def test_clean_walls_have_no_grid(quality, period_px):
    image, lattice = brick(period_px)
    image = image if quality is None else jpeg_round_trip(image, quality)
    assert max(measured(image, lattice)[0].values()) < SURE


@pytest.mark.parametrize("bond", ["running_bond", "stack_bond"])
@pytest.mark.parametrize("period_px", [8.0, 15.7, 16.0, 16.3, 32.0])
def test_a_material_whose_own_period_is_near_that_of_a_grid_is_none(bond, period_px):
    assert max(measured(*brick(period_px, bond=bond))[0].values()) < SURE


@pytest.mark.parametrize("period_px", [15.5, 16.6])
def test_a_grid_shows_beside_a_material_of_nearly_its_period(period_px):
    image, lattice = brick(period_px, size=(512, 512), bond="stack_bond")
    defect = transposed_convolution_grid(image, period_px=8, strength=2 * VISIBLE, seed=1)
    assert measured(defect.image, lattice)[0][8] > SURE


def test_periods_that_a_user_asks_for(wall):
    defect = transposed_convolution_grid(wall[0], period_px=7, strength=2 * VISIBLE)
    score, _ = measured(defect.image, wall[1], (7, 14, 12))
    assert score[7] > SURE and score[12] < SURE


def test_a_pattern_of_nearly_the_period_is_no_grid(wall):
    wall, lattice = wall
    x = torch.arange(wall.shape[2])
    wave = 0.01 * torch.cos(2 * torch.pi * x / 8.3)
    y = torch.arange(wall.shape[1])[:, None]
    pattern = wall + wave + 0.01 * torch.cos(2 * torch.pi * y / 8.3)
    assert measured(pattern, lattice)[0][8] < SURE


def test_only_what_is_on_the_wall_counts(wall):
    wall, lattice = wall
    mask = torch.zeros_like(wall[:1])
    mask[:, :, 40:] = 1
    spoiled = transposed_convolution_grid(wall, strength=1.0).image
    outside = torch.where(mask > 0, wall, spoiled)
    inside = torch.where(mask > 0, spoiled, wall)
    assert measured(outside, lattice, mask=mask)[0][8] < SURE
    assert measured(inside, lattice, mask=mask)[0][8] > SURE


def test_a_picture_too_small_for_a_period_says_nothing_of_it():
    score, _ = measured(torch.rand(3, 96, 100, generator=torch.Generator().manual_seed(1)), none())
    assert score[16] != score[16]
    assert score[8] < SURE


def test_a_flat_picture_has_no_grid():
    assert max(measured(torch.full((3, 256, 256), 0.37), none())[0].values()) < SURE


def test_offset_and_contrast_leave_the_likelihood(wall):
    image = transposed_convolution_grid(wall[0], strength=VISIBLE, seed=3).image
    pale, _ = measured(0.5 * image + 0.3, wall[1])
    full, _ = measured(image, wall[1])
    # Amplitudes that are tried are a factor of 2 apart: half the contrast is one of them again.
    assert pale[8] == pytest.approx(full[8], rel=0.05)
