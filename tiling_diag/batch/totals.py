"""What a batch came to: how many walls of each verdict, how many with each finding."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tiling_diag.batch.folder import GALLERY_FILE
from tiling_diag.batch.rows import badness, found_codes, status_of
from tiling_diag.findings.finding import VERDICT_WORDS, VERDICTS, reaches
from tiling_diag.language import said
from tiling_diag.text import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

STATUSES = (*reversed(VERDICTS), "error")
# Pictures and groups that a terminal names, and findings of each group.
_PICTURES_SAID, _GROUPS_SAID, _FINDINGS_SAID = 5, 5, 3


class Flagged(NamedTuple):
    """A picture with a defect, or suspected of one."""

    badness: float
    path: str
    status: str
    codes: list[str]


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
        groups: the same of the pictures of each group, if there are groups.
        worst: the worst pictures of those with a defect or suspected of one, the worst first.
    """

    pictures: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    done: int = 0
    dropped: int = 0
    seconds: float = 0.0
    out: str = ""
    groups: dict[str, Totals] = field(default_factory=dict)
    worst: list[Flagged] = field(default_factory=list)

    def add(self, row: dict[str, Any], group: str | None = None) -> None:
        """Count a row in, and in its group."""
        if group is not None:
            self.groups.setdefault(group, Totals()).add(row)
        self.pictures += 1
        status, codes = status_of(row), found_codes(row["summary"])
        self.verdicts[status] += 1
        self.findings.update(codes)
        if status in ("suspect", "defect"):
            self.worst.append(Flagged(badness(row), row["path"], status, codes))
            self.worst.sort(key=lambda one: -one.badness)
            del self.worst[_PICTURES_SAID:]

    def worst_groups(self) -> list[tuple[str, Totals]]:
        """Groups by their shares of defects, then of suspect walls, the highest first."""

        def rank(item: tuple[str, Totals]) -> tuple[float, float, str]:
            group, totals = item
            shares = (totals.verdicts[v] / totals.pictures for v in ("defect", "suspect"))
            defect, suspect = (-share for share in shares)
            return defect, suspect, group

        return sorted(self.groups.items(), key=rank)

    def meets(self, fail_on: str | None) -> bool:
        """Whether a picture has this verdict or a worse one."""
        return any(reaches(verdict, fail_on) for verdict, count in self.verdicts.items() if count)

    def plain(self) -> dict[str, Any]:
        """As numbers and text, for JSON."""
        groups = [{"group": group, **totals._counts()} for group, totals in self.worst_groups()]
        return {
            **self._counts(),
            "done": self.done,
            "kept": self.pictures - self.done,
            "dropped": self.dropped,
            "seconds": round(self.seconds, 3),
            "out": self.out,
            **({"groups": groups} if groups else {}),
        }

    def _counts(self) -> dict[str, Any]:
        return {
            "pictures": self.pictures,
            "verdicts": {status: self.verdicts[status] for status in STATUSES},
            "findings": dict(self.findings.most_common()),
        }


def render(totals: Totals, console: Console) -> None:
    """Print totals; nothing is wider than the console."""
    from rich.markup import escape
    from rich.table import Table

    from tiling_diag.report.console import STYLES

    styles = {**STYLES, "error": "bold magenta"}
    kept = totals.pictures - totals.done
    head = f"{totals.pictures} pictures: {totals.done} measured in {totals.seconds:.1f} s"
    console.print(said(head + (f", {kept} as before" if kept else "")), style="bold")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(no_wrap=True, justify="left")
    _add_counts(table, totals, {s: f"[{styles[s]}]{said(VERDICT_WORDS[s])}[/]" for s in STATUSES})
    console.print(table)
    _render_worst(totals, console, styles)
    _render_groups(totals, console)
    console.print(f"{said('gallery:')} {escape(os.path.join(totals.out, GALLERY_FILE))}")


def _render_worst(totals: Totals, console: Console, styles: Mapping[str, str]) -> None:
    """The worst pictures with what was found, as the gallery has them first."""
    from rich.markup import escape
    from rich.table import Table

    if not totals.worst:
        return
    console.print(said("the worst pictures:"), style="bold")
    table = Table.grid(padding=(0, 2))
    for _ in range(2):
        table.add_column(overflow="fold")
    for one in totals.worst:
        found = ", ".join(one.codes)
        table.add_row(f"  {escape(printable(one.path))}", f"[{styles[one.status]}]{found}[/]")
    console.print(table)


def _render_groups(totals: Totals, console: Console) -> None:
    """One table a group, the worst first."""
    from rich.markup import escape
    from rich.table import Table

    worst = totals.worst_groups()
    words = {status: said(word) for status, word in VERDICT_WORDS.items()}
    if worst:
        console.print(said(f"{len(worst)} groups, the worst first:"), style="bold")
    for group, one in worst[:_GROUPS_SAID]:
        console.print(f"{escape(group)} {said(f'({one.pictures} pictures)')}")
        table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 2, 0, 2))
        _add_counts(table, one, words, _FINDINGS_SAID)
        console.print(table)
    if len(worst) > _GROUPS_SAID:
        more = f"and {len(worst) - _GROUPS_SAID} more groups, in batch.json and the gallery"
        console.print(said(more))


def _add_counts(
    table: Table, totals: Totals, words: Mapping[str, str], findings: int | None = None
) -> None:
    """A row for each verdict there is, in these words, and for the most common findings."""
    for status in STATUSES:
        if count := totals.verdicts[status]:
            table.add_row(words[status], str(count), _share(count, totals))
    for code, count in totals.findings.most_common(findings):
        table.add_row(f"  {code}", str(count), _share(count, totals))


def _share(count: int, totals: Totals) -> str:
    return f"{100 * count / max(1, totals.pictures):.1f} %"
