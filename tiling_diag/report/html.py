"""One self-contained page per diagnosis: verdict first, then why, then the numbers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from tiling_diag._version import __version__
from tiling_diag.report.canvas import jpeg_bytes
from tiling_diag.report.measures import MEASURES, look_up, shown, text_of

if TYPE_CHECKING:
    from tiling_diag.diagnosis import Diagnosis
    from tiling_diag.report.canvas import Canvas
    from tiling_diag.report.figures import Drawn


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tiling_diag.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(diagnosis: Diagnosis, figures: dict[str, Drawn]) -> str:
    """The report as HTML."""
    summary = diagnosis.summary()
    numbers = [
        (m.key, text_of(look_up(summary, m.key)), m.unit, m.meaning, m.reading) for m in MEASURES
    ]
    shots = {
        name: {"title": one.title, "note": one.note, "src": _data_uri(one.body, one.kind)}
        for name, one in figures.items()
    }
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            version=__version__,
            shown=shown(diagnosis),
            numbers=numbers,
            overview=shots.pop("overview"),
            figures=shots,
            notes=diagnosis.notes,
        )
    )


def fragment(diagnosis: Diagnosis, overview: Canvas) -> str:
    """The verdict with its picture, for a notebook cell."""
    return (
        _environment()
        .get_template("cell.html.j2")
        .render(
            summary=diagnosis.summary(),
            shown=shown(diagnosis),
            overview=_data_uri(jpeg_bytes(overview.body()), "jpeg"),
        )
    )


def _data_uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
