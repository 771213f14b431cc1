"""Picture files of every kind, whole and damaged, against arrays built by hand."""

import contextlib
import re
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import torch
from bad_inputs import BAD, CASES, ODD, Refused
from picture_builders import GREY, GREY_1, RGB, RGB_1, exif, frames, noise_rgb, saved
from picture_checks import SIZE, assert_pixels, built, channels_first, channels_last, error_of
from PIL import Image, features

from tiling_diag.errors import InputError
from tiling_diag.inputs.images import load_image
from tiling_diag.inputs.masks import load_mask

BT709 = np.array([0.2126, 0.7152, 0.0722])


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
