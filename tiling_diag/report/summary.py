"""A record as plain numbers: the content of `summary.json`.

A value that could not be measured is None, never 0 or NaN. Numbers are rounded here and nowhere
else, by `rounding`.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from torch import Tensor

from tiling_diag.checks.results import BandAxis, LatticeResult, Reason
from tiling_diag.findings.finding import Finding
from tiling_diag.numerics import plain_numerics
from tiling_diag.record import Record
from tiling_diag.report.rounding import rounded

SCHEMA_VERSION = 1
MAP_FILE, WALL_FILE = "local_period.npy", "wall_map.npy"
LOCAL_NUMBERS = ("median_px", "p05_px", "p95_px", "drift_x", "drift_y", "window_px", "stride_px")
SCALES = ("scale_ratio", "scale_ratio_x", "scale_ratio_y")
# Below this probability of a lattice the next best one is named.
SURE_PROBABILITY = 0.8


def number(value: Tensor | float) -> float | None:
    """A plain number, None where it was not measured."""
    plain = float(value)
    return plain if math.isfinite(plain) else None


@plain_numerics()
def summarize(record: Record, *, saved: bool = False) -> dict[str, Any]:
    """Every key of the contract; with `saved` the names of the maps that were saved beside it.

    Floats have `rounding.DIGITS` significant digits.
    """
    summary: dict[str, Any] = rounded(_summary(record, saved=saved))
    return summary


def _summary(d: Record, *, saved: bool) -> dict[str, Any]:
    height, width = (int(side) for side in d.image.shape[-2:])
    side = max(height, width)

    def bins(period_px: Tensor) -> float | None:
        period = number(period_px)
        return None if period is None else side / period

    local = {key: number(getattr(d.local_period, key)) for key in LOCAL_NUMBERS}
    before, after = bins(d.spectral.period_px), bins(d.resize.period_px)
    return {
        "schema_version": SCHEMA_VERSION,
        "input": {
            **d.names,
            "height_px": height,
            "width_px": width,
            "mask_coverage": float(d.mask.mean()),
        },
        "verdict": d.verdict,
        "unjudged": d.unjudged,
        "findings": [finding_dict(finding) for finding in d.findings],
        "periodicity": {
            "is_periodic": bool(d.lattice.is_periodic),
            "probability": float(d.lattice.probability),
            "strength": number(d.lattice.strength) or 0.0,
            "reason": _reason(d.lattice),
        },
        "wall": _wall(d, saved=saved),
        "lattice": lattice_dict(d.lattice),
        "periods": {
            "fundamental_px": number(d.lattice.fundamental_px),
            "acf_px": number(d.autocorrelation.period_px),
            "cepstrum_px": number(d.cepstrum.period_px),
            "spectral_px": number(d.spectral.period_px),
        },
        "reference": _reference(d),
        "local_period": {**local, "map": MAP_FILE if saved else None},
        "fundamental_radius_bin": bins(d.lattice.fundamental_px),
        "acf_first_peak_radius_bin": bins(d.autocorrelation.period_px),
        "ref_radius_bin": _reference_bin(d, side),
        "E2f_over_Ef": number(d.spectral.e2f_over_ef),
        "Ehalf_over_Ef": number(d.spectral.ehalf_over_ef),
        "axis_ratio_at_f": number(d.spectral.axis_ratio_at_f),
        "shift_mse_dx1": number(d.shift.mse_dx1),
        "shift_mse_dy1": number(d.shift.mse_dy1),
        "resize_mse_downUp": number(d.resize.mse_down_up),
        "resize_delta_r": None if before is None or after is None else after - before,
        **_bands(d),
    }


def finding_dict(finding: Finding) -> dict[str, Any]:
    """One finding, as in `summary.json`."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "probability": finding.probability,
        "title": finding.title,
        "evidence": [
            {**dataclasses.asdict(one), "value": number(one.value)} for one in finding.evidence
        ],
        "where": [
            {
                "box_px": list(zone.box_px),
                "polygon_px": [list(corner) for corner in zone.polygon_px],
                "text": zone.text,
            }
            for zone in finding.where
        ],
        "cause": finding.cause,
        "fix": finding.fix,
        "remedy": finding.remedy,
    }


def _reason(lattice: LatticeResult) -> str | None:
    """Why there is no lattice, or what else it may be where it is uncertain."""
    if not bool(lattice.is_periodic):
        return Reason(int(lattice.reason)).sentence
    if float(lattice.probability) >= SURE_PROBABILITY:
        return None
    sizes = (("unit", lattice.second_unit_px), ("course", lattice.second_course_px))
    known = [f"{name} {float(size):.1f} px" for name, size in sizes if number(size) is not None]
    return "uncertain: the next best is " + ", ".join(known) if known else "uncertain"


def _wall(d: Record, *, saved: bool) -> dict[str, Any]:
    """In which share of the picture the lattice holds, and how that is known."""
    if not bool(d.lattice.is_periodic):
        return {"coverage": 0.0, "source": "found", "map": None}
    masked = float(d.mask.mean())
    found = float(d.local_period.on_wall.double().mean())
    return {
        "coverage": masked if masked < 1 else found,
        "source": "mask" if masked < 1 else "found",
        "map": WALL_FILE if saved else None,
    }


def lattice_dict(lattice: LatticeResult) -> dict[str, Any] | None:
    """The lattice, None where there is none."""
    if not bool(lattice.is_periodic):
        return None
    a, b = lattice.basis_px.tolist()
    return {
        "a_px": a,
        "b_px": b if all(math.isfinite(v) for v in b) else None,
        "unit_px": number(lattice.unit_px),
        "course_px": number(lattice.course_px),
        "angle_deg": number(lattice.angle_deg),
    }


def _reference(d: Record) -> dict[str, Any] | None:
    if d.reference is None:
        return None
    return {
        "lattice": lattice_dict(d.reference.lattice),
        **{key: number(getattr(d.reference, key)) for key in SCALES},
    }


def _reference_bin(d: Record, side: int) -> float | None:
    if d.reference is None:
        return None
    period = number(d.reference.lattice.fundamental_px)
    return None if period is None else side / (period * d.settings.ref_scale)


def _bands(d: Record) -> dict[str, Any]:
    banding = d.banding
    rows, columns = number(banding.row_frac.max()), number(banding.col_frac.max())
    row_run, column_run = int(banding.row_max_run), int(banding.col_max_run)
    # The original tool knows no oblique bands.
    hint = {BandAxis.ROWS: "rows", BandAxis.COLUMNS: "cols"}.get(BandAxis(int(banding.axis)))
    score, run = {"rows": (rows, row_run), "cols": (columns, column_run)}.get(hint or "", (0.0, 0))
    values: dict[str, Any] = {
        "band_row_frac_max": rows,
        "band_col_frac_max": columns,
        "band_row_max_run": row_run,
        "band_col_max_run": column_run,
        "band_score": score,
        "band_max_run": run,
    }
    base = number(banding.base_period_px)
    measured = values if base is not None else dict.fromkeys(values)
    return {"band_axis_hint": hint, "band_base_period_px": base, **measured}
