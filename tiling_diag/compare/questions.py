"""Pictures by checkpoint, and the questions that are put to all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tiling_diag.batch.locations import split_name
from tiling_diag.compare.answers import Answers, numbered
from tiling_diag.compare.sides import Side, Wall
from tiling_diag.compare.steps import Step, without_step
from tiling_diag.findings.limits import LIMITS
from tiling_diag.report.schema import finding_codes

# With fewer groups, drawing groups anew says little: then every picture stands for itself.
LEAST_CLUSTERS = 10
DEFECT, FLAGGED, OCTAVE = "defect", "suspect or defect", "octave error"


def by_picture(sides: Sequence[Side], steps: Sequence[Step]) -> dict[str, list[Wall | None]]:
    """The walls of every picture, by its name: relative, without its ending and step."""
    found: dict[str, list[Wall | None]] = {}
    keys = [
        [_key(wall.name, step) for wall in side.walls]
        for side, step in zip(sides, steps, strict=True)
    ]
    # Pictures that differ by their endings alone keep them.
    unclear = {key for names in keys for key, count in _counts(names) if count > 1}
    for k, (side, names) in enumerate(zip(sides, keys, strict=True)):
        for wall, key in zip(side.walls, names, strict=True):
            row = found.setdefault(wall.name if key in unclear else key, [None] * len(sides))
            row[k] = None if wall.status == "error" else wall
    return {name: row for name, row in sorted(found.items()) if any(row)}


def _key(name: str, step: Step) -> str:
    return "/".join(filter(None, split_name(without_step(name, step))))


def _counts(names: list[str]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return list(counts.items())


def clusters_of(
    table: Sequence[Sequence[Wall | None]],
) -> tuple[NDArray[np.int64] | None, list[str]]:
    """The group of every picture as a number, where there are enough of them."""
    groups = [next((wall.group for wall in row if wall is not None), None) for row in table]
    count = len(set(groups))
    if set(groups) == {None}:
        return None, []
    if count < LEAST_CLUSTERS:
        note = (
            f"{count} groups are too few to be drawn anew (at least {LEAST_CLUSTERS}): intervals "
            "and tests take every picture for itself"
        )
        return None, [note]
    return numbered(groups), []


class Asking:
    """Puts questions to all walls of a table."""

    def __init__(
        self,
        table: Sequence[Sequence[Wall | None]],
        checkpoints: int,
        clusters: NDArray[np.int64] | None,
    ) -> None:
        self._table, self._checkpoints, self._clusters = table, checkpoints, clusters

    @property
    def codes(self) -> list[str]:
        """Findings that any wall has, in their usual order."""
        present = {code for row in self._table for wall in row if wall for code in wall.codes}
        return [code for code in finding_codes() if code in present]

    def about(
        self, has: Callable[[Wall], bool], known: Callable[[Wall], bool] = lambda wall: True
    ) -> Answers:
        """The answers of the walls that know one."""
        knows = np.array([[w is not None and known(w) for w in row] for row in self._table])
        says = np.array(
            [[w is not None and known(w) and has(w) for w in row] for row in self._table]
        )
        return Answers(says.T, knows.T, self._clusters)

    def period_errors(self) -> list[tuple[NDArray[np.float64], NDArray[np.int64]]]:
        """For every checkpoint how far periods are off, as shares, and clusters of the pictures."""
        octaves = np.array(
            [[math.nan if w is None else w.octaves for w in row] for row in self._table],
            dtype=np.float64,
        )
        numbers = np.arange(len(octaves)) if self._clusters is None else self._clusters
        error: NDArray[np.float64] = np.exp2(np.abs(octaves)) - 1
        known: NDArray[np.bool_] = np.isfinite(error)
        return [(error[known[:, k], k], numbers[known[:, k]]) for k in range(self._checkpoints)]

    def questions(self) -> dict[str, Answers]:
        """The answers to every question that any wall has an answer to, the one that decides first.

        Octave errors are periods that are off by about an octave or more.
        """
        least = 1 - LIMITS.octave_window
        asked = {
            DEFECT: self.about(lambda wall: wall.status == "defect"),
            FLAGGED: self.about(lambda wall: wall.status in ("suspect", "defect")),
            OCTAVE: self.about(
                lambda wall: abs(wall.octaves) >= least, lambda wall: math.isfinite(wall.octaves)
            ),
        }
        if not asked[OCTAVE].known.any():
            del asked[OCTAVE]
        return asked | {code: self._with_code(code) for code in self.codes}

    def _with_code(self, code: str) -> Answers:
        return self.about(lambda wall: code in wall.codes)
