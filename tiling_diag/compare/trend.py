"""Many checkpoints: shares over steps, which one is best, where it turned, whether the last lost.

One question decides: the share of walls with a defect. The others are shown beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiling_diag._version import __version__
from tiling_diag.compare.answers import Answers
from tiling_diag.compare.by_group import GroupTable, by_group
from tiling_diag.compare.change_points import Change
from tiling_diag.compare.judging import Best, Last, judge
from tiling_diag.compare.plain import interval_plain
from tiling_diag.compare.questions import DEFECT, Asking, by_picture, clusters_of
from tiling_diag.compare.shares import holm, median
from tiling_diag.compare.sides import Side, Wall
from tiling_diag.compare.statistics import Interval
from tiling_diag.compare.steps import Step
from tiling_diag.errors import InputError


@dataclass(frozen=True)
class Line:
    """One question over the checkpoints.

    Attributes:
        what: a finding's code, ``defect``, ``suspect or defect`` or ``octave error``.
        shares: at each checkpoint, with 95 % intervals.
        answers: how many pictures have an answer at each checkpoint.
        from_first: share less that at the first checkpoint; over the pictures that both have,
            where these are at least half. None for the first.
        p_values: of those differences, corrected for their number (Holm): those of the question
            that decides by themselves, those of all others together.
    """

    what: str
    shares: list[Interval]
    answers: list[int]
    from_first: list[Interval | None]
    p_values: list[float | None]


@dataclass(frozen=True)
class Trend:
    """What `compare` says of three or more checkpoints.

    Attributes:
        sides: the checkpoints in order.
        steps: their names and steps.
        walls: by picture, one for each checkpoint; None where it has none or it could not be read.
        lines: the question that decides first, then the others.
        period_error: median of how far periods are off what was expected, as a share of it.
        measured: pictures whose period error is known, at each checkpoint.
        best: the checkpoint with the fewest defects.
        last: the last one against the best before it.
        changes: where the share of defects changes for sure.
        groups: a table for each group, the worst at the last checkpoint first.
        clusters: groups that were taken as clusters; None where every picture stands for itself.
        notes: what a reader must know, as sentences.
    """

    sides: list[Side]
    steps: list[Step]
    walls: dict[str, list[Wall | None]]
    lines: list[Line]
    period_error: list[Interval]
    measured: list[int]
    best: Best
    last: Last
    changes: list[Change]
    groups: list[GroupTable]
    clusters: int | None
    notes: list[str]

    @property
    def is_regression(self) -> bool:
        """Whether the last checkpoint has more defects than the best before it."""
        return self.last.is_regression

    @property
    def labels(self) -> list[str]:
        """What the checkpoints are called."""
        return [step.label for step in self.steps]

    def plain(self) -> dict[str, Any]:
        """As numbers and text, for JSON; what is not known is None."""
        labels = self.labels
        return {
            "schema_version": SCHEMA_VERSION,
            "version": __version__,
            "kind": "trend",
            "checkpoints": [self._checkpoint(k) for k in range(len(labels))],
            "pictures": len(self.walls),
            "clusters": self.clusters,
            "best": {
                "checkpoint": labels[self.best.at],
                "better_than": [labels[k] for k in self.best.beaten],
                "may_be_as_good": [labels[k] for k in self.best.rivals],
                "correction": "holm",
            },
            "defect_regression": self.is_regression,
            "last_against_best_before": {
                "best_before": labels[self.last.best],
                **interval_plain(self.last.difference, "difference"),
                "p_value_holm": self.last.p_value,
            },
            "changes": [
                {
                    "between": labels[change.after : change.after + 2],
                    "range": [labels[change.low], labels[change.high + 1]],
                    "share_before": change.before,
                    "share_after": change.then,
                    "p_value": change.p_value,
                }
                for change in self.changes
            ],
            "shares": [self._line(line) for line in self.lines],
            "groups": [table.plain() for table in self.groups],
            "notes": self.notes,
        }

    def _checkpoint(self, k: int) -> dict[str, Any]:
        worse, better = self.changed(k)
        return {
            "name": self.steps[k].label,
            "step": self.steps[k].number,
            "folder": str(self.sides[k].folder),
            "pictures": self.lines[0].answers[k],
            "unreadable": sum(wall.status == "error" for wall in self.sides[k].walls),
            "period_error": interval_plain(self.period_error[k], "median"),
            "period_error_pictures": self.measured[k],
            "worse_than_before": [b.name for _, b in worse],
            "better_than_before": [b.name for _, b in better],
        }

    def _line(self, line: Line) -> dict[str, Any]:
        return {
            "what": line.what,
            "checkpoints": [
                {
                    "name": label,
                    "pictures": line.answers[k],
                    **interval_plain(line.shares[k], "share"),
                    "from_first": interval_plain(line.from_first[k], "difference"),
                    "p_value_holm": line.p_values[k],
                }
                for k, label in enumerate(self.labels)
            ],
        }

    def changed(self, k: int) -> tuple[list[tuple[Wall, Wall]], list[tuple[Wall, Wall]]]:
        """Pictures that got worse and better from the checkpoint before `k`, most first."""
        pairs = [(one[k - 1], one[k]) for one in self.walls.values()] if k else []
        both = [(a, b) for a, b in pairs if a is not None and b is not None]
        moved = [walls for walls in both if (_RANK[walls[1].status] != _RANK[walls[0].status])]
        moved.sort(key=lambda walls: -abs(walls[1].badness - walls[0].badness))
        worse = [walls for walls in moved if _RANK[walls[1].status] > _RANK[walls[0].status]]
        return worse, [walls for walls in moved if walls not in worse]


SCHEMA_VERSION = 1
_RANK = {"ok": 0, "unjudged": 0, "suspect": 1, "defect": 2}


def trend_of(sides: Sequence[Side], steps: Sequence[Step]) -> Trend:
    """Compare checkpoints.

    Args:
        sides: three or more, in order.
        steps: their names.

    Raises:
        InputError: if one of them has no picture that could be read.
    """
    walls = by_picture(sides, steps)
    table = list(walls.values())
    for k, side in enumerate(sides):
        if not any(row[k] is not None for row in table):
            raise InputError(f"{side.folder} has no picture that could be read")
    clusters, notes = clusters_of(table)
    ask = Asking(table, len(sides), clusters)
    questions = ask.questions()
    defect = questions[DEFECT]
    lines = _lines(questions)
    if defect.of_all() is None:
        notes.append("the checkpoints share too few pictures to say where defects change")
    elif not defect.known.all():
        notes.append("not every checkpoint has every picture")
    judged = judge(defect, _order(lines, error := ask.period_errors()))
    return Trend(
        sides=list(sides),
        steps=list(steps),
        walls=walls,
        lines=lines,
        period_error=[median(values, numbers) for values, numbers in error],
        measured=[len(values) for values, _ in error],
        best=judged.best,
        last=judged.last,
        changes=judged.changes,
        groups=by_group(table),
        clusters=None if clusters is None else int(clusters.max()) + 1,
        notes=[*notes, *_settings_notes(sides, steps)],
    )


def _lines(questions: dict[str, Answers]) -> list[Line]:
    """Every question over the checkpoints, each checkpoint against the first."""
    first, *others = questions
    corrected = {first: _against_first({first: questions[first]})[first]}
    corrected |= _against_first({what: questions[what] for what in others})
    return [_line(what, answers, corrected[what]) for what, answers in questions.items()]


def _against_first(questions: dict[str, Answers]) -> dict[str, dict[int, float]]:
    """P values of all checkpoints against the first, corrected for all questions together."""
    raw = {
        (what, k): answers.p_value(0, k)
        for what, answers in questions.items()
        for k in range(1, len(answers.known))
        if answers.known[0].any() and answers.known[k].any()
    }
    found: dict[str, dict[int, float]] = {what: {} for what in questions}
    for (what, k), p_value in zip(raw, holm(list(raw.values())), strict=True):
        found[what][k] = p_value
    return found


def _line(what: str, answers: Answers, p_values: dict[int, float]) -> Line:
    checkpoints = range(len(answers.known))
    return Line(
        what=what,
        shares=[answers.share(k) for k in checkpoints],
        answers=answers.known.sum(1).tolist(),
        from_first=[answers.difference(0, k) if k in p_values else None for k in checkpoints],
        p_values=[p_values.get(k) for k in checkpoints],
    )


def _order(
    lines: list[Line], errors: list[tuple[NDArray[np.float64], NDArray[np.int64]]]
) -> list[int]:
    """Checkpoints from the best to the worst: between equal ones the flags, then the periods."""

    def rank(k: int) -> tuple[float, float, float, int]:
        off = float(np.median(errors[k][0])) if len(errors[k][0]) else 0.0
        return (lines[0].shares[k].estimate, lines[1].shares[k].estimate, off, k)

    return sorted(range(len(errors)), key=rank)


def _settings_notes(sides: Sequence[Side], steps: Sequence[Step]) -> list[str]:
    """Settings in which checkpoints differ from the first."""
    notes = []
    for side, step in zip(sides[1:], steps[1:], strict=True):
        first = sides[0].settings
        if names := sorted(
            name
            for name in first.keys() | side.settings.keys()
            if first and side.settings and first.get(name) != side.settings.get(name)
        ):
            notes.append(
                f"{step.label} was measured with another {', '.join(names)} than {steps[0].label}"
            )
    return notes
