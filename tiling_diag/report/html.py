"""One self-contained page per wall: verdict first, then why, then the numbers."""

from __future__ import annotations

from typing import Any

from tiling_diag._version import __version__
from tiling_diag.record import Record
from tiling_diag.report.figures.canvas import jpeg_bytes
from tiling_diag.report.figures.draw import Drawn, draw
from tiling_diag.report.measures import MEASURES
from tiling_diag.report.pages import data_uri, environment
from tiling_diag.report.summary import summarize
from tiling_diag.report.values import look_up, shown, text_of


def page(
    summary: dict[str, Any],
    figures: dict[str, Drawn],
    notes: tuple[str, ...],
    *,
    back: str | None = None,
) -> str:
    """The report as HTML.

    Args:
        summary: of a wall.
        figures: to show; the overview is among them.
        notes: what was done to read the input, as sentences.
        back: where a link at the top leads; there is none without it.
    """
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
            shown=shown(summary),
            numbers=numbers,
            overview=shots.pop("overview"),
            figures=shots,
            notes=notes,
            back=back,
        )
    )


def notebook_html(record: Record) -> str:
    """The verdict with the overview picture, for a notebook cell."""
    summary = summarize(record)
    overview = draw(record, "overview")
    return (
        environment()
        .get_template("cell.html.j2")
        .render(
            summary=summary,
            shown=shown(summary),
            overview=data_uri(jpeg_bytes(overview.body()), "jpeg"),
        )
    )
