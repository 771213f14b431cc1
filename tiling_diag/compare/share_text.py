"""Shares and their intervals as text."""

from __future__ import annotations

import math

from tiling_diag.compare.statistics import Interval
from tiling_diag.language import said


def percent(share: float) -> str:
    """A share in percent; a dash where it is not known."""
    return f"{100 * share:.1f} %" if math.isfinite(share) else "–"


def range_text(interval: Interval, *, signed: bool = False) -> str:
    """The ends of an interval in percent or, with a sign, in points."""
    if not math.isfinite(interval.low):
        return "–"
    low, high = (
        f"{100 * end + 0.0:+.1f}" if signed else f"{100 * end:.1f}" for end in interval[1:]
    )
    return said(f"{low} to {high}")
