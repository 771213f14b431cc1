"""Masks of every kind, size and range of values."""

import re

import numpy as np
import pytest
import torch
from picture_builders import GREY, HEIGHT, LEFT_HALF, WIDTH, saved
from picture_checks import ROUNDING, SIZE, error_of
from PIL import Image

from tiling_diag.inputs.masks import load_mask


def test_masks_of_every_kind_mean_the_same(tmp_path):
    wall = LEFT_HALF
    white = wall * np.uint8(255)
    kinds = [
        wall, white, white.astype(np.int64), wall.astype(np.float32), torch.from_numpy(wall),
        torch.from_numpy(wall)[None], torch.from_numpy(wall)[None, None].float(),
        Image.fromarray(white), Image.fromarray(white).convert("1"),
        Image.fromarray(white).convert("RGB"), Image.fromarray(white).convert("P"),
        saved(white, "mask.bmp")(tmp_path), saved(wall * np.uint16(65535), "mask.png")(tmp_path),
    ]  # fmt: skip
    for kind in kinds:
        mask = load_mask(kind, SIZE)
        assert mask.pixels.dtype == torch.float32
        assert np.abs(mask.pixels.numpy() - wall).max() <= ROUNDING
        assert mask.coverage == pytest.approx(0.5, abs=ROUNDING)
        assert mask.pixels.max() <= 1


@pytest.mark.parametrize("colour", [0, 77, 255])
def test_the_opacity_of_one_colour_is_the_mask(colour):
    opacity = LEFT_HALF * np.uint8(255)
    flat = np.full(SIZE, colour, np.uint8)
    mask = load_mask(np.dstack([flat, flat, flat, opacity]), SIZE)
    assert np.array_equal(mask.pixels.numpy(), LEFT_HALF)
    assert mask.notes == ("the mask is its opacity, for its colour is the same everywhere",)


def test_transparency_beside_colours_lowers_the_weight():
    top = np.arange(HEIGHT)[:, None] < HEIGHT // 2
    painted = np.repeat(top, WIDTH, axis=1) * np.uint8(255)
    mask = load_mask(np.dstack([painted] * 3 + [LEFT_HALF * np.uint8(255)]), SIZE)
    assert np.abs(mask.pixels.numpy() - (top & LEFT_HALF)).max() <= ROUNDING
    assert mask.coverage == pytest.approx(0.25, abs=ROUNDING)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64])
def test_labels_0_and_1_are_black_and_white(dtype):
    mask = load_mask(LEFT_HALF.astype(dtype), SIZE)
    assert np.abs(mask.pixels.numpy() - LEFT_HALF).max() <= ROUNDING
    assert mask.notes[-1] == "its values 0 and 1 are read as black and white"
    in_rgb = load_mask(np.dstack([LEFT_HALF.astype(dtype)] * 3), SIZE)
    assert np.abs(in_rgb.pixels.numpy() - LEFT_HALF).max() <= ROUNDING


@pytest.mark.parametrize("factor", [0.5, 2, 3])
def test_a_mask_of_another_size_is_resized(factor):
    height, width = int(HEIGHT * factor), int(WIDTH * factor)
    left = np.zeros((height, width), np.float32)
    left[:, : width // 2] = 1
    mask = load_mask(left, SIZE)
    assert mask.pixels.shape == SIZE
    # Away from the edge by the filter's reach, the same; half the picture in all.
    reach = int(np.ceil(1 / min(factor, 1)))
    middle = WIDTH // 2
    assert torch.all(mask.pixels[:, : middle - reach] > 1 - ROUNDING)
    assert torch.all(mask.pixels[:, middle + reach :] < ROUNDING)
    assert mask.coverage == pytest.approx(0.5, abs=ROUNDING)
    note = f"the mask is {width} x {height} px, the picture {WIDTH} x {HEIGHT} px"
    assert mask.notes == (f"resized to the picture: {note}",)


def test_a_larger_mask_is_averaged_not_sampled():
    stripes = np.ones((4 * HEIGHT, 4 * WIDTH), np.float32)
    stripes[:, 1::4] = 0  # three of four columns are wall
    mask = load_mask(stripes, SIZE)
    # The filter is a triangle two stripes wide: its weights sum alike over every phase of them.
    assert (mask.pixels[:, 1:-1] - 0.75).abs().max() <= ROUNDING


def test_the_aspect_may_differ_by_one_percent_and_no_more():
    picture = (400, 600)
    assert load_mask(np.ones((200, 302)), picture).pixels.shape == picture
    message = error_of(load_mask, np.ones((200, 304)), picture, name="wall mask.png")
    assert message == (
        "wall mask.png is 304 x 200 px, the picture 600 x 400 px (width x height): the mask needs "
        "the picture's size, or another of the same aspect"
    )
    assert "needs the picture's size" in error_of(load_mask, np.ones((600, 400)), picture)


def marked(count):
    """A mask with `count` white pixels."""
    return (np.arange(HEIGHT * WIDTH) < count).reshape(SIZE)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (marked(0), r"^the mask marks nothing as wall \(black everywhere\): paint the wall white"),
        (marked(63), r"marks 63 px as wall: at least 64 px must be white"),
        (marked(900) * np.uint8(2), r"is 2 of 255 at its brightest: paint the wall white"),
        (marked(900) * np.uint16(255), r"is 255 of 65535 at its brightest"),
        (marked(900) * 0.4, r"is 0\.4 of 1 at its brightest"),
        (GREY.astype(float), r"divide them by 255"),
        (np.ones((3, 3)), r"the mask is 3 x 3 px .* needs at least 8 px"),
        (torch.ones(2, 1, *SIZE), r"the mask is a batch of 2"),
        (None, r"the mask is a NoneType: pass a path"),
    ],
)
def test_masks_that_cannot_be_used(mask, message):
    assert re.search(message, error_of(load_mask, mask, SIZE))


def test_the_smallest_mask_and_the_whole_picture():
    assert load_mask(marked(64), SIZE).coverage == pytest.approx(64 / (HEIGHT * WIDTH))
    assert load_mask(np.ones(SIZE, bool), SIZE).coverage == 1


def test_a_photo_as_a_mask_is_noted():
    grey = np.random.default_rng(0).uniform(0.2, 0.8, SIZE)
    assert load_mask(grey, SIZE).notes == (
        "100% of the mask is neither black nor white: grey counts as part wall",
    )
