"""What a gallery shows of a wall: a small picture with lattice and zones, and a short page."""

from __future__ import annotations

import io
from typing import Any

from tiling_diag.record import Record
from tiling_diag.report.figures.canvas import Canvas
from tiling_diag.report.figures.draw import draw_all
from tiling_diag.report.figures.overlay import lattice_overlay
from tiling_diag.report.figures.panel import Panel
from tiling_diag.report.figures.scene import Scene
from tiling_diag.report.figures.wall import GAP, draw_lattice, draw_zones, flagged
from tiling_diag.report.html import page

THUMB_BOX = (360, 270)
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
    scene = Scene(record, THUMB_BOX)
    canvas = Canvas(scene.shown_width, scene.shown_height)
    canvas.picture(scene.wall, 0, 0)
    box = (0, 0, scene.shown_width, scene.shown_height)
    panel = Panel(canvas, box, (0, scene.width), (scene.height, 0))
    overlay = lattice_overlay(record, GAP / float(scene.zoom.max()))
    if overlay is not None:
        draw_lattice(panel, overlay, fine=True)
    draw_zones(panel, flagged(record), named=False)
    buffer = io.BytesIO()
    canvas.image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def draw_page(record: Record, summary: dict[str, Any]) -> bytes:
    """A self-contained page with the figures that show what was found; it links to the gallery."""
    names = [name for one in flagged(record) for name in SHOWS.get(one.code, [])]
    names = list(dict.fromkeys(["overview", *(names or ["acf"])]))
    text = page(summary, draw_all(record, names), record.notes, back="../index.html")
    return text.encode(errors="backslashreplace")  # file names may hold bytes that are no text
