"""All that figures say: their titles, how each is read, and the names of their axes.

A note says what a figure shows and how to read it; the file, the page and the docs have the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tiling_diag.checks.results import BandAxis
from tiling_diag.findings.finding import VERDICT_WORDS
from tiling_diag.language import said
from tiling_diag.record import Record

_NOTES = {
    "overview": "Yellow: the lattice found, laid on the joints; it should meet them everywhere. "
    "Dark: not wall. "
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


class _Said(dict[str, str]):
    """Texts in the reader's language, by short names."""

    def __getitem__(self, name: str) -> str:
        return said(super().__getitem__(name))


# Names of axes, colour bars and marks.
LABELS = _Said(
    {
        "x": "x, px",
        "y": "y, px",
        "lag": "lag, px",
        "lag x": "lag x, px",
        "lag y": "lag y, px",
        "lag along": "lag along the fundamental, px",
        "quefrency": "quefrency, px",
        "quefrency along": "quefrency along the fundamental, px",
        "frequency": "frequency, cycles/px (period, px)",
        "ring power": "mean power of a ring, log10",
        "fx": "fx, cycles/px",
        "fy": "fy, cycles/px",
        "dB": "dB",
        "correlation": "correlation",
        "period": "period, px",
        "share": "share",
        "twice": "twice",
        "base": "base",
        "half": "half",
        "fundamental": "fundamental {:.1f} px",
        "energy": "{:.2g}x energy",
        "no lattice": "no lattice: nothing repeats measurably",
        "not measured": "not measured: no lattice to follow",
        "no period": "no period was found",
        "thinned": "One in {} rows and units is drawn.",
        "both": "A and B at one scale",
        "scale": "scale of the wall",
        "loss": "loss, 1 at its largest",
    }
)
# Alternative texts of the figures on a page; the title follows.
ALT = _Said(
    {
        "overview": "the wall with its lattice and flagged zones",
        "pred": "the picture as it was measured",
        "radial_profile": "a curve of power over frequency",
        "fft_log_hann": "two maps of the power spectrum under a window",
        "fft_log_nohann": "two maps of the power spectrum without a window",
        "acf": "a map of the autocorrelation, and a curve along the fundamental",
        "cepstrum": "a curve of the power cepstrum",
        "local_period_px": "a map of the local period over the wall",
        "local_mask_coverage": "a map of how much of each window is wall",
        "local_period_bands": "a map of doubled and halved zones on the wall",
        "comparison": "both walls with their lattices side by side",
    }
)
_ALONG = {BandAxis.ROWS: "rows", BandAxis.COLUMNS: "columns", BandAxis.OBLIQUE: "a slant"}


def figure_note(name: str, is_periodic: bool) -> str:
    """What a figure shows and how to read it, in a sentence or two."""
    return said(_NOTES[name] if is_periodic else _NOTES_WITHOUT_PERIOD.get(name, _NOTES[name]))


def figure_title(name: str, record: Record) -> str:
    """What a figure says of this wall, in a line."""
    return said(_TITLES[name](record))


def headline(record: Record) -> str:
    """Verdict and lattice in one line."""
    lattice = record.lattice
    worst = [finding.code for finding in record.findings if finding.severity != "info"]
    named = VERDICT_WORDS[record.verdict].upper()
    head = f"{named}: {', '.join(dict.fromkeys(worst))}" if worst else named
    if not bool(lattice.is_periodic):
        return f"{head} — no period"
    unit, course = float(lattice.unit_px), float(lattice.course_px)
    if math.isfinite(unit) and math.isfinite(course):
        return f"{head} — units {unit:.1f} px, courses {course:.1f} px"
    return f"{head} — one direction repeats, every {float(lattice.fundamental_px):.1f} px"


def _pred(record: Record) -> str:
    height, width = record.image.shape[-2:]
    return f"The picture as measured: {width} x {height} px"


def _radial(record: Record) -> str:
    if not bool(record.lattice.is_periodic):
        return f"Radial profile: {LABELS['no period']}"
    period = float(record.lattice.fundamental_px)
    return f"Fundamental: {period:.2f} px ({1 / period:.4f} cycles/px)"


def _no_window(record: Record) -> str:
    title = "Power spectrum without a window"
    drop = float(record.edge_cross.before) - float(record.edge_cross.after)
    if math.isfinite(drop):
        title += f": the borders add {max(0.0, drop):.0%} of power on the axes"
    return title


def _acf(record: Record) -> str:
    found = float(record.autocorrelation.period_px)
    known = bool(record.lattice.is_periodic) and math.isfinite(found)
    title = f"first peak along the fundamental at {found:.1f} px" if known else LABELS["no period"]
    return f"Autocorrelation: {title}"


def _cepstrum(record: Record) -> str:
    found = float(record.cepstrum.period_px)
    known = bool(record.lattice.is_periodic) and math.isfinite(found)
    title = f"the harmonics repeat every {found:.1f} px" if known else LABELS["no period"]
    return f"Power cepstrum: {title}"


def _local_period(record: Record) -> str:
    local = record.local_period
    period = local.period_px.double().numpy()
    known = period[np.isfinite(period)]
    if not len(known):
        return "Local period: not measured"
    return (
        f"Local period: {float(np.median(known)):.1f} px, 90 % of the wall "
        f"{float(local.p05_px):.1f} to {float(local.p95_px):.1f} px"
    )


def _coverage(record: Record) -> str:
    local = record.local_period
    if not local.coverage.numel() or not math.isfinite(float(local.window_px)):
        return "Wall under the windows: the picture is too small"
    return f"How much of each {float(local.window_px):.0f} px window lies on the wall"


def _bands(record: Record) -> str:
    factor = record.banding.factor.double().numpy()
    known = factor[np.isfinite(factor)]
    if not len(known):
        return "Doubled or halved zones: not measured"
    axis = _ALONG.get(BandAxis(int(record.banding.axis)))
    where = f"in zones along {axis}" if axis else "no zones"
    return f"Doubled or halved period: {float((known != 1).mean()):.0%} of the wall, {where}"


_TITLES: dict[str, Callable[[Record], str]] = {
    "overview": headline,
    "pred": _pred,
    "radial_profile": _radial,
    "fft_log_hann": lambda record: "Power spectrum under a Hann window",
    "fft_log_nohann": _no_window,
    "acf": _acf,
    "cepstrum": _cepstrum,
    "local_period_px": _local_period,
    "local_mask_coverage": _coverage,
    "local_period_bands": _bands,
}
