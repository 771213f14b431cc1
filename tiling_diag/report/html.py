"""One self-contained page per diagnosis: verdict first, then why, then the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiling_diag._version import __version__
from tiling_diag.report.figures.canvas import jpeg_bytes
from tiling_diag.report.measures import MEASURES, look_up, shown, text_of
from tiling_diag.report.pages import data_uri, environment

if TYPE_CHECKING:
    from tiling_diag.diagnosis import Diagnosis
    from tiling_diag.report.figures.canvas import Canvas
    from tiling_diag.report.figures.draw import Drawn


def page(diagnosis: Diagnosis, figures: dict[str, Drawn], *, back: str | None = None) -> str:
    """The report as HTML; with `back`, a link at the top leads there."""
    summary = diagnosis.summary()
    numbers = [
        (m.key, text_of(look_up(summary, m.key)), m.unit, m.meaning, m.reading) for m in MEASURES
    ]
    shots = {
        name: {"title": one.title, "note": one.note, "src": data_uri(one.body, one.kind)}
        for name, one in figures.items()
    }
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            version=__version__,
            shown=shown(diagnosis),
            numbers=numbers,
            overview=shots.pop("overview"),
            figures=shots,
            notes=diagnosis.notes,
            back=back,
        )
    )


def fragment(diagnosis: Diagnosis, overview: Canvas) -> str:
    """The verdict with its picture, for a notebook cell."""
    return (
        environment()
        .get_template("cell.html.j2")
        .render(
            summary=diagnosis.summary(),
            shown=shown(diagnosis),
            overview=data_uri(jpeg_bytes(overview.body()), "jpeg"),
        )
    )
