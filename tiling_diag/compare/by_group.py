"""The same questions for each group of pictures, such as those of one prompt: the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tiling_diag.compare.answers import Answers
from tiling_diag.compare.plain import interval_plain
from tiling_diag.compare.questions import FLAGGED, Asking
from tiling_diag.compare.shares import holm
from tiling_diag.compare.sides import Wall
from tiling_diag.compare.statistics import Interval


class GroupLine(NamedTuple):
    """One question, within a group.

    Attributes:
        what: as in `questions`.
        shares: at each checkpoint or side, with 95 % intervals.
        difference: the last share less the first; None where one of them has no picture.
        p_value: of that difference, corrected for the number of groups (Holm).
    """

    what: str
    shares: list[Interval]
    difference: Interval | None
    p_value: float | None


class GroupTable(NamedTuple):
    """A group.

    Attributes:
        group: its name.
        pictures: how many it has.
        lines: the question that decides first.
    """

    group: str
    pictures: int
    lines: list[GroupLine]

    def plain(self) -> dict[str, Any]:
        """As numbers and text, for JSON."""
        return {
            "group": self.group,
            "pictures": self.pictures,
            "lines": [
                {
                    "what": line.what,
                    "shares": [interval_plain(share, "share") for share in line.shares],
                    **interval_plain(line.difference, "difference"),
                    "p_value": line.p_value,
                }
                for line in self.lines
            ],
        }


def by_group(table: Sequence[Sequence[Wall | None]]) -> list[GroupTable]:
    """A table for each group; none where walls have no groups.

    Groups come in the order of their shares of defects at the last checkpoint, then of their shares
    of walls that are suspect or worse, the highest first.

    Args:
        table: for each picture its walls at the checkpoints, None where there is none.
    """
    rows: dict[str, list[Sequence[Wall | None]]] = {}
    for row in table:
        group = next((wall.group for wall in row if wall is not None), None)
        if group is not None:
            rows.setdefault(group, []).append(row)
    asked = {group: Asking(some, len(some[0]), None).questions() for group, some in rows.items()}
    p_values = _corrected(asked)
    tables = [
        GroupTable(
            group,
            len(rows[group]),
            [_line(what, a, p_values.get((group, what))) for what, a in questions.items()],
        )
        for group, questions in asked.items()
    ]
    return sorted(tables, key=_rank)


def _corrected(asked: dict[str, dict[str, Answers]]) -> dict[tuple[str, str], float]:
    """P values by group and question; of each question over all groups together."""
    found: dict[tuple[str, str], float] = {}
    for what in {what: None for questions in asked.values() for what in questions}:
        raw = {
            (group, what): questions[what].p_value(0, len(questions[what].known) - 1)
            for group, questions in asked.items()
            if what in questions and _has_ends(questions[what])
        }
        found |= dict(zip(raw, holm(list(raw.values())), strict=True))
    return found


def _has_ends(answers: Answers) -> bool:
    return bool(answers.known[0].any() and answers.known[-1].any())


def _line(what: str, answers: Answers, p_value: float | None) -> GroupLine:
    last = len(answers.known) - 1
    return GroupLine(
        what,
        [answers.share(k) for k in range(last + 1)],
        answers.difference(0, last) if p_value is not None else None,
        p_value,
    )


def _rank(table: GroupTable) -> tuple[float, float, str]:
    flagged = next(line for line in table.lines if line.what == FLAGGED)
    lasts = (line.shares[-1].estimate for line in (table.lines[0], flagged))
    defects, flags = (-share if share == share else 1.0 for share in lasts)
    return defects, flags, table.group
