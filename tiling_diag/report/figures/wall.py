"""Figures that show the wall: the picture, the lattice and zones on it, and the local maps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tiling_diag.checks.results import BandAxis
from tiling_diag.findings.finding import SUSPECT_PROBABILITY, VERDICT_WORDS, Finding
from tiling_diag.record import Record
from tiling_diag.report.figures.canvas import (
    FAINT,
    LARGE,
    SMALL,
    VERDICT_COLORS,
    YELLOW,
    Canvas,
    Floats,
    Rgb,
    colored,
    text_width,
    ticks,
)
from tiling_diag.report.figures.overlay import Overlay, lattice_overlay
from tiling_diag.report.figures.panel import Panel
from tiling_diag.report.figures.scene import LOWEST_BAR, Scene

ZONE = "#ff2f6d"
# Lattice lines nearer than this on the figure would run together.
GAP = 9.0
ALONG = {BandAxis.ROWS: "rows", BandAxis.COLUMNS: "columns", BandAxis.OBLIQUE: "a slant"}
# Factor to colour: half, as the base, twice the period.
FACTOR_COLORS = {0.5: (33, 102, 172), 1.0: (160, 175, 165), 2.0: (214, 40, 57)}


def draw_pred(scene: Scene) -> Canvas:
    """The picture as it was measured."""
    size = f"{scene.width} x {scene.height} px"
    canvas, _ = scene.over_wall("pred", f"The picture as measured: {size}", scene.wall)
    return canvas


def draw_overview(scene: Scene) -> Canvas:
    """The wall with its lattice and the flagged zones."""
    overlay = lattice_overlay(scene.record, GAP / float(scene.zoom.max()))
    every = 1 if overlay is None else overlay.every
    canvas, panel = scene.over_wall(
        "overview",
        headline(scene),
        scene.wall,
        color=VERDICT_COLORS[scene.record.verdict],
        also=f"One in {every} rows and units is drawn." if every > 1 else "",
    )
    if overlay is None:
        _stamp(panel, "no lattice: nothing repeats measurably")
    else:
        draw_lattice(panel, overlay)
    draw_zones(panel, flagged(scene.record))
    return canvas


def flagged(record: Record) -> list[Finding]:
    """The findings that are more than information."""
    return [
        finding
        for finding in record.findings
        if finding.severity != "info" and finding.probability >= SUSPECT_PROBABILITY
    ]


def draw_lattice(panel: Panel, overlay: Overlay, *, fine: bool = False) -> None:
    """Lay a lattice over the wall: lines and points, or thin lines alone if `fine`."""
    canvas, width = panel.canvas, 0.6 if fine else 1.0
    paths = list(panel.places(overlay.lines[..., 0], overlay.lines[..., 1]))
    canvas.lines(paths, "black", width=3.0 * width, within=panel.inside, opacity=0.45)
    canvas.lines(paths, YELLOW, width=1.4 * width, within=panel.inside)
    if not fine:
        dots = panel.places(overlay.points[:, 0], overlay.points[:, 1])
        for color, size in (("black", 6.0), (YELLOW, 4.6)):
            canvas.dots(dots, color, size=size, within=panel.inside)


def headline(scene: Scene) -> str:
    """Verdict and lattice in one line."""
    record = scene.record
    lattice = record.lattice
    named = VERDICT_WORDS[record.verdict].upper()
    worst = [finding.code for finding in record.findings if finding.severity != "info"]
    head = f"{named}: {', '.join(dict.fromkeys(worst))}" if worst else named
    if not scene.is_periodic:
        return f"{head} — no period"
    unit, course = float(lattice.unit_px), float(lattice.course_px)
    if math.isfinite(unit) and math.isfinite(course):
        return f"{head} — units {unit:.1f} px, courses {course:.1f} px"
    return f"{head} — one direction repeats, every {scene.fundamental_px:.1f} px"


def draw_zones(panel: Panel, findings: list[Finding], *, named: bool = True) -> None:
    """Outline the zones of findings, with what is said of them if `named`."""
    left, top, right, bottom = panel.inside
    for k, zone in enumerate(zone for finding in findings for zone in finding.where):
        x0, y0, x1, y1 = zone.box_px
        x0, y0 = max(panel.x(x0), left), max(panel.y(y0), top)
        x1, y1 = min(panel.x(x1), right), min(panel.y(y1), bottom)
        draw_outline(panel, np.array(zone.polygon_px or _corners(zone.box_px)))
        if named:
            # Zones side by side would write over each other.
            y = min(y0 + 18 + 22 * k, y1 - 14) if y1 - y0 > x1 - x0 else (y0 + y1) / 2
            x = min(x0 + 12, right - text_width(zone.text) - 8)
            panel.canvas.text(x, y, zone.text, color="white", halo=True)


def _corners(box: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    x0, y0, x1, y1 = box
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def draw_outline(panel: Panel, corners: Floats) -> None:
    """A zone's outline ``(n, 2)``, in px of the picture; all of it inside of the panel's frame."""
    places = panel.places(corners[:, 0], corners[:, 1])
    left, top, right, bottom = panel.inside
    places = np.clip(places, [left + 2, top + 2], [right - 2, bottom - 2])
    path = [np.concatenate([places, places[:1]])]
    panel.canvas.lines(path, "white", width=5, within=panel.inside)
    panel.canvas.lines(path, ZONE, width=3, within=panel.inside)


def _stamp(panel: Panel, text: str) -> None:
    """A sentence in the middle of the wall, if there is room."""
    x0, y0, x1, y1 = panel.inside
    if text_width(text, LARGE) > x1 - x0:
        return
    panel.canvas.text(
        (x0 + x1) / 2, (y0 + y1) / 2, text, size=LARGE, color="white", anchor="mm", halo=True
    )


def draw_local_period(scene: Scene) -> Canvas:
    """The local period over the wall."""
    local = scene.record.local_period
    period = local.period_px.double().numpy()
    known = period[np.isfinite(period)]
    if not len(known):
        return _nothing_local(scene, "local_period_px", "Local period: not measured")
    middle = float(np.median(known))
    # Equal ratios get equal colours; even walls keep even colours.
    reach = max(float(np.abs(np.log2(known / middle)).max()), math.log2(1.1))
    title = (
        f"Local period: {middle:.1f} px in the middle, 90 % of the wall "
        f"{float(local.p05_px):.1f} to {float(local.p95_px):.1f} px"
    )
    ground = _laid_over(
        scene, colored(np.log2(period / middle), -reach, reach, "blue_yellow_red"), period
    )
    canvas, panel = scene.over_wall("local_period_px", title, ground, bar=True)
    low, high = middle * 2**-reach, middle * 2**reach
    at = ticks(low, high, most=7) if reach < 0.8 else [middle * k for k in (0.5, 0.75, 1, 1.5, 2)]
    at = [value for value in at if low * 0.999 <= value <= high * 1.001]
    canvas.color_bar(
        _bar_place(panel),
        (-reach, reach),
        "blue_yellow_red",
        "period, px",
        at=[math.log2(value / middle) for value in at],
        names=[f"{value:.3g}" for value in at],
    )
    return canvas


def draw_coverage(scene: Scene) -> Canvas:
    """How much of every window lies on the wall."""
    coverage = scene.record.local_period.coverage.double().numpy()
    name = "local_mask_coverage"
    if not coverage.size or not math.isfinite(float(scene.record.local_period.window_px)):
        return _nothing_local(scene, name, "Wall under the windows: the picture is too small")
    window = float(scene.record.local_period.window_px)
    title = f"How much of each {window:.0f} px window lies on the wall"
    ground = _laid_over(scene, colored(coverage, 0, 1, "viridis"), coverage)
    canvas, panel = scene.over_wall(name, title, ground, bar=True)
    canvas.color_bar(
        _bar_place(panel),
        (0, 1),
        "viridis",
        "share",
        at=[0, 0.25, 0.5, 0.75, 1],
    )
    return canvas


def draw_bands(scene: Scene) -> Canvas:
    """Where the local period is doubled or halved, with the shares per row and column."""
    banding = scene.record.banding
    factor = banding.factor.double().numpy()
    name = "local_period_bands"
    if not np.isfinite(factor).any():
        return _nothing_local(scene, name, "Doubled or halved zones: not measured")
    rgb = np.zeros((*factor.shape, 3), dtype=np.uint8)
    for value, color in FACTOR_COLORS.items():
        rgb[factor == value] = color
    axis = ALONG.get(BandAxis(int(banding.axis)))
    odd = float((factor != 1)[np.isfinite(factor)].mean())
    title = f"Doubled or halved period: {odd:.0%} of the wall" + (
        f", in zones along {axis}" if axis else ", no zones"
    )
    canvas, panel = scene.over_wall(name, title, _laid_over(scene, rgb, factor), bar=True)
    x, top = panel.inside[2] + 12, panel.inside[1]
    for k, (value, text) in enumerate(((2.0, "twice"), (1.0, "base"), (0.5, "half"))):
        y = top + 10 + 20 * k
        canvas.patch((x, y - 6, x + 12, y + 6), "#{:02x}{:02x}{:02x}".format(*FACTOR_COLORS[value]))
        canvas.text(x + 19, y, text)
    base = float(banding.base_period_px)
    if math.isfinite(base):
        canvas.text(x, top + 72, "base", size=SMALL, color=FAINT)
        canvas.text(x, top + 87, f"{base:.1f} px", size=SMALL, color=FAINT)
    for outline in banding.polygons_px.double().numpy():
        if np.isfinite(outline).all():
            draw_outline(panel, outline)
    return canvas


def _bar_place(panel: Panel) -> tuple[int, int, int, int]:
    """Where the colour bar goes: right of the wall."""
    left, top, width, height = panel.box
    return left + width + 16, top + 20, 16, max(LOWEST_BAR, height) - 20


def _laid_over(scene: Scene, rgb: Rgb, values: Floats, share: float = 0.62) -> Rgb:
    """The map's colours ``(rows, columns, 3)`` over the grey wall; clear where not measured."""
    local = scene.record.local_period
    half = float(local.stride_px) / 2
    columns = _nearest(local.center_x_px.double().numpy(), half, scene.shown_width, scene.zoom[0])
    rows = _nearest(local.center_y_px.double().numpy(), half, scene.shown_height, scene.zoom[1])
    ground = scene.grey[..., None].repeat(3, -1)
    seen = np.isfinite(values)[rows[:, None], columns]
    seen &= (rows >= 0)[:, None] & (columns >= 0)
    laid = rgb[rows[:, None], columns]
    mixed = (ground * (1 - share) + laid * share).astype(np.uint8)
    return np.where(seen[..., None], mixed, ground)


def _nearest(centre_px: Floats, half_px: float, count: int, zoom: float) -> NDArray[np.intp]:
    """For each of `count` figure px the window it belongs to, -1 for none."""
    place = (np.arange(count) + 0.5) / zoom
    distance = np.abs(place[:, None] - centre_px)
    nearest = distance.argmin(1)
    return np.where(distance.min(1) <= half_px + 1e-6, nearest, -1)


def _nothing_local(scene: Scene, name: str, title: str) -> Canvas:
    ground = np.ascontiguousarray(scene.grey[..., None].repeat(3, -1))
    canvas, panel = scene.over_wall(name, title, ground)
    _stamp(panel, "not measured: no lattice to follow")
    return canvas
