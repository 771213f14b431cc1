"""Maps over the wall: the local period, doubled or halved zones, and how much of each is wall."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from tiling_diag.report.figures.colors import FAINT, INK, RULE
from tiling_diag.report.figures.paper import PICTURE, SMALL, TEXT
from tiling_diag.report.figures.scene import Floats, Scene
from tiling_diag.report.figures.texts import LABELS
from tiling_diag.report.figures.wall import outlines, say, show_wall

# Factor to colour: half, as the base, twice the period.
FACTOR_COLORS = {0.5: "#2166ac", 1.0: "#a0afa5", 2.0: "#d62739"}
# How much of the map is seen over the wall.
OPACITY = 0.62
# Where the local period changes by much: ticks as shares of its middle.
WIDE_TICKS = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4)


def draw_local_period(scene: Scene, ax: Axes, bar: Axes | None = None) -> None:
    """The local period over the wall; equal ratios get equal colours."""
    period = scene.record.local_period.period_px.double().numpy()
    known = period[np.isfinite(period)]
    show_wall(ax, scene, scene.grey)
    if not len(known):
        return say(ax, scene.width / 2, scene.height / 2, LABELS["not measured"])
    middle = float(np.median(known))
    # Even walls keep even colours.
    reach = max(float(np.abs(np.log2(known / middle)).max()), math.log2(1.1))
    norm = Normalize(-reach, reach)
    shown = _lay_over(ax, scene, np.log2(period / middle), "RdYlBu_r", norm)
    low, high = middle * 2**-reach, middle * 2**reach
    ticks = MaxNLocator(7).tick_values(low, high) if reach < 0.8 else np.array(WIDE_TICKS) * middle
    at = np.asarray(ticks)
    at = at[(at >= low * 0.999) & (at <= high * 1.001)]
    names = [f"{value:.3g}" for value in at]
    color_bar(ax, bar, shown, LABELS["period"]).set_ticks(
        np.log2(at / middle).tolist(), labels=names
    )


def draw_coverage(scene: Scene, ax: Axes, bar: Axes | None = None) -> None:
    """How much of every window lies on the wall."""
    local = scene.record.local_period
    coverage = local.coverage.double().numpy()
    show_wall(ax, scene, scene.grey)
    if not coverage.size or not math.isfinite(float(local.window_px)):
        return say(ax, scene.width / 2, scene.height / 2, LABELS["not measured"])
    shown = _lay_over(ax, scene, coverage, "viridis", Normalize(0, 1))
    at = [0, 0.25, 0.5, 0.75, 1]
    color_bar(ax, bar, shown, LABELS["share"]).set_ticks(at, labels=[f"{v:g}" for v in at])


def draw_bands(scene: Scene, ax: Axes) -> None:
    """Where the local period is doubled or halved."""
    banding = scene.record.banding
    factor = banding.factor.double().numpy()
    show_wall(ax, scene, scene.grey)
    if not np.isfinite(factor).any():
        return say(ax, scene.width / 2, scene.height / 2, LABELS["not measured"])
    colors = ListedColormap(list(FACTOR_COLORS.values()))
    _lay_over(ax, scene, np.log2(factor), colors, Normalize(-1.5, 1.5))
    base = float(banding.base_period_px)
    names = {2.0: LABELS["twice"], 1.0: LABELS["base"], 0.5: LABELS["half"]}
    if math.isfinite(base):
        names[1.0] += f"\n{base:.1f} px"
    ax.legend(
        [Patch(color=FACTOR_COLORS[value]) for value in names],
        [name.replace(" ", "\n") if value != 1 else name for value, name in names.items()],
        loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, frameon=False,
        fontsize=TEXT, labelcolor=INK, handlelength=1.0,
    )  # fmt: skip
    outlines(ax, banding.polygons_px.double().numpy(), scene)


def _lay_over(
    ax: Axes, scene: Scene, values: Floats, colors: str | ListedColormap, norm: Normalize
) -> ScalarMappable:
    """A map ``(rows, columns)`` over the grey wall; clear where it was not measured."""
    local = scene.record.local_period
    half = float(local.stride_px) / 2
    x, y = local.center_x_px.tolist(), local.center_y_px.tolist()
    extent = (x[0] - half, x[-1] + half, y[-1] + half, y[0] - half)
    shown = ax.imshow(
        np.ma.masked_invalid(values), cmap=colors, norm=norm, alpha=OPACITY, extent=extent,
        interpolation="nearest", aspect="equal",
    )  # fmt: skip
    ax.set_xlim(0, scene.width)
    ax.set_ylim(scene.height, 0)
    # Colours of the bar are not seen through.
    return ScalarMappable(norm, shown.get_cmap())


def color_bar(ax: Axes, bar: Axes | None, colors: ScalarMappable, label: str) -> Colorbar:
    """A colour bar in its own axes, or beside `ax` where there are none; its label above it."""
    figure = ax.get_figure()
    assert figure is not None, "the axes belong to no figure"
    place: Any = {"ax": ax} if bar is None else {"cax": bar}
    made = figure.colorbar(colors, ticks=MaxNLocator(5), **place)
    if bar is None:
        made.set_label(label)
        return made
    bar.set_gid(PICTURE)
    bar.set_title(label, size=SMALL, color=FAINT, pad=5, loc="left")
    bar.tick_params(labelsize=SMALL, colors=INK, length=2.5)
    made.outline.set(edgecolor=RULE, linewidth=0.7)
    return made
