"""Bad and odd picture files, each with what must come of it, whether as picture, mask or reference.

`CASES` is the table. A case builds its file in an empty folder; every picture shows the same blocks
(`GREY`, `RGB`), white in places, so that it also makes a mask.
"""

import contextlib
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from picture_builders import (
    BLACK_OR_WHITE,
    GREY,
    GREY_1,
    GREY_16,
    GREY_ALPHA,
    GREY_AS_RGB,
    HEIGHT,
    RGB,
    RGB_1,
    RGBA,
    WIDTH,
    WITH_NAN,
    bmp_with_size,
    cut,
    damaged_png,
    exif,
    float_tiff,
    forbidden,
    frames,
    grey_rows,
    keyed_rgb,
    link,
    missing,
    noise_rgb,
    palette_picture,
    palette_with_transparency,
    pipe,
    png,
    renamed,
    saved,
    subfolder,
    written,
)
from PIL import Image


@dataclass(frozen=True)
class Accepted:
    """Read as `pixels` ((H, W) or (H, W, 3) in [0, 1]); a note matches `note`, or there is none."""

    pixels: np.ndarray
    note: str | None = None
    tolerance: float = 1e-6  # float32 rounding of values in [0, 1]


@dataclass(frozen=True)
class Refused:
    """An error of one line that matches `message`."""

    message: str


@dataclass(frozen=True)
class Case:
    name: str
    build: Callable[[Path], "Path | str"]
    expect: Accepted | Refused
    as_ordinary_user: bool = False  # to be read within `ordinary_user()`


@contextlib.contextmanager
def ordinary_user() -> Iterator[None]:
    """Root may read everything; step down to a user that may not, for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


LOSSY = 4 / 255  # JPEG at quality 95 on blocks of its own size

CLEAR = r"transparent pixels"
FIRST_FRAME = r"only frame 1 of its several frames"
SIXTEEN_BITS = r"16-bit values scaled"
NOT_A_PICTURE = r"is not a picture that can be read, or its header is damaged: PNG, JPEG"
DAMAGED = r"can't be decoded \(.+\): it is damaged, cut short"
TOO_LARGE = r"megapixels: crop it or scale it down"
TOO_SMALL = r"a picture needs at least 8 px a side"

ODD = [
    Case("grey PNG", saved(GREY, "grey.png"), Accepted(GREY_1)),
    Case("RGB PNG", saved(RGB, "rgb.png"), Accepted(RGB_1)),
    Case("JPEG", saved(GREY, "a.jpg", quality=95), Accepted(GREY_1, tolerance=LOSSY)),
    Case(
        "progressive RGB JPEG",
        saved(RGB, "a.jpeg", quality=95, subsampling=0, progressive=True),
        Accepted(RGB_1, tolerance=3 * LOSSY),  # YCbCr and back: blue sums three roundings
    ),
    Case("WebP", saved(RGB, "a.webp", lossless=True), Accepted(RGB_1)),
    Case("BMP", saved(RGB, "a.bmp"), Accepted(RGB_1)),
    Case("PPM", saved(RGB, "a.ppm"), Accepted(RGB_1)),
    Case("LZW TIFF", saved(RGB, "a.tif", compression="tiff_lzw"), Accepted(RGB_1)),
    Case("GIF", saved(GREY, "a.gif"), Accepted(GREY_AS_RGB)),
    Case("animated GIF", frames("moving.gif"), Accepted(GREY_AS_RGB, FIRST_FRAME)),
    Case("animated PNG", frames("moving.png"), Accepted(GREY_1, FIRST_FRAME)),
    Case("animated WebP", frames("m.webp", lossless=True), Accepted(GREY_AS_RGB, FIRST_FRAME)),
    Case("TIFF of two pages", frames("pages.tif"), Accepted(GREY_1, FIRST_FRAME)),
    Case("1-bit PNG", saved(BLACK_OR_WHITE, "bits.png", "1"), Accepted(BLACK_OR_WHITE / 255)),
    Case("16-bit PNG", saved(GREY_16, "deep.png"), Accepted(GREY_16 / 65535, SIXTEEN_BITS)),
    Case("16-bit TIFF", saved(GREY_16, "deep.tif"), Accepted(GREY_16 / 65535, SIXTEEN_BITS)),
    Case(
        "16-bit TIFF, high byte first",
        saved(Image.frombytes("I;16B", (WIDTH, HEIGHT), GREY_16.astype(">u2").tobytes()), "b.tif"),
        Accepted(GREY_16 / 65535, SIXTEEN_BITS),
    ),
    Case(
        "16-bit PNG with a transparent level",
        written(
            png(WIDTH, HEIGHT, (b"tRNS", b"\0\0"), (b"IDAT", grey_rows(GREY_16)), depth=16),
            "deep_clear.png",
        ),
        Accepted(GREY_16 / 65535, CLEAR),
    ),
    Case("32-bit TIFF", saved(GREY_16.astype(np.int32), "i.tif"), Accepted(GREY_16 / 65535, "16-")),
    Case("32-bit TIFF of 8 bits", saved(GREY.astype(np.int32), "i8.tif"), Accepted(GREY_1)),
    Case("float TIFF", float_tiff(GREY_1, "float.tif"), Accepted(GREY_1)),
    Case(
        "float TIFF that overshoots",
        float_tiff(GREY_1 * 1.1 - 0.02, "over.tif"),
        Accepted(np.clip(GREY_1 * 1.1 - 0.02, 0, 1), r"from -0.02 to 1.08 were clamped"),
    ),
    Case("palette PNG", saved(palette_picture(), "palette.png"), Accepted(GREY_AS_RGB)),
    Case(
        "palette PNG with transparency",
        palette_with_transparency,
        Accepted(GREY_AS_RGB, CLEAR),
    ),
    Case("RGBA PNG", saved(RGBA, "rgba.png"), Accepted(RGB_1, CLEAR)),
    Case("opaque RGBA PNG", saved(RGB, "opaque.png", "RGBA"), Accepted(RGB_1)),
    Case("grey PNG with alpha", saved(GREY_ALPHA, "la.png"), Accepted(GREY_1, CLEAR)),
    Case("RGB PNG with a transparent colour", keyed_rgb, Accepted(RGB_1, CLEAR)),
    Case(
        "CMYK TIFF",
        saved(RGB, "cmyk.tif", "CMYK"),
        Accepted(RGB_1, "CMYK colours converted", tolerance=1.5 / 255),  # two roundings
    ),
    Case(
        "CMYK JPEG",
        saved(GREY, "cmyk.jpg", "CMYK", quality=95, subsampling=0),
        Accepted(GREY_AS_RGB, "CMYK colours converted", tolerance=2 * LOSSY),
    ),
    Case(
        "JPEG on its side",
        saved(GREY, "side.jpg", quality=95, exif=exif(6)),
        Accepted(np.rot90(GREY_1, -1), "rotated as its EXIF", tolerance=LOSSY),
    ),
    Case("TIFF on its side", saved(GREY, "s.tif", exif=exif(6)), Accepted(np.rot90(GREY_1, -1))),
    Case(
        "JPEG with cut EXIF",  # Pillow warns of it
        saved(GREY, "cut_exif.jpg", quality=95, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12"),
        Accepted(GREY_1, tolerance=LOSSY),
    ),
    Case("PNG with a broken profile", saved(GREY, "i.png", icc_profile=b"?"), Accepted(GREY_1)),
    Case("PNG called .jpg", renamed(saved(GREY, "a.png"), "really_png.jpg"), Accepted(GREY_1)),
    Case("no extension", renamed(saved(GREY, "a.png"), "wall"), Accepted(GREY_1)),
    Case("upper-case extension", renamed(saved(GREY, "a.png"), "WALL.PNG"), Accepted(GREY_1)),
    Case("spaces in the name", saved(GREY, "my wall (2).png"), Accepted(GREY_1)),
    Case("Cyrillic name", saved(GREY, "кирпичная стена.png"), Accepted(GREY_1)),
    Case("quotes in the name", saved(GREY, """it's a "wall".png"""), Accepted(GREY_1)),
    Case("line break in the name", saved(GREY, "two\nlines.png"), Accepted(GREY_1)),
    Case("link to a picture", link("wall.png"), Accepted(GREY_1)),
    Case("smallest picture", saved(GREY[:8, 16:24], "8.png"), Accepted(GREY_1[:8, 16:24])),
]

BAD = [
    Case(
        "misspelt name", missing("wal.png"), Refused(r"no file .*wal\.png: did you mean wall\.png")
    ),
    Case("other case", missing("WALL.png"), Refused(r"did you mean wall\.png")),
    Case("unlike any name", missing("zqx"), Refused(r"no file .*zqx: no name there is like it")),
    Case("no such folder", missing("no/wall.png"), Refused(r"there is no folder .*no$")),
    Case("file as a folder", missing("wall.png/a"), Refused(r"there is no folder .*wall\.png$")),
    Case("folder", subfolder, Refused(r"walls is a folder: name one picture")),
    Case("link to nothing", link("gone.png"), Refused(r"is a link to gone\.png, which does not")),
    Case("link to itself", link("link.png"), Refused(r"can't be read: ")),
    Case(
        "name too long", missing("a" * 400 + ".png"), Refused(r"can't be read: File name too long")
    ),
    Case(
        "null in the name", lambda folder: f"{folder}/\0.png", Refused(r"\\x00.png can't be read")
    ),
    Case("no permission", forbidden, Refused(r"can't be read: .*[Pp]ermission"), True),
    Case("named pipe", pipe, Refused(r"is not a regular file: save")),
    Case("empty file", written(b"", "empty.png"), Refused(r"is empty \(0 bytes\): copy or export")),
    Case("text", written(b"not a picture\n", "text.png"), Refused(NOT_A_PICTURE)),
    Case("web page", written(b"<!doctype html><title>404", "page.jpg"), Refused(NOT_A_PICTURE)),
    Case(
        "SVG",
        written(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg"),
        Refused(NOT_A_PICTURE),
    ),
    Case("PDF", written(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "scan.pdf"), Refused(NOT_A_PICTURE)),
    Case(
        "PostScript",  # Pillow could read it, by running another program on it
        written(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 48\n%%EndComments\n", "a.eps"),
        Refused(NOT_A_PICTURE),
    ),
    Case("ZIP", written(b"PK\x03\x04" + b"\0" * 60, "wall.zip"), Refused(NOT_A_PICTURE)),
    Case("zeros", written(b"\0" * 5000, "zeros.png"), Refused(NOT_A_PICTURE)),
    Case("PNG cut in its header", cut(saved(RGB, "a.png"), 0.02), Refused(NOT_A_PICTURE)),
    Case("PNG cut short", cut(saved(noise_rgb(), "b.png"), 0.5), Refused(DAMAGED)),
    Case("JPEG cut short", cut(saved(noise_rgb(), "b.jpg"), 0.5), Refused(DAMAGED)),
    Case("WebP cut short", cut(saved(noise_rgb(), "b.webp"), 0.5), Refused(DAMAGED)),
    Case("GIF cut short", cut(saved(GREY, "b.gif"), 0.8), Refused(DAMAGED)),
    Case("BMP cut short", cut(saved(RGB, "b.bmp"), 0.5), Refused(DAMAGED)),
    Case("TIFF cut short", cut(saved(RGB, "b.tif"), 0.5), Refused(DAMAGED)),
    Case("PNG with a flipped byte", damaged_png, Refused(DAMAGED)),
    Case("PNG with no pixels", written(png(64, 64), "none.png"), Refused(DAMAGED)),
    Case("PNG of no size", written(png(0, 64), "zero.png"), Refused(NOT_A_PICTURE)),
    Case("300 megapixels", written(png(20000, 15000), "huge.png"), Refused(TOO_LARGE)),
    Case("10 gigapixels", written(png(100000, 100000), "vast.png"), Refused(TOO_LARGE)),
    Case("huge BMP", written(bmp_with_size(50000, 50000), "huge.bmp"), Refused(TOO_LARGE)),
    Case(
        "100 megapixels, cut",  # Pillow warns from 89 on; in reach of what is read
        written(png(10000, 10000), "large.png"),
        Refused(DAMAGED),
    ),
    Case(
        "PNG with a text that unpacks to 100 MB",
        written(
            png(64, 64, (b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 10**8, 1))), "text_bomb.png"
        ),
        Refused(DAMAGED),
    ),
    Case("one pixel", saved(GREY[:1, :1], "1.png"), Refused(f"is 1 x 1 px .*{TOO_SMALL}")),
    Case("a strip", saved(GREY[:7], "strip.png"), Refused(f"is 64 x 7 px .*{TOO_SMALL}")),
    Case("TIFF with NaN", float_tiff(WITH_NAN, "nan.tif"), Refused(r"not finite")),
    Case("TIFF with floats to 255", float_tiff(GREY, "f.tif"), Refused(r"divide them by 255")),
    Case("TIFF from -1 to 1", float_tiff(GREY_1 * 2 - 1, "n.tif"), Refused(r"\(values \+ 1\) / 2")),
    Case(
        "TIFF of negative whole numbers",
        saved(GREY.astype(np.int32) - 100, "minus.tif"),
        Refused(r"whole numbers from -100 to 155: pass 8 bits"),
    ),
    Case(
        "transparent everywhere",
        saved(np.dstack([RGB, GREY * 0]), "clear.png"),
        Refused(r"is transparent everywhere: save|marks nothing as wall"),
    ),
]

CASES = ODD + BAD
