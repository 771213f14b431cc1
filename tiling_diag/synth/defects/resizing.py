"""Resizing with and without a low-pass."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from tiling_diag.errors import InputError
from tiling_diag.synth.defects.defect import DefectPicture, DefectTruth, check_picture

Filter = Literal["nearest", "bilinear"]


def resize_alias(
    image: Tensor, *, factor: float = 2.0, method: Filter = "nearest", strength: float = 1.0
) -> DefectPicture:
    """Reduce the picture without a low-pass and enlarge it back to its size.

    Frequencies above the small picture's limit are folded back: moire, joints of uneven width
    (Parmar et al., "On Aliased Resizing", CVPR 2022).

    Args:
        image: ``(C, H, W)`` in [0, 1].
        factor: how far it is reduced, above 1.
        method: "nearest", or "bilinear" between the four nearest pixels only.
        strength: 1 for the folded picture, 0 for the same resize with a low-pass, and a mixture
            between.
    """
    height, width = check_picture(image, strength)
    small = (round(height / factor), round(width / factor)) if factor > 0 else (0, 0)
    if factor <= 1 or min(small) < 2:
        raise InputError(
            f"factor={factor} must be above 1 and leave 2 px of {height} x {width}: "
            f"use at most {min(height, width) / 2:g}"
        )
    aliased = _there_and_back(image, small, method, low_pass=False)
    clean = _there_and_back(image, small, "bilinear", low_pass=True)
    return DefectPicture(
        image=torch.lerp(clean, aliased, strength).clamp(0, 1),
        mask=torch.full_like(image[0], float(strength > 0)),
        truth=DefectTruth(
            "resize_alias",
            "resize_alias" if strength > 0 else None,
            strength,
            resize_factor=factor,
        ),
    )


def _there_and_back(
    image: Tensor, small: tuple[int, int], method: Filter, low_pass: bool
) -> Tensor:
    size = (image.shape[1], image.shape[2])
    if method == "nearest":
        reduced = interpolate(image[None], size=small, mode="nearest-exact")
        return interpolate(reduced, size=size, mode="nearest-exact")[0]
    reduced = interpolate(image[None], size=small, mode="bilinear", antialias=low_pass)
    return interpolate(reduced, size=size, mode="bilinear")[0]
