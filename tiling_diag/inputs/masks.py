"""Masks: where the wall is, brought to the size of the picture they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.inputs.images import ImageSource, RawPicture, read_picture
from tiling_diag.kernels.luma import luma

MIN_WALL_PX = 64
ASPECT_TOLERANCE = 0.01


@dataclass(frozen=True, eq=False)
class LoadedMask:
    """Where the wall is.

    Attributes:
        pixels: ``(H, W)`` float32 in [0, 1], 1 where the wall is; on the source's device.
        name: the file name as it was given, or None.
        notes: what was done to the mask, in words.
        coverage: the mean of `pixels`: the share of the picture that is wall.
    """

    pixels: Tensor
    name: str | None
    notes: tuple[str, ...]
    coverage: float


def load_mask(
    source: ImageSource, size_hw: tuple[int, int], *, name: str | None = None
) -> LoadedMask:
    """Read a mask: white (1, True, opaque) where the wall is; its luma is the weight.

    Args:
        source: whatever `load_image` takes. In a picture of one colour with varying transparency
            the opacity is the mask; otherwise transparency lowers the weight. A mask of whole
            numbers that holds only 0 and 1 is read as such.
        size_hw: height and width of the picture; a mask of another size but the same aspect
            (within 1 %) is resized.
        name: what messages and results call it; a path's own text by default.

    Raises:
        InputError: as `load_image`; and if the aspect differs, nothing is marked, or under 64 px
            are marked (by half white at least, at the picture's size).
    """
    raw = read_picture(source, name=name, role="mask")
    notes = list(raw.notes)
    weights = _weights(raw, notes)
    _check_not_black(weights, raw)
    fitted = _fit(weights, size_hw, raw.label, notes)
    wall_px = int((fitted >= 0.5).sum())
    if wall_px < MIN_WALL_PX:
        raise InputError(
            f"{raw.label} marks {wall_px} px as wall: at least {MIN_WALL_PX} px must be white"
        )
    between = float(((fitted > 0.1) & (fitted < 0.9)).float().mean())
    if between > 0.5:
        notes.append(
            f"{between:.0%} of the mask is neither black nor white: grey counts as part wall"
        )
    return LoadedMask(fitted, raw.name, tuple(notes), float(fitted.mean()))


def _weights(raw: RawPicture, notes: list[str]) -> Tensor:
    """``(H, W)`` weights in [0, 1] of a picture used as a mask."""
    pixels, alpha = raw.pixels, raw.alpha
    if alpha is not None and bool((alpha != alpha[0, 0]).any()):
        if bool((pixels == pixels[:, :1, :1]).all()):
            notes.append("the mask is its opacity, for its colour is the same everywhere")
            return alpha
        notes.append("transparent pixels count as no wall")
    weights = luma(pixels)
    # Label images store 0 and 1, not 0 and 255; half a level of room for rounding in the luma.
    if raw.levels > 1 and 0 < float(weights.max()) < 1.5 / raw.levels:
        notes.append("its values 0 and 1 are read as black and white")
        weights = weights * raw.levels
    weights = weights.clamp(0, 1)
    return weights if alpha is None else weights * alpha


def _check_not_black(weights: Tensor, raw: RawPicture) -> None:
    brightest = float(weights.max())
    if brightest == 0:
        raise InputError(
            f"{raw.label} marks nothing as wall (black everywhere): paint the wall white, or leave "
            "the mask out to measure the whole picture"
        )
    if brightest < 0.5:
        shown = f"{brightest * raw.levels:.3g} of {raw.levels}"
        raise InputError(f"{raw.label} is {shown} at its brightest: paint the wall white")


def _fit(weights: Tensor, size_hw: tuple[int, int], label: str, notes: list[str]) -> Tensor:
    """The mask at the picture's size, antialiased."""
    (height, width), (wanted_height, wanted_width) = weights.shape, size_hw
    if (height, width) == tuple(size_hw):
        return weights
    sizes = f"{width} x {height} px, the picture {wanted_width} x {wanted_height} px"
    stretch = (width / height) / (wanted_width / wanted_height)
    if max(stretch, 1 / stretch) > 1 + ASPECT_TOLERANCE:
        raise InputError(
            f"{label} is {sizes} (width x height): the mask needs the picture's size, or another "
            "of the same aspect"
        )
    notes.append(f"resized to the picture: the mask is {sizes}")
    resized = torch.nn.functional.interpolate(
        weights[None, None], size=tuple(size_hw), mode="bilinear", antialias=True
    )
    return resized[0, 0].clamp(0, 1)
