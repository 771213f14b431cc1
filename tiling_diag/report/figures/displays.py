"""Plots of a diagnosis: each draws into axes given or made, and returns them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from matplotlib.axes import Axes

from tiling_diag.record import Record
from tiling_diag.report.figures.compared import draw_comparison
from tiling_diag.report.figures.lags import draw_along, draw_autocorrelation, draw_cepstrum
from tiling_diag.report.figures.local import draw_bands, draw_local_period
from tiling_diag.report.figures.paper import axes_for
from tiling_diag.report.figures.scene import Scene
from tiling_diag.report.figures.spectra import draw_radial_profile, draw_spectrum
from tiling_diag.report.figures.texts import LABELS, figure_title
from tiling_diag.report.figures.wall import draw_overview

CHART_IN, MAP_IN = 3.4, 4.8


def overview(d: Record, ax: Axes | None = None) -> Axes:
    """The wall with its lattice laid on the joints, and the zones at fault.

    Args:
        d: diagnosis of the wall.
        ax: to draw into; a figure is made for it without.

    Returns:
        The axes, in px of the picture.
    """
    return _drawn(d, ax, draw_overview, "overview")


def radial_profile(d: Record, ax: Axes | None = None) -> Axes:
    """Power over distance from zero frequency, with the fundamental, its half and its double.

    Args:
        d: diagnosis of the wall.
        ax: to draw into; a figure is made for it without.

    Returns:
        The axes: cycles/px on a logarithmic scale against log10 of a ring's mean power.
    """
    return _drawn(d, ax, draw_radial_profile, "radial_profile", CHART_IN)


def spectrum(
    d: Record, ax: Axes | None = None, *, window: bool = True, whole: bool = False
) -> Axes:
    """The power spectrum around zero frequency, with circles at the lattice's harmonics.

    Args:
        d: diagnosis of the wall.
        ax: to draw into; a figure is made for it without.
        window: whether the wall was tapered by a Hann window.
        whole: show all frequencies up to 1/2 cycles/px.

    Returns:
        The axes, in cycles/px; colours are decibels under the strongest.
    """
    draw = partial(draw_spectrum, window=window, whole=whole)
    return _drawn(d, ax, draw, "fft_log_hann" if window else "fft_log_nohann")


def autocorrelation(d: Record, ax: Axes | None = None, *, along: bool = False) -> Axes:
    """The autocorrelation over lags, with the lattice's points and vectors.

    Args:
        d: diagnosis of the wall.
        ax: to draw into; a figure is made for it without.
        along: show the curve along the fundamental in place of the map.

    Returns:
        The axes, in px of lag.
    """
    draw, height_in = (draw_along, CHART_IN) if along else (draw_autocorrelation, MAP_IN)
    return _drawn(d, ax, draw, "acf", height_in)


def cepstrum(d: Record, ax: Axes | None = None) -> Axes:
    """The power cepstrum along the fundamental: a peak at the period and at its multiples.

    Args:
        d: diagnosis of the wall.
        ax: to draw into; a figure is made for it without.

    Returns:
        The axes, in px of quefrency.
    """
    return _drawn(d, ax, draw_cepstrum, "cepstrum", CHART_IN)


def local_period(d: Record, ax: Axes | None = None) -> Axes:
    """The local period over the wall; equal ratios get equal colours.

    Args:
        d: diagnosis of the wall.
        ax: to draw into; a figure is made for it without.

    Returns:
        The axes, in px of the picture.
    """
    return _drawn(d, ax, draw_local_period, "local_period_px")


def bands(d: Record, ax: Axes | None = None) -> Axes:
    """Where the local period is doubled or halved, and the zones that were found.

    Args:
        d: diagnosis of the wall.
        ax: to draw into; a figure is made for it without.

    Returns:
        The axes, in px of the picture.
    """
    return _drawn(d, ax, draw_bands, "local_period_bands")


def comparison(a: Record, b: Record, ax: Axes | None = None) -> Axes:
    """Two walls with their lattices side by side, at one scale.

    Args:
        a: diagnosis of the wall at the left.
        b: diagnosis of the wall at the right.
        ax: to draw into; a figure is made for it without.

    Returns:
        The axes, in px of the pictures.
    """
    ax = axes_for(ax)
    draw_comparison(a, b, ax)
    ax.set_title(LABELS["both"])
    return ax


def _drawn(
    d: Record,
    ax: Axes | None,
    draw: Callable[[Scene, Axes], None],
    name: str,
    height_in: float = MAP_IN,
) -> Axes:
    ax = axes_for(ax, height_in)
    draw(Scene(d), ax)
    ax.set_title(figure_title(name, d), wrap=True, parse_math=False)
    return ax
