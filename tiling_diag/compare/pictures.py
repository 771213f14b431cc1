"""Two pictures against each other: periods per axis, findings, and what changed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tiling_diag._version import __version__
from tiling_diag.batch.rows import found_codes
from tiling_diag.findings.limits import LIMITS

if TYPE_CHECKING:
    from tiling_diag.diagnosis import Diagnosis

SCHEMA_VERSION = 1
# What was not judged is neither better nor worse than what is good.
_RANK = {"ok": 0, "unjudged": 0, "suspect": 1, "defect": 2}
_SECTIONS = {"unit": "lattice", "course": "lattice", "fundamental": "periods"}


@dataclass(frozen=True, eq=False)
class PictureComparison:
    """What `compare` says of two pictures.

    Attributes:
        a, b: their diagnoses.
        is_a_reference: whether A is how the material should be; false where another reference or
            expected lengths say that.
    """

    a: Diagnosis
    b: Diagnosis
    is_a_reference: bool = True

    @cached_property
    def summaries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The summaries of A and B."""
        return self.a.summary(), self.b.summary()

    @property
    def ratios(self) -> dict[str, float | None]:
        """Period of B over that of A: of units, of courses and of the fundamental."""
        one, other = self.summaries
        found: dict[str, float | None] = {}
        for name, section in _SECTIONS.items():
            before = (one[section] or {}).get(f"{name}_px")
            after = (other[section] or {}).get(f"{name}_px")
            found[name] = after / before if before and after else None
        return found

    @property
    def moves(self) -> dict[str, float]:
        """How far periods of B are from those of A, as log2 of their ratio; 1 is doubled.

        Only what has moved by more than 8 %, as findings have it.
        """
        ratios = self._turned_ratios() if self._is_turned else self.ratios
        if ratios["unit"] is not None or ratios["course"] is not None:
            ratios.pop("fundamental", None)  # it may be another harmonic of the same lattice
        moves = {name: math.log2(ratio) for name, ratio in ratios.items() if ratio}
        return {name: move for name, move in moves.items() if abs(move) > LIMITS.off_octaves}

    @property
    def octaves(self) -> dict[str, float]:
        """Those of `moves` that are about an octave or more."""
        least = 1 - LIMITS.octave_window
        return {name: move for name, move in self.moves.items() if abs(move) >= least}

    @property
    def _is_turned(self) -> bool:
        """Whether the rows of B run across those of A: its courses are then A's units."""
        lattices = [summary["lattice"] for summary in self.summaries]
        if None in lattices:
            return False
        turn = abs(lattices[0]["angle_deg"] - lattices[1]["angle_deg"]) % 180
        return bool(45 < turn < 135)

    def _turned_ratios(self) -> dict[str, float | None]:
        one, other = (summary["lattice"] for summary in self.summaries)
        pairs = {"unit": ("unit_px", "course_px"), "course": ("course_px", "unit_px")}
        return {
            name: other[b] / one[a] if one[a] and other[b] else None
            for name, (a, b) in pairs.items()
        }

    @property
    def change(self) -> str:
        """``improved``, ``regressed``, ``changed`` or ``unchanged``.

        A period that moved is ``changed``; by an octave, where A is the reference, ``regressed``.
        Beside that the verdicts decide.
        """
        move = _RANK[self.b.verdict] - _RANK[self.a.verdict]
        if move > 0 or self._leaves_reference:
            return "regressed"
        if move < 0:
            return "improved"
        return "changed" if self.moves else "unchanged"

    @property
    def _leaves_reference(self) -> bool:
        return self.is_a_reference and bool(self.octaves)

    @property
    def is_regression(self) -> bool:
        """Whether B is a defect and A was none, or left the period of A, the reference."""
        worse = self.b.verdict == "defect" and self.a.verdict != "defect"
        return worse or self._leaves_reference

    def findings(self) -> dict[str, list[str]]:
        """Codes of findings that went, came and stayed."""
        before, after = (found_codes(summary) for summary in self.summaries)
        return {
            "gone": [code for code in before if code not in after],
            "new": [code for code in after if code not in before],
            "both": [code for code in before if code in after],
        }

    def plain(self) -> dict[str, Any]:
        """As numbers and text, for JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "version": __version__,
            "change": self.change,
            "regression": self.is_regression,
            "period_ratios": self.ratios,
            "octaves": self.octaves,
            "findings": self.findings(),
            "a": self.summaries[0],
            "b": self.summaries[1],
        }
