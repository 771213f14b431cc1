"""Sheets as bytes: a file of its own, and the body that a page shows.

On a page letters, axes and curves are SVG in the page's own colours, and what is pictures or maps
is pixels within it: sharp, small, and right on a dark page.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

from tiling_diag.record import Record
from tiling_diag.report.figures.colors import BLUE, FAINT, INK, PAPER, RULE
from tiling_diag.report.figures.draw import FIGURES
from tiling_diag.report.figures.paper import PICTURE, Box, Sheet
from tiling_diag.report.figures.scene import Rgb, Scene
from tiling_diag.report.figures.sizes import FILE_DPI, WIDTH_IN, FigureFormat
from tiling_diag.report.figures.svg import small_svg
from tiling_diag.report.pictures import picture_uri, png_bytes

# Figures share fonts and settings of the process, so one thread draws at a time.
_DRAWING = threading.RLock()
# What a page draws in colours of its own.
_PAGE_COLORS = {
    INK: "var(--ink)", FAINT: "var(--soft)", RULE: "var(--line)", PAPER: "var(--paper)",
    BLUE: "var(--info)",
}  # fmt: skip
_POINTS = 72
# Where the pictures of a figure come, which are long, while the rest is made small.
_PICTURES = "<pictures/>"


class Drawn(NamedTuple):
    """A figure ready to be written.

    Attributes:
        title, note: what its head says.
        file: the figure as a file of its own; empty if none was asked for.
        body: the figure without its head, as SVG for a page; empty if none was asked for.
    """

    title: str
    note: str
    file: bytes
    body: str


def draw_all(
    record: Record,
    names: Iterable[str] = tuple(FIGURES),
    *,
    file_format: FigureFormat | None = "png",
    dpi: int = FILE_DPI,
    page: Iterable[str] = tuple(FIGURES),
) -> dict[str, Drawn]:
    """The named figures, or every one, the one to look at first in front.

    One is packed while the next is drawn.

    Args:
        record: of the wall.
        names: which ones.
        file_format: of the files; none are made without it.
        dpi: of the files.
        page: which of them get a body for a page.
    """
    scene, page = Scene(record), set(page)
    with _DRAWING, ThreadPoolExecutor(1) as pool:
        made = {
            name: _packed(FIGURES[name](scene), pool, file_format, dpi, name in page)
            for name in names
        }
        return {name: wait() for name, wait in made.items()}


def packed(sheet: Sheet) -> Drawn:
    """A sheet as PNG and for a page."""
    with _DRAWING, ThreadPoolExecutor(1) as pool:
        return _packed(sheet, pool, "png", FILE_DPI, on_page=True)()


def _packed(
    sheet: Sheet, pool: Executor, file_format: FigureFormat | None, dpi: int, on_page: bool
) -> Callable[[], Drawn]:
    if file_format == "png":
        file = pool.submit(png_bytes, pixels(sheet, dpi), dpi)
    else:
        file = pool.submit(bytes, b"" if file_format is None else _vector(sheet, file_format, dpi))
    # Last: it takes out of the figure what is shown as pixels.
    body = pool.submit(_joined, *_parts(sheet)) if on_page else pool.submit(str)
    return lambda: Drawn(sheet.title, sheet.note, file.result(), body.result())


def pixels(sheet: Sheet, dpi: int = FILE_DPI) -> Rgb:
    """``(h, w, 3)`` a sheet as pixels."""
    with _DRAWING:
        if sheet.pixels is None or sheet.figure.dpi != dpi:
            canvas: Any = FigureCanvasAgg(sheet.figure)  # drawing has no types
            sheet.figure.set_dpi(dpi)
            canvas.draw()
            sheet.pixels = np.array(canvas.buffer_rgba())[..., :3]
        return sheet.pixels


def picture_of(sheet: Sheet) -> str:
    """What is in the first axes of a sheet, as a link that holds it."""
    return picture_uri(_crop(sheet, sheet.figure.axes[0])[0])


def _vector(sheet: Sheet, file_format: FigureFormat, dpi: int) -> bytes:
    buffer = io.BytesIO()
    # The same figure is the same file, whenever and wherever it is drawn.
    undated = {"Date": None} if file_format == "svg" else {"CreationDate": None}
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "tiling-diag"}):
        sheet.figure.savefig(buffer, format=file_format, dpi=dpi, metadata=undated)
    return buffer.getvalue()


def _crop(sheet: Sheet, ax: Axes) -> tuple[Rgb, Box]:
    """What is in axes, as pixels, and where: left, top, width and height in points."""
    drawn = pixels(sheet)
    height, width = drawn.shape[:2]
    place = ax.get_position()
    x0, x1 = round(place.x0 * width), round(place.x1 * width)
    y0, y1 = round((1 - place.y1) * height), round((1 - place.y0) * height)
    scale = _POINTS / FILE_DPI
    return drawn[y0:y1, x0:x1], (x0 * scale, y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale)


def _parts(sheet: Sheet) -> tuple[str, list[tuple[Rgb, Box]]]:
    """A sheet for a page: SVG of what is drawn with lines and letters, and the pixels for the rest.

    The sheet is used up.
    """
    figure = sheet.figure
    pictures = [ax for ax in figure.axes if ax.get_gid() == PICTURE]
    crops = [_crop(sheet, ax) for ax in pictures]
    for ax in pictures:
        ax.patch.set_visible(False)
        # Images that are merely not visible would be put into the file as well.
        for artist in [*ax.images, *ax.collections, *ax.lines, *ax.patches, *ax.texts]:
            artist.remove()
    figure.patch.set_visible(False)
    for line in sheet.head:
        line.remove()
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": sheet.title}):
        figure.savefig(buffer, format="svg", metadata=nothing)
    svg = buffer.getvalue()
    # A letter of the upper tick stands above the axes.
    width, top = WIDTH_IN * _POINTS, (sheet.head_in - 0.08) * _POINTS
    height = sheet.height_in * _POINTS - top
    head = f'<svg viewBox="0 {top:g} {width:g} {height:g}">'
    return head + svg[svg.index(">", svg.index("<svg")) + 1 :], crops


def _joined(svg: str, crops: list[tuple[Rgb, Box]]) -> str:
    """The SVG with its pictures in it, behind all else, and in the colours of the page."""
    images = "".join(
        f'<image x="{x:.2f}" y="{y:.2f}" width="{w:.2f}" height="{h:.2f}" '
        f'preserveAspectRatio="none" href="{picture_uri(crop)}"/>'
        for crop, (x, y, w, h) in crops
    )
    for color, name in _PAGE_COLORS.items():
        svg = svg.replace(color, name)
    svg = svg.replace('<g id="figure_1">', f'<g id="figure_1">{_PICTURES}', 1)
    return small_svg(svg).replace(_PICTURES, images, 1)
