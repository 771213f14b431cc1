"""A figure in pixels, drawn with Pillow: pictures, strokes, marks, colour bars and text.

All places are in px from the upper left. Only what these figures need is here, because importing
and driving a plotting library takes longer than all the rest of a report. Strokes are drawn
`FINE` times larger and averaged down, so that they are smooth.
"""

from __future__ import annotations

import functools
import io
import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

INK, FAINT, RULE, PAPER = "#1f2428", "#59636e", "#b8c0c8", "#ffffff"
BLUE, ORANGE, GREEN, RED, YELLOW = "#1f5fbf", "#d1600a", "#1a7f37", "#c4162a", "#ffdd33"
VERDICT_COLORS = {"ok": GREEN, "unjudged": BLUE, "suspect": "#9a6700", "defect": RED, "info": FAINT}
SMALL, TEXT, LARGE, TITLE = 12.0, 13.5, 15.0, 17.0
FINE = 3

# Eleven evenly spaced colours each: ColorBrewer's diverging maps, and samples of matplotlib's.
COLOR_MAPS = {
    "magma": "000004 140e36 3b0f70 641a80 8c2981 b73779 de4968 f7705c fe9f6d fecf92 fcfdbf",
    "viridis": "440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725",
    "blue_red": "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f",
    "blue_yellow_red": "313695 4575b4 74add1 abd9e9 e0f3f8 ffffbf fee090 fdae61 f46d43 d73027 "
    "a50026",
}
# What the built-in font has no picture of.
_SPELLED = str.maketrans({"−": "-", "–": "-", "—": "-", "×": "x"})

Rgb = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Box = tuple[float, float, float, float]


@functools.cache
def font(size: float) -> ImageFont.FreeTypeFont:
    """Pillow's own font; every machine has it."""
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return found


def text_width(text: str, size: float = TEXT) -> float:
    """Width in px."""
    return font(size).getlength(text.translate(_SPELLED))


def wrapped(text: str, width: float, size: float = TEXT) -> list[str]:
    """Lines no wider than `width` px, single words apart."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`, at most about `most` of them."""
    span = high - low
    if not span > 0:
        return [low]
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [step * k for k in range(first, last + 1)]


@functools.cache
def _table(color_map: str) -> Rgb:
    """``(256, 3)``"""
    anchors = np.array([list(bytes.fromhex(c)) for c in COLOR_MAPS[color_map].split()])
    at = np.linspace(0, len(anchors) - 1, 256)
    channels = [np.interp(at, np.arange(len(anchors)), anchors[:, c]) for c in range(3)]
    return np.stack(channels, -1).round().astype(np.uint8)


def colored(values: Floats, low: float, high: float, color_map: str) -> Rgb:
    """``(h, w, 3)`` colours of ``values (h, w)``; NaN is grey."""
    unit = (values - low) * (255 / max(high - low, 1e-12))
    known = np.isfinite(unit)
    rgb: Rgb = _table(color_map)[np.where(known, unit, 0).clip(0, 255).astype(np.uint8)]
    if not known.all():
        rgb[~known] = 215
    return rgb


class Canvas:
    """A white figure of `width` x `height` px.

    Attributes:
        title, note: what its head says.
        pen: draws on `image` without smoothing.
        head_px: how far down the head reaches; 0 without one.
    """

    def __init__(self, width: int, height: int) -> None:
        """Start with nothing on it."""
        self.width, self.height = width, height
        self.title, self.note, self.head_px = "", "", 0
        self.image = Image.new("RGB", (width, height), PAPER)
        self.pen = ImageDraw.Draw(self.image)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = TEXT,
        color: str = INK,
        bold: bool = False,
        anchor: str = "lm",
        halo: bool = False,
    ) -> None:
        """One line of text; `anchor` is Pillow's (``lm``: left, middle height)."""
        text = text.translate(_SPELLED)
        if halo:
            self.pen.text(
                (x, y), text, "black", font(size), anchor, stroke_width=2, stroke_fill="black"
            )
        for shift in (0.0, 0.5) if bold else (0.0,):
            self.pen.text((x + shift, y), text, color, font(size), anchor)

    def upright_text(self, x: float, y: float, text: str, color: str = INK) -> None:
        """Text that reads from below, its middle at `x`, `y`."""
        text = text.translate(_SPELLED)
        size = (math.ceil(text_width(text)) + 4, 20)
        stamp = Image.new("L", size, 0)
        ImageDraw.Draw(stamp).text((size[0] / 2, 10), text, 255, font(TEXT), "mm")
        stamp = stamp.rotate(90, expand=True)
        corner = (round(x - stamp.width / 2), round(y - stamp.height / 2))
        self.image.paste(color, (*corner, corner[0] + stamp.width, corner[1] + stamp.height), stamp)

    def picture(self, rgb: Rgb | Image.Image, x: int, y: int) -> None:
        """Put a picture down with its upper left corner at `x`, `y`, one px per px."""
        self.image.paste(rgb if isinstance(rgb, Image.Image) else Image.fromarray(rgb), (x, y))

    def rectangle(self, box: Box, color: str, *, width: int = 1) -> None:
        """An outline inside of `x0`, `y0` to `x1`, `y1`."""
        x0, y0, x1, y1 = (round(v) for v in box)
        if x1 - x0 > 2 * width and y1 - y0 > 2 * width:
            self.pen.rectangle((x0, y0, x1 - 1, y1 - 1), outline=color, width=width)

    def patch(self, box: Box, color: str) -> None:
        """A filled box."""
        self.pen.rectangle(tuple(round(v) for v in box), fill=color)

    def lines(
        self, paths: list[Floats], color: str, *, width: float, within: Box, opacity: float = 1.0
    ) -> None:
        """Strokes along paths ``(n, 2)`` of (x, y), cut off outside of the box."""

        def paint(draw: ImageDraw.ImageDraw, corner: Floats) -> None:
            if not paths:
                return
            # All at once: a lattice has a thousand short paths.
            places = ((np.concatenate(paths) - corner) * FINE).ravel().tolist()
            start, thick = 0, max(1, round(width * FINE))
            for path in paths:
                end = start + 2 * len(path)
                draw.line(places[start:end], fill=255, width=thick, joint="curve")
                start = end

        self._fine(paint, color, within, opacity)

    def area(self, outline: Floats, color: str, within: Box) -> None:
        """A filled outline ``(n, 2)``."""
        self._fine(
            lambda draw, corner: draw.polygon(((outline - corner) * FINE).ravel().tolist(), 255),
            color,
            within,
        )

    def dots(self, points: Floats, color: str, *, size: float, within: Box) -> None:
        """Filled circles of `size` px across at ``points (n, 2)``."""

        def paint(draw: ImageDraw.ImageDraw, corner: Floats) -> None:
            for x, y in ((points - corner) * FINE).tolist():
                r = size * FINE / 2
                draw.ellipse((x - r, y - r, x + r, y + r), fill=255)

        self._fine(paint, color, within)

    def rings(self, points: Floats, color: str, *, size: float, width: float, within: Box) -> None:
        """Open circles of `size` px across at ``points (n, 2)``."""

        def paint(draw: ImageDraw.ImageDraw, corner: Floats) -> None:
            for x, y in ((points - corner) * FINE).tolist():
                r = size * FINE / 2
                box = (x - r, y - r, x + r, y + r)
                draw.ellipse(box, outline=255, width=max(1, round(width * FINE)))

        self._fine(paint, color, within)

    def _fine(self, paint: Any, color: str, within: Box, opacity: float = 1.0) -> None:
        """Paint coverage `FINE` times larger, average it down, and colour by it."""
        x0, y0, x1, y1 = math.floor(within[0]), math.floor(within[1]), *map(math.ceil, within[2:])
        stencil = Image.new("L", ((x1 - x0) * FINE, (y1 - y0) * FINE), 0)
        paint(ImageDraw.Draw(stencil), np.array([x0, y0], dtype=float))
        stencil = stencil.reduce(FINE)
        if opacity < 1.0:
            stencil = stencil.point([round(level * opacity) for level in range(256)])
        self.image.paste(color, (x0, y0, x1, y1), stencil)

    def color_bar(
        self,
        box: tuple[int, int, int, int],
        span: tuple[float, float],
        color_map: str,
        label: str,
        *,
        at: list[float] | None = None,
        names: list[str] | None = None,
    ) -> None:
        """An upright colour bar in ``box`` (x, y, width, height), its label above it."""
        x, y, w, h = box
        low, high = span
        ramp = np.linspace(1, 0, h)[:, None].repeat(w, 1)
        self.picture(colored(ramp, 0, 1, color_map), x, y)
        self.rectangle((x, y, x + w, y + h), RULE)
        at = ticks(low, high, most=max(2, h // 60)) if at is None else at
        for value, name in zip(at, names or [f"{v:.6g}" for v in at], strict=True):
            level = y + h * (1 - (value - low) / max(high - low, 1e-12))
            self.pen.line((x + w, level, x + w + 3, level), fill=FAINT)
            self.text(x + w + 7, level, name, size=SMALL)
        self.text(x, y - 11, label, size=SMALL, color=FAINT)

    def body(self) -> Image.Image:
        """The figure without its head, for where title and note stand beside it."""
        return self.image.crop((0, self.head_px, self.width, self.height))


def png_bytes(image: Image.Image) -> bytes:
    """PNG, packed quickly rather than tightly."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return buffer.getvalue()


def jpeg_bytes(image: Image.Image) -> bytes:
    """JPEG with full colour resolution, so that thin coloured lines stay sharp."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88, subsampling=0)
    return buffer.getvalue()
