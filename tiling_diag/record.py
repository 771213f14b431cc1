"""What every output reads: a measured wall with its findings."""

from __future__ import annotations

from dataclasses import dataclass

from tiling_diag.checks.measured import Measured
from tiling_diag.findings.finding import Finding, Verdict, verdict_of


@dataclass(frozen=True, eq=False, repr=False)
class Record(Measured):
    """A measured wall, and what was found wrong with it.

    Attributes:
        findings: worst first.
        unjudged: why what was asked could not be judged, as a sentence; None where it could.
    """

    findings: tuple[Finding, ...]
    unjudged: str | None

    @property
    def verdict(self) -> Verdict:
        """The worst severity among the findings; ``unjudged`` where nothing is wrong as far as it
        could be judged, but not all that was asked could be.
        """
        worst = verdict_of(self.findings)
        return "unjudged" if worst == "ok" and self.unjudged is not None else worst
