"""From what the checks measured to named defects, with probability, place, cause and fix."""

from __future__ import annotations

from tiling_diag.checks.measured import Measured
from tiling_diag.findings import of_the_lattice, of_the_picture
from tiling_diag.findings.finding import Finding


def find(measured: Measured) -> tuple[Finding, ...]:
    """All findings of a measured wall, worst first."""
    found = [
        *of_the_lattice.no_period(measured),
        *of_the_lattice.period(measured),
        *of_the_lattice.bands(measured),
        *of_the_picture.grids(measured),
        *of_the_picture.jpeg(measured),
        *of_the_picture.resize(measured),
        *of_the_lattice.drift(measured),
        *of_the_picture.cross(measured),
    ]
    rank = {"defect": 0, "suspect": 1, "info": 2}
    return tuple(sorted(found, key=lambda f: (rank[f.severity], -f.probability)))
