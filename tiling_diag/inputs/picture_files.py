"""Picture files and Pillow pictures as tensors of the values they store, upright.

Pillow decides what can be decoded; here its modes become grey or RGB with or without opacity, and
all it raises or warns of becomes one `InputError` that names the file.
"""

from __future__ import annotations

import importlib
import io
import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.inputs.content import PictureFile
from tiling_diag.inputs.libtiff import libtiff_errors
from tiling_diag.inputs.missing_files import nearest_name
from tiling_diag.text import printable

MIN_SIDE_PX = 8
MAX_MEGAPIXELS = 178  # Pillow itself refuses files from 179 on
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "TIFF")
# Read where Pillow, or a package that adds to it, can: the names of such packages, and how the
# files say what they are.
EXTRA_FORMATS = {"AVIF": "pillow-avif-plugin", "HEIF": "pillow-heif"}
_BRANDS = {
    b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIF", b"heix": "HEIF", b"heim": "HEIF",
    b"heis": "HEIF", b"hevc": "HEIF", b"mif1": "HEIF", b"msf1": "HEIF",
}  # fmt: skip
# Decoded, and as float32, with opacity.
BYTES_PER_PIXEL = 20
EXIF_ORIENTATION = 0x0112


def check_size(height: int, width: int, label: str) -> None:
    """Refuse sides under `MIN_SIDE_PX` and more than `MAX_MEGAPIXELS`."""
    if min(height, width) < MIN_SIDE_PX:
        raise InputError(
            f"{label} is {width} x {height} px (width x height): a picture needs at least "
            f"{MIN_SIDE_PX} px a side"
        )
    if height * width > MAX_MEGAPIXELS * 1e6:
        raise InputError(
            f"{label} is {width} x {height} px (width x height), more than {MAX_MEGAPIXELS} "
            "megapixels: crop it or scale it down"
        )


def read_file(path: str, label: str, notes: list[str]) -> Tensor:
    """The values in a picture file: see `read_pillow`.

    Args:
        path: where it is.
        label: what messages call it.
        notes: what is done to the picture is appended, in words.

    Raises:
        InputError: if it is missing, a folder, empty, too small, too large or can't be decoded.
    """
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(nearest_name(path, label)) from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise InputError(f"{label} can't be read: {_reason(error)}") from None
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{label} is a folder: name one picture in it, or use `batch` for all")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{label} is not a regular file: save the picture to a file first")
    if status.st_size == 0:
        raise InputError(f"{label} is empty (0 bytes): copy or export the picture again")
    # Not by name: Pillow then maps uncompressed TIFF into memory and gets the turned ones wrong.
    with (
        _pillow_errors(label, path),
        open(path, "rb") as file,
        Image.open(file, formats=_formats()) as image,
    ):
        return _decode(image, label, notes)


def read_content(file: PictureFile, label: str, notes: list[str]) -> Tensor:
    """The values in the content of a picture file: see `read_file`.

    Raises:
        InputError: if it is empty, too small, too large or can't be decoded.
    """
    if not file.data:
        raise InputError(f"{label} is empty (0 bytes): copy or export the picture again")
    with (
        _pillow_errors(label, file.data),
        Image.open(io.BytesIO(file.data), formats=_formats()) as image,
    ):
        return _decode(image, label, notes)


def size_in_header(path: str) -> tuple[int, int] | None:
    """Width and height as a picture file's header has them; None where it can't be told."""
    if not os.path.isfile(path):  # a pipe would keep us waiting
        return None
    try:
        with _PILLOW_QUIET, Image.open(path, formats=_formats()) as image:
            return image.size
    except Exception:  # whatever is wrong with it is said when it is read
        return None


def _formats() -> list[str]:
    """Names of the formats that are read here, as Pillow calls them."""
    Image.init()
    for name, package in EXTRA_FORMATS.items():
        if name not in Image.OPEN:
            with suppress(ImportError, AttributeError):
                plugin = importlib.import_module(package.replace("-", "_").removesuffix("_plugin"))
                plugin.register_heif_opener()
    return [*FORMATS, *(name for name in EXTRA_FORMATS if name in Image.OPEN)]


def _missing_decoder(source: str | bytes | None) -> str:
    """What to install for a file of a kind that is known but can't be decoded here."""
    head = source[:12] if isinstance(source, bytes) else b""
    if isinstance(source, str):
        with suppress(OSError), open(source, "rb") as file:
            head = file.read(12)
    name = _BRANDS.get(head[8:12] if head[4:8] == b"ftyp" else b"")
    if name is None or name in Image.OPEN:
        return ""
    return f"; for {name} install {EXTRA_FORMATS[name]} beside this package"


def _reason(error: BaseException) -> str:
    """What an exception says, on one line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return printable(" ".join(text.splitlines())) or type(error).__name__


def read_pillow(image: Image.Image, label: str, notes: list[str]) -> Tensor:
    """The values in a Pillow picture.

    Args:
        image: of any mode, loaded or not.
        label: what messages call it.
        notes: what is done to the picture is appended, in words.

    Returns:
        ``(C, H, W)`` values as they are stored (``uint8``, ``uint16``, ``int32`` or ``float32``),
        C = 1 (grey), 2 (grey, opacity), 3 (RGB) or 4 (RGB, opacity).

    Raises:
        InputError: if it is too small, too large or can't be decoded.
    """
    with _pillow_errors(label):
        return _decode(image, label, notes)


@contextmanager
def _pillow_errors(label: str, source: str | bytes | None = None) -> Iterator[None]:
    """Anything Pillow raises becomes an `InputError`; its warnings are not shown."""
    try:
        with _PILLOW_QUIET:
            yield
    except InputError:
        raise
    except MemoryError:
        raise  # says nothing about the file
    except PermissionError:
        raise InputError(f"{label} can't be read: you have no permission to read it") from None
    except Image.DecompressionBombError:
        raise InputError(
            f"{label} has more than {MAX_MEGAPIXELS} megapixels: crop it or scale it down"
        ) from None
    except UnidentifiedImageError:
        raise InputError(
            f"{label} is not a picture that can be read, or its header is damaged: PNG, JPEG, "
            f"WebP, TIFF, BMP, GIF, PPM and AVIF can{_missing_decoder(source)}"
        ) from None
    # Damaged files make Pillow raise nearly anything: OSError, SyntaxError, ValueError, KeyError...
    except Exception as error:
        raise InputError(
            f"{label} can't be decoded ({_reason(error)}): it is damaged, cut short or of a rare "
            "kind, so export it again, e.g. as an 8-bit PNG"
        ) from error


class _Quiet:
    """A context in which Pillow's warnings are not shown, whichever threads are inside.

    `warnings.catch_warnings` alone would put back the wrong filters when threads leave in another
    order than they came: here the first one in sets them and the last one out puts them back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._caught.__exit__(None, None, None)


_PILLOW_QUIET = _Quiet()


def _decode(image: Image.Image, label: str, notes: list[str]) -> Tensor:
    check_size(image.height, image.width, label)
    try:
        return _values(image, notes)
    except MemoryError as error:
        mebibytes = image.width * image.height * BYTES_PER_PIXEL / 2**20
        raise MemoryError(
            f"{label} of {image.width} x {image.height} px takes about {mebibytes:.0f} MiB to read"
        ) from error


def _values(image: Image.Image, notes: list[str]) -> Tensor:
    """What `read_pillow` returns."""
    with libtiff_errors() as complained:
        image.load()
    if complained:
        names = ", ".join(dict.fromkeys(complained))
        notes.append(f"its decoder found errors ({names}): parts of it may be wrong")
    if getattr(image, "is_animated", False):
        notes.append(f"only frame {image.tell() + 1} of its several frames is read")
    values = _plain_array(_upright(image, notes), notes)
    return torch.from_numpy(np.atleast_3d(values)).permute(2, 0, 1)


def _upright(image: Image.Image, notes: list[str]) -> Image.Image:
    """`image` turned as its EXIF orientation says (Pillow has already turned TIFF on loading)."""
    from PIL import ImageOps

    try:
        orientation = image.getexif().get(EXIF_ORIENTATION)
    except Exception:  # cameras and editors write broken EXIF; the pixels are fine
        notes.append("its EXIF data is damaged and was ignored")
        return image
    if orientation not in range(2, 9):
        return image
    notes.append("rotated as its EXIF orientation says")
    return ImageOps.exif_transpose(image)


def _plain_array(image: Image.Image, notes: list[str]) -> NDArray[Any]:
    """``(H, W)`` or ``(H, W, C)`` values of a picture of any mode, in an array of its own."""
    mode = image.mode
    if mode in ("I", "F"):
        return np.array(image)
    if mode.startswith("I;16"):
        values = np.array(image).astype(np.uint16)
        clear = image.info.get("transparency")
        opaque = (values != clear).astype(np.uint16) * 65535
        return values if clear is None else np.stack((values, opaque), axis=-1)
    grey = mode in ("1", "L", "LA", "La")
    if mode not in ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA") and not grey:
        notes.append(f"{mode} colours converted to RGB")
    if mode == "LAB":
        return np.array(_lab_to_rgb(image))
    if image.has_transparency_data:
        return np.array(image.convert("LA" if grey else "RGBA"))
    return np.array(image.convert("L" if grey else "RGB"))


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    to_rgb = ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
    converted = ImageCms.applyTransform(image, to_rgb)
    assert converted is not None  # None only for in-place conversion
    return converted
