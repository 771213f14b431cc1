"""A diagnosis in the terminal: the verdict first, then numbers, then what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from tiling_diag.report.measures import shown

if TYPE_CHECKING:
    from tiling_diag.diagnosis import Diagnosis

STYLES = {"ok": "bold green", "suspect": "bold yellow", "defect": "bold red", "info": "cyan"}
WORDS = {
    "ok": "no defect found",
    "suspect": "worth a look",
    "defect": "something is wrong",
}


def render(diagnosis: Diagnosis, console: Console) -> None:
    """Print a diagnosis; nothing is wider than the console."""
    summary = diagnosis.summary()
    verdict = summary["verdict"]
    name = summary["input"]["pred"] or "picture"
    size = f"{summary['input']['width_px']} x {summary['input']['height_px']} px"
    console.print(
        f"[{STYLES[verdict]}]{verdict.upper()}[/]  {WORDS[verdict]}: {escape(str(name))} ({size})"
    )
    console.print(_numbers(diagnosis))
    for finding in diagnosis.findings:
        console.print()
        style = STYLES[finding.severity]
        console.print(
            f"[{style}]{finding.severity}[/] [bold]{finding.code}[/] "
            f"(probability {finding.probability:.2f})"
        )
        lines = [escape(finding.title)]
        lines += [
            f"why    {escape(one.name)}: {one.value:.3g}{one.unit}"
            + ("" if one.limit is None else f" (limit {one.limit:.3g})")
            for one in finding.evidence
        ]
        lines += [f"where  {escape(zone.text)}" for zone in finding.where]
        lines += [f"cause  {finding.cause}"]
        if finding.fix != "-":
            lines += [f"fix    {finding.fix}"]
        for line in lines:
            console.print(Padding(line, (0, 0, 0, 2)))
    for note in diagnosis.notes:
        console.print(Padding(f"note: {escape(note)}", (0, 0, 0, 2)), style="dim")


def _numbers(diagnosis: Diagnosis) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for label, value in shown(diagnosis):
        table.add_row(label, value)
    return table
