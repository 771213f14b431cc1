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
    """

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """``ok``, ``suspect`` or ``defect``: the worst severity among the findings."""
        return verdict_of(self.findings)
