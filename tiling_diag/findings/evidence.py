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
    """How clearly the zones repeat as the rest does, stretched by an octave."""
    clarity = float(d.banding.clarity)
    if not bool(d.lattice.is_periodic) or not math.isfinite(clarity):
        return None
    return {"clarity": max(clarity, 0.0)}


def grid_scores(d: Measured) -> dict[int, float]:
    """For every period that fits: the log likelihood of its own lines; 0 where they are JPEG's."""
    rows = zip(
        d.grid.period_px.tolist(), d.grid.score.tolist(), d.grid.amplitude.tolist(), strict=True
    )
    return {
        round(period): 0.0 if _is_of_jpeg(d, period, levels) else max(0.0, score)
        for period, score, levels in rows
        if math.isfinite(score)
    }


def grid_period(d: Measured) -> int | None:
    """The shortest period that explains the lines that stand out; None where no period fits.

    A grid has the lines of the periods that divide its own, too, so it is the longest one that has
    lines of its own; but JPEG makes faint ones of a shorter grid.
    """
    scores = grid_scores(d)
    if not scores:
        return None
    levels = dict(zip(d.grid.period_px.tolist(), d.grid.amplitude.tolist(), strict=True))

    def has_lines(period: int) -> bool:
        shorter = [p for p in scores if period % p == 0 and scores[p] > scores[period]]
        least = max((LIMITS.grid_longer_gain * levels[p] for p in shorter), default=0.0)
        return scores[period] >= LIMITS.grid_own_score and levels[period] >= least

    own = [period for period in scores if has_lines(period)]
    return max(own) if own else max(scores, key=lambda period: scores[period])


def _is_of_jpeg(d: Measured, period_px: float, levels: float) -> bool:
    """Whether a pattern is no more than what the blocks of JPEG leave on the same lines.

    A coefficient that is rounded to multiples of a step is wrong by up to half of it. Where all
    blocks are wrong alike, as on a smooth gradient, that is a pattern of step / 16 grey levels.
    """
    if not float(d.jpeg.score) >= LIMITS.jpeg_score or period_px > float(d.jpeg.block_px):
        return False
    return levels < LIMITS.jpeg_levels * float(d.jpeg.step) / 16


def upsampling_grid(d: Measured) -> dict[str, float] | None:
    """How likely the lines of the grid and of the periods that divide its own are with it."""
    period = grid_period(d)
    if period is None:
        return None
    total = sum(score for p, score in grid_scores(d).items() if period % p == 0)
    return {"likelihood": math.log1p(total)}


def jpeg_blocks(d: Measured) -> dict[str, float] | None:
    """How well the coefficients of the blocks lie on the steps of one quality."""
    score = float(d.jpeg.score)
    return {"fit": max(0.0, score)} if math.isfinite(score) else None


def enlarged(d: Measured) -> dict[str, float] | None:
    """How clear the trace of an interpolation is, and how alike the spectrum and its mirror are."""
    trace, coherence = float(d.resize.trace), float(d.resize.coherence)
    if not math.isfinite(trace):
        return None
    return {
        "trace": min(trace, LIMITS.most_trace),
        "coherence": math.log(max(coherence, LIMITS.least_coherence)),
    }


def resize_alias(d: Measured) -> dict[str, float] | None:
    """The same, and what the filter left of the mirrored spectrum."""
    known = enlarged(d)
    if known is None:
        return None
    near, far = (math.log(max(x, LIMITS.least_mirrored)) for x in d.resize.mirrored.tolist())
    return known | {"near": near, "far": far}


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
    "jpeg_blocks": jpeg_blocks,
    "resize_alias": resize_alias,
    "enlarged": enlarged,
    "edge_cross": edge_cross,
    "no_period": no_period,
}
