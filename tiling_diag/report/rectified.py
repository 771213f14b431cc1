"""The rectified wall and its lattice, as files."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tiling_diag.errors import InputError
from tiling_diag.kernels.rectify import Canvas, rectified_canvas, rectify
from tiling_diag.record import Record
from tiling_diag.report.figures.colors import YELLOW
from tiling_diag.report.figures.overlay import lattice_overlay
from tiling_diag.report.pictures import png_bytes
from tiling_diag.report.summary import lattice_dict
from tiling_diag.report.write import write_atomically

# The rectified picture is no longer than this: far parts of a strong tilt would fill a wall of px.
LONGEST_PX = 4096
# Lattice lines nearer than this in the picture are thinned out.
GAP_PX = 6.0


def write_rectified(record: Record, out: str | PathLike[str]) -> list[Path]:
    """Write `rectified.png`, `rectified_lattice.png` and `rectified.json` to folder `out`.

    The first is the wall as if seen straight on, at the scale of the picture's middle; the second
    has the lattice drawn on it; the third holds the homography from picture px to px of these two,
    and the lattice in their px.

    Raises:
        InputError: if the wall has no lattice, and so no plane is known, or `out` can't be written.
    """
    if not bool(record.lattice.is_periodic):
        raise InputError(
            "--rectify: no lattice was found, so the wall's plane is not known; "
            "leave --rectify out, or give a picture that shows more of the wall"
        )
    tilt = record.local_period.tilt.double()
    height, width = (int(side) for side in record.image.shape[-2:])
    canvas = rectified_canvas(tilt, (height, width), LONGEST_PX)
    image = rectify(record.image[None], canvas, mode="bicubic")[0].clamp(0, 1)
    pixels = (image * 255).round().byte().expand(3, -1, -1).permute(1, 2, 0).contiguous()
    picture = Image.fromarray(pixels.numpy())
    contents = {
        "rectified.png": png_bytes(picture),
        "rectified_lattice.png": png_bytes(_with_lattice(record, picture, canvas)),
        "rectified.json": json.dumps(_numbers(record, canvas), indent=2).encode() + b"\n",
    }
    folder = Path(out)
    return [write_atomically(folder / name, data) for name, data in contents.items()]


def _with_lattice(record: Record, picture: Image.Image, canvas: Canvas) -> Image.Image:
    """The picture with the lattice's lines drawn on it."""
    drawn = picture.copy()
    overlay = lattice_overlay(record, GAP_PX)
    if overlay is None:
        return drawn
    matrix = canvas.homography.numpy()
    places = overlay.lines @ matrix[:, :2].T + matrix[:, 2]
    lines = places[..., :2] / places[..., 2:]
    pen = ImageDraw.Draw(drawn)
    for start, end in lines[np.isfinite(lines).all((1, 2))].tolist():
        pen.line([tuple(start), tuple(end)], fill=YELLOW, width=1)
    return drawn


def _numbers(record: Record, canvas: Canvas) -> dict[str, object]:
    lattice, scale = lattice_dict(record.lattice) or {}, float(canvas.scale)
    scaled = {
        key: None if value is None else (np.array(value) * scale).tolist()
        for key, value in lattice.items()
    }
    homography = canvas.homography / canvas.homography[2, 2]
    return {
        "homography": homography.tolist(),
        "height_px": canvas.size[0],
        "width_px": canvas.size[1],
        "lattice": {**scaled, "angle_deg": lattice["angle_deg"]},
    }
