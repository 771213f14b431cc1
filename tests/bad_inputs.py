"""Bad and odd picture files, each with what must come of it, whether as picture, mask or reference.

`CASES` is the table. A case builds its file in an empty folder; every picture shows the same blocks
(`GREY`, `RGB`), white in places, so that it also makes a mask.
"""

import contextlib
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 48, 64


def blocks(levels) -> np.ndarray:
    """`levels` laid out in blocks of 8 px, which JPEG stores nearly without loss."""
    choice = np.random.default_rng(3).integers(len(levels), size=(HEIGHT // 8, WIDTH // 8))
    choice[0, :3] = 0, 1, len(levels) - 1  # no symmetry, and every extreme is there
    return np.kron(np.asarray(levels)[choice], np.ones((8, 8))).astype(np.uint8)


GREY = blocks([0, 60, 255, 140, 255])
RGB = np.stack([GREY, np.roll(GREY, 16, 1), np.roll(GREY, 8, 0)], axis=-1)
LEFT_HALF = np.repeat([[True] * (WIDTH // 2) + [False] * (WIDTH // 2)], HEIGHT, axis=0)


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


def saved(values, file_name: str, mode: str | None = None, **options):
    """A builder that saves an array (converted to `mode`) or a picture."""

    def build(folder: Path) -> Path:
        picture = values if isinstance(values, Image.Image) else Image.fromarray(values)
        path = folder / file_name
        picture.convert(mode or picture.mode).save(path, **options)
        return path

    return build


def cut(builder, keep: float):
    """The file of another builder, cut short."""

    def build(folder: Path) -> Path:
        path = builder(folder)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * keep)])
        return path

    return build


def written(content: bytes, file_name: str):
    def build(folder: Path) -> Path:
        (folder / file_name).write_bytes(content)
        return folder / file_name

    return build


def renamed(builder, file_name: str):
    return lambda folder: builder(folder).rename(folder / file_name)


def png(width: int, height: int, *chunks: tuple[bytes, bytes], depth: int = 8) -> bytes:
    """A PNG file with a header and the given chunks."""
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, data in ((b"IHDR", header), *chunks, (b"IEND", b"")):
        parts += [struct.pack(">I", len(data)), kind, data]
        parts += [struct.pack(">I", zlib.crc32(kind + data))]
    return b"".join(parts)


def grey_rows(values: np.ndarray) -> bytes:
    """PNG's compressed rows, each with filter type 0, high bytes first."""
    big_endian = values.astype(values.dtype.newbyteorder(">"))
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in big_endian))


def exif(orientation: int) -> Image.Exif:
    data = Image.Exif()
    data[0x0112] = orientation
    return data


def noise_rgb() -> np.ndarray:
    """Hard to compress, so that half of the file holds about half of the picture."""
    return np.random.default_rng(4).integers(256, size=(HEIGHT, WIDTH, 3)).astype(np.uint8)


def palette_picture() -> Image.Image:
    """`GREY` through a palette that shuffles the indices, so indices can't pass for colours."""
    levels, indices = np.unique(GREY, return_inverse=True)
    indices = (indices.reshape(GREY.shape) + 3).astype(np.uint8)
    picture = Image.frombytes("P", (WIDTH, HEIGHT), indices.tobytes())
    picture.putpalette(np.repeat([9, 9, 9, *levels.tolist()], 3).tolist())
    return picture


def palette_with_transparency(folder: Path) -> Path:
    path = folder / "palette_clear.png"
    palette_picture().save(path, transparency=3)  # index 3 is black
    return path


def keyed_rgb(folder: Path) -> Path:
    Image.fromarray(RGB).save(folder / "keyed.png", transparency=tuple(map(int, RGB[0, 0])))
    return folder / "keyed.png"


def frames(file_name: str, **options):
    def build(folder: Path) -> Path:
        first, second = Image.fromarray(GREY), Image.fromarray(255 - GREY)
        first.save(folder / file_name, save_all=True, append_images=[second], **options)
        return folder / file_name

    return build


def link(target: str, file_name: str = "link.png"):
    def build(folder: Path) -> Path:
        Image.fromarray(GREY).save(folder / "wall.png")
        (folder / file_name).symlink_to(target)
        return folder / file_name

    return build


def missing(file_name: str):
    """A name beside `wall.png` that does not exist."""

    def build(folder: Path) -> Path:
        Image.fromarray(GREY).save(folder / "wall.png")
        return folder / file_name

    return build


def subfolder(folder: Path) -> Path:
    (folder / "walls").mkdir()
    return folder / "walls"


def forbidden(folder: Path) -> Path:
    path = saved(GREY, "forbidden.png")(folder)
    path.chmod(0)
    return path


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.png")
    return folder / "pipe.png"


def bmp_with_size(width: int, height: int) -> bytes:
    """A BMP header with no pixels behind it."""
    return (
        b"BM" + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    )  # fmt: skip


def damaged_png(folder: Path) -> Path:
    """The compressed rows hold one flipped byte."""
    path = saved(noise_rgb(), "damaged.png")(folder)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    return path


def float_tiff(values, file_name: str):
    return saved(np.asarray(values, np.float32), file_name)


GREY_1, RGB_1 = GREY / 255, RGB / 255
GREY_AS_RGB = np.dstack([GREY_1] * 3)
GREY_16 = (GREY * 257.0 - (GREY == 255) * 5).astype(np.uint16)  # not only multiples of 257
BLACK_OR_WHITE = np.where(GREY > 100, 255, 0).astype(np.uint8)
GREY_ALPHA = Image.merge("LA", [Image.fromarray(x) for x in (GREY, LEFT_HALF * np.uint8(255))])
RGBA = np.dstack([RGB, np.where(LEFT_HALF, 255, 0)]).astype(np.uint8)
WITH_NAN = np.where(LEFT_HALF, GREY_1, np.nan)
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
