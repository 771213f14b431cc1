"""From what the checks measured to named defects, with probability, place, cause and fix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiling_diag.finding import Evidence, Finding, Severity, Zone, severity_of
from tiling_diag.results import REASONS
from tiling_diag.zones import band_zones

if TYPE_CHECKING:
    from tiling_diag.diagnosis import Diagnosis

# Limits and slopes of the evidence: P = logistic(slope * (value - limit)).
OCTAVE_LIMIT = 0.25
OFF_LIMIT = math.log2(1.08)
BAND_LIMIT, BAND_SLOPE = 0.45, 12.0
GRID_LIMIT, GRID_SLOPE = 10.0, 0.5
GRID_AMPLITUDE = 0.5
RESIZE_LIMIT, RESIZE_SLOPE = 0.06, 80.0
CROSS_DROP = 0.2
DRIFT_LIMIT = 0.05
_SIDES = (
    "the right", "the lower right", "the bottom", "the lower left",
    "the left", "the upper left", "the top", "the upper right",
)  # fmt: skip


@dataclass(frozen=True)
class Advice:
    """What usually brings a defect about, and what usually helps."""

    cause: str
    fix: str


ADVICE = {
    "period_doubled": Advice(
        "the model sits on a subharmonic of the material's frequency",
        "train with SpectralPeriodLoss or ACFPeriodLoss; put a window before any FFT loss",
    ),
    "period_halved": Advice(
        "the model sits on a harmonic of the material's frequency",
        "train with SpectralPeriodLoss or ACFPeriodLoss; put a window before any FFT loss",
    ),
    "period_off": Advice(
        "the scale drifts away from the reference",
        "train with LogPolarAlignLoss and ScaleConsistencyLoss",
    ),
    "doubling_bands": Advice(
        "the model switches harmonics from zone to zone, often across the perspective",
        "use patch-wise losses (PatchwiseLoss); resize then convolve in place of deconvolution",
    ),
    "upsampling_grid": Advice(
        "a transposed or sub-pixel convolution, or a VAE or token grid (8 px is the VAE's stride, "
        "16 px a Flux token)",
        "resize, then convolve; make the kernel size a multiple of the stride",
    ),
    "resize_alias": Advice(
        "the picture was resized without a low-pass",
        "resize with antialias=True, or put BlurPool before strides",
    ),
    "edge_cross": Advice(
        "opposite borders differ, and a spectrum without a window shows that as a cross",
        "use a Hann or Tukey window, or the periodic-plus-smooth split, before the FFT",
    ),
    "perspective_drift": Advice("the wall is seen at an angle", "none is needed in perspective"),
    "no_period": Advice("the wall does not repeat, or too little of it is seen", "-"),
}


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))


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
    )


def find(diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """All findings of a diagnosis, worst first."""
    found = [
        *_no_period(diagnosis),
        *_period(diagnosis),
        *_bands(diagnosis),
        *_grids(diagnosis),
        *_resize(diagnosis),
        *_drift(diagnosis),
        *_cross(diagnosis),
    ]
    rank = {"defect": 0, "suspect": 1, "info": 2}
    return tuple(sorted(found, key=lambda f: (rank[f.severity], -f.probability)))


def _no_period(d: Diagnosis) -> list[Finding]:
    if bool(d.lattice.is_periodic):
        return []
    reason = REASONS[int(d.lattice.reason)] or ""
    support = Evidence("support of the best lattice", float(d.lattice.support), 0.12)
    return [_make("no_period", 1.0, reason, [support], severity="info")]


def _period(d: Diagnosis) -> list[Finding]:
    """Against the reference, or the expected unit and course."""
    ratios = {}
    if d.reference is not None:
        ratios = {
            "units": float(d.reference.scale_ratio_x),
            "courses": float(d.reference.scale_ratio_y),
        }
    for name, measured, expected in (
        ("units", d.lattice.unit_px, d.settings.unit_px),
        ("courses", d.lattice.course_px, d.settings.course_px),
    ):
        if expected is not None:
            ratios[name] = float(measured) / expected
    octaves = {name: math.log2(r) for name, r in ratios.items() if math.isfinite(r) and r > 0}
    if not octaves:
        return []
    sure = _logistic(30 * (float(d.lattice.support) - 0.08))
    evidence = [Evidence(f"period over expected, {n}", 2**o, unit="x") for n, o in octaves.items()]
    for code, target in (("period_doubled", 1.0), ("period_halved", -1.0)):
        miss = {name: abs(o - target) for name, o in octaves.items()}
        if min(miss.values()) < OCTAVE_LIMIT:
            named = " and ".join(n for n, m in miss.items() if m < OCTAVE_LIMIT)
            word = "twice" if target > 0 else "half"
            title = f"the period of the {named} is about {word} the expected one"
            return [_make(code, 0.98 * sure, title, evidence)]
    worst = max(octaves.items(), key=lambda item: abs(item[1]))
    probability = _logistic(60 * (abs(worst[1]) - OFF_LIMIT)) * sure
    if probability < 0.5:
        return []
    title = f"the period of the {worst[0]} is {2 ** worst[1]:.2f} times the expected one"
    return [_make("period_off", probability, title, evidence)]


def _bands(d: Diagnosis) -> list[Finding]:
    axis, zones = band_zones(d)
    scores = [score for score in d.banding.box_score.tolist() if math.isfinite(score)]
    if not zones:
        return []
    best = max(scores)
    probability = _logistic(BAND_SLOPE * (best - BAND_LIMIT))
    title = f"zones of another period in {axis}: {'; '.join(zone.text for zone in zones)}"
    evidence = [
        Evidence("repetition at another octave, in the zone over elsewhere", best, BAND_LIMIT)
    ]
    return [_make("doubling_bands", probability, title, evidence, zones)]


def _grids(d: Diagnosis) -> list[Finding]:
    grid = d.grid
    best: tuple[float, int, float, str] | None = None
    for period, scores, levels, known in zip(
        grid.period_px.tolist(),
        grid.score.tolist(),
        grid.amplitude.tolist(),
        grid.explained.tolist(),
        strict=True,
    ):
        for axis in (0, 1):
            # Both axes carry a real grid; one may be hidden by the material.
            score = 0.0 if known[axis] or levels[axis] < GRID_AMPLITUDE else scores[axis]
            if best is None or score > best[0]:
                best = (score, int(period), levels[axis], "xy"[axis])
    if best is None or best[0] < GRID_LIMIT / 2:
        return []
    score, period_px, level, letter = best
    probability = _logistic(GRID_SLOPE * (score - GRID_LIMIT))
    title = f"a grid of {period_px} px, {level:.1f} grey levels, locked to the pixel grid"
    evidence = [
        Evidence(
            f"line at 1/{period_px} cycles/px along {letter} over its background", score, GRID_LIMIT
        ),
        Evidence("its amplitude in grey levels of 255", level, GRID_AMPLITUDE),
    ]
    return [_make("upsampling_grid", probability, title, evidence)]


def _resize(d: Diagnosis) -> list[Finding]:
    before, after = float(d.spectral.period_px), float(d.resize.period_px)
    if not (math.isfinite(before) and math.isfinite(after)):
        return []
    change = abs(after / before - 1)
    probability = _logistic(RESIZE_SLOPE * (change - RESIZE_LIMIT))
    if probability < 0.5:
        return []
    title = f"a clean resize moves the period by {change:.0%}"
    return [
        _make(
            "resize_alias",
            probability,
            title,
            [Evidence("relative move of the period", change, RESIZE_LIMIT)],
        )
    ]


def _drift(d: Diagnosis) -> list[Finding]:
    local = d.local_period
    change, r2 = float(local.scale_change), float(local.homography_r2)
    if not math.isfinite(change) or change - 1 < DRIFT_LIMIT:
        return []
    direction = math.degrees(math.atan2(float(local.tilt[1]), float(local.tilt[0])))
    title = (
        f"the wall is seen at an angle: things look {change:.2f} times as large at one corner as "
        f"at the farthest, growing towards {_SIDES[round(direction / 45) % 8]}"
    )
    evidence = [
        Evidence("size at the nearest corner over that at the farthest", change, 1 + DRIFT_LIMIT),
        Evidence("direction in which things get larger, clockwise from x", direction, unit="deg"),
        Evidence("change of the period across the picture", float(local.drift_x)),
        Evidence("change of the period down the picture", float(local.drift_y)),
        Evidence("share of the local field's variance that the plane explains (R2)", r2),
    ]
    known = [one for one in evidence if math.isfinite(one.value)]
    return [_make("perspective_drift", max(0.5, r2), title, known, severity="info")]


def _cross(d: Diagnosis) -> list[Finding]:
    before, after = float(d.edge_cross.before), float(d.edge_cross.after)
    drop = before - after
    if not math.isfinite(drop) or drop < CROSS_DROP:
        return []
    title = "without a window the borders put a cross on the spectrum's axes"
    evidence = [Evidence("power on the axes that the split takes away", drop, CROSS_DROP)]
    return [_make("edge_cross", min(1.0, 0.5 + drop), title, evidence, severity="info")]
