"""One named defect, with its evidence, place, cause and fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "suspect", "defect"]
Verdict = Literal["ok", "unjudged", "suspect", "defect"]

# Contract: from the best to the worst.
VERDICTS: tuple[Verdict, ...] = ("ok", "unjudged", "suspect", "defect")
# As people read them, with what a batch has beside them.
VERDICT_WORDS = {**{verdict: verdict for verdict in (*VERDICTS, "error")}, "unjudged": "not judged"}

# Contract: the severity of a finding follows from its probability.
SUSPECT_PROBABILITY = 0.5
DEFECT_PROBABILITY = 0.9


@dataclass(frozen=True)
class Evidence:
    """A number that a finding stands on, with the limit it is judged by.

    Attributes:
        name: what was measured, in a few words.
        value: the measurement.
        limit: where it becomes suspect; None where there is no single limit.
        unit: such as ``px``; empty for ratios.
    """

    name: str
    value: float
    limit: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Zone:
    """A part of the picture.

    Attributes:
        box_px: x0, y0, x1, y1 around it, right and lower edge not included.
        text: what it is, in a few words.
        polygon_px: its corners (x, y) in px; empty where the box is all of it.
    """

    box_px: tuple[float, float, float, float]
    text: str
    polygon_px: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Finding:
    """A defect, or something worth knowing, that was found in a wall.

    Attributes:
        code: stable name, such as ``doubling_bands``.
        probability: that the defect is there, in [0, 1].
        severity: ``info`` is never a defect; the others follow from the probability.
        title: one line that says what is wrong, with its main number.
        evidence: the numbers behind it.
        where: zones it lies in; empty for the whole wall.
        cause: what usually brings it about.
        fix: what usually helps who trains the model or runs the pipeline.
        remedy: what helps who has only this picture; empty where nothing is needed.
    """

    code: str
    probability: float
    severity: Severity
    title: str
    evidence: tuple[Evidence, ...]
    where: tuple[Zone, ...]
    cause: str
    fix: str
    remedy: str = ""


def severity_of(probability: float) -> Severity:
    """The severity that goes with a probability."""
    if probability >= DEFECT_PROBABILITY:
        return "defect"
    return "suspect" if probability >= SUSPECT_PROBABILITY else "info"


def verdict_of(findings: tuple[Finding, ...]) -> Verdict:
    """The worst severity; ``ok`` where there is nothing but information."""
    severities = {finding.severity for finding in findings}
    if "defect" in severities:
        return "defect"
    return "suspect" if "suspect" in severities else "ok"


def reaches(verdict: str, least: str | None) -> bool:
    """Whether a verdict is `least` or a worse one; never where `least` is None."""
    order: tuple[str, ...] = VERDICTS
    return least is not None and verdict in order[order.index(least) :]
