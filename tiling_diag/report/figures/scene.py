"""What the figures of one record share: the wall at the size it is shown, and its numbers."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn.functional import avg_pool2d

from tiling_diag.record import Record
from tiling_diag.report.figures.region import wall_region

# Walls are shown to fit in this box, px; small ones stay as they are.
SHOWN_BOX = (1120, 920)

Rgb = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]


class Scene:
    """A record, and its wall in the pixels of the figures.

    Args:
        record: of the wall.
        box: width and height in px that the wall is fitted into.
        largest_zoom: how many times a small wall is enlarged at most.
    """

    def __init__(
        self, record: Record, box: tuple[int, int] = SHOWN_BOX, largest_zoom: float = 1.0
    ) -> None:
        """Decide on the size; pictures are made on first use."""
        self.record = record
        self.height, self.width = (int(side) for side in record.image.shape[-2:])
        fit = min(box[0] / self.width, box[1] / self.height, largest_zoom)
        self.shown_width = max(1, round(self.width * fit))
        self.shown_height = max(1, round(self.height * fit))
        # Figure px per picture px.
        self.zoom = np.array([self.shown_width / self.width, self.shown_height / self.height])

    @property
    def is_periodic(self) -> bool:
        """Whether there is a lattice to draw."""
        return bool(self.record.lattice.is_periodic)

    @cached_property
    def fundamental_px(self) -> float:
        """The fundamental period, NaN where there is none."""
        return float(self.record.lattice.fundamental_px) if self.is_periodic else math.nan

    @cached_property
    def photo(self) -> Rgb:
        """``(h, w, 3)`` the picture at the size it is shown."""
        # Averaging whole pixels first is by far the quickest way to shrink by a lot.
        factor = int(1 / (1.25 * float(self.zoom.max())))
        image = self.record.image
        if factor > 1:
            image = avg_pool2d(image, factor, ceil_mode=True)
        pixels = (image * 255).round_().clamp_(0, 255).to(torch.uint8)
        picture = Image.fromarray(pixels.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy())
        return np.asarray(self._resized(picture))

    @cached_property
    def mask(self) -> Rgb | None:
        """``(h, w)`` the wall's region at the size it is shown; None where it is all of it."""
        region = wall_region(self.record)
        if bool((region >= 1).all()):
            return None
        pixels = (region * 255).round().clamp(0, 255).to(torch.uint8).numpy()
        return np.asarray(self._resized(Image.fromarray(pixels)))

    @cached_property
    def wall(self) -> Rgb:
        """The picture, with a veil over what is not wall."""
        if self.mask is None:
            return self.photo
        share = self.mask[..., None] / 255.0 * 0.68 + 0.32
        veiled: Rgb = (self.photo * share).astype(np.uint8)
        return veiled

    @cached_property
    def grey(self) -> Rgb:
        """``(h, w, 3)`` the wall in pale grey, as a ground for coloured maps."""
        pale = (self.wall.mean(-1, dtype=np.float32) * 0.62 + 88).astype(np.uint8)
        return np.ascontiguousarray(pale[..., None].repeat(3, -1))

    def _resized(self, picture: Image.Image) -> Image.Image:
        size = (self.shown_width, self.shown_height)
        return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
