"""Two pictures against each other: periods per axis, findings, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tiling_diag._version import __version__
from tiling_diag.batch.rows import found_codes

if TYPE_CHECKING:
    from PIL import Image

    from tiling_diag.diagnosis import Diagnosis

SCHEMA_VERSION = 1
_RANK = {"ok": 0, "suspect": 1, "defect": 2}
_SECTIONS = {"unit": "lattice", "course": "lattice", "fundamental": "periods"}


@dataclass(frozen=True, eq=False)
class PictureComparison:
    """What `compare` says of two pictures.

    Attributes:
        a, b: their diagnoses.
    """

    a: Diagnosis
    b: Diagnosis

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
    def change(self) -> str:
        """``improved``, ``regressed`` or ``unchanged``, by the verdicts."""
        move = _RANK[self.b.verdict] - _RANK[self.a.verdict]
        return "regressed" if move > 0 else "improved" if move < 0 else "unchanged"

    @property
    def is_regression(self) -> bool:
        """Whether B is a defect and A was none."""
        return self.b.verdict == "defect" and self.a.verdict != "defect"

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
            "period_ratios": self.ratios,
            "findings": self.findings(),
            "a": self.summaries[0],
            "b": self.summaries[1],
        }

    def figure(self) -> Image.Image:
        """Both walls with their lattices, side by side."""
        from PIL import Image

        from tiling_diag.report.figures.draw import draw

        left, right = (draw(d, "overview").image for d in (self.a, self.b))
        both = Image.new("RGB", (left.width + right.width, max(left.height, right.height)), "white")
        both.paste(left, (0, 0))
        both.paste(right, (left.width, 0))
        return both
