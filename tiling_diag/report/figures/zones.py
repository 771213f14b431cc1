"""The zones that figures outline: those of findings that are more than information."""

from __future__ import annotations

import numpy as np

from tiling_diag.findings.finding import SUSPECT_PROBABILITY, Finding, Zone
from tiling_diag.record import Record
from tiling_diag.report.figures.scene import Floats


def flagged(record: Record) -> list[Finding]:
    """The findings that are more than information."""
    return [
        finding
        for finding in record.findings
        if finding.severity != "info" and finding.probability >= SUSPECT_PROBABILITY
    ]


def flagged_zones(record: Record) -> list[Zone]:
    """Where they are."""
    return [zone for finding in flagged(record) for zone in finding.where]


def corners(zone: Zone) -> Floats:
    """``(n, 2)`` corners of a zone, in px of the picture."""
    if zone.polygon_px:
        return np.array(zone.polygon_px, dtype=np.float64)
    x0, y0, x1, y1 = zone.box_px
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=np.float64)


def kept_inside(places: Floats, size: tuple[int, int], slack: float) -> Floats:
    """Corners moved into a picture of ``size`` (width, height), `slack` from its border."""
    high = [size[0] - slack, size[1] - slack]
    kept: Floats = np.clip(places, slack, np.maximum(high, slack))
    return kept
