"""Luma: one grey level per pixel, Rec. 709 weights on the encoded values."""

from __future__ import annotations

from torch import Tensor

from tiling_diag.errors import InputError

RGB_TO_LUMA = (0.2126, 0.7152, 0.0722)


def luma(image: Tensor) -> Tensor:
    """Rec. 709 luma of a grey or RGB image.

    Args:
        image: ``(..., C, H, W)``, C = 1 (returned as it is) or 3, floating point, any range.

    Returns:
        ``(..., H, W)`` in the image's own range.

    Raises:
        InputError: for another number of channels or an integer image.

    References:
        ITU-R BT.709-6, item 3.2.
    """
    if image.ndim < 3 or image.shape[-3] not in (1, 3):
        raise InputError(
            f"image is {tuple(image.shape)}: the third dimension from the end must be 1 (grey) "
            "or 3 (RGB), e.g. image.movedim(-1, -3) for channels-last, image[..., :3, :, :] for "
            "RGBA"
        )
    if not image.is_floating_point():
        raise InputError(
            f"image is {image.dtype}: pass floating point, e.g. image.float() / 255 for 8 bits"
        )
    if image.shape[-3] == 1:
        return image[..., 0, :, :]
    red, green, blue = image.unbind(-3)
    r, g, b = RGB_TO_LUMA
    return (red * r).add(green, alpha=g).add(blue, alpha=b)
