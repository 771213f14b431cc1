"""Numbers of a batch of diagnoses, for a log."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tiling_diag.diagnosis import Diagnosis
from tiling_diag.report.rounding import rounded

Numbers = dict[str, float | str | None]

# What the original tool returned, under its names: see `tiling_diag.report.measures`.
ORIGINAL_KEYS = (
    "fundamental_radius_bin",
    "acf_first_peak_radius_bin",
    "ref_radius_bin",
    "E2f_over_Ef",
    "Ehalf_over_Ef",
    "axis_ratio_at_f",
    "shift_mse_dx1",
    "shift_mse_dy1",
    "resize_mse_downUp",
    "resize_delta_r",
    "band_axis_hint",
    "band_base_period_px",
    "band_row_frac_max",
    "band_col_frac_max",
    "band_row_max_run",
    "band_col_max_run",
    "band_score",
    "band_max_run",
)
_SECTIONS = ("periodicity", "lattice", "periods", "reference", "local_period")


def mean_numbers(diagnoses: Sequence[Diagnosis], summaries: Sequence[dict[str, Any]]) -> Numbers:
    """Means over the walls in which a number could be measured, and shares of findings.

    Means have six digits, as in `summary.json`.

    Args:
        diagnoses: one at least.
        summaries: of them.

    Returns:
        As `run_diagnostics_from_tensors` says.
    """
    collected: dict[str, list[float]] = {}
    for summary in summaries:
        for name, value in _flat(summary).items():
            collected.setdefault(name, []).append(value)
    numbers: Numbers = dict.fromkeys(ORIGINAL_KEYS)
    numbers |= {name: rounded(sum(values) / len(values)) for name, values in collected.items()}
    hints = Counter(s["band_axis_hint"] for s in summaries if s["band_axis_hint"] is not None)
    numbers["band_axis_hint"] = hints.most_common(1)[0][0] if hints else None
    count = len(diagnoses)
    numbers["defect_share"] = sum(d.verdict == "defect" for d in diagnoses) / count
    for code, number in Counter(code for d in diagnoses for code in codes_of(d)).items():
        numbers[f"share/{code}"] = number / count
    return numbers


def codes_of(diagnosis: Diagnosis) -> set[str]:
    """Codes of the findings that are more than information."""
    return {finding.code for finding in diagnosis.findings if finding.severity != "info"}


def octaves_off(summary: dict[str, Any]) -> float | None:
    """The larger ``log2`` of predicted over reference period among the two axes, with its sign.

    None where no reference, no lattice or no common axis was found.
    """
    reference = summary["reference"] or {}
    ratios = [reference.get(f"scale_ratio_{axis}") for axis in "xy"]
    octaves = [math.log2(ratio) for ratio in ratios if ratio]
    return max(octaves, key=abs) if octaves else None


def is_octave_error(octaves: float) -> bool:
    """Whether a period is nearer to its double, its half or beyond than to itself."""
    return abs(octaves) > 0.5


def period_error(octaves: float) -> float:
    """Relative error of a period, the larger over the smaller less 1."""
    return math.pow(2.0, abs(octaves)) - 1


def _flat(summary: dict[str, Any]) -> dict[str, float]:
    """The summary's numbers under one-level names; what was not measured is left out."""
    parts = {name: value for name, value in summary.items() if name != "schema_version"}
    for section in _SECTIONS:
        for name, value in (parts.pop(section) or {}).items():
            parts[f"{section}/{name}"] = value
    return {name: float(v) for name, v in parts.items() if isinstance(v, (bool, int, float))}
