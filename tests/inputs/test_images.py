"""Pictures from Pillow, NumPy and torch, against arrays built by hand."""

import re

import numpy as np
import pytest
import torch
from picture_builders import GREY, GREY_1, HEIGHT, LEFT_HALF, RGB, RGB_1, RGBA, WIDTH, saved
from picture_checks import ROUNDING, SIZE, assert_pixels, channels_last, error_of
from PIL import Image

from tiling_diag.inputs.images import load_image
from tiling_diag.inputs.masks import load_mask

BT709 = np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBX", "YCbCr", "CMYK", "HSV", "LAB"])
def test_black_and_white_are_the_same_in_every_mode(mode):
    black_or_white = Image.fromarray(np.where(GREY > 100, 255, 0).astype(np.uint8))
    if mode == "LAB":
        bands = (black_or_white, *[Image.new("L", black_or_white.size, 128)] * 2)
        picture = Image.merge("LAB", bands)
    else:
        picture = black_or_white.convert("RGB").convert(mode)
    loaded = load_image(picture)
    expected = channels_last(np.where(GREY > 100, 1, 0), len(loaded.pixels))
    assert_pixels(loaded, expected, tolerance=2 / 255)  # colour transforms in whole numbers
    converted = mode in ("YCbCr", "CMYK", "HSV", "LAB")
    assert loaded.notes == ((f"{mode} colours converted to RGB",) if converted else ())


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B", "I;16N"])
def test_16_bit_pictures_of_either_byte_order(mode):
    values = np.arange(HEIGHT * WIDTH).reshape(SIZE) * 21  # from 0 to 64491
    order = {"I;16B": ">u2", "I;16N": "=u2"}.get(mode, "<u2")
    picture = Image.frombytes(mode, (WIDTH, HEIGHT), values.astype(order).tobytes())
    assert_pixels(load_image(picture), values / 65535)


@pytest.mark.parametrize("mode", ["LA", "La", "PA", "RGBA", "RGBa"])
def test_opacity_becomes_alpha_and_leaves_opaque_pixels_alone(mode):
    opacity = np.where(LEFT_HALF, 255, 51).astype(np.uint8)
    picture = Image.fromarray(np.dstack([GREY, GREY, GREY, opacity]))
    steps = {"La": ["LA", "La"], "PA": ["P", "PA"]}.get(mode, [mode])
    for step in steps:
        picture = picture.convert(step)
    if mode == "PA":
        picture.putalpha(Image.fromarray(opacity))
    loaded = load_image(picture)
    assert loaded.notes == ("transparent pixels are left out of the wall",)
    np.testing.assert_allclose(loaded.alpha.numpy(), opacity / 255, atol=ROUNDING)
    off = np.abs(loaded.pixels.numpy() - GREY_1)[:, LEFT_HALF]
    assert off.max() <= (26 / 255 if mode == "PA" else ROUNDING)  # the web palette's steps: 51


def test_opaque_alpha_is_none_and_no_opaque_pixel_is_an_error():
    assert load_image(Image.fromarray(RGB).convert("RGBA")).alpha is None
    assert load_image(np.dstack([RGB, GREY * 0 + 255])).alpha is None
    message = error_of(load_image, np.dstack([RGB, GREY * 0]))
    assert message == "the image is transparent everywhere: save it with opaque pixels"


def test_a_closed_pillow_picture_is_an_input_error(tmp_path):
    picture = Image.open(saved(GREY, "a.png")(tmp_path))
    picture.close()
    assert "can't be decoded" in error_of(load_image, picture)


LAYOUTS = {
    "(H, W)": (lambda a: a[..., 0], 1),
    "(H, W, 1)": (lambda a: a[..., :1], 1),
    "(1, H, W)": (lambda a: a[..., 0][None], 1),
    "(H, W, 3)": (lambda a: a, 3),
    "(3, H, W)": (lambda a: a.transpose(2, 0, 1), 3),
    "(1, 3, H, W)": (lambda a: a.transpose(2, 0, 1)[None], 3),
    "(1, H, W, 3)": (lambda a: a[None], 3),
    "backwards": (lambda a: a[::-1, ::-1][::-1, ::-1], 3),
}


@pytest.mark.parametrize("kind", [np.asarray, lambda a: torch.from_numpy(a.copy())])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout, kind):
    arrange, channels = LAYOUTS[layout]
    assert_pixels(load_image(kind(arrange(RGB))), RGB_1[..., :channels])
    assert_pixels(load_image(kind(arrange(RGB_1))), RGB_1[..., :channels])


@pytest.mark.parametrize("kind", [np.asarray, lambda a: torch.from_numpy(a.copy())])
def test_rgba_in_both_layouts(kind):
    for values in (RGBA, RGBA.transpose(2, 0, 1)):
        loaded = load_image(kind(values))
        assert_pixels(loaded, RGB_1)
        assert np.array_equal(loaded.alpha.numpy(), LEFT_HALF)


LEVELS = {
    "bool": 1, "uint8": 255, "uint16": 65535, "float16": 1, "float32": 1, "float64": 1,
    ">u2": 65535, ">f4": 1, "longdouble": 1,
}  # fmt: skip


@pytest.mark.parametrize("dtype", LEVELS)
def test_array_types(dtype):
    values = (BINARY * LEVELS[dtype]).astype(dtype)
    assert_pixels(load_image(values), BINARY)


BINARY = (GREY > 100).astype(float)


@pytest.mark.parametrize(
    ("dtype", "white"),
    [
        ("int16", 255), ("int32", 255), ("int64", 255), ("uint32", 255), ("uint64", 255),
        ("int32", 65535), ("int64", 65535), ("uint32", 65535), ("uint64", 65535),
    ],
)  # fmt: skip
def test_wide_whole_numbers_count_to_255_or_65535(dtype, white):
    loaded = load_image((BINARY * white).astype(dtype))
    assert_pixels(loaded, BINARY)
    assert loaded.notes == (("16-bit values scaled to [0, 1]",) if white == 65535 else ())


@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [
        (torch.float16, 2**-11),  # half the step of 11 significant bits below 1
        (torch.bfloat16, 2**-8),
        (torch.float64, ROUNDING),
    ],
)
def test_tensors_of_any_float_type(dtype, tolerance):
    tensor = torch.from_numpy(GREY_1).to(dtype).requires_grad_()
    loaded = load_image(tensor)
    assert_pixels(loaded, GREY_1, tolerance + ROUNDING)
    assert not loaded.pixels.requires_grad


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_tensors_stay_on_their_device():
    tensor = torch.from_numpy(RGBA.transpose(2, 0, 1).copy()).cuda()
    loaded = load_image(tensor)
    assert loaded.pixels.device == loaded.alpha.device == tensor.device
    assert_pixels(loaded, RGB_1)
    assert load_mask(tensor[3], SIZE).pixels.device == tensor.device


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.uint16, np.int64, np.float32, np.float64])
def test_the_result_shares_no_memory_with_the_source(dtype):
    for source in (np.zeros(SIZE, dtype), torch.from_numpy(np.zeros(SIZE, dtype))):
        loaded = load_image(source)
        source[:] = 1
        assert not loaded.pixels.any()


def test_read_only_arrays():
    values = GREY_1.copy()
    values.flags.writeable = False
    assert_pixels(load_image(values), GREY_1)


def test_a_little_overshoot_is_clamped_and_said():
    loaded = load_image(GREY_1 * 1.3 - 0.1)
    assert_pixels(loaded, np.clip(GREY_1 * 1.3 - 0.1, 0, 1))
    assert loaded.notes == ("values from -0.1 to 1.2 were clamped to [0, 1]",)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (GREY.astype(float), r"floats from 0 to 255, not in \[0, 1\]: divide them by 255"),
        (GREY_1 * 2 - 1, r"floats from -1 to 1, .* pass \(values \+ 1\) / 2"),
        (GREY_1 * 4000, r"floats from 0 to 4000, .*: scale them to \[0, 1\]"),
        (np.where(LEFT_HALF, 0.5, np.nan), r"not finite \(NaN or infinite\): replace them"),
        (np.where(LEFT_HALF, 0.5, np.inf), r"not finite"),
        (np.where(LEFT_HALF, 0.5, -np.inf), r"not finite"),
        (GREY.astype(int) - 1, r"whole numbers from -1 to 254: pass 8 bits"),
        (GREY.astype(int) * 1000, r"whole numbers from 0 to 255000: pass 8 bits"),
        (GREY_1.astype(complex), r"array of complex128: pass booleans, whole numbers or floats"),
        (np.full(SIZE, "a"), r"array of <U1: pass"),
        (np.full(SIZE, None), r"array of object: pass"),
        (torch.zeros(SIZE, dtype=torch.complex64), r"complex values: pass real ones"),
        (np.zeros((0, 64)), r"is 64 x 0 px .* needs at least 8 px a side"),
        (np.zeros((1, 1)), r"is 1 x 1 px .* needs at least 8"),
        (np.zeros((3, 64, 7)), r"is 7 x 64 px"),
        (np.zeros(64), r"has the shape \(64,\): pass \(H, W\), \(C, H, W\) or"),
        (np.zeros((2, 64, 64)), r"has the shape \(2, 64, 64\): pass .* C = 1, 3 or 4"),
        (np.zeros((1, 1, 1, 64, 64)), r"has the shape \(1, 1, 1, 64, 64\)"),
        (torch.zeros(5, 3, 64, 64), r"batch of 5, .*: pass one of them, e\.g\. images\[0\]"),
        (torch.zeros(()).expand(20000, 10000), r"20000 px .* more than 178 megapixels: crop"),
        (Image.new("L", (8, 7)), r"is 8 x 7 px"),
        (Image.new("1", (20000, 10000)), r"more than 178 megapixels"),
    ],
)
def test_values_that_cannot_be_used(values, message):
    assert re.search("^the image " + ".*" + message, error_of(load_image, values))
