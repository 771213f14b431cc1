"""The quality that a picture was saved at, and none where it was not a JPEG."""

import pytest
import torch
from torch.nn.functional import interpolate

from tiling_diag.checks.artifacts.jpeg_blocks import measure_jpeg
from tiling_diag.checks.artifacts.traces import difference_profiles
from tiling_diag.checks.walls import Walls
from tiling_diag.synth import Material, View, draw_wall
from tiling_diag.synth.walls import jpeg_round_trip

SURE = 0.35


@pytest.fixture(scope="module")
def wall():
    material = Material(width_px=70.2, height_px=23.4, mortar_px=3.0)
    image = draw_wall(material, View((256, 304), noise=0.02)).image
    return (image * 255).round() / 255


def measured(image):
    image = (image.clamp(0, 1) * 255).round() / 255
    walls = Walls(image[None], torch.ones_like(image[:1]))
    with torch.inference_mode():
        found = measure_jpeg(walls, difference_profiles(walls))
    return float(found.quality), float(found.score), float(found.block_px)


@pytest.mark.parametrize("quality", [20, 40, 60, 80])
def test_the_quality_is_read_off_the_coefficients(wall, quality):
    found, score, block_px = measured(jpeg_round_trip(wall, quality))
    assert score > SURE
    assert abs(found - quality) <= 2
    assert block_px == 8


@pytest.mark.parametrize("quality", [15])
def test_it_is_read_also_after_the_picture_was_made_larger(wall, quality):
    saved = jpeg_round_trip(wall, quality)
    larger = interpolate(saved[None], scale_factor=1.5, mode="bicubic", align_corners=False)[0]
    found, score, block_px = measured(larger)
    assert score > SURE
    assert abs(found - quality) <= 3
    assert block_px == pytest.approx(12, abs=0.1)


def test_a_picture_that_was_no_jpeg_has_no_quality(wall):
    assert measured(wall)[1] < SURE / 2
    noise = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(1))
    assert measured(noise)[1] < SURE / 2


def test_what_is_too_small_or_flat_says_nothing():
    for picture in (torch.rand(3, 12, 12), torch.full((3, 96, 96), 0.4)):
        quality, score, _ = measured(picture)
        assert not score > SURE and not quality > 0
