"""Values of a summary: looked up by their path, and as people read them."""

from __future__ import annotations

import math
from typing import Any

from tiling_diag.language import said


def look_up(summary: dict[str, Any], key: str) -> Any:
    """The value at a dotted path such as ``lattice.a_px.0``, None where a part is missing."""
    value: Any = summary
    for part in key.split("."):
        if isinstance(value, list):
            value = value[int(part)]
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def text_of(value: Any) -> str:
    """A value as people read it, a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return f"({', '.join(text_of(v) for v in value)})"
    if isinstance(value, float):
        return _significant(value)
    return str(value)


def _significant(value: float, digits: int = 4) -> str:
    """Four digits, without exponents where a reader can do without."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    if decimals > 7:
        return f"{value:.2e}"
    return f"{value:.{max(0, decimals)}f}"


def evidence_text(value: float | None, unit: str, limit: float | None) -> str:
    """A number that a finding stands on, with its limit."""
    known = value is not None and math.isfinite(value)
    text = f"{value:.3g}{unit}" if known else "not measured"
    return text if limit is None else f"{text} (limit {limit:.3g})"


def shown(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """The few numbers that everybody wants, as label and text, in the reader's language."""
    return [(said(label), said(text)) for label, text in _shown(summary)]


def _shown(summary: dict[str, Any]) -> list[tuple[str, str]]:
    lattice, local = summary["lattice"], summary["local_period"]
    if lattice is None:
        return [("period", "none found")]
    rows = []
    if lattice["unit_px"] is not None:
        rows.append(("unit", f"{lattice['unit_px']:.2f} px along the rows"))
    if lattice["course_px"] is not None:
        rows.append(("course", f"{lattice['course_px']:.2f} px from row to row"))
    if lattice["b_px"] is None:
        period = math.hypot(*lattice["a_px"])
        rows.append(("period", f"{period:.2f} px; repeats in one direction only"))
    rows.append(("rows run at", f"{round(lattice['angle_deg'], 1) + 0.0:.1f}°"))
    periodicity = summary["periodicity"]
    rows.append(("probability", f"{periodicity['probability']:.2f} that this lattice is right"))
    if periodicity["reason"] is not None:
        rows.append(("note", periodicity["reason"]))
    rows.append(("strength", f"{periodicity['strength']:.2f} of 1"))
    rows.append(("fundamental", _fundamental(summary["periods"])))
    if local["median_px"] is not None:
        spread = f"{local['p05_px']:.1f} to {local['p95_px']:.1f} px"
        rows.append(("local period", f"{local['median_px']:.1f} px; 90 % of the wall {spread}"))
    if summary["reference"] is not None:
        rows.append(("over reference", _ratios(summary["reference"])))
    return rows


def _fundamental(periods: dict[str, float | None]) -> str:
    agreed = periods["fundamental_px"]
    head = "not measured" if agreed is None else f"{agreed:.2f} px"
    names = (
        ("spectrum", "spectral_px"),
        ("autocorrelation", "acf_px"),
        ("cepstrum", "cepstrum_px"),
    )
    own = [f"{name} {v:.1f}" for name, key in names if (v := periods[key]) is not None]
    return f"{head} ({', '.join(own)})" if own else head


def _ratios(reference: dict[str, Any]) -> str:
    if reference["scale_ratio"] is None:
        return "not measured: no period in the reference or the wall"
    parts = [f"{reference['scale_ratio']:.3f}x the period"]
    for name, axis in (("along the rows", "x"), ("across", "y")):
        value = reference[f"scale_ratio_{axis}"]
        if value is not None:
            parts.append(f"{name} {value:.3f}")
    return "; ".join(parts[:1]) + (f" ({', '.join(parts[1:])})" if parts[1:] else "")
