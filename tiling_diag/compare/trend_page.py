"""What people see of a trend: `trend.html` and the terminal."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from tiling_diag._version import __version__
from tiling_diag.batch.folder import GALLERY_FILE
from tiling_diag.compare.group_text import MOST_GROUPS, group_texts, print_groups
from tiling_diag.compare.judging import LEVEL
from tiling_diag.compare.questions import OCTAVE
from tiling_diag.compare.share_text import percent, range_text
from tiling_diag.compare.sides import Wall
from tiling_diag.compare.trend import Line, Trend
from tiling_diag.compare.trend_text import labels_of, sentences
from tiling_diag.findings.finding import VERDICT_WORDS
from tiling_diag.language import said
from tiling_diag.report.pages import data_uri, environment
from tiling_diag.text import printable

if TYPE_CHECKING:
    from rich.console import Console

PAGE_FILE = "trend.html"
# Pictures shown of each checkpoint, and names beside them.
_MOST_PAIRS, _MOST_NAMES = 6, 100


def trend_page(t: Trend, out: Path) -> bytes:
    """The page.

    Args:
        t: what it shows.
        out: folder that it will lie in; links to pages of pictures lead from there.
    """
    from tiling_diag.compare.trend_figure import panels

    return (
        environment()
        .get_template("trend.html.j2")
        .render(
            version=__version__,
            t=t,
            labels=labels_of(t),
            sentences=sentences(t),
            panels=[(title, Markup(svg)) for title, svg in panels(t)],
            methods=said(_methods(t)),
            has_octaves=any(line.what == OCTAVE for line in t.lines),
            has_errors=any(t.measured),
            checkpoints=[_row(t, k) for k in range(len(t.steps))],
            table=[(said(line.what), list(_cells(line))) for line in t.lines],
            groups=[group_texts(table) for table in t.groups[:MOST_GROUPS]],
            more_groups=max(0, len(t.groups) - MOST_GROUPS),
            steps=[_changed(t, k, out) for k in range(len(t.steps))],
        )
        .encode(errors="backslashreplace")
    )


def _methods(t: Trend) -> str:
    if t.clusters is not None:
        return "groups of pictures drawn anew (cluster bootstrap)."
    return "Wilson's for shares, pictures drawn anew (bootstrap) for medians."


def _row(t: Trend, k: int) -> dict[str, Any]:
    line = t.lines[0]
    octaves = next((one.shares[k] for one in t.lines if one.what == OCTAVE), None)
    difference, p = line.from_first[k], line.p_values[k]
    error = t.period_error[k]
    return {
        "label": labels_of(t)[k],
        "best": k == t.best.at,
        "walls": line.answers[k],
        "share": percent(line.shares[k].estimate),
        "interval": range_text(line.shares[k]),
        "difference": "" if difference is None else f"{100 * difference.estimate + 0.0:+.1f}",
        "from_first": "" if difference is None else range_text(difference, signed=True),
        "p": "" if p is None else f"{p:.2g}",
        "style": _style(line, k),
        "octaves": "" if octaves is None else percent(octaves.estimate),
        "error": f"{percent(error.estimate)} ({range_text(error)})" if t.measured[k] else "–",
    }


def _style(line: Line, k: int) -> str:
    """How a share is coloured: by what is sure of its difference from the first."""
    difference, p = line.from_first[k], line.p_values[k]
    if difference is None or p is None or p >= LEVEL:
        return ""
    return "worse" if difference.estimate > 0 else "better"


def _cells(line: Line) -> Iterator[tuple[str, str]]:
    for k, share in enumerate(line.shares):
        known = math.isfinite(share.estimate)
        yield f"{100 * share.estimate:.1f}" if known else "–", _style(line, k)


def _changed(t: Trend, k: int, out: Path) -> dict[str, Any]:
    """The pictures that changed since the checkpoint before."""
    names = labels_of(t)
    worse, better = t.changed(k)
    # Both kinds have a chance to be seen.
    half = _MOST_PAIRS // 2
    shown = worse[: max(half, _MOST_PAIRS - len(better))]
    shown = shown + better[: _MOST_PAIRS - len(shown)]
    since = f"since {names[k - 1]}: {len(worse)} worse, {len(better)} better by their verdict"
    rest = [walls for walls in (*worse, *better) if walls not in shown]
    return {
        "label": names[k],
        "since": said(since) if k else "",
        "gallery": link(t.sides[k].folder / GALLERY_FILE, out),
        "pairs": [
            (printable(b.name), [_shown(t, k - 1, a, out), _shown(t, k, b, out)]) for a, b in shown
        ],
        "more": [printable(b.name) for _, b in rest[:_MOST_NAMES]],
    }


def _shown(t: Trend, k: int, wall: Wall, out: Path) -> dict[str, Any]:
    try:
        picture = data_uri(t.sides[k].thumbnail(wall).read_bytes(), "jpeg")
    except OSError:  # results may travel without their thumbnails
        picture = None
    return {
        "label": labels_of(t)[k],
        "picture": picture,
        "page": link(t.sides[k].page(wall), out),
        "status": wall.status,
        "word": said(VERDICT_WORDS[wall.status]),
        "codes": ", ".join(sorted(wall.codes)) or said("nothing found"),
    }


def link(path: Path, out: Path) -> str | None:
    """A link to a file from a page in `out`; None if the file is not there."""
    if not path.is_file():
        return None
    try:
        return quote(os.path.relpath(path, out).replace(os.sep, "/"))
    except (ValueError, UnicodeEncodeError):  # another drive, or a name that is no text
        return None


def render_trend(t: Trend, console: Console) -> None:
    """Print a trend; nothing is wider than the console."""
    from rich.markup import escape
    from rich.table import Table

    for place, sentence in enumerate(sentences(t)):
        console.print(f"[bold]{escape(sentence)}[/]" if place == 0 else escape(sentence))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    heads = ("checkpoint", "walls", "defect", "95 %", "- first", "p (Holm)", "octave", "off")
    for name in heads[: 8 if any(t.measured) else 6]:
        table.add_column(
            said(name),
            justify="left" if name == "checkpoint" else "right",
            no_wrap=name != "checkpoint",
        )
    for k in range(len(t.steps)):
        row = _row(t, k)
        style = {"worse": "red", "better": "green", "": None}[row["style"]]
        cells = [
            escape(row["label"]) + (" *" if row["best"] else ""),
            str(row["walls"]), row["share"], row["interval"], row["difference"], row["p"],
        ]  # fmt: skip
        if any(t.measured):
            cells += [row["octaves"], percent(t.period_error[k].estimate)]
        table.add_row(*cells, style=style)
    console.print(table)
    legend = [said("* fewest defects"), said("- first: points more than at the first")]
    if any(t.measured):
        legend.append(said("octave: walls whose period is about twice or half the expected one"))
        legend.append(said("off: median error of the period"))
    console.print("; ".join(legend), style="dim")
    if t.groups:
        last = escape(labels_of(t)[-1])
        console.print(said(f"walls with a defect at {last} by group, the worst first:"))
        print_groups(t.groups, console)
    for note in t.notes:
        console.print(f"{said('note')}: {said(note)}", markup=False)
