"""From what the checks measured to named defects, with probability, place, cause and fix."""

from __future__ import annotations

import math

from tiling_diag.checks.artifacts.results import GridAxis
from tiling_diag.checks.lattice.measure import LEAST_PROBABILITY
from tiling_diag.checks.measured import Measured
from tiling_diag.checks.results import Reason
from tiling_diag.findings import evidence as numbers
from tiling_diag.findings.advice import ADVICE
from tiling_diag.findings.calibration import limit, probability
from tiling_diag.findings.finding import (
    SUSPECT_PROBABILITY,
    Evidence,
    Finding,
    Severity,
    Zone,
    severity_of,
)
from tiling_diag.findings.limits import LIMITS
from tiling_diag.findings.zones import band_zones, grid_zones

_GRID_AXES = {GridAxis.BOTH: "both", GridAxis.ROWS: "rows", GridAxis.COLUMNS: "columns"}
_SIDES = (
    "the right", "the lower right", "the bottom", "the lower left",
    "the left", "the upper left", "the top", "the upper right",
)  # fmt: skip


def _make(
    code: str,
    probability: float,
    title: str,
    evidence: list[Evidence],
    where: tuple[Zone, ...] = (),
    severity: Severity | None = None,
) -> Finding:
    return Finding(
        code=code,
        probability=probability,
        severity=severity or severity_of(probability),
        title=title,
        evidence=tuple(evidence),
        where=where,
        cause=ADVICE[code].cause,
        fix=ADVICE[code].fix,
        remedy=ADVICE[code].remedy,
    )


def find(measured: Measured) -> tuple[Finding, ...]:
    """All findings of a measured wall, worst first."""
    found = [
        *_no_period(measured),
        *_period(measured),
        *_bands(measured),
        *_grids(measured),
        *_jpeg(measured),
        *_resize(measured),
        *_drift(measured),
        *_cross(measured),
    ]
    rank = {"defect": 0, "suspect": 1, "info": 2}
    return tuple(sorted(found, key=lambda f: (rank[f.severity], -f.probability)))


def _no_period(d: Measured) -> list[Finding]:
    if bool(d.lattice.is_periodic):
        return []
    reason = Reason(int(d.lattice.reason)).sentence or ""
    support = Evidence(
        "probability that the likeliest lattice is right",
        float(d.lattice.probability),
        LEAST_PROBABILITY,
    )
    known = numbers.no_period(d)
    sure = probability("no_period", known) if known else 1.0
    return [_make("no_period", sure, reason, [support], severity="info")]


def _period(d: Measured) -> list[Finding]:
    """Against the reference, or the expected unit and course."""
    known = numbers.period(d)
    if known is None:
        return []
    sure = probability("period", known)
    octaves = numbers.period_octaves(d)
    if sure < SUSPECT_PROBABILITY or max(map(abs, octaves.values())) < LIMITS.off_octaves:
        return []
    evidence = [
        Evidence(f"{n}: period over the expected one", 2**o, _nearest_limit(o), "x")
        for n, o in octaves.items()
    ]
    for code, target in (("period_doubled", 1.0), ("period_halved", -1.0)):
        named = [n for n, o in octaves.items() if abs(o - target) < LIMITS.octave_window]
        if named:
            word = "twice" if target > 0 else "half"
            title = f"the period of the {' and '.join(named)} is about {word} the expected one"
            return [_make(code, sure, title, evidence)]
    worst = max(octaves.items(), key=lambda item: abs(item[1]))
    title = f"the period of the {worst[0]} is {2 ** worst[1]:.2f} times the expected one"
    return [_make("period_off", sure, title, evidence)]


def _nearest_limit(octaves: float) -> float:
    return float(2 ** math.copysign(LIMITS.off_octaves, octaves))


def _bands(d: Measured) -> list[Finding]:
    axis, zones = band_zones(d)
    if not zones:
        return []
    known = numbers.doubling_bands(d)
    sure = probability("doubling_bands", known) if known else 0.0
    proof = float(d.banding.proof)
    # A zone whose own lattice is right is there, however little it differs in all.
    sure = max(sure, proof if math.isfinite(proof) else 0.0)
    if sure < SUSPECT_PROBABILITY:
        return []
    title = f"zones of another period in {axis}: {'; '.join(zone.text for zone in zones)}"
    least = limit("doubling_bands")
    evidence = [
        Evidence(
            "how much more the zone is like the rest once it is rescaled by that factor, 0 to 1",
            float(d.banding.clarity),
            None if least is None else math.exp(least),
        ),
    ]
    if math.isfinite(proof):
        evidence.append(
            Evidence(
                "probability that the lattice found in the zone alone is right",
                proof,
                SUSPECT_PROBABILITY,
            )
        )
    for name, here, there in zip(
        ("units", "courses"), d.banding.zone_px.tolist(), d.banding.rest_px.tolist(), strict=True
    ):
        if math.isfinite(here / there):
            evidence.append(
                Evidence(
                    f"size of {name} in the zone over their size outside", here / there, None, "x"
                )
            )
    return [_make("doubling_bands", sure, title, evidence, zones)]


def _grids(d: Measured) -> list[Finding]:
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
    return [_make("upsampling_grid", sure, title, evidence, grid_zones(d, index), severity=faint)]


def _jpeg(d: Measured) -> list[Finding]:
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
    return [_make("jpeg_blocks", sure, title, evidence, severity="info")]


def _resize(d: Measured) -> list[Finding]:
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
        return [_make("enlarged", larger, title, evidence, severity="info")]
    before, after = float(d.spectral.period_px), float(d.resize.period_px)
    if math.isfinite(before) and math.isfinite(after):
        evidence.append(
            Evidence(
                "relative change of the period after a clean resize to half and back",
                abs(after / before - 1),
            )
        )
    title = f"the picture was enlarged {times} with a filter that leaves aliasing"
    return [_make("resize_alias", bad, title, evidence)]


def _drift(d: Measured) -> list[Finding]:
    local = d.local_period
    change, r2 = float(local.scale_change), float(local.homography_r2)
    if not math.isfinite(change) or change < LIMITS.least_scale_change:
        return []
    direction = math.degrees(math.atan2(float(local.tilt[1]), float(local.tilt[0])))
    title = (
        f"the wall is seen at an angle: things look {change:.2f} times as large at one corner as "
        f"at the farthest, growing towards {_SIDES[round(direction / 45) % 8]}"
    )
    evidence = [
        Evidence(
            "size at the nearest corner over that at the farthest",
            change,
            LIMITS.least_scale_change,
        ),
        Evidence("direction in which things get larger, clockwise from x", direction, unit=" deg"),
        Evidence("relative change of the period from left to right", float(local.drift_x)),
        Evidence("relative change of the period from top to bottom", float(local.drift_y)),
        Evidence(
            "share of the local periods' variance that a flat wall in perspective explains, 0 to 1",
            r2,
        ),
    ]
    known = [one for one in evidence if math.isfinite(one.value)]
    return [
        _make(
            "perspective_drift",
            max(LIMITS.least_drift_probability, r2),
            title,
            known,
            severity="info",
        )
    ]


def _cross(d: Measured) -> list[Finding]:
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
    return [_make("edge_cross", sure, title, evidence)]
