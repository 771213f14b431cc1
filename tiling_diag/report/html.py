"""One self-contained page per diagnosis: verdict first, then why, then the numbers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from tiling_diag._version import __version__
from tiling_diag.report.canvas import jpeg_bytes
from tiling_diag.report.figures import PHOTOS
from tiling_diag.report.measures import FIGURE_NOTES, MEASURES, look_up, shown, text_of

if TYPE_CHECKING:
    from tiling_diag.diagnosis import Diagnosis


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tiling_diag.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(diagnosis: Diagnosis, figures: dict[str, tuple[Image.Image, bytes]]) -> str:
    """The report as HTML; `figures` are pictures and their PNG bytes by name."""
    summary = diagnosis.summary()
    numbers = [
        (m.key, text_of(look_up(summary, m.key)), m.unit, m.meaning, m.reading) for m in MEASURES
    ]
    images = {
        name: _data_uri(jpeg_bytes(image), "jpeg") if name in PHOTOS else _data_uri(png, "png")
        for name, (image, png) in figures.items()
    }
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            version=__version__,
            shown=shown(diagnosis),
            numbers=numbers,
            overview=images.pop("overview"),
            images=images,
            captions=FIGURE_NOTES,
            notes=diagnosis.notes,
        )
    )


def fragment(diagnosis: Diagnosis, overview: Image.Image) -> str:
    """The verdict with its picture, for a notebook cell."""
    return (
        _environment()
        .get_template("cell.html.j2")
        .render(
            summary=diagnosis.summary(),
            shown=shown(diagnosis),
            overview=_data_uri(jpeg_bytes(overview), "jpeg"),
        )
    )


def _data_uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
