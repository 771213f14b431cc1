"""The wall itself: the picture, and the lattice and the zones at fault drawn on it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from tiling_diag.findings.finding import Zone
from tiling_diag.language import said
from tiling_diag.report.figures.colors import PAPER, YELLOW, ZONE
from tiling_diag.report.figures.overlay import Overlay, lattice_overlay
from tiling_diag.report.figures.paper import LARGE, boxed, marks
from tiling_diag.report.figures.scene import Floats, Rgb, Scene
from tiling_diag.report.figures.texts import LABELS
from tiling_diag.report.figures.zones import corners, flagged_zones, kept_inside

# Lattice lines nearer than this share of the axes' longer side would run together.
GAP_SHARE = 1 / 80
# Letters in a line of what is said of a zone: more would run over the picture's borders.
LABEL_LETTERS = 44


def show_wall(ax: Axes, scene: Scene, ground: Rgb, left_px: float = 0.0) -> None:
    """A picture of the wall in axes of its pixels, moved to the right by `left_px`."""
    extent = (left_px, left_px + scene.width, float(scene.height), 0.0)
    ax.imshow(ground, extent=extent, interpolation="antialiased", aspect="equal")
    ax.set_xlabel(LABELS["x"])
    ax.set_ylabel(LABELS["y"])


def draw_pred(scene: Scene, ax: Axes) -> None:
    """The picture as it was measured."""
    show_wall(ax, scene, scene.wall)


def overlay_of(scene: Scene) -> Overlay | None:
    """The lattice over the wall, thinned out where lines would run together."""
    return lattice_overlay(scene.record, max(scene.height, scene.width) * GAP_SHARE)


def draw_overview(scene: Scene, ax: Axes, *, named: bool = True, left_px: float = 0.0) -> None:
    """The wall with its lattice and the flagged zones."""
    show_wall(ax, scene, scene.wall, left_px)
    overlay = overlay_of(scene)
    if overlay is None:
        middle = left_px + scene.width / 2
        say(ax, middle, scene.height / 2, LABELS["no lattice"])
    else:
        draw_lattice(ax, overlay, left_px)
    zones = flagged_zones(scene.record)
    for zone in zones:
        outline(ax, corners(zone), scene, left_px)
    if named:
        _name_zones(ax, scene, zones)


def draw_lattice(ax: Axes, overlay: Overlay, left_px: float = 0.0) -> None:
    """Lay a lattice over the wall: lines and points."""
    lines = overlay.lines + np.array([left_px, 0.0])
    for color, width, opacity in (("black", 2.2, 0.45), (YELLOW, 1.0, 1.0)):
        ax.add_collection(
            LineCollection(lines, colors=color, linewidths=width, alpha=opacity), autolim=False
        )
    marks(ax, overlay.points + [left_px, 0.0], color=YELLOW, ms=3.6, mec="black", mew=0.6)


def _name_zones(ax: Axes, scene: Scene, zones: list[Zone]) -> None:
    """What is said of zones, one under the other where they lie side by side."""
    for k, zone in enumerate(zones):
        lines = textwrap.wrap(said(zone.text), LABEL_LETTERS)
        x0, y0, x1, y1 = (max(side, 0.0) for side in zone.box_px)
        step = scene.height * 0.055 * max(1.0, 0.8 * len(lines))
        upright = y1 - y0 > x1 - x0
        y = min(y0 + step * (1 + k), y1 - step) if upright else (y0 + y1) / 2
        right = x0 > 0.6 * scene.width
        x = min(x1, scene.width) - 0.02 * scene.width if right else x0 + 0.02 * scene.width
        boxed(ax, x, y, "\n".join(lines), ha="right" if right else "left", va="center")


def outline(ax: Axes, places: Floats, scene: Scene, left_px: float = 0.0) -> None:
    """A zone's outline ``(n, 2)``, in px of the picture; all of it inside of the picture."""
    slack = 0.004 * max(scene.width, scene.height)
    places = kept_inside(places, (scene.width, scene.height), slack) + np.array([left_px, 0.0])
    for color, width in ((PAPER, 3.6), (ZONE, 2.2)):
        marks(ax, np.concatenate([places, places[:1]]), "-", color=color, lw=width)


def outlines(ax: Axes, polygons: Iterable[Floats], scene: Scene) -> None:
    """The outlines of those zones that there are."""
    for polygon in polygons:
        if np.isfinite(polygon).all():
            outline(ax, polygon, scene)


def say(ax: Axes, x: float, y: float, text: str) -> None:
    """A sentence in the middle of the wall, if it fits there."""
    figure = ax.get_figure(root=True)
    width_in = ax.get_position().width * figure.get_size_inches()[0] if figure else math.inf
    if len(text) * 0.6 * LARGE / 72 < width_in:
        boxed(ax, x, y, text, size=LARGE, ha="center", va="center")
