"""What the figures of one record share: the wall at the size it is shown, and its numbers."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import avg_pool2d

from tiling_diag.record import Record
from tiling_diag.report.figures.canvas import (
    FAINT,
    INK,
    TITLE,
    Canvas,
    Rgb,
    wrapped,
)
from tiling_diag.report.figures.notes import figure_note
from tiling_diag.report.figures.panel import Panel
from tiling_diag.report.figures.region import wall_region

# Walls are shown to fit in this box, px; small ones are enlarged, but not beyond this factor.
SHOWN_WIDTH, SHOWN_HEIGHT, LARGEST_ZOOM = 720, 560, 4.0
LEFT, RIGHT, BOTTOM, NARROWEST = 62, 96, 48, 560
LOWEST_BAR = 120


class Scene:
    """A record, and its wall in the pixels of the figures.

    Args:
        record: of the wall.
        box: width and height in px that the wall is fitted into.
    """

    def __init__(self, record: Record, box: tuple[int, int] = (SHOWN_WIDTH, SHOWN_HEIGHT)) -> None:
        """Decide on the size; pictures are made on first use."""
        self.record = record
        self.height, self.width = (int(side) for side in record.image.shape[-2:])
        fit = min(box[0] / self.width, box[1] / self.height, LARGEST_ZOOM)
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
        return np.asarray(self._shrunk(picture))

    @cached_property
    def mask(self) -> Rgb | None:
        """``(h, w)`` the wall's region at the size it is shown; None where it is all of it."""
        region = wall_region(self.record)
        if bool((region >= 1).all()):
            return None
        pixels = (region * 255).round().clamp(0, 255).to(torch.uint8).numpy()
        return np.asarray(self._shrunk(Image.fromarray(pixels)))

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
        """``(h, w)`` the wall in pale grey, as a ground for coloured maps."""
        pale: Rgb = (self.wall.mean(-1) * 0.62 + 88).astype(np.uint8)
        return pale

    def _shrunk(self, picture: Image.Image) -> Image.Image:
        size = (self.shown_width, self.shown_height)
        return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)

    def over_wall(
        self,
        name: str,
        title: str,
        ground: Rgb,
        *,
        color: str = INK,
        bar: bool = False,
        also: str = "",
    ) -> tuple[Canvas, Panel]:
        """A canvas with a picture of the wall in it, axes in px; `also` is added to its note."""
        right = RIGHT if bar else 20
        width = max(NARROWEST, LEFT + self.shown_width + right)
        height = max(LOWEST_BAR if bar else 0, self.shown_height) + BOTTOM
        canvas, top = titled(self, name, title, width, height, color=color, also=also)
        canvas.picture(ground, LEFT, top)
        box = (LEFT, top, self.shown_width, self.shown_height)
        panel = Panel(canvas, box, (0, self.width), (self.height, 0))
        panel.frame("x, px", "y, px")
        return canvas, panel


def titled(
    scene: Scene,
    name: str,
    title: str,
    width: int,
    body: int,
    *,
    color: str = INK,
    also: str = "",
) -> tuple[Canvas, int]:
    """A canvas whose head says what is seen and how to read it; and where its body starts."""
    note = f"{figure_note(name, scene.is_periodic)} {also}".strip()
    heads, notes = wrapped(title, width - 26, TITLE), wrapped(note, width - 26)
    top = 12 + 22 * len(heads) + 18 * len(notes) + 10
    canvas = Canvas(width, top + body)
    canvas.title, canvas.note, canvas.head_px = title, note, top - 10
    y = 21
    for line in heads:
        canvas.text(13, y, line, size=TITLE, bold=True, color=color)
        y += 22
    for line in notes:
        canvas.text(13, y - 1, line, color=FAINT)
        y += 18
    return canvas, top
