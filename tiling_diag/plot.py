"""Plots of a diagnosis with matplotlib, to restyle, combine and save.

Each function takes a diagnosis and draws into the axes given, or into a figure of its own, and
returns the axes::

    import tiling_diag as td
    from matplotlib.figure import Figure

    d = td.diagnose("sample_data/brick_zones.jpg")
    figure = Figure((10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    td.plot.overview(d, left)
    td.plot.radial_profile(d, right)
    figure.savefig("wall.pdf")

pyplot is not used: a figure made here is `ax.figure`, and a notebook shows it where the axes are
the last line of a cell.
"""

from __future__ import annotations

from tiling_diag.report.figures.displays import (
    autocorrelation,
    bands,
    cepstrum,
    comparison,
    local_period,
    overview,
    radial_profile,
    spectrum,
)
from tiling_diag.report.figures.sweeps import sweep

__all__ = [
    "autocorrelation",
    "bands",
    "cepstrum",
    "comparison",
    "local_period",
    "overview",
    "radial_profile",
    "spectrum",
    "sweep",
]
