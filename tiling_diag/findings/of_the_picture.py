"""Findings on the picture: grids, blocks of JPEG, resizes, borders that differ."""

from __future__ import annotations

import math

from tiling_diag.checks.artifacts.results import GridAxis
from tiling_diag.checks.measured import Measured
from tiling_diag.findings import evidence as numbers
from tiling_diag.findings.advice import named
from tiling_diag.findings.calibration import limit, probability
from tiling_diag.findings.finding import (
    SUSPECT_PROBABILITY,
    Evidence,
    Finding,
    Severity,
)
from tiling_diag.findings.limits import LIMITS
from tiling_diag.findings.zones import grid_zones

_GRID_AXES = {GridAxis.BOTH: "both", GridAxis.ROWS: "rows", GridAxis.COLUMNS: "columns"}


def grids(d: Measured) -> list[Finding]:
    """A pattern on the pixel grid."""
    known, period_px = numbers.upsampling_grid(d), numbers.grid_period(d)
    sure = probability("upsampling_grid", known) if known else 0.0
    if period_px is None or sure < SUSPECT_PROBABILITY:
        return []
    index = d.grid.period_px.tolist().index(period_px)
    level, score = float(d.grid.amplitude[index]), float(d.grid.score[index])
    axis = GridAxis(int(d.grid.axis[index]))
    is_wide = period_px >= LIMITS.grid_wide_px
    least_levels = LIMITS.grid_wide_levels if is_wide else LIMITS.grid_least_levels
    evidence = [
        Evidence(
            "strength of the pattern (root mean square)",
            level,
            least_levels,
            " grey levels of 255",
        ),
        Evidence(
            f"evidence of the spectrum's lines for a grid of {period_px} px (natural logarithm of "
            "how much likelier they are with it)",
            score,
        ),
    ]
    # Nobody sees so little.
    faint: Severity | None = "info" if level < least_levels else None
    shape = {GridAxis.ROWS: "horizontal lines", GridAxis.COLUMNS: "upright lines"}.get(
        axis, "a grid"
    )
    title = (
        f"{shape} every {period_px} px, fixed to the pixel grid, {level:.1f} grey levels of 255 "
        f"(axis: {_GRID_AXES[axis]})"
    )
    return [named("upsampling_grid", sure, title, evidence, grid_zones(d, index), severity=faint)]


def jpeg(d: Measured) -> list[Finding]:
    """JPEG's blocks."""
    known = numbers.jpeg_blocks(d)
    sure = probability("jpeg_blocks", known) if known else 0.0
    quality, block_px = float(d.jpeg.quality), float(d.jpeg.block_px)
    if known is None or sure < SUSPECT_PROBABILITY or quality > LIMITS.jpeg_quality:
        return []
    title = f"blocks of {block_px:.3g} px of JPEG, saved at a quality of about {quality:.0f} of 100"
    if block_px > 8:
        title += f", then made {block_px / 8:.3g} times as large"
    evidence = [
        Evidence(
            "share of the DCT coefficients that fit the steps of that quality, 0 to 1",
            known["fit"],
            limit("jpeg_blocks"),
        ),
        Evidence(
            "smallest step between grey levels in a block", float(d.jpeg.step), unit=" of 255"
        ),
    ]
    return [named("jpeg_blocks", sure, title, evidence, severity="info")]


def resize(d: Measured) -> list[Finding]:
    """Enlarged badly, which is a defect, or enlarged, which is a fact."""
    known = numbers.resize_alias(d)
    if known is None:
        return []
    bad, larger = probability("resize_alias", known), probability("enlarged", known)
    if larger < SUSPECT_PROBABILITY:
        return []
    factor = float(d.resize.trace_factor)
    # A factor and its mirror image leave the same line.
    mirrored = factor / (factor - 1)
    alike = abs(mirrored / factor - 1) < LIMITS.same_factor
    times = f"about {factor:.2g} times" if alike else f"about {factor:.2g} or {mirrored:.2g} times"
    evidence = [
        Evidence(
            "how far the trace that interpolation leaves in the spectrum of pixel differences "
            "stands out from its surroundings",
            math.exp(float(d.resize.trace)),
            unit="x",
        ),
        Evidence(
            "by how much these differences rise and fall",
            100 * math.expm1(float(d.resize.trace_amplitude)),
            unit=" %",
        ),
        Evidence("factor by which it was enlarged", factor, unit="x"),
        Evidence(
            "share of the details that aliasing mirrors to finer ones (a good filter leaves 1 %)",
            100 * float(d.resize.mirrored[0]),
            unit=" %",
        ),
    ]
    if bad < SUSPECT_PROBABILITY:
        title = f"the picture was enlarged {times}"
        return [named("enlarged", larger, title, evidence, severity="info")]
    before, after = float(d.spectral.period_px), float(d.resize.period_px)
    if math.isfinite(before) and math.isfinite(after):
        evidence.append(
            Evidence(
                "relative change of the period after a clean resize to half and back",
                abs(after / before - 1),
            )
        )
    title = f"the picture was enlarged {times} with a filter that leaves aliasing"
    return [named("resize_alias", bad, title, evidence)]


def cross(d: Measured) -> list[Finding]:
    """A step between opposite borders that moves the period."""
    known = numbers.edge_cross(d)
    sure = probability("edge_cross", known) if known else 0.0
    if sure < SUSPECT_PROBABILITY:
        return []
    cross = d.edge_cross
    evidence = [
        Evidence("share of the spectrum's power on its two axes, 0 to 1", float(cross.before)),
        Evidence("the same without the step between opposite borders", float(cross.after)),
        Evidence("share of the power that this step has, 0 to 1", float(cross.step)),
        Evidence(
            "share of the change from border to border that is gradual, 0 to 1", float(cross.trend)
        ),
    ]
    right, biased = float(cross.split_period_px), float(cross.period_px)
    move = abs(biased / right - 1) if math.isfinite(biased) and math.isfinite(right) else 0.0
    # A cross that changes no answer is a number, and a figure's title.
    if move <= LIMITS.cross_move:
        return []
    title = (
        f"a spectrum without a window shows {biased:.1f} px, with one {right:.1f} px: opposite "
        "borders differ in tone"
    )
    evidence.append(
        Evidence("relative change of the period without a window", move, LIMITS.cross_move)
    )
    return [named("edge_cross", sure, title, evidence)]
