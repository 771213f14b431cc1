"""The numbers that findings are judged by, from what the checks measured.

One function per kind of finding, shared by the findings and by the script that calibrates them. A
kind that can't be judged on this wall has no evidence (None). Numbers grow with the defect and are
of a size at which a logistic map is steep somewhere between -5 and 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from tiling_diag.checks.measured import Measured
from tiling_diag.checks.results import LatticeResult
from tiling_diag.findings.limits import LIMITS


def period_octaves(d: Measured) -> dict[str, float]:
    """Octaves by which units and courses differ from the expected size or the reference.

    What the user gives in px counts for more than a reference picture.
    """
    ratios: dict[str, float] = {}
    if d.reference is not None:
        same = _same_lattice(d.lattice, d.reference.lattice, d.settings.ref_scale)
        known = bool(d.lattice.is_periodic) and bool(d.reference.lattice.is_periodic)
        names = ("units", "courses") if known else ("material along x", "material along y")
        ratios[names[0]] = same or float(d.reference.scale_ratio_x)
        ratios[names[1]] = same or float(d.reference.scale_ratio_y)
    if d.settings.unit_px is not None:
        ratios["units"] = float(d.lattice.unit_px) / d.settings.unit_px
    if d.settings.course_px is not None:
        ratios["courses"] = float(d.lattice.course_px) / d.settings.course_px
    return {n: math.log2(r) for n, r in ratios.items() if math.isfinite(r) and r > 0}


def _same_lattice(wall: LatticeResult, reference: LatticeResult, scale: float) -> float | None:
    """The ratio of two lattices whose reduced vectors are about as long, else None.

    A lattice with two diagonals alike has two readings of units and courses: walls that repeat
    alike must not differ because they were read differently.
    """
    lengths = [lattice.basis_px.norm(dim=-1).sort().values for lattice in (wall, reference)]
    ratio = lengths[0] / (lengths[1] * scale)
    if not bool(ratio.isfinite().all()) or float(ratio.log2().abs().max()) > LIMITS.same_octaves:
        return None
    return float(ratio.log().mean().exp())


def period(d: Measured) -> dict[str, float] | None:
    """How far the period is from the expected one, in steps of a factor of 2 over the limit."""
    octaves = period_octaves(d)
    if not octaves:
        return None
    worst = max(abs(o) for o in octaves.values())
    excess = math.log2(max(worst, LIMITS.least_off_octaves) / LIMITS.off_octaves)
    return {
        "excess": min(max(excess, LIMITS.least_excess), LIMITS.most_excess),
        "support": float(d.lattice.probability),
    }


def doubling_bands(d: Measured) -> dict[str, float] | None:
    """How much more the best zone is like the rest stretched by an octave than like the rest."""
    clarity = float(d.banding.clarity)
    if not bool(d.lattice.is_periodic) or not math.isfinite(clarity):
        return None
    return {"clarity": math.log(max(clarity, LIMITS.least_clarity))}


def grids(d: Measured) -> dict[int, dict[str, float]]:
    """For every period that fits: the likelihood of a grid over none."""
    pairs = zip(d.grid.period_px.tolist(), d.grid.score.tolist(), strict=True)
    return {
        round(period_px): {"likelihood": math.log1p(max(0.0, score))}
        for period_px, score in pairs
        if math.isfinite(score)
    }


def upsampling_grid(d: Measured) -> dict[str, float] | None:
    """The likeliest grid of all periods."""
    found = grids(d).values()
    return max(found, key=lambda one: one["likelihood"]) if found else None


def resize_alias(d: Measured) -> dict[str, float] | None:
    """How clear the trace of an interpolation is, and how deep."""
    trace, amplitude = float(d.resize.trace), float(d.resize.trace_amplitude)
    if not math.isfinite(trace):
        return None
    return {"trace": trace, "depth": math.log(max(amplitude, LIMITS.least_trace_amplitude))}


def edge_cross(d: Measured) -> dict[str, float] | None:
    """How much power the borders' step puts on the axes, and how evenly the wall leads to it."""
    step, trend = float(d.edge_cross.step), float(d.edge_cross.trend)
    if not math.isfinite(step):
        return None
    trend = min(max(trend, LIMITS.least_cross_trend), 1 - LIMITS.least_cross_trend)
    return {
        "step": math.log(max(step, LIMITS.least_cross_step)),
        "trend": math.log(trend / (1 - trend)),
    }


def no_period(d: Measured) -> dict[str, float] | None:
    """Whether the best lattice explains too little for one of its kind."""
    return {"too_little": 0.0 if bool(d.lattice.is_periodic) else 1.0}


EVIDENCE: dict[str, Callable[[Measured], dict[str, float] | None]] = {
    "period": period,
    "doubling_bands": doubling_bands,
    "upsampling_grid": upsampling_grid,
    "resize_alias": resize_alias,
    "edge_cross": edge_cross,
    "no_period": no_period,
}
