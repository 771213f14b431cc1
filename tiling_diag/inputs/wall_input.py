"""One wall as it is read: the picture, where the wall is, and the material as it should be."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.inputs.images import ImageSource, LoadedImage, load_image
from tiling_diag.inputs.masks import load_mask


@dataclass(frozen=True, eq=False)
class WallInput:
    """One wall as it was read, ready to be measured.

    Attributes:
        image: ``(C, H, W)`` in [0, 1], C in {1, 3}.
        mask: ``(H, W)`` in [0, 1], 1 where the wall is.
        reference: ``(C, h, w)`` the material as it should be, of any size; None without one.
        names: file names by role: ``pred``, ``mask``, ``ref``; None where there was no file.
        notes: what was done to read the input, as sentences.
    """

    image: Tensor
    mask: Tensor
    reference: Tensor | None
    names: dict[str, str | None]
    notes: tuple[str, ...]


def read_wall(
    pred: ImageSource,
    mask: ImageSource | None = None,
    ref: ImageSource | LoadedImage | None = None,
) -> WallInput:
    """Read a wall with its mask and reference; a reference for many can be passed as read.

    Raises:
        InputError: if an input can't be read or used; the message names it and says what would
            work.
    """
    picture = load_image(pred)
    notes = list(picture.notes)
    wall = torch.ones_like(picture.pixels[0])
    names: dict[str, str | None] = {"pred": picture.name, "mask": None, "ref": None}
    if mask is not None:
        loaded = load_mask(mask, (picture.pixels.shape[-2], picture.pixels.shape[-1]))
        wall, names["mask"] = loaded.pixels, loaded.name
        notes += loaded.notes
    if picture.alpha is not None:
        wall = wall * picture.alpha.to(wall.device)
    reference = None
    if ref is not None:
        material = ref if isinstance(ref, LoadedImage) else load_image(ref)
        reference, names["ref"] = material.pixels, material.name
        notes += material.notes
    return WallInput(picture.pixels, wall, reference, names, tuple(notes))
