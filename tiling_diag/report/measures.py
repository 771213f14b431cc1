"""What the numbers are called and how to read them: one text for terminal, page and docs.

What is measured is the description in `summary.schema.json`; how to read it, here, says what a good
wall has there and what a bad one.
"""

from __future__ import annotations

from typing import NamedTuple

from tiling_diag.report.schema import summary_schema


class Measure(NamedTuple):
    """A number of the summary: its dotted path, its unit, what it is and how to read it."""

    key: str
    unit: str
    meaning: str
    reading: str


def _described(key: str) -> str:
    part = summary_schema()
    for name in key.split("."):
        part = part["properties"][name]
    meaning: str = part["description"]
    return meaning


BIN = "cycles per N px"
# fmt: off
_READINGS = (
    ("periodicity.probability", "0 to 1", "from 0.8 on rely on it; below, look at the overview"),
    ("wall.coverage", "share", "1 where the lattice holds in all of the picture"),
    ("periodicity.strength", "0 to 1", "1 is an exact copy; real bricks have 0.1 to 0.6"),
    ("lattice.unit_px", "px", "the length of a brick or tile with its joint"),
    ("lattice.course_px", "px", "the height of a brick or tile with its joint"),
    ("lattice.angle_deg", "deg", "0 for level rows, 90 for upright ones"),
    ("lattice.a_px", "px", "the shortest move that lays the wall onto itself"),
    ("lattice.b_px", "px", "leans by half a unit in running bond, upright in stack bond"),
    ("periods.fundamental_px", "px", "often the course; the three below should agree with it"),
    ("periods.spectral_px", "px", "off by 2x or 0.5x: the spectrum sees a harmonic"),
    ("periods.acf_px", "px", "twice the fundamental where every other row is alike: half bonds"),
    ("periods.cepstrum_px", "px", "a second opinion on the spectrum; weak on smooth waves"),
    ("reference.scale_ratio", "x", "1 is right, 2 doubled, 0.5 halved"),
    ("reference.scale_ratio_x", "x", "1 is right, 2 doubled, 0.5 halved"),
    ("reference.scale_ratio_y", "x", "1 is right, 2 doubled, 0.5 halved"),
    ("local_period.median_px", "px", "near the fundamental on an even wall"),
    ("local_period.p05_px", "px", "half the median hints at zones of half period"),
    ("local_period.p95_px", "px", "twice the median hints at zones of double period"),
    ("local_period.drift_x", "share", "0 head-on; steady change is perspective"),
    ("local_period.drift_y", "share", "0 head-on; steady change is perspective"),
    ("local_period.window_px", "px", "zones smaller than this blur into others"),
    ("local_period.stride_px", "px", "how finely zones are placed"),
    ("band_axis_hint", "", "null where there are none"),
    ("band_base_period_px", "px", "what local periods are compared with"),
    ("band_row_frac_max", "share", "over 0.35 is a doubled row"),
    ("band_col_frac_max", "share", "over 0.35 is a doubled column"),
    ("band_row_max_run", "rows", "0 on a good wall; from 2 on a zone"),
    ("band_col_max_run", "columns", "0 on a good wall; from 2 on a zone"),
    ("band_score", "share", "near 1 for a zone from edge to edge"),
    ("band_max_run", "rows or columns", "times the stride is the zone's extent"),
    ("fundamental_radius_bin", BIN, "how many waves fit along the longer side"),
    ("acf_first_peak_radius_bin", BIN, "agrees with the one above on a good wall"),
    ("ref_radius_bin", BIN, "agrees with the wall's; half of it is a doubled wall"),
    ("E2f_over_Ef", "x", "harmonics are normal: high with thin joints"),
    ("Ehalf_over_Ef", "x", "high hints at doubled zones, or at a period taken by half"),
    ("axis_ratio_at_f", "share", "near 1 where rows run along the picture's axes"),
    ("resize_mse_downUp", "", "what lies above half the highest frequency"),
    ("resize_delta_r", BIN, "0 is right; a move hints at aliasing"),
    ("shift_mse_dx1", "", "noise, grids and sharpening raise it"),
    ("shift_mse_dy1", "", "far from the one above: lines along one axis"),
)
# fmt: on
MEASURES = tuple(Measure(key, unit, _described(key), how) for key, unit, how in _READINGS)
