"""What the numbers are called and how to read them: one text for terminal, page and docs.

`meaning` says what is measured and is the description in `summary.schema.json`; `reading` says what
a good wall has there and what a bad one.
"""

from __future__ import annotations

from typing import NamedTuple


class Measure(NamedTuple):
    """A number of the summary: its dotted path, its unit, what it is and how to read it."""

    key: str
    unit: str
    meaning: str
    reading: str


BIN = "cycles per N px"
MEASURES = (
    Measure(
        "periodicity.probability",
        "0 to 1",
        "that the likeliest lattice is right; it is reported from 0.5 on",
        "that the lattice is right; below 0.5 none is reported",
    ),
    Measure(
        "wall.coverage",
        "share",
        "share of the picture in which the lattice holds, or of the mask",
        "1 where the lattice holds in all of the picture",
    ),
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
