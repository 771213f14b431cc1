"""Which of several walls is the worst."""

from __future__ import annotations

from tiling_diag.diagnosis import Diagnosis

# From good to bad; what could not be judged lies between.
VERDICTS = ("ok", "unjudged", "suspect", "defect")


def badness(diagnosis: Diagnosis) -> tuple[int, float]:
    """Order of walls from good to bad: by the verdict, then by the surest finding."""
    bad = [f.probability for f in diagnosis.findings if f.severity != "info"]
    return VERDICTS.index(diagnosis.verdict), max(bad, default=0.0)
