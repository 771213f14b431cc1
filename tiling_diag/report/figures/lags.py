"""Figures over lags: the autocorrelation and the cepstrum."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from torch import Tensor

from tiling_diag.report.figures.canvas import (
    BLUE,
    FAINT,
    INK,
    LARGE,
    ORANGE,
    PAPER,
    RULE,
    SMALL,
    YELLOW,
    Canvas,
    Floats,
    colored,
    text_width,
)
from tiling_diag.report.figures.panel import Panel
from tiling_diag.report.figures.scene import BOTTOM, LEFT, Scene, titled

NO_PERIOD = "no period was found"
# Side of the square maps and width of the charts, px.
SIDE, WIDTH = 380, 880


def draw_acf(scene: Scene) -> Canvas:
    """The autocorrelation over lags, and along the fundamental."""
    result, lattice = scene.record.autocorrelation, scene.record.lattice
    found = float(result.period_px)
    known = scene.is_periodic and math.isfinite(found)
    title = f"first peak along the fundamental at {found:.1f} px" if known else NO_PERIOD
    canvas, top = titled(scene, "acf", f"Autocorrelation: {title}", 2 * SIDE + 240, SIDE + BOTTOM)
    plane, step = result.autocorrelation.double().numpy(), result.step_px.double().numpy()
    my, mx = (plane.shape[0] - 1) // 2, (plane.shape[1] - 1) // 2
    basis = lattice.basis_px.double().numpy() if scene.is_periodic else np.full((0, 2), np.nan)
    basis = basis[np.isfinite(basis).all(1)]
    lengths = [float(np.linalg.norm(v)) for v in basis] + [float(lattice.unit_px)]
    longest = max((v for v in lengths if math.isfinite(v)), default=math.inf)
    reach = min(2.6 * longest, float(min(mx * step[0], my * step[1])))
    cut_y, cut_x = max(2, round(reach / step[1])), max(2, round(reach / step[0]))
    cut_y, cut_x = min(my, cut_y), min(mx, cut_x)
    part = plane[my - cut_y : my + cut_y + 1, mx - cut_x : mx + cut_x + 1]
    extent = np.array([(cut_x + 0.5) * step[0], (cut_y + 0.5) * step[1]])
    size = np.maximum(1, np.round(SIDE * extent / extent.max())).astype(int).tolist()
    limit = _side_peaks(part)
    picture = Image.fromarray(colored(part, -limit, limit, "blue_red"))
    canvas.picture(picture.resize(tuple(size), Image.Resampling.BICUBIC), LEFT, top)
    (x, y) = extent.tolist()
    panel = Panel(canvas, (LEFT, top, *size), (-x, x), (y, -y))
    _lattice_on_lags(panel, basis, extent)
    panel.frame("lag x, px", "lag y, px")
    bar = (LEFT + size[0] + 14, top + 20, 14, max(40, size[1] - 20))
    canvas.color_bar(bar, (-limit, limit), "blue_red", "correlation")
    left = LEFT + size[0] + 140
    box = (left, top, canvas.width - left - 20, SIDE)
    label = "lag along the fundamental, px" if scene.is_periodic else "lag, px"
    _curve(scene, Panel(canvas, box, (0, 1), (0, 1)), result.lag_px, result.along, found, label)
    return canvas


def _side_peaks(part: Floats) -> float:
    """How high the map goes apart from its middle, for colours that show the side peaks."""
    y, x = np.indices(part.shape)
    far = np.hypot(y - part.shape[0] // 2, x - part.shape[1] // 2) > 0.12 * max(part.shape)
    beyond = np.abs(part[far])
    return max(float(np.percentile(beyond, 99.5)) if beyond.size else 1.0, 1e-3)


def _lattice_on_lags(panel: Panel, basis: Floats, extent: Floats) -> None:
    """Circles at the lattice points, and its two vectors."""
    if not len(basis):
        return
    points = integer_pairs(9)[:, : len(basis)] @ basis
    points = points[(np.abs(points) < extent * 0.98).all(1)]
    canvas = panel.canvas
    canvas.rings(panel.places(*points.T), INK, size=10, width=1.3, within=panel.inside)
    vectors = [panel.places(*np.stack([0 * vector, vector]).T) for vector in basis]
    canvas.lines(vectors, "black", width=4.5, within=panel.inside)
    canvas.lines(vectors, YELLOW, width=2.2, within=panel.inside)
    for name, path in zip("ab", vectors, strict=False):
        x, y = path.mean(0).tolist()
        canvas.text(x + 6, y - 8, name, size=LARGE, color="white", bold=True, halo=True)


def draw_cepstrum(scene: Scene) -> Canvas:
    """The cepstrum along the fundamental."""
    result = scene.record.cepstrum
    found = float(result.period_px)
    known = scene.is_periodic and math.isfinite(found)
    title = f"the harmonics repeat every {found:.1f} px" if known else NO_PERIOD
    canvas, top = titled(scene, "cepstrum", f"Power cepstrum: {title}", WIDTH, 330)
    panel = Panel(canvas, (LEFT + 10, top, WIDTH - LEFT - 34, 280), (0, 1), (0, 1))
    label = "quefrency along the fundamental, px" if scene.is_periodic else "quefrency, px"
    _curve(scene, panel, result.quefrency_px, result.along, found, label)
    return canvas


def _curve(scene: Scene, panel: Panel, x: Tensor, y: Tensor, found: float, label: str) -> None:
    """A curve over lags, multiples of the fundamental dotted, the method's own answer marked."""
    period = scene.fundamental_px
    xs, ys = x.double().numpy(), y.double().numpy()
    reach = float(xs[-1])
    if math.isfinite(period):
        reach = min(reach, max(5.4 * period, 1.3 * found if math.isfinite(found) else 0.0))
    # The peak at zero is left to run out of the picture: it says nothing.
    start = 0.35 * period if math.isfinite(period) else 0.05 * reach
    beyond = ys[(xs > start) & (xs <= reach)]
    low, high = (float(beyond.min()), float(beyond.max())) if len(beyond) else (0.0, 1.0)
    margin = max(0.1 * (high - low), 1e-3)
    panel.x_range, panel.y_range = (0, reach), (min(low, 0) - margin, high + 2.6 * margin)
    panel.level(0, RULE)
    if math.isfinite(period):
        for k in range(1, int(reach / period) + 1):
            panel.upright(k * period, FAINT, dash=2)
        left, top, name = panel.x(period) + 4, panel.inside[1] + 12, f"fundamental {period:.1f} px"
        panel.canvas.patch((left, top - 8, left + text_width(name, SMALL) + 4, top + 8), PAPER)
        panel.canvas.text(left + 2, top, name, size=SMALL, color=FAINT)
    panel.curve(xs, ys, BLUE, 1.7)
    if scene.is_periodic and math.isfinite(found) and found <= reach:
        place = panel.places(np.array([found]), np.interp([found], xs, ys))
        panel.canvas.dots(place, ORANGE, size=9, within=panel.inside)
        (left, top) = (place[0] + np.array([9, -9])).tolist()
        panel.canvas.text(left, top, f"{found:.1f} px", size=LARGE, color=ORANGE, bold=True)
    panel.frame(label)


def integer_pairs(reach: int) -> Floats:
    """``(n, 2)`` all pairs of whole numbers up to `reach`."""
    steps = np.arange(-reach, reach + 1)
    return np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2).astype(np.float64)
