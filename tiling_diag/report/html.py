"""One self-contained page per diagnosis: verdict first, then why, then the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from tiling_diag._version import __version__
from tiling_diag.report.canvas import jpeg_bytes
from tiling_diag.report.figures import PHOTOS
from tiling_diag.report.measures import FIGURE_NOTES, MEASURES, look_up, shown, text_of
from tiling_diag.report.pages import data_uri, environment

if TYPE_CHECKING:
    from tiling_diag.diagnosis import Diagnosis


def page(
    diagnosis: Diagnosis,
    figures: dict[str, tuple[Image.Image, bytes]],
    *,
    back: str | None = None,
) -> str:
    """The report as HTML.

    Args:
        diagnosis: of the wall.
        figures: pictures and their PNG bytes by name.
        back: where a link at the top leads; None for no link.
    """
    summary = diagnosis.summary()
    numbers = [
        (m.key, text_of(look_up(summary, m.key)), m.unit, m.meaning, m.reading) for m in MEASURES
    ]
    images = {
        name: data_uri(jpeg_bytes(image), "jpeg") if name in PHOTOS else data_uri(png, "png")
        for name, (image, png) in figures.items()
    }
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            version=__version__,
            shown=shown(diagnosis),
            numbers=numbers,
            overview=images.pop("overview"),
            images=images,
            captions=FIGURE_NOTES,
            notes=diagnosis.notes,
            back=back,
        )
    )


def fragment(diagnosis: Diagnosis, overview: Image.Image) -> str:
    """The verdict with its picture, for a notebook cell."""
    return (
        environment()
        .get_template("cell.html.j2")
        .render(
            summary=diagnosis.summary(),
            shown=shown(diagnosis),
            overview=data_uri(jpeg_bytes(overview), "jpeg"),
        )
    )
