"""What the numbers are called and how to read them: one text for terminal, page and docs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tiling_diag.diagnosis import Diagnosis


class Measure(NamedTuple):
    """A number of the summary: its path, unit, and how to read it."""

    key: str
    unit: str
    reading: str


MEASURES = (
    Measure("lattice.unit_px", "px", "from one unit to the next along the rows"),
    Measure("lattice.course_px", "px", "from one row to the next"),
    Measure("lattice.angle_deg", "deg", "of the rows to the x axis, clockwise"),
    Measure("periodicity.strength", "", "0 = nothing repeats, 1 = an exact copy"),
    Measure("periods.fundamental_px", "px", "longest wave of the strongest family of harmonics"),
    Measure("periods.spectral_px", "px", "the same from the spectrum alone"),
    Measure("periods.acf_px", "px", "the same from the autocorrelation alone; 2x on half bonds"),
    Measure("periods.cepstrum_px", "px", "the same from the cepstrum alone"),
    Measure("reference.scale_ratio", "", "period over the reference's; 1 is right"),
    Measure("reference.scale_ratio_x", "", "the same along the rows"),
    Measure("reference.scale_ratio_y", "", "the same across the rows"),
    Measure("local_period.median_px", "px", "middle of the local periods"),
    Measure("local_period.p05_px", "px", "5 % of the wall has a shorter period"),
    Measure("local_period.p95_px", "px", "5 % of the wall has a longer period"),
    Measure("local_period.drift_x", "", "relative change from left to right"),
    Measure("local_period.drift_y", "", "relative change from top to bottom"),
    Measure("fundamental_radius_bin", "cycles/side", "waves along the longer side"),
    Measure("E2f_over_Ef", "", "energy at twice the frequency; high with thin joints"),
    Measure("Ehalf_over_Ef", "", "energy at half of it; high hints at doubled zones"),
    Measure("axis_ratio_at_f", "", "near 1 where the rows run along the picture's axes"),
    Measure("shift_mse_dx1", "", "change from pixel to pixel across; noise raises it"),
    Measure("shift_mse_dy1", "", "change from pixel to pixel down"),
    Measure("resize_mse_downUp", "", "what half size and back takes away"),
    Measure("resize_delta_r", "cycles/side", "move of the fundamental by that; 0 is right"),
    Measure("band_row_frac_max", "", "largest doubled share of a row of the local map"),
    Measure("band_col_frac_max", "", "largest doubled share of a column of it"),
)


def look_up(summary: dict[str, Any], key: str) -> Any:
    """The value at a dotted path, None where a part of it is missing."""
    value: Any = summary
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def text_of(value: Any) -> str:
    """A number as people read it, a dash where there is none."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def shown(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    """The few numbers that everybody wants, as label and text."""
    summary = diagnosis.summary()
    lattice, reference = summary["lattice"], summary["reference"]
    if lattice is None:
        return [("period", f"none: {summary['periodicity']['reason']}")]
    rows = []
    if lattice["unit_px"] is not None:
        rows.append(("unit", f"{lattice['unit_px']:.2f} px along the rows"))
    if lattice["course_px"] is not None:
        rows.append(("course", f"{lattice['course_px']:.2f} px from row to row"))
    rows.append(("rows run at", f"{lattice['angle_deg']:.1f} deg"))
    rows.append(("strength", f"{summary['periodicity']['strength']:.2f} of 1"))
    local = summary["local_period"]
    if local["median_px"] is not None:
        spread = f"{local['p05_px']:.1f} to {local['p95_px']:.1f} px"
        rows.append(("local period", f"{local['median_px']:.1f} px, 90 % of the wall {spread}"))
    if reference is not None and reference["scale_ratio"] is not None:
        parts = [f"{reference['scale_ratio']:.3f}"]
        for axis in ("x", "y"):
            value = reference[f"scale_ratio_{axis}"]
            if value is not None:
                parts.append(f"{axis} {value:.3f}")
        rows.append(("over reference", ", ".join(parts)))
    elif reference is not None:
        rows.append(("over reference", "not measured: no period in the reference or the wall"))
    return rows
