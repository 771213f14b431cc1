"""What a batch came to: how many walls of each verdict, how many with each finding."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiling_diag.batch.folder import GALLERY_FILE
from tiling_diag.batch.rows import found_codes, status_of
from tiling_diag.findings.finding import VERDICT_WORDS, VERDICTS, reaches

if TYPE_CHECKING:
    from rich.console import Console

STATUSES = (*reversed(VERDICTS), "error")


@dataclass
class Totals:
    """Counts over the rows of a batch.

    Attributes:
        pictures: how many there are.
        verdicts: pictures by verdict, ``error`` for those that could not be read.
        findings: pictures by finding, most frequent first when printed.
        done: pictures that this run measured; the others were kept.
        dropped: rows of pictures that are no longer among the inputs.
        seconds: how long the run took.
        out: the folder of the results.
    """

    pictures: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    done: int = 0
    dropped: int = 0
    seconds: float = 0.0
    out: str = ""

    def add(self, row: dict[str, Any]) -> None:
        """Count a row in."""
        self.pictures += 1
        self.verdicts[status_of(row)] += 1
        self.findings.update(found_codes(row["summary"]))

    def meets(self, fail_on: str | None) -> bool:
        """Whether a picture has this verdict or a worse one."""
        return any(reaches(verdict, fail_on) for verdict, count in self.verdicts.items() if count)

    def plain(self) -> dict[str, Any]:
        """As numbers and text, for JSON."""
        return {
            "pictures": self.pictures,
            "verdicts": {status: self.verdicts[status] for status in STATUSES},
            "findings": dict(self.findings.most_common()),
            "done": self.done,
            "kept": self.pictures - self.done,
            "dropped": self.dropped,
            "seconds": round(self.seconds, 3),
            "out": self.out,
        }


def render(totals: Totals, console: Console) -> None:
    """Print totals; nothing is wider than the console."""
    from rich.markup import escape
    from rich.table import Table

    from tiling_diag.report.console import STYLES

    styles = {**STYLES, "error": "bold magenta"}
    kept = totals.pictures - totals.done
    console.print(
        f"[bold]{totals.pictures} pictures[/]: {totals.done} measured in {totals.seconds:.1f} s"
        + (f", {kept} as before" if kept else "")
    )
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(no_wrap=True, justify="left")
    for status in STATUSES:
        if count := totals.verdicts[status]:
            table.add_row(
                f"[{styles[status]}]{VERDICT_WORDS[status]}[/]", str(count), _share(count, totals)
            )
    for code, count in totals.findings.most_common():
        table.add_row(f"  {code}", str(count), _share(count, totals))
    console.print(table)
    console.print(f"gallery: {escape(os.path.join(totals.out, GALLERY_FILE))}")


def _share(count: int, totals: Totals) -> str:
    return f"{100 * count / max(1, totals.pictures):.1f} %"
