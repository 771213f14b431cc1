"""Builders of picture files, whole, odd and damaged, for the table in `bad_inputs`."""

import os
import struct
import zlib
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
