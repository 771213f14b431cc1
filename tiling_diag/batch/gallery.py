"""`index.html`: every wall of a batch on one page that works offline, worst first.

Rows are written into the page one by one; the page's script sorts, filters and draws them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from tiling_diag._version import __version__
from tiling_diag.batch.folder import GALLERY_FILE, Figures, file_stem, has_page
from tiling_diag.batch.locations import is_url, name_of
from tiling_diag.batch.rows import NUMBERS, badness, is_long, status_of
from tiling_diag.batch.totals import STATUSES, Totals
from tiling_diag.batch.whole_files import WholeFile
from tiling_diag.findings.finding import SUSPECT_PROBABILITY, VERDICT_WORDS
from tiling_diag.language import said
from tiling_diag.report.pages import environment
from tiling_diag.report.values import look_up
from tiling_diag.text import printable

_DIGITS = 5
_SAID_IN_SCRIPTS = re.compile(r'\b(?:said|filled)\("([^"]+)"')
_FINDINGS_SHOWN = 3


def write_gallery(
    folder: Path,
    rows: Iterable[dict[str, Any]],
    totals: Totals,
    *,
    roots: list[str],
    figures: Figures,
    columns: tuple[str, ...] = (),
    note: str | None = None,
    groups: Mapping[str, str] | None = None,
    is_local: bool = True,
) -> None:
    """Write the page.

    Args:
        folder: of the results, where thumbnails and pages are.
        rows: of `results.jsonl` that are shown; gone through once.
        totals: what they come to.
        roots: folders that names of pictures are relative to.
        figures: which pictures have a page.
        columns: of lists, which are shown with each picture.
        note: which of the pictures the page shows; None for all.
        groups: of pictures by their paths, if there are groups.
        is_local: whether the page stays in `folder`, so that it can lead to the pictures.

    Raises:
        InputError: if it can't be written.
    """
    folders = dict.fromkeys(os.path.basename(os.path.abspath(root)) for root in roots)
    title = printable(", ".join(folders))
    templates = environment()
    home = os.path.abspath(folder) if is_local else None
    stream = templates.get_template("gallery.html.j2").stream(
        title=title,
        version=__version__,
        totals=totals,
        numbers=[{"key": key, "unit": unit} for key, unit in NUMBERS],
        columns=columns,
        note=note,
        groups=[_group(group, one) for group, one in totals.worst_groups()],
        statuses=[s for s in STATUSES if totals.verdicts[s]],
        words={status: said(word) for status, word in VERDICT_WORDS.items()},
        texts=_texts_of_scripts(templates),
        rows=_lines(rows, roots, figures, columns, groups or {}, home),
    )
    stream.enable_buffering(50)
    with WholeFile(folder / GALLERY_FILE) as file:
        # Reasons may name files whose names are no text.
        text = file.text(errors="backslashreplace")
        for part in stream:
            text.write(part)


def _texts_of_scripts(templates: Environment) -> dict[str, str]:
    """What the page's scripts say, in the reader's language, by its English."""
    assert templates.loader is not None
    names = ("gallery.js.j2", "gallery_charts.js.j2", "gallery_controls.js.j2")
    sources = "".join(templates.loader.get_source(templates, name)[0] for name in names)
    return {text: said(text) for text in _SAID_IN_SCRIPTS.findall(sources)}


def _group(group: str, totals: Totals) -> dict[str, Any]:
    """A group as the page shows it."""
    findings = totals.findings.most_common(_FINDINGS_SHOWN)
    return {
        "name": group,
        "pictures": totals.pictures,
        "verdicts": totals.verdicts,
        "defect": f"{100 * totals.verdicts['defect'] / totals.pictures:.1f} %",
        "findings": ", ".join(f"{code} {count}" for code, count in findings),
    }


def _lines(
    rows: Iterable[dict[str, Any]],
    roots: list[str],
    figures: Figures,
    columns: tuple[str, ...],
    groups: Mapping[str, str],
    home: str | None,
) -> Iterator[Markup]:
    """Rows as items of a JavaScript array, safe within a script element."""
    comma = ""
    for row in rows:
        yield Markup(comma) + htmlsafe_json_dumps(
            [
                *gallery_row(row, roots, figures, columns),
                groups.get(row["path"]),
                *(_link(row[key], home) for key in ("path", "mask", "ref")),
            ],
            separators=(",", ":"),
            ensure_ascii=False,
        )
        comma = ",\n"


def _link(path: str | None, home: str | None) -> str | None:
    """Where a file is, seen from the page's folder; None where the page can't lead there."""
    if home is None or path is None or is_url(path):
        return None
    try:
        relative = os.path.relpath(os.path.abspath(path), home)
    except ValueError:  # on another drive
        return None
    return quote(os.fsencode(relative.replace(os.sep, "/")))


def gallery_row(
    row: dict[str, Any], roots: list[str], figures: Figures, columns: tuple[str, ...]
) -> list[Any]:
    """What the page needs of a row, in the order in which its script takes it."""
    summary, status = row["summary"], status_of(row)
    findings = [] if summary is None else summary["findings"]
    size = "" if summary is None else "{width_px} x {height_px} px".format(**summary["input"])
    return [
        printable(name_of(row["path"], roots)),
        status,
        badness(row),
        [
            [f["code"], f["severity"], round(f["probability"], 3), said(f["title"])]
            for f in findings
            if f["probability"] >= SUSPECT_PROBABILITY
        ],
        file_stem(row["path"]),
        int(has_page(status, figures)),
        size,
        row["error"] or said((summary or {}).get("unjudged") or ""),
        printable(row["mask"] or ""),
        printable(row["ref"] or ""),
        [_short(look_up(summary or {}, key)) for key, _ in NUMBERS],
        [str(v) if is_long(v := row.get("columns", {}).get(name)) else v for name in columns],
    ]


def _short(value: Any) -> Any:
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
