"""Two batches against each other: shares of findings, numbers, and what changed most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiling_diag._version import __version__
from tiling_diag.batch.rows import NUMBERS
from tiling_diag.compare.by_group import GroupTable, by_group
from tiling_diag.compare.judging import LEVEL
from tiling_diag.compare.plain import interval_plain
from tiling_diag.compare.questions import DEFECT, OCTAVE, Asking, clusters_of
from tiling_diag.compare.shares import holm
from tiling_diag.compare.sides import Pairs, Side, Wall, pair
from tiling_diag.compare.statistics import Interval, MeanDifference, mean_differences
from tiling_diag.compare.steps import Step
from tiling_diag.errors import InputError
from tiling_diag.text import printable

SCHEMA_VERSION = 1
MOST_CHANGED = 10
# What was not judged is neither better nor worse than what is good.
_RANK = {"ok": 0, "unjudged": 0, "suspect": 1, "defect": 2}


@dataclass(frozen=True)
class Share:
    """How many walls have something, in A and in B.

    Attributes:
        what: a finding's code, or ``defect``, or ``suspect or defect``.
        a, b: shares of the pairs.
        only_a, only_b: pairs that have it on one side alone.
        difference: B minus A.
        p_value: of McNemar's test, or its kin for clusters.
        p_holm: the same, corrected for the number of findings; that of the first question, which
            is asked by itself, is not.
    """

    what: str
    a: float
    b: float
    only_a: int
    only_b: int
    difference: Interval
    p_value: float
    p_holm: float

    @property
    def changed(self) -> int:
        """1 if B has more beyond chance, -1 if it has fewer, 0 if there is no telling.

        Of the first question the interval decides, of the others the corrected p value.
        """
        if self.what != DEFECT and self.p_holm >= LEVEL:
            return 0
        return (self.difference.low > 0) - (self.difference.high < 0)


@dataclass(frozen=True)
class Number:
    """The mean of a number, in A and in B, over the pairs in which both were measured.

    `p_holm` is the difference's p value, corrected for the number of numbers.
    """

    key: str
    unit: str
    pairs: int
    a: float
    b: float
    difference: MeanDifference
    p_holm: float


@dataclass(frozen=True)
class BatchComparison:
    """What `compare` says of two batches.

    Attributes:
        a, b: the sides.
        pairs: which walls belong together.
        unreadable: names of pairs with an error row.
        shares: the verdicts first, then every finding that any wall has.
        numbers: every number that was measured on both sides of a pair.
        improved, regressed, unchanged: pairs by their verdicts.
        largest: pairs that changed most, the largest change first.
        groups: a table for each group, the worst in B first.
        clusters: groups that were taken as clusters; None where every picture stands for itself.
        notes: what makes the sides hard to compare, as sentences.
    """

    a: Side
    b: Side
    pairs: Pairs
    unreadable: list[str]
    shares: list[Share]
    numbers: list[Number]
    improved: list[tuple[Wall, Wall]]
    regressed: list[tuple[Wall, Wall]]
    unchanged: list[tuple[Wall, Wall]]
    largest: list[tuple[Wall, Wall]]
    groups: list[GroupTable]
    clusters: int | None
    notes: list[str]

    @property
    def is_regression(self) -> bool:
        """Whether the share of defects has risen beyond its interval."""
        return self.shares[0].changed > 0

    def plain(self) -> dict[str, Any]:
        """As numbers and text, for JSON; what is not known is None."""
        return {
            "schema_version": SCHEMA_VERSION,
            "version": __version__,
            "a": str(self.a.folder),
            "b": str(self.b.folder),
            "pairs": len(self.pairs.both),
            "unpaired_a": self.pairs.only_a,
            "unpaired_b": self.pairs.only_b,
            "unreadable": self.unreadable,
            "defect_regression": self.is_regression,
            "shares": [
                {
                    "what": s.what,
                    "a": s.a,
                    "b": s.b,
                    "only_a": s.only_a,
                    "only_b": s.only_b,
                    **interval_plain(s.difference, "difference"),
                    "p_value": s.p_value,
                    "p_value_holm": s.p_holm,
                }
                for s in self.shares
            ],
            "numbers": [
                {
                    "measure": n.key,
                    "unit": n.unit,
                    "pairs": n.pairs,
                    "mean_a": n.a,
                    "mean_b": n.b,
                    **interval_plain(Interval(*n.difference[:3]), "difference"),
                    "p_value": n.difference.p_value,
                    "p_value_holm": n.p_holm,
                }
                for n in self.numbers
            ],
            "improved": [a.name for a, _ in self.improved],
            "regressed": [a.name for a, _ in self.regressed],
            "unchanged": [a.name for a, _ in self.unchanged],
            "largest_changes": [
                {"name": a.name, "a": _wall(a), "b": _wall(b)} for a, b in self.largest
            ],
            "correction": "holm",
            "clusters": self.clusters,
            "groups": [table.plain() for table in self.groups],
            "notes": self.notes,
        }


def _wall(wall: Wall) -> dict[str, Any]:
    return {"path": wall.path, "verdict": wall.status, "findings": sorted(wall.codes)}


def compare_batches(a: Side, b: Side, steps: Sequence[Step] = ()) -> BatchComparison:
    """Compare two batches over the pictures that both have and could read.

    Args:
        a: one side.
        b: the other.
        steps: of both, see `sides.pair`.

    Raises:
        InputError: if no picture of A has a partner in B that could be read as well.
    """
    pairs = pair(a.walls, b.walls, steps)
    unreadable = [x.name for x, y in pairs.both if "error" in (x.status, y.status)]
    both = [(x, y) for x, y in pairs.both if "error" not in (x.status, y.status)]
    if not both:
        raise InputError(
            f"{a.folder} and {b.folder} have no picture in common that could be read: pictures are "
            "paired by relative path and stem"
        )
    clusters, notes = clusters_of(both)
    moves = [(_RANK[y.status] - _RANK[x.status], (x, y)) for x, y in both]
    return BatchComparison(
        a=a,
        b=b,
        pairs=pairs,
        unreadable=unreadable,
        shares=_shares(both, clusters),
        numbers=_numbers(both, clusters),
        improved=[walls for move, walls in moves if move < 0],
        regressed=[walls for move, walls in moves if move > 0],
        unchanged=[walls for move, walls in moves if move == 0],
        largest=_largest(both),
        groups=by_group(both),
        clusters=None if clusters is None else int(clusters.max()) + 1,
        notes=[*notes, *_notes(a, b)],
    )


def _shares(both: list[tuple[Wall, Wall]], clusters: NDArray[np.int64] | None) -> list[Share]:
    questions = Asking(both, 2, clusters).questions()
    questions.pop(OCTAVE, None)  # the findings about periods say so
    raw = {what: answers.p_value(0, 1) for what, answers in questions.items()}
    first = next(iter(raw))
    others = [what for what in raw if what != first]
    corrected = {first: raw[first]}
    corrected |= dict(zip(others, holm([raw[what] for what in others]), strict=True))
    return [
        Share(
            what=what,
            a=answers.share(0).estimate,
            b=answers.share(1).estimate,
            only_a=int((answers.yes[0] & ~answers.yes[1]).sum()),
            only_b=int((answers.yes[1] & ~answers.yes[0]).sum()),
            difference=answers.difference(0, 1),
            p_value=raw[what],
            p_holm=corrected[what],
        )
        for what, answers in questions.items()
    ]


def _numbers(both: list[tuple[Wall, Wall]], clusters: NDArray[np.int64] | None) -> list[Number]:
    a, b = (np.array([walls[k].numbers for walls in both], dtype=np.float64) for k in (0, 1))
    known = np.isfinite(a) & np.isfinite(b)
    differences = mean_differences(a, b, clusters)
    told = [k for k in range(len(NUMBERS)) if known[:, k].any()]
    corrected = holm([differences[k].p_value for k in told])
    return [
        Number(
            key=NUMBERS[k][0],
            unit=NUMBERS[k][1],
            pairs=int(known[:, k].sum()),
            a=float(a[known[:, k], k].mean()),
            b=float(b[known[:, k], k].mean()),
            difference=differences[k],
            p_holm=p_holm,
        )
        for k, p_holm in zip(told, corrected, strict=True)
    ]


def _largest(both: list[tuple[Wall, Wall]]) -> list[tuple[Wall, Wall]]:
    """Pairs by how far their badness moved, then by how far their periods did."""
    periods = [k for k, (key, _) in enumerate(NUMBERS) if key in PERIODS]

    def change(walls: tuple[Wall, Wall]) -> tuple[float, float, str]:
        a, b = walls
        octaves = [
            abs(math.log2(b.numbers[k] / a.numbers[k]))
            for k in periods
            if a.numbers[k] > 0 and b.numbers[k] > 0
        ]
        return (-abs(b.badness - a.badness), -max(octaves, default=0.0), a.name)

    moved = [walls for walls in sorted(both, key=change) if change(walls)[:2] != (0.0, 0.0)]
    return moved[:MOST_CHANGED]


PERIODS = ("lattice.unit_px", "lattice.course_px")


def _notes(a: Side, b: Side) -> list[str]:
    names = sorted(
        name
        for name in a.settings.keys() | b.settings.keys()
        if a.settings and b.settings and a.settings.get(name) != b.settings.get(name)
    )
    return [
        f"the sides were measured with another {name}: "
        f"{printable(str(a.settings.get(name)))} and {printable(str(b.settings.get(name)))}"
        for name in names
    ]
