"""Figures of a record by name: the spectra, curves and maps that its numbers were read from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tiling_diag.record import Record
from tiling_diag.report.figures.canvas import (
    Canvas,
    jpeg_bytes,
    png_bytes,
)
from tiling_diag.report.figures.lags import draw_acf, draw_cepstrum
from tiling_diag.report.figures.scene import Scene
from tiling_diag.report.figures.spectra import draw_fft_hann, draw_fft_nohann, draw_radial
from tiling_diag.report.figures.wall import (
    draw_bands,
    draw_coverage,
    draw_local_period,
    draw_overview,
    draw_pred,
)


class Drawn(NamedTuple):
    """A figure ready to be written.

    Attributes:
        png: the figure as a file of its own.
        title, note: what its head says.
        body: the figure without its head, for a page: JPEG or PNG bytes.
        kind: which of them, ``jpeg`` or ``png``.
    """

    png: bytes
    title: str
    note: str
    body: bytes
    kind: str


def draw(record: Record, name: str) -> Canvas:
    """One figure."""
    return FIGURES[name](Scene(record))


def draw_all(record: Record, names: Iterable[str] | None = None) -> dict[str, Drawn]:
    """The named figures, or every one, the one to look at first in front.

    One is packed while the next is drawn.
    """
    scene = Scene(record)
    with ThreadPoolExecutor(1) as pool:
        packed = {name: pool.submit(_pack, name, FIGURES[name](scene)) for name in names or FIGURES}
        return {name: future.result() for name, future in packed.items()}


def _pack(name: str, canvas: Canvas) -> Drawn:
    body = canvas.body()
    data, kind = (jpeg_bytes(body), "jpeg") if name in PHOTOS else (png_bytes(body), "png")
    return Drawn(png_bytes(canvas.image), canvas.title, canvas.note, data, kind)


FIGURES: dict[str, Callable[[Scene], Canvas]] = {
    "overview": draw_overview,
    "pred": draw_pred,
    "radial_profile": draw_radial,
    "fft_log_hann": draw_fft_hann,
    "fft_log_nohann": draw_fft_nohann,
    "acf": draw_acf,
    "cepstrum": draw_cepstrum,
    "local_period_px": draw_local_period,
    "local_period_bands": draw_bands,
    "local_mask_coverage": draw_coverage,
}
# Figures that are photograph or noise, for which JPEG serves better inside a page.
PHOTOS = {
    "overview", "pred", "fft_log_hann", "fft_log_nohann",
    "local_period_px", "local_mask_coverage", "local_period_bands",
}  # fmt: skip
