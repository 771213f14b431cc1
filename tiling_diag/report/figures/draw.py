"""Figures of a record by name: sheets with the axes that its numbers were read from."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.axes import Axes

from tiling_diag.record import Record
from tiling_diag.report.figures.colors import INK, VERDICT_COLORS
from tiling_diag.report.figures.lags import draw_along, draw_autocorrelation, draw_cepstrum
from tiling_diag.report.figures.local import draw_bands, draw_coverage, draw_local_period
from tiling_diag.report.figures.paper import Sheet
from tiling_diag.report.figures.scene import Scene
from tiling_diag.report.figures.sizes import WIDTH_IN
from tiling_diag.report.figures.spectra import draw_radial_profile, draw_spectrum
from tiling_diag.report.figures.texts import LABELS, figure_note, figure_title
from tiling_diag.report.figures.wall import draw_overview, draw_pred, overlay_of

# Margins, and the sides of maps and charts, in inches.
LEFT, RIGHT, BAR_RIGHT, BOTTOM = 0.66, 0.14, 0.95, 0.47
TALLEST, LARGEST_ZOOM, LOWEST = 4.5, 0.04, 0.3
MAP, CHART = 2.3, (0.78, 0.04, 5.36, 2.6)


def sheet_of(scene: Scene, name: str, body_in: float) -> Sheet:
    """A sheet with the head of a figure."""
    record, note = scene.record, figure_note(name, scene.is_periodic)
    color = INK
    if name == "overview":
        color = VERDICT_COLORS.get(record.verdict, INK)
        overlay = overlay_of(scene)
        if overlay is not None and overlay.every > 1:
            note += " " + LABELS["thinned"].format(overlay.every)
    return Sheet(figure_title(name, record), note, body_in, color)


def _on_wall(
    name: str, draw: Callable[..., None], right: float = RIGHT, *, bar: bool = False
) -> Callable[[Scene], Sheet]:
    """A figure over the wall, with room at the right for a legend or a colour bar."""

    def drawn(scene: Scene) -> Sheet:
        room = WIDTH_IN - LEFT - right
        fit = min(room / scene.width, TALLEST / scene.height, LARGEST_ZOOM)
        width, height = scene.width * fit, scene.height * fit
        body = max(height, LOWEST if right < BAR_RIGHT else 1.2)
        sheet = sheet_of(scene, name, body + BOTTOM)
        axes = [sheet.axes((LEFT, 0, width, height), picture=True)]
        if bar:
            axes.append(sheet.axes((LEFT + width + 0.15, 0.25, 0.13, body - 0.25)))
        draw(scene, *axes)
        if not axes[-1].has_data():
            axes[-1].remove()
        return sheet

    return drawn


def _chart(
    name: str, draw: Callable[[Scene, Axes], None], bottom: float = BOTTOM
) -> Callable[[Scene], Sheet]:
    def drawn(scene: Scene) -> Sheet:
        sheet = sheet_of(scene, name, CHART[3] + bottom)
        draw(scene, sheet.axes(CHART))
        return sheet

    return drawn


def _spectrum(name: str, window: bool) -> Callable[[Scene], Sheet]:
    def drawn(scene: Scene) -> Sheet:
        sheet = sheet_of(scene, name, MAP + BOTTOM + 0.04)
        left = sheet.axes((LEFT, 0.04, MAP, MAP), picture=True)
        right = sheet.axes((LEFT + MAP + 0.54, 0.04, MAP, MAP), picture=True)
        bar = sheet.axes((LEFT + 2 * MAP + 0.62, 0.28, 0.1, MAP - 0.24))
        draw_spectrum(scene, left, window=window, whole=True)
        draw_spectrum(scene, right, bar, window=window)
        right.set_ylabel("")
        return sheet

    return drawn


def _acf(scene: Scene) -> Sheet:
    sheet = sheet_of(scene, "acf", MAP + BOTTOM + 0.04)
    ax = sheet.axes((LEFT, 0.04, MAP, MAP), picture=True)
    bar = sheet.axes((LEFT + MAP + 0.08, 0.28, 0.1, MAP - 0.24))
    draw_autocorrelation(scene, ax, bar)
    draw_along(scene, sheet.axes((LEFT + MAP + 1.24, 0.04, 2.06, MAP)))
    return sheet


FIGURES: dict[str, Callable[[Scene], Sheet]] = {
    "overview": _on_wall("overview", draw_overview),
    "pred": _on_wall("pred", draw_pred),
    "radial_profile": _chart("radial_profile", draw_radial_profile, 0.62),
    "fft_log_hann": _spectrum("fft_log_hann", window=True),
    "fft_log_nohann": _spectrum("fft_log_nohann", window=False),
    "acf": _acf,
    "cepstrum": _chart("cepstrum", draw_cepstrum),
    "local_period_px": _on_wall("local_period_px", draw_local_period, BAR_RIGHT, bar=True),
    "local_period_bands": _on_wall("local_period_bands", draw_bands, BAR_RIGHT),
    "local_mask_coverage": _on_wall("local_mask_coverage", draw_coverage, BAR_RIGHT, bar=True),
}


def draw(record: Record, name: str) -> Sheet:
    """One figure."""
    return FIGURES[name](Scene(record))
