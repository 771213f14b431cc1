"""Pictures as tensors: files, Pillow pictures, arrays and tensors, all brought to [0, 1].

Values stay as they are encoded (no gamma is undone) and colour profiles (ICC) are ignored: a period
does not depend on them. What was done to a picture is kept as notes; what can't be used is an
`InputError` of one line that names the picture, what is wrong and what would work.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.inputs.content import PictureFile
from tiling_diag.inputs.picture_files import check_size, read_content, read_file, read_pillow
from tiling_diag.text import printable

ImageSource: TypeAlias = str | PathLike[str] | PictureFile | Image.Image | NDArray[Any] | Tensor

# Overshoot of sharpening, resizing and decoders stays within; [-1, 1] and [0, 255] do not.
CLAMPED_SLACK = 0.25


@dataclass(frozen=True, eq=False)
class LoadedImage:
    """A picture ready to be measured.

    Attributes:
        pixels: ``(C, H, W)`` float32 in [0, 1], C = 1 (grey) or 3 (RGB), sharing no memory with
            the source; on the source's device.
        name: the file name as it was given, or None.
        notes: what was done to the picture, in words.
        alpha: ``(H, W)`` float32 in [0, 1], 1 where the picture is opaque; None if it is
            everywhere.
    """

    pixels: Tensor
    name: str | None
    notes: tuple[str, ...]
    alpha: Tensor | None


@dataclass(frozen=True, eq=False)
class RawPicture:
    """What a picture and a mask have in common.

    Attributes:
        label: what messages call it.
        name: the file name as it was given, or None.
        pixels: ``(C, H, W)`` float32 in [0, 1], C = 1 or 3.
        alpha: ``(H, W)`` float32 in [0, 1]; None if opaque everywhere.
        levels: the stored value that stands for 1: 255 or 65535; 1 for floats and booleans.
        notes: what was done to it, in words.
    """

    label: str
    name: str | None
    pixels: Tensor
    alpha: Tensor | None
    levels: int
    notes: tuple[str, ...]


def load_image(source: ImageSource, *, name: str | None = None) -> LoadedImage:
    """Read a picture from wherever it is.

    Args:
        source: a path to a PNG, JPEG, WebP, TIFF, BMP, GIF or PPM file (the first frame), its
            content as a `PictureFile`, a Pillow picture of any mode, an array or a tensor:
            ``(H, W)``, ``(H, W, C)``, ``(C, H, W)`` or ``(1, C, H, W)`` with C = 1, 3 or 4 (RGBA).
            Floats count from 0 to 1 (up to 0.25 beyond is clamped, with a note), ``uint8`` to
            255, ``uint16`` to 65535, booleans are 0 and 1; other whole numbers count to 255 if
            none is larger, else to 65535.
        name: what messages and results call it; a path's own text by default.

    Returns:
        The picture, turned as its EXIF orientation says.

    Raises:
        InputError: if there is no such file, it can't be read or decoded, has a side under 8 px,
            more than 178 megapixels, no opaque pixel, or values that are not finite or not in
            range.
    """
    raw = read_picture(source, name=name, role="image")
    notes = raw.notes
    if raw.alpha is not None:
        if not bool(raw.alpha.any()):
            raise InputError(f"{raw.label} is transparent everywhere: save it with opaque pixels")
        notes += ("transparent pixels are left out of the wall",)
    return LoadedImage(raw.pixels, raw.name, notes, raw.alpha)


def read_picture(source: ImageSource, *, name: str | None, role: str) -> RawPicture:
    """Read pixels, transparency and depth of a source that `load_image` takes.

    Args:
        source: see `load_image`.
        name: see `load_image`.
        role: what it is called where it has no name: ``image``, ``mask``.

    Raises:
        InputError: as `load_image`, except for pictures that are transparent everywhere.
    """
    notes: list[str] = []
    label = f"the {role}" if name is None else printable(name)
    if isinstance(source, Image.Image):
        values = read_pillow(source, label, notes)
    elif isinstance(source, np.ndarray):
        values = _channels_first(_as_tensor(source, label), label)
    elif isinstance(source, Tensor):
        values = _channels_first(source.detach(), label)
    elif isinstance(source, PictureFile):
        label, name = printable(source.name), source.name if name is None else name
        values = read_content(source, label, notes)
    elif isinstance(source, (str, PathLike)):
        path = os.fsdecode(source)
        label, name = printable(path), path if name is None else name
        values = read_file(path, label, notes)
    else:
        raise InputError(
            f"{label} is a {type(source).__name__}: pass a path, a Pillow picture, a NumPy array "
            "or a tensor"
        )
    check_size(values.shape[-2], values.shape[-1], label)
    unit, levels = _to_unit_range(values, label, notes)
    alpha = None
    if unit.shape[0] in (2, 4):
        unit, alpha = unit[:-1], unit[-1]
        alpha = None if bool((alpha == 1).all()) else alpha
    return RawPicture(label, name, unit, alpha, levels, tuple(notes))


def _as_tensor(array: NDArray[Any], label: str) -> Tensor:
    """A tensor of the array's values, in a type that torch knows."""
    if array.dtype.kind not in "buif":
        raise InputError(
            f"{label} is an array of {array.dtype}: pass booleans, whole numbers or floats"
        )
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    if native.dtype.kind == "f" and native.dtype.itemsize > 8:
        native = native.astype(np.float64)
    return torch.from_numpy(np.array(native))  # a copy: arrays may be read-only or run backwards


def _channels_first(values: Tensor, label: str) -> Tensor:
    """One picture as ``(C, H, W)``.

    Both layouts can be meant only where a side is under 5 px, which is too small anyway.
    """
    shape, channels = tuple(values.shape), (1, 3, 4)
    if values.ndim == 4 and shape[0] != 1:
        raise InputError(
            f"{label} is a batch of {shape[0]}, {shape}: pass one of them, e.g. images[0], or all "
            "to diagnose_batch"
        )
    if values.ndim == 4:
        values = values[0]
    if values.ndim == 2:
        return values[None]
    if values.ndim == 3 and values.shape[0] in channels:
        return values
    if values.ndim == 3 and values.shape[-1] in channels:
        return values.movedim(-1, 0)
    raise InputError(
        f"{label} has the shape {shape}: pass (H, W), (C, H, W) or (H, W, C) with C = 1, 3 or 4"
    )


def _to_unit_range(values: Tensor, label: str, notes: list[str]) -> tuple[Tensor, int]:
    """Values in [0, 1] as float32 of their own memory, and the stored value that stands for 1."""
    if values.is_complex():
        raise InputError(f"{label} has complex values: pass real ones, e.g. their .abs()")
    unit = values.to(torch.float32, memory_format=torch.contiguous_format)
    if values.dtype == torch.bool:
        return unit, 1
    if values.dtype == torch.uint8:
        return unit.div_(255), 255
    low, high = (float(value) for value in unit.aminmax())
    if values.is_floating_point():
        _check_floats(low, high, label)
        if low < 0 or high > 1:
            notes.append(f"values from {low:.3g} to {high:.3g} were clamped to [0, 1]")
        return unit.clamp(0, 1).contiguous(), 1
    if low < 0 or high > 65535:
        raise InputError(
            f"{label} has whole numbers from {low:.0f} to {high:.0f}: pass 8 bits (0 to 255), "
            "16 bits (0 to 65535) or floats in [0, 1]"
        )
    if high <= 255 and values.dtype != torch.uint16:
        return unit.div_(255), 255
    notes.append("16-bit values scaled to [0, 1]")
    return unit.div_(65535), 65535


def _check_floats(low: float, high: float, label: str) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(
            f"{label} has values that are not finite (NaN or infinite): replace them, e.g. with "
            "nan_to_num"
        )
    if low >= -CLAMPED_SLACK and high <= 1 + CLAMPED_SLACK:
        return
    hint = "scale them to [0, 1]"
    if low >= -CLAMPED_SLACK and high <= 256:
        hint = "divide them by 255"
    elif low >= -1 - CLAMPED_SLACK and high <= 1 + CLAMPED_SLACK:
        hint = "if they count from -1 to 1, pass (values + 1) / 2"
    raise InputError(f"{label} has floats from {low:.4g} to {high:.4g}, not in [0, 1]: {hint}")
