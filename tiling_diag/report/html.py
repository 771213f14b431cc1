"""One self-contained page per wall: verdict first, then why, then the numbers."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from tiling_diag._version import __version__
from tiling_diag.language import said
from tiling_diag.record import Record
from tiling_diag.report.figures.draw import draw
from tiling_diag.report.figures.export import Drawn, picture_of
from tiling_diag.report.figures.texts import ALT, FIGURE_NAMES
from tiling_diag.report.measures import MEASURES
from tiling_diag.report.pages import environment
from tiling_diag.report.summary import summarize
from tiling_diag.report.values import evidence_text, look_up, shown, text_of


def page_figures(record: Record) -> list[str]:
    """Names of the figures that say something of this wall: without a mask all is covered."""
    masked = bool((record.mask < 1).any())
    return [name for name in FIGURE_NAMES if masked or name != "local_mask_coverage"]


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
        figures: to show, those that have a body; the overview is among them.
        notes: what was done to read the input, as sentences.
        back: where a link at the top leads; there is none without it.
    """
    numbers = [
        (m.key, text_of(look_up(summary, m.key)), *map(said, (m.unit, m.meaning, m.reading)))
        for m in MEASURES
    ]
    shots = {
        name: {"title": one.title, "note": one.note, "svg": labelled(one.body, name, one.title)}
        for name, one in figures.items()
        if one.body
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
            evidence_text=evidence_text,
        )
    )


def labelled(svg: str, name: str, title: str) -> Markup:
    """SVG of a figure with its alternative text."""
    text = Markup('<svg role="img" aria-label="{}"').format(f"{ALT[name]}: {title}")
    return Markup(svg.replace("<svg", text, 1))


def notebook_html(record: Record) -> str:
    """The verdict with the overview picture, for a notebook cell."""
    summary = summarize(record)
    return (
        environment()
        .get_template("cell.html.j2")
        .render(
            summary=summary,
            shown=shown(summary),
            alt=ALT["overview"],
            overview=picture_of(draw(record, "overview")),
        )
    )
