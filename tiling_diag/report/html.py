"""One self-contained page per diagnosis: verdict first, then why, then the numbers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from tiling_diag._version import __version__
from tiling_diag.report.measures import MEASURES, look_up, shown, text_of

if TYPE_CHECKING:
    from tiling_diag.diagnosis import Diagnosis

CAPTIONS = {
    "radial_profile": "Peaks above the background are the material; one at f/2 hints at doubling.",
    "fft_log_hann": "Dots are the lattice's harmonics; lines at exact fractions are grids.",
    "fft_log_nohann": "Where this shows a cross that the windowed spectrum lacks, borders differ.",
    "acf": "The wall repeats at the red spots; the lattice's crosses should lie on them.",
    "cepstrum": "Peaks at the period and its multiples.",
    "local_period_px": "An even colour is an even period; a jump is a zone of another one.",
    "local_mask_coverage": "Windows with little wall are not measured.",
    "local_period_bands": "Red zones repeat at twice the base period, blue ones at half of it.",
    "pred": "The picture that was measured.",
}


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tiling_diag.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(diagnosis: Diagnosis, figures: dict[str, bytes]) -> str:
    """The report as HTML; `figures` are PNG bytes by name."""
    summary = diagnosis.summary()
    numbers = [(m.key, text_of(look_up(summary, m.key)), m.unit, m.reading) for m in MEASURES]
    images = {name: _data_uri(png) for name, png in figures.items()}
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            version=__version__,
            shown=shown(diagnosis),
            numbers=numbers,
            overview=images.pop("overview"),
            images=images,
            captions=CAPTIONS,
            notes=diagnosis.notes,
        )
    )


def fragment(diagnosis: Diagnosis, overview: bytes) -> str:
    """The verdict with its picture, for a notebook cell."""
    return (
        _environment()
        .get_template("cell.html.j2")
        .render(summary=diagnosis.summary(), shown=shown(diagnosis), overview=_data_uri(overview))
    )


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
