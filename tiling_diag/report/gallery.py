"""What a gallery shows of a wall: a small picture with lattice and zones, and a short page."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from tiling_diag.record import Record
from tiling_diag.report.figures.colors import PAPER, YELLOW, ZONE
from tiling_diag.report.figures.overlay import lattice_overlay
from tiling_diag.report.figures.scene import Floats, Scene
from tiling_diag.report.figures.zones import corners, flagged, flagged_zones, kept_inside

# Lattice lines nearer than this on a thumbnail would run together.
THUMB_BOX, LARGEST_ZOOM, GAP_PX = (360, 270), 4.0, 9.0
FINE = 3
# Which figures show best what a finding is about; all of them would make a page of megabytes.
SHOWS = {
    "period_doubled": ["acf"],
    "period_halved": ["acf"],
    "period_off": ["acf"],
    "doubling_bands": ["local_period_bands", "local_period_px"],
    "upsampling_grid": ["fft_log_hann"],
    "resize_alias": ["radial_profile", "fft_log_hann"],
}


def draw_thumbnail(record: Record) -> bytes:
    """The wall with its lattice and flagged zones as a JPEG that fits `THUMB_BOX`."""
    scene = Scene(record, THUMB_BOX, LARGEST_ZOOM)
    size = (scene.shown_width, scene.shown_height)
    picture = Image.fromarray(scene.wall)
    overlay = lattice_overlay(record, GAP_PX / float(scene.zoom.max()))
    if overlay is not None:
        lines = list(overlay.lines * scene.zoom)
        _stroke(picture, lines, "black", 1.8, opacity=0.45)
        _stroke(picture, lines, YELLOW, 0.9)
    for zone in flagged_zones(record):
        places = kept_inside(corners(zone) * scene.zoom, size, 2.0)
        outline = [np.concatenate([places, places[:1]])]
        _stroke(picture, outline, PAPER, 5.0)
        _stroke(picture, outline, ZONE, 3.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80, optimize=True, progressive=True)
    return buffer.getvalue()


def _stroke(
    picture: Image.Image, paths: list[Floats], color: str, width: float, opacity: float = 1.0
) -> None:
    """Lines through places ``(n, 2)`` in px; drawn larger and averaged down, so smooth."""
    stencil = Image.new("L", (picture.width * FINE, picture.height * FINE), 0)
    pen = ImageDraw.Draw(stencil)
    for path in paths:
        pen.line((path * FINE).ravel().tolist(), round(255 * opacity), round(width * FINE))
    picture.paste(color, (0, 0), stencil.reduce(FINE))


def draw_page(record: Record, summary: dict[str, Any]) -> bytes:
    """A self-contained page with the figures that show what was found; it links to the gallery."""
    # Loading what draws takes a while, and a batch of good walls needs none of it.
    from tiling_diag.report.figures.export import draw_all
    from tiling_diag.report.html import page

    names = [name for one in flagged(record) for name in SHOWS.get(one.code, [])]
    names = list(dict.fromkeys(["overview", *(names or ["acf"])]))
    figures = draw_all(record, names, file_format=None)
    text = page(summary, figures, record.notes, back="../index.html")
    return text.encode(errors="backslashreplace")  # file names may hold bytes that are no text
