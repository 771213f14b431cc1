"""What the numbers and figures are called and how to read them: one text for terminal, page, docs.

`meaning` says what is measured and is the description in `summary.schema.json`; `reading` says what
a good wall has there and what a bad one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Measure(NamedTuple):
    """A number of the summary: its dotted path, its unit, what it is and how to read it."""

    key: str
    unit: str
    meaning: str
    reading: str


BIN = "cycles per N px"
MEASURES = (
    Measure(
        "periodicity.strength",
        "0 to 1",
        "autocorrelation at the lattice points; 0 where nothing repeats",
        "1 is an exact copy; real bricks have 0.1 to 0.6",
    ),
    Measure(
        "lattice.unit_px",
        "px",
        "distance between successive units along the rows",
        "the length of a brick or tile with its joint",
    ),
    Measure(
        "lattice.course_px",
        "px",
        "distance between neighbouring rows",
        "the height of a brick or tile with its joint",
    ),
    Measure(
        "lattice.angle_deg",
        "deg",
        "row direction against the x axis, clockwise",
        "0 for level rows, 90 for upright ones",
    ),
    Measure(
        "lattice.a_px",
        "px",
        "shortest lattice vector (x, y)",
        "the shortest move that lays the wall onto itself",
    ),
    Measure(
        "lattice.b_px",
        "px",
        "shortest lattice vector independent of a; null where one direction repeats only",
        "leans by half a unit in running bond, upright in stack bond",
    ),
    Measure(
        "periods.fundamental_px",
        "px",
        "agreed fundamental period: of the lowest frequency of the strongest harmonic family",
        "often the course; the three methods below should agree with it",
    ),
    Measure(
        "periods.spectral_px",
        "px",
        "the fundamental period by the spectrum alone",
        "off by 2x or 0.5x: the spectrum sees a harmonic",
    ),
    Measure(
        "periods.acf_px",
        "px",
        "first significant autocorrelation peak along the fundamental's wave vector",
        "twice the fundamental where every other row is alike, as in half bonds",
    ),
    Measure(
        "periods.cepstrum_px",
        "px",
        "quefrency of the fundamental's family in the power cepstrum",
        "a second opinion on the spectrum; weak on smooth waves",
    ),
    Measure(
        "reference.scale_ratio",
        "x",
        "period over the reference's, both directions together",
        "1 is right, 2 doubled, 0.5 halved",
    ),
    Measure(
        "reference.scale_ratio_x",
        "x",
        "the same along the rows",
        "1 is right, 2 doubled, 0.5 halved",
    ),
    Measure(
        "reference.scale_ratio_y",
        "x",
        "the same across the rows",
        "1 is right, 2 doubled, 0.5 halved",
    ),
    Measure(
        "local_period.median_px",
        "px",
        "median of the local periods",
        "near the fundamental on an even wall",
    ),
    Measure(
        "local_period.p05_px",
        "px",
        "5th percentile of the local periods",
        "half the median hints at zones of half period",
    ),
    Measure(
        "local_period.p95_px",
        "px",
        "95th percentile of the local periods",
        "twice the median hints at zones of double period",
    ),
    Measure(
        "local_period.drift_x",
        "share",
        "relative change of the period from left to right",
        "0 head-on; steady change is perspective",
    ),
    Measure(
        "local_period.drift_y",
        "share",
        "relative change of the period from top to bottom",
        "0 head-on; steady change is perspective",
    ),
    Measure(
        "local_period.window_px",
        "px",
        "side of a window",
        "zones smaller than this blur into others",
    ),
    Measure("local_period.stride_px", "px", "step between windows", "how finely zones are placed"),
    Measure(
        "band_axis_hint",
        "",
        "whether zones of another period lie along rows or columns",
        "null where there are none",
    ),
    Measure(
        "band_base_period_px", "px", "base local period", "what local periods are compared with"
    ),
    Measure(
        "band_row_frac_max",
        "share",
        "largest share of doubled local period along a row of the local map",
        "over 0.35 is a doubled row",
    ),
    Measure(
        "band_col_frac_max",
        "share",
        "largest share of doubled local period along a column of the local map",
        "over 0.35 is a doubled column",
    ),
    Measure(
        "band_row_max_run",
        "rows",
        "longest run of rows of the local map over 0.35",
        "0 on a good wall; from 2 on a zone",
    ),
    Measure(
        "band_col_max_run",
        "columns",
        "longest run of columns of the local map over 0.35",
        "0 on a good wall; from 2 on a zone",
    ),
    Measure(
        "band_score",
        "share",
        "largest share for the hinted axis; null without a hint",
        "near 1 for a zone from edge to edge",
    ),
    Measure(
        "band_max_run",
        "rows or columns",
        "longest run for the hinted axis; null without a hint",
        "times the stride is the zone's extent",
    ),
    Measure(
        "fundamental_radius_bin",
        BIN,
        "N x fundamental frequency, N = max(height, width)",
        "how many waves fit along the longer side",
    ),
    Measure(
        "acf_first_peak_radius_bin",
        BIN,
        "N / period found from the autocorrelation",
        "agrees with the one above on a good wall",
    ),
    Measure(
        "ref_radius_bin",
        BIN,
        "the reference's fundamental in the same unit",
        "agrees with the wall's; half of it is a doubled wall",
    ),
    Measure(
        "E2f_over_Ef",
        "x",
        "background-free energy in the ring at 2f over that at f",
        "harmonics are normal: high with thin joints",
    ),
    Measure(
        "Ehalf_over_Ef",
        "x",
        "background-free energy in the ring at f/2 over that at f",
        "high hints at doubled zones, or at a period taken by half",
    ),
    Measure(
        "axis_ratio_at_f",
        "share",
        "share of the ring at f that lies on the two axes",
        "near 1 where rows run along the picture's axes",
    ),
    Measure(
        "resize_mse_downUp",
        "",
        "MSE after half size and back, antialiased; luma in [0, 1]",
        "what lies above half the highest frequency",
    ),
    Measure(
        "resize_delta_r",
        BIN,
        "move of the fundamental radius bin by half size and back",
        "0 is right; a move hints at aliasing",
    ),
    Measure(
        "shift_mse_dx1",
        "",
        "MSE between the picture and itself moved 1 px in x, inside the mask; luma in [0, 1]",
        "noise, grids and sharpening raise it",
    ),
    Measure(
        "shift_mse_dy1",
        "",
        "MSE between the picture and itself moved 1 px in y, inside the mask; luma in [0, 1]",
        "far from the one above: lines along one axis",
    ),
)

# What a figure shows and how to read it.
_NOTES = {
    "overview": "Yellow: the lattice found, laid on the joints; it should meet them everywhere. "
    "Pink: zones at fault.",
    "pred": "What was read; what lies outside the mask is darkened and does not count.",
    "radial_profile": "Power over distance from zero frequency. Blue above the grey background is "
    "the material: f is its fundamental; much at f/2 hints at doubled zones.",
    "fft_log_hann": "Left all frequencies: spots at 1/2, 1/4, 1/8, 1/16 are upsampling grids. "
    "Right the middle: circles are where the lattice has its harmonics.",
    "fft_log_nohann": "The same without the window: a cross through the middle that the "
    "windowed spectrum lacks comes from the picture's borders.",
    "acf": "Red where the wall, moved by so much, falls on itself. The lattice's circles should "
    "lie on red spots, and no red spot between them.",
    "cepstrum": "A peak at the period and at its multiples. The mark is this method's own answer.",
    "local_period_px": "One even colour: one period. Steady change: perspective. A jump: a zone of "
    "another period. Grey: not measured.",
    "local_mask_coverage": "Windows with less than half of wall are not measured.",
    "local_period_bands": "Red places repeat at about twice the base period, blue ones at half of "
    "it. A band of them is the model switching its scale.",
}
_NOTES_WITHOUT_PERIOD = {
    "overview": "No lattice was found, so none is drawn.",
    "radial_profile": "Power over distance from zero frequency. A material that repeats would "
    "rise above the grey background in narrow peaks.",
    "fft_log_hann": "Left all frequencies: spots at 1/2, 1/4, 1/8, 1/16 are upsampling grids. "
    "Right the middle, where a lattice would show as a grid of spots.",
    "acf": "Red where the wall, moved by so much, falls on itself. A lattice would show as a grid "
    "of red spots.",
    "cepstrum": "A material that repeats would have a peak at its period and at its multiples.",
    "local_period_px": "There is no period to follow from place to place.",
    "local_period_bands": "There is no period that could be doubled or halved.",
}


FIGURE_NAMES = tuple(_NOTES)


def figure_note(name: str, is_periodic: bool) -> str:
    """What a figure shows and how to read it, in a sentence or two."""
    return _NOTES[name] if is_periodic else _NOTES_WITHOUT_PERIOD.get(name, _NOTES[name])


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


def shown(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """The few numbers that everybody wants, as label and text."""
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
    rows.append(("strength", f"{summary['periodicity']['strength']:.2f} of 1"))
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
