"""Pictures and masks read from files, Pillow, NumPy and torch, against arrays built by hand."""

import contextlib
import re
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import torch
from bad_inputs import (
    BAD,
    CASES,
    GREY,
    GREY_1,
    HEIGHT,
    LEFT_HALF,
    ODD,
    RGB,
    RGB_1,
    RGBA,
    WIDTH,
    Refused,
    exif,
    frames,
    noise_rgb,
    ordinary_user,
    saved,
)
from PIL import Image, features

from tiling_diag.errors import InputError
from tiling_diag.inputs.images import load_image
from tiling_diag.inputs.masks import load_mask

SIZE = (HEIGHT, WIDTH)
BT709 = np.array([0.2126, 0.7152, 0.0722])
# Rounding of values in [0, 1] to float32, a few operations long.
ROUNDING = 1e-6


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def channels_first(values):
    values = np.asarray(values, np.float64)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)


def assert_pixels(loaded, expected, tolerance=ROUNDING):
    expected = channels_first(expected)
    assert tuple(loaded.pixels.shape) == expected.shape
    assert loaded.pixels.dtype == torch.float32
    assert loaded.pixels.is_contiguous()
    assert loaded.pixels.min() >= 0 and loaded.pixels.max() <= 1
    assert np.abs(loaded.pixels.cpu().numpy() - expected).max() <= tolerance


def built(case, folder):
    """The case's path, and the context to read it in."""
    path = case.build(folder)
    return path, ordinary_user() if case.as_ordinary_user else contextlib.nullcontext()


def error_of(call, *arguments, **options):
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()
    return str(caught.value)


# Files


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.name)
def test_an_odd_file_is_read(case, tmp_path, capfd):
    path = case.build(tmp_path)
    loaded = load_image(path)
    assert_pixels(loaded, case.expect.pixels, case.expect.tolerance)
    if case.expect.note is None:
        assert loaded.notes == ()
    else:
        assert any(re.search(case.expect.note, note) for note in loaded.notes)
    assert loaded.name == str(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_bad_file_is_refused_in_one_line_that_names_it(case, tmp_path, capfd):
    path, user = built(case, tmp_path)
    with user:
        message = error_of(load_image, path)
    assert re.search(case.expect.message, message)
    assert str(tmp_path) in message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_as_a_mask_the_same_files_are_read_and_refused(case, tmp_path):
    path, user = built(case, tmp_path)
    if isinstance(case.expect, Refused):
        with user:
            assert re.search(case.expect.message, error_of(load_mask, path, SIZE))
        return
    expected = channels_first(case.expect.pixels)
    luma = expected[0] if len(expected) == 1 else np.tensordot(BT709, expected, 1)
    mask = load_mask(path, luma.shape)
    if not (case.expect.note and "transparent" in case.expect.note):
        assert np.abs(mask.pixels.numpy() - luma).max() <= case.expect.tolerance
        assert mask.coverage == pytest.approx(luma.mean(), abs=case.expect.tolerance)
    else:
        assert "transparent pixels count as no wall" in mask.notes


def test_the_table_is_long_and_its_names_are_unique():
    assert len({case.name for case in CASES}) == len(CASES) >= 70


# What Pillow's documentation of EXIF says a viewer has to do, written with NumPy.
UPRIGHT = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("file_name", ["a.png", "a.webp", "a.tif", "lzw.tif"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_pictures_are_turned_upright(orientation, file_name, tmp_path):
    options = {"a.webp": {"lossless": True}, "lzw.tif": {"compression": "tiff_lzw"}}
    save = saved(GREY, file_name, exif=exif(orientation), **options.get(file_name, {}))
    loaded = load_image(save(tmp_path))
    assert torch.equal(loaded.pixels[0], loaded.pixels[-1])
    assert_pixels(loaded, channels_last(UPRIGHT[orientation](GREY_1), len(loaded.pixels)))


def channels_last(grey, count):
    return np.repeat(grey[..., None], count, axis=-1)


def test_broken_exif_costs_only_the_orientation():
    picture = Image.fromarray(GREY)
    picture.info["exif"] = b"Exif\0\0II"
    loaded = load_image(picture)
    assert loaded.notes == ("its EXIF data is damaged and was ignored",)
    assert_pixels(loaded, GREY_1)


def test_random_damage_never_raises_anything_else(tmp_path):
    rng = np.random.default_rng(0)
    turned = {"exif": exif(6)}
    noise = noise_rgb()
    originals = [
        saved(noise, "a.png", **turned)(tmp_path),
        saved(noise, "a.jpg", **turned)(tmp_path),
        saved(noise, "a.webp", **turned)(tmp_path),
        saved(noise, "a.tif")(tmp_path),
        saved(noise, "a.bmp")(tmp_path),
        saved(noise, "a.ppm")(tmp_path),
        frames("a.gif")(tmp_path),
        frames("frames.png")(tmp_path),
    ]
    contents = [path.read_bytes() for path in originals]
    outcomes = {"read": 0, "refused": 0}
    for number in range(240):
        content = bytearray(contents[number % len(contents)])
        for position in rng.integers(min(200, len(content)), size=3):
            content[position] = rng.integers(256)
        path = tmp_path / f"damaged_{number}"
        path.write_bytes(content)
        try:
            loaded = load_image(path)
            assert bool(torch.isfinite(loaded.pixels).all())
            outcomes["read"] += 1
        except InputError as error:
            assert str(path) in str(error)
            outcomes["refused"] += 1
    assert min(outcomes.values()) >= 20


def test_paths_of_any_type_and_other_names(tmp_path):
    path = saved(GREY, "wall.png")(tmp_path)
    assert_pixels(load_image(str(path)), GREY_1)
    assert load_image(path, name="first").name == "first"
    assert load_image(GREY).name is None
    assert error_of(load_image, GREY[:5], name="row\n1").startswith("row\\n1 is 64 x 5 px")


def test_an_empty_name_is_no_folder():
    assert error_of(load_image, "") == "the file name is empty: name a picture"


def test_names_that_are_not_unicode_stay_printable(tmp_path):
    path = tmp_path / "w\udce4nd.png"
    assert "w\\udce4nd.png: no name there" in error_of(load_image, path)


@pytest.mark.parametrize("thing", [None, 3, [[0.5]], b"wall.png"])
def test_things_that_are_no_picture(thing):
    assert re.search(
        r"the image is a \w+: pass a path, a Pillow picture, a NumPy array or a tensor",
        error_of(load_image, thing),
    )


# Pillow's pictures


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


# Arrays and tensors


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


# Masks


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


# Behaviour of the process


def test_threads_leave_the_warning_filters_as_they_were(tmp_path):
    path = saved(GREY, "cut.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12")(tmp_path)
    with pytest.warns(UserWarning), Image.open(path) as picture:  # the file makes Pillow warn
        picture.getexif()
    filters, failures = list(warnings.filters), []

    def read():
        try:
            for _ in range(30):
                load_image(path)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert warnings.filters == filters


def test_the_modules_import_little():
    code = (
        "import sys, numpy, torch, PIL.Image; before = set(sys.modules)\n"
        "import tiling_diag.inputs.images, tiling_diag.inputs.masks\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "assert new <= {'tiling_diag', 'numpy'}, new"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_being_out_of_memory_is_no_damage(tmp_path, monkeypatch):
    path = saved(GREY, "wall.png")(tmp_path)

    def fails(*_):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "convert", fails)
    monkeypatch.setattr(Image.Image, "load", fails)
    with pytest.raises(MemoryError, match=r"wall.png of 64 x 48 px takes about \d+ MiB to read"):
        load_image(path)


def test_only_files_are_offered_for_a_misspelt_name(tmp_path):
    (tmp_path / "walls.png").mkdir()
    assert "no name there is like it" in error_of(load_image, tmp_path / "wall.png")


def test_blanks_in_names_stay_in_messages(tmp_path):
    assert "a   b.png" in error_of(load_image, tmp_path / "a   b.png")


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_is_read(tmp_path):
    path = tmp_path / "wall.avif"
    Image.fromarray(GREY).save(path, quality=100)
    assert load_image(path).pixels.shape[-2:] == SIZE


@pytest.mark.parametrize(("brand", "package"), [(b"heic", "pillow-heif"), (b"mif1", "pillow-heif")])
def test_a_kind_that_can_not_be_decoded_names_the_package(brand, package, tmp_path, monkeypatch):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftyp" + brand + b"\0" * 40)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as where it is not installed
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    assert f"install {package}" in error_of(load_image, tmp_path / "a.heic")


def test_heic_is_read_with_its_package(tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif", reason="HEIC needs pillow-heif")
    if not pillow_heif.libheif_info()["encoders"]:
        pytest.skip("this pillow-heif writes no HEIC")
    pillow_heif.register_heif_opener()
    path = tmp_path / "wall.heic"
    Image.fromarray(RGB).save(path, quality=100)
    # Lossy: half a tenth of the range on the mean, and the same wall.
    assert np.abs(load_image(path).pixels.movedim(0, -1).numpy() - RGB_1).mean() < 0.05
    path.write_bytes(path.read_bytes()[:200])
    assert "wall.heic" in error_of(load_image, path)


def test_what_libtiff_says_of_a_damaged_file_is_a_note_and_not_printed(tmp_path, capfd):
    path = saved(Image.fromarray(GREY).convert("1"), "fax.tif", compression="group4")(tmp_path)
    assert load_image(path).notes == ()
    with Image.open(path) as image:
        start, length = image.tag_v2[273][0], image.tag_v2[279][0]
    content = bytearray(path.read_bytes())
    content[start + length // 2] ^= 0xFF
    path.write_bytes(content)
    notes = ()
    with contextlib.suppress(InputError):
        notes = load_image(path).notes
    assert capfd.readouterr().err == ""
    if sys.platform == "linux":
        assert any("its decoder found errors (Fax" in note for note in notes)
    # What else uses libtiff in this process hears of its errors as before.
    with Image.open(path) as image, contextlib.suppress(OSError):
        image.load()
    assert capfd.readouterr().err != ""
