"""What people see of a comparison: `compare.json`, `compare.html` or `trend.html`, the terminal."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from tiling_diag._version import __version__
from tiling_diag.batch.folder import GALLERY_FILE
from tiling_diag.batch.rows import NUMBERS
from tiling_diag.compare.batches import PERIODS, BatchComparison
from tiling_diag.compare.group_text import MOST_GROUPS, group_texts, print_groups
from tiling_diag.compare.judging import LEVEL
from tiling_diag.compare.pictures import PictureComparison
from tiling_diag.compare.trend import Trend
from tiling_diag.compare.trend_page import PAGE_FILE as TREND_FILE
from tiling_diag.compare.trend_page import link, render_trend, trend_page
from tiling_diag.errors import InputError
from tiling_diag.findings.finding import VERDICT_WORDS
from tiling_diag.language import said
from tiling_diag.report.pages import data_uri, environment
from tiling_diag.report.values import text_of
from tiling_diag.report.write import write_atomically
from tiling_diag.text import json_text, printable

if TYPE_CHECKING:
    from rich.console import Console

    from tiling_diag.compare.sides import Side, Wall

JSON_FILE, PAGE_FILE, FIGURE_FILE = "compare.json", "compare.html", "compare.png"
_MOST_NAMES = 200
# Findings of two pictures, by which of them have one.
_WHERE = {"gone": "in A only", "new": "in B only", "both": "in both"}


def write_comparison(
    comparison: BatchComparison | PictureComparison | Trend, out: Path
) -> list[Path]:
    """Write the files of a comparison to folder `out`; the page comes last.

    Raises:
        InputError: if `out` can't be written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{out}: can't hold the comparison ({error.strerror}); name a folder, or a new one"
        ) from error
    contents = {JSON_FILE: (json_text(comparison.plain(), indent=2) + "\n").encode()}
    if isinstance(comparison, PictureComparison):
        from tiling_diag.report.figures.compared import comparison_sheet
        from tiling_diag.report.figures.export import packed
        from tiling_diag.report.html import labelled

        drawn = packed(comparison_sheet(comparison.a, comparison.b))
        contents[FIGURE_FILE] = drawn.file
        contents[PAGE_FILE] = _picture_page(
            comparison, labelled(drawn.body, "comparison", said(comparison.change))
        )
    elif isinstance(comparison, Trend):
        contents[TREND_FILE] = trend_page(comparison, out)
    else:
        contents[PAGE_FILE] = _batch_page(comparison, out)
    return [write_atomically(out / name, data) for name, data in contents.items()]


def _picture_page(comparison: PictureComparison, figure: Markup) -> bytes:
    page = environment().get_template("compare_pictures.html.j2")
    names = [printable(d.names["pred"] or said("picture")) for d in (comparison.a, comparison.b)]
    return page.render(
        version=__version__,
        comparison=comparison,
        names=names,
        summaries=comparison.summaries,
        ratios={said(name): _times(value) for name, value in comparison.ratios.items()},
        changes={said(_WHERE[word]): found for word, found in comparison.findings().items()},
        figure=figure,
    ).encode()


def _batch_page(c: BatchComparison, out: Path) -> bytes:
    page = environment().get_template("compare_batches.html.j2")
    return page.render(
        version=__version__,
        c=c,
        names=[printable(str(side.folder)) for side in (c.a, c.b)],
        headline=headline(c),
        shares=[(share, *share_texts(c, share)) for share in c.shares],
        numbers=[(n, *_number_texts(n)) for n in c.numbers],
        lists=[
            (
                said(f"{len(walls)} {title}"),
                [_linked(c, a, b, out) for a, b in walls[:_MOST_NAMES]],
                len(walls),
            )
            for title, walls in (
                ("regressed", c.regressed),
                ("improved", c.improved),
                ("unchanged", c.unchanged),
            )
        ],
        alone=[
            (
                said(f"{len(found)} {title}"),
                [(printable(name), []) for name in found[:_MOST_NAMES]],
                len(found),
            )
            for title, found in (
                ("only in A", c.pairs.only_a),
                ("only in B", c.pairs.only_b),
                ("could not be read", c.unreadable),
            )
            if found
        ],
        largest=[[_shown(c.a, a, out), _shown(c.b, b, out)] for a, b in c.largest],
        galleries=[link(side.folder / GALLERY_FILE, out) for side in (c.a, c.b)],
        labels=["A", "B"],
        groups=[group_texts(table) for table in c.groups[:MOST_GROUPS]],
        more_groups=max(0, len(c.groups) - MOST_GROUPS),
    ).encode()


def _linked(c: BatchComparison, a: Wall, b: Wall, out: Path) -> tuple[str, list[tuple[str, str]]]:
    """A wall's name, and links to the pages that it has."""
    pages = (("A", link(c.a.page(a), out)), ("B", link(c.b.page(b), out)))
    return printable(a.name), [(side, page) for side, page in pages if page is not None]


def _shown(side: Side, wall: Wall, out: Path) -> dict[str, Any]:
    """A wall as the page shows it."""
    try:
        picture = data_uri(side.thumbnail(wall).read_bytes(), "jpeg")
    except OSError:  # results may travel without their thumbnails
        picture = None
    keys = [key for key, _ in NUMBERS]
    unit, course = (wall.numbers[keys.index(key)] for key in PERIODS)
    size = (
        said(f"unit {_px(unit)}, course {_px(course)}") if unit == unit or course == course else ""
    )
    return {
        "name": printable(wall.name),
        "picture": picture,
        "page": link(side.page(wall), out),
        "status": wall.status,
        "word": said(VERDICT_WORDS[wall.status]),
        "codes": ", ".join(sorted(wall.codes)) or said("nothing found"),
        "size": size or said("no period"),
    }


def headline(c: BatchComparison) -> str:
    """The answer in one sentence."""
    share = c.shares[0]
    words = {1: "B has more defects", -1: "B has fewer defects", 0: "No clear change in defects"}
    _, _, difference, interval = share_texts(c, share)
    pairs = len(c.pairs.both) - len(c.unreadable)
    sure = f"{difference} of the walls (95 % interval {interval}, {pairs} pairs)"
    return f"{said(words[share.changed])}: {said(sure)}"


def share_texts(c: BatchComparison, share: Any) -> tuple[str, str, str, str]:
    """Share in A and B, their difference and its interval, as text."""
    d = share.difference
    interval = said(f"{_points(d.low)} to {_points(d.high)}")
    return f"{share.a:.1%}", f"{share.b:.1%}", said(f"{_points(d.estimate)} points"), interval


def _points(share: float) -> str:
    return f"{100 * share + 0.0:+.1f}"


def _number_texts(number: Any) -> tuple[str, str, str, str, bool]:
    d = number.difference
    known = math.isfinite(d.low)
    interval = said(f"{text_of(d.low)} to {text_of(d.high)}" if known else "one pair only")
    beyond = known and number.p_holm < LEVEL
    return text_of(number.a), text_of(number.b), text_of(d.estimate), interval, beyond


def _times(value: float | None) -> str:
    return said("not measured") if value is None else f"{value:.3f}x"


def _px(value: float) -> str:
    return f"{value:.1f} px" if math.isfinite(value) else "none"


def render(comparison: BatchComparison | PictureComparison | Trend, console: Console) -> None:
    """Print a comparison; nothing is wider than the console."""
    if isinstance(comparison, PictureComparison):
        _render_pictures(comparison, console)
    elif isinstance(comparison, Trend):
        render_trend(comparison, console)
    else:
        _render_batches(comparison, console)


def _render_pictures(c: PictureComparison, console: Console) -> None:
    from rich.markup import escape

    from tiling_diag.report.console import STYLES

    for letter, d in (("A", c.a), ("B", c.b)):
        codes = ", ".join(dict.fromkeys(f.code for f in d.findings)) or said("nothing found")
        name = escape(printable(d.names["pred"] or said("picture")))
        verdict = said(VERDICT_WORDS[d.verdict])
        console.print(f"{letter}  [{STYLES[d.verdict]}]{verdict}[/]  {name}: {codes}")
    console.print(f"[bold]{said(c.change)}[/]; {said('period of B over that of A:')}")
    rows = [
        (said(name), _times(value) + (f"  {said('an octave')}" if name in c.octaves else ""))
        for name, value in c.ratios.items()
    ]
    rows += [(said(_WHERE[k]), ", ".join(codes)) for k, codes in c.findings().items() if codes]
    width = max(len(label) for label, _ in rows) + 2
    for label, text in rows:
        console.print(f"  {label:<{width}}{text}")


def _render_batches(c: BatchComparison, console: Console) -> None:
    from rich.markup import escape
    from rich.table import Table

    console.print(f"[bold]{headline(c)}[/]")
    for letter, side in (("A", c.a), ("B", c.b)):
        walls = said(f"{len(side.walls)} walls")
        console.print(f"{letter}  {escape(printable(str(side.folder)))} ({walls})")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("share of walls", "A", "B", "B - A", "95 % interval", "p (Holm)"):
        table.add_column(said(name), justify="left" if name == "share of walls" else "right")
    for share in c.shares:
        style = {1: "red", -1: "green", 0: ""}[share.changed]
        table.add_row(
            said(share.what), *share_texts(c, share), f"{share.p_holm:.2g}", style=style or None
        )
    console.print(table)
    console.print(
        said(
            f"{len(c.regressed)} regressed, {len(c.improved)} improved, "
            f"{len(c.unchanged)} unchanged"
        )
    )
    for word, count in (
        ("only in A", len(c.pairs.only_a)),
        ("only in B", len(c.pairs.only_b)),
        ("could not be read", len(c.unreadable)),
    ):
        if count:
            console.print(said(f"{count} {word}"))
    if c.groups:
        console.print(said("walls with a defect by group, the worst in B first:"))
        print_groups(c.groups, console)
    for note in c.notes:
        console.print(f"{said('note')}: {said(note)}", markup=False)
