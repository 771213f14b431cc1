"""Findings on the lattice: no period, a wrong one, zones of another, a drift."""

from __future__ import annotations

import math

from tiling_diag.checks.lattice.measure import LEAST_PROBABILITY
from tiling_diag.checks.measured import Measured
from tiling_diag.checks.results import Reason
from tiling_diag.findings import evidence as numbers
from tiling_diag.findings.advice import named
from tiling_diag.findings.calibration import limit, probability
from tiling_diag.findings.finding import (
    SUSPECT_PROBABILITY,
    Evidence,
    Finding,
)
from tiling_diag.findings.limits import LIMITS
from tiling_diag.findings.zones import band_zones

_SIDES = (
    "the right", "the lower right", "the bottom", "the lower left",
    "the left", "the upper left", "the top", "the upper right",
)  # fmt: skip


def no_period(d: Measured) -> list[Finding]:
    """That nothing repeats, and why."""
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
    return [named("no_period", sure, reason, [support], severity="info")]


def period(d: Measured) -> list[Finding]:
    """A period that is not that of the reference, or the expected one."""
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
        off = [n for n, o in octaves.items() if abs(o - target) < LIMITS.octave_window]
        if off:
            word = "twice" if target > 0 else "half"
            title = f"the period of the {' and '.join(off)} is about {word} the expected one"
            return [named(code, sure, title, evidence)]
    worst = max(octaves.items(), key=lambda item: abs(item[1]))
    title = f"the period of the {worst[0]} is {2 ** worst[1]:.2f} times the expected one"
    return [named("period_off", sure, title, evidence)]


def _nearest_limit(octaves: float) -> float:
    return float(2 ** math.copysign(LIMITS.off_octaves, octaves))


def bands(d: Measured) -> list[Finding]:
    """Zones at twice or half the period of the rest."""
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
            "how much more the zone is like the rest once it is rescaled by that factor, at most 1",
            float(d.banding.clarity),
            least,
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
    return [named("doubling_bands", sure, title, evidence, zones)]


def drift(d: Measured) -> list[Finding]:
    """A change of the period over the picture."""
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
        named(
            "perspective_drift",
            max(LIMITS.least_drift_probability, r2),
            title,
            known,
            severity="info",
        )
    ]
