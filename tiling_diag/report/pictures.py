"""Pictures as bytes for files and pages; by Pillow alone."""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from tiling_diag.report.pages import data_uri

# A picture of much noise, which takes more bytes a pixel, is packed again with less quality.
QUALITIES, MANY_BYTES_A_PX = (66, 42), 0.09


def png_bytes(picture: NDArray[np.uint8] | Image.Image, dpi: int | None = None) -> bytes:
    """PNG, packed quickly rather than tightly."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    more: dict[str, Any] = {} if dpi is None else {"dpi": (dpi, dpi)}
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1, compress_type=zlib.Z_RLE, **more)
    return buffer.getvalue()


def picture_uri(picture: NDArray[np.uint8]) -> str:
    """A picture ``(h, w, 3)`` as a link that holds it: WebP, or JPEG where Pillow has no WebP."""
    image = Image.fromarray(picture)
    kind = "webp" if features.check("webp") else "jpeg"
    for quality in QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, kind, quality=quality)
        if buffer.tell() <= MANY_BYTES_A_PX * image.width * image.height:
            break
    return data_uri(buffer.getvalue(), kind)
