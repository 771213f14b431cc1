"""A record in the terminal: the verdict first, then numbers, then what to do."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from tiling_diag.findings.finding import VERDICT_WORDS, Finding
from tiling_diag.language import said
from tiling_diag.record import Record
from tiling_diag.report.values import evidence_text, shown

STYLES = {
    "ok": "bold green",
    "unjudged": "bold blue",
    "suspect": "bold yellow",
    "defect": "bold red",
    "info": "cyan",
}
WORDS = {
    "ok": "no defect found",
    "unjudged": "nothing is wrong as far as it could be judged",
    "suspect": "worth a look",
    "defect": "something is wrong",
}


def rendered(record: Record, summary: dict[str, Any]) -> str:
    """What `render` prints on this terminal."""
    return as_text(lambda console: render(record, summary, console))


def as_text(draw: Callable[[Console], None]) -> str:
    """What `draw` prints on this terminal, without blanks at the ends of lines."""
    terminal, buffer = Console(), io.StringIO()
    console = Console(
        file=buffer, force_terminal=terminal.is_terminal, width=terminal.width, highlight=False
    )
    draw(console)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())


def render(record: Record, summary: dict[str, Any], console: Console) -> None:
    """Print a record and its summary; nothing is wider than the console."""
    verdict = summary["verdict"]
    words = WORDS[verdict]
    if verdict == "ok" and summary["lattice"] is None:
        words = "no period found"
    name = summary["input"]["pred"] or said("picture")
    size = f"{summary['input']['width_px']} x {summary['input']['height_px']} px"
    head = said(VERDICT_WORDS[verdict]).upper()
    console.print(f"[{STYLES[verdict]}]{head}[/]  {said(words)}: {escape(str(name))} ({size})")
    if summary["unjudged"] is not None:
        console.print(_two_columns([(said("not judged"), said(summary["unjudged"]))], "dim"))
    console.print(_two_columns(shown(summary), "dim"))
    for finding in record.findings:
        console.print()
        console.print(
            f"[{STYLES[finding.severity]}]{said(finding.severity)}[/] [bold]{finding.code}[/] "
            f"({said(f'probability {finding.probability:.2f}')})"
        )
        console.print(Padding(escape(said(finding.title)), (0, 0, 0, 2)))
        reasons = [(said(label), said(text)) for label, text in _reasons(finding)]
        console.print(Padding(_two_columns(reasons, "dim"), (0, 0, 0, 2)))
    if record.notes:
        console.print()
        console.print(_two_columns([(said("note"), said(note)) for note in record.notes], "dim"))


def _reasons(finding: Finding) -> list[tuple[str, str]]:
    rows = [
        (
            "why",
            f"{said(one.name)}: " + said(evidence_text(one.value, one.unit, one.limit)),
        )
        for one in finding.evidence
    ]
    # Titles of zones have them already.
    rows += [("where", zone.text) for zone in finding.where if zone.text not in finding.title]
    rows += [("cause", finding.cause)]
    rows += [("fix", finding.fix)] if finding.fix != "-" else []
    return rows + ([("picture", finding.remedy)] if finding.remedy else [])


def _two_columns(rows: list[tuple[str, str]], style: str) -> Table:
    """Labels and their texts; what is too long goes on under its beginning."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style=style, no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(label, escape(text))
    return table
