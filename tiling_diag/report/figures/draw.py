"""Figures of a record by name: the spectra, curves and maps that its numbers were read from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tiling_diag.kernels.spectrum import two_sided
from tiling_diag.record import Record
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
    Panel,
    colored,
    jpeg_bytes,
    png_bytes,
    text_width,
)
from tiling_diag.report.figures.scene import BOTTOM, LEFT, Scene, titled
from tiling_diag.report.figures.wall import (
    draw_bands,
    draw_coverage,
    draw_local_period,
    draw_overview,
    draw_pred,
)

NO_PERIOD = "no period was found"
# Side of the square maps and width of the charts, px.
SIDE, WIDTH = 380, 880
CYAN = "#36e0ff"


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


def _radial(scene: Scene) -> Canvas:
    spectral, f = scene.record.spectral, 1 / scene.fundamental_px
    title = f"Fundamental: {scene.fundamental_px:.2f} px ({f:.4f} cycles/px)"
    title = title if f > 0 else f"Radial profile: {NO_PERIOD}"
    canvas, top = titled(scene, "radial_profile", title, WIDTH, 350)
    radius = spectral.radius_cycles_per_px.double().numpy()[1:]
    profile, smooth = (s.double().numpy()[1:] for s in (spectral.profile, spectral.background))
    low = float(max(radius[0], min(f / 6, 0.05)) if f > 0 else radius[0])
    seen = radius >= low * 0.98
    octave, profile, smooth = np.log2(radius[seen]), profile[seen], smooth[seen]
    at = [v for v in (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if v >= low]
    floor = min(float(np.percentile(profile, 1)), float(smooth.min())) - 0.2
    ceiling = float(profile.max()) + 0.24 * (float(profile.max()) - floor)
    box = (LEFT + 10, top, WIDTH - LEFT - 34, 280)
    panel = Panel(canvas, box, (math.log2(low), -1.0), (floor, ceiling))
    panel.between(octave, smooth, np.maximum(profile, smooth), "#c9daf3")
    panel.curve(octave, smooth, "#8b949e", 1.4)
    for factor, energy in ((0.5, spectral.ehalf_over_ef), (1.0, None), (2.0, spectral.e2f_over_ef)):
        if f > 0 and low < f * factor < 0.5:
            _mark_frequency(
                panel, f * factor, factor, math.nan if energy is None else float(energy)
            )
    panel.curve(octave, profile, BLUE, 1.6)
    panel.frame(
        "frequency, cycles/px (period, px)",
        "mean power of a ring, log10",
        x_ticks=[math.log2(v) for v in at],
        x_names=[f"{v:g}\n{1 / v:g} px" for v in at],
    )
    return canvas


def _mark_frequency(panel: Panel, frequency: float, factor: float, energy: float) -> None:
    """f, 2f or f/2: an upright line with its period, and its energy against that at f."""
    strong = factor == 1.0
    color, name = ORANGE if strong else INK, {0.5: "f/2", 1.0: "f", 2.0: "2f"}[factor]
    octave = math.log2(frequency)
    panel.upright(
        octave, color if strong else FAINT, width=2 if strong else 1, dash=0 if strong else 4
    )
    x, top = panel.x(octave) + 6, panel.inside[1]
    panel.canvas.text(x, top + 14, name, size=LARGE, color=color, bold=True)
    panel.canvas.text(x, top + 31, f"{1 / frequency:.1f} px", color=color)
    if math.isfinite(energy):
        panel.canvas.text(x, top + 47, f"{energy:.2g}x energy", size=SMALL, color=FAINT)


def _fft_hann(scene: Scene) -> Canvas:
    title = "Power spectrum under a Hann window"
    return _spectrum(scene, "fft_log_hann", title, scene.record.spectral.power)


def _fft_nohann(scene: Scene) -> Canvas:
    cross = scene.record.edge_cross
    drop = float(cross.before) - float(cross.after)
    title = "Power spectrum without a window"
    if math.isfinite(drop):
        title += f": the borders add {max(0.0, drop):.0%} of power on the axes"
    return _spectrum(scene, "fft_log_nohann", title, scene.record.spectral.power_no_window)


def _spectrum(scene: Scene, name: str, title: str, power: Tensor) -> Canvas:
    canvas, top = titled(scene, name, title, 2 * SIDE + 240, SIDE + BOTTOM)
    plane = two_sided(power, (scene.height, scene.width))
    f = 1 / scene.fundamental_px
    reach = min(0.5, max(3.4 * f, 12 / max(scene.height, scene.width))) if f > 0 else 0.125
    whole, middle = _decibels(plane, 0.5), _decibels(plane, reach)
    # Decibels under the strongest bin; the faintest quarter of the plane is left black.
    strongest = 10 * math.log10(max(float(plane.max()), 1e-20))
    low = float(np.percentile(whole, 25)) - strongest
    high = max(float(np.percentile(middle, 99.8)) - strongest, low + 10)
    halves = [-0.5, -0.25, -0.125, 0, 0.125, 0.25, 0.5]
    names = ["-1/2", "-1/4", "-1/8", "0", "1/8", "1/4", "1/2"]
    left = Panel(canvas, (LEFT, top, SIDE, SIDE), (-0.5, 0.5), (0.5, -0.5))
    canvas.picture(colored(whole - strongest, low, high, "magma"), LEFT, top)
    left.frame(
        "fx, cycles/px",
        "fy, cycles/px",
        x_ticks=halves,
        y_ticks=halves,
        x_names=names,
        y_names=names,
    )
    x = LEFT + SIDE + 80
    right = Panel(canvas, (x, top, SIDE, SIDE), (-reach, reach), (reach, -reach))
    canvas.picture(colored(middle - strongest, low, high, "magma"), x, top)
    if f > 0:
        _harmonics(right, scene, reach)
    right.frame("fx, cycles/px")
    canvas.color_bar((x + SIDE + 16, top + 20, 16, SIDE - 20), (low, high), "magma", "dB")
    return canvas


def _decibels(plane: Tensor, reach: float) -> Floats:
    """``(SIDE, SIDE)`` decibels of the plane's middle, up to `reach` cycles/px each way.

    Lines are single bins: shrunk by the largest value they stay visible.
    """
    height, width = plane.shape
    half = (max(2, round(height * reach)), max(2, round(width * reach)))
    centre = (height // 2, width // 2)
    part = plane[
        max(0, centre[0] - half[0]) : centre[0] + half[0],
        max(0, centre[1] - half[1]) : centre[1] + half[1],
    ]
    size = (min(SIDE, part.shape[0]), min(SIDE, part.shape[1]))
    small = torch.nn.functional.adaptive_max_pool2d(part[None], size)[0]
    decibels: Floats = 10 * small.clamp_min(1e-20).log10().numpy()
    if size != (SIDE, SIDE):
        rows, columns = (np.arange(SIDE) * n // SIDE for n in size)
        decibels = decibels[rows[:, None], columns]
    return decibels


def _harmonics(panel: Panel, scene: Scene, reach: float) -> None:
    """Circles around the lattice's harmonics; the fundamental's own are strong and named."""
    canvas, lattice = panel.canvas, scene.record.lattice
    basis, wave = lattice.basis_px.double().numpy(), lattice.wave_vector.double().numpy()
    if np.isfinite(basis).all():
        waves = _grid(9) @ np.linalg.inv(basis).T
        far = np.abs(waves).max(1)
        waves = waves[(far < reach * 0.97) & (far > 1e-9)]
        if len(waves) <= 200:
            places = panel.places(*waves.T)
            canvas.rings(places, "#e8e8e8", size=10, width=1.0, within=panel.inside)
    if np.isfinite(wave).all():
        family = [k for k in (-3, -2, -1, 1, 2, 3) if np.abs(wave * k).max() < reach * 0.97]
        own = panel.places(*np.outer(family, wave).T)
        canvas.rings(own, CYAN, size=12, width=2.0, within=panel.inside)
        for k, (x, y) in zip(family, own.tolist(), strict=True):
            if k in (1, 2):
                name = "f" if k == 1 else "2f"
                canvas.text(x + 11, y, name, size=LARGE, color=CYAN, bold=True, halo=True)


def _grid(reach: int) -> Floats:
    """``(n, 2)`` all pairs of whole numbers up to `reach`."""
    steps = np.arange(-reach, reach + 1)
    return np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2).astype(np.float64)


def _acf(scene: Scene) -> Canvas:
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
    points = _grid(9)[:, : len(basis)] @ basis
    points = points[(np.abs(points) < extent * 0.98).all(1)]
    canvas = panel.canvas
    canvas.rings(panel.places(*points.T), INK, size=10, width=1.3, within=panel.inside)
    vectors = [panel.places(*np.stack([0 * vector, vector]).T) for vector in basis]
    canvas.lines(vectors, "black", width=4.5, within=panel.inside)
    canvas.lines(vectors, YELLOW, width=2.2, within=panel.inside)
    for name, path in zip("ab", vectors, strict=False):
        x, y = path.mean(0).tolist()
        canvas.text(x + 6, y - 8, name, size=LARGE, color="white", bold=True, halo=True)


def _cepstrum(scene: Scene) -> Canvas:
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


FIGURES: dict[str, Callable[[Scene], Canvas]] = {
    "overview": draw_overview,
    "pred": draw_pred,
    "radial_profile": _radial,
    "fft_log_hann": _fft_hann,
    "fft_log_nohann": _fft_nohann,
    "acf": _acf,
    "cepstrum": _cepstrum,
    "local_period_px": draw_local_period,
    "local_period_bands": draw_bands,
    "local_mask_coverage": draw_coverage,
}
# Figures that are photograph or noise, for which JPEG serves better inside a page.
PHOTOS = {
    "overview", "pred", "fft_log_hann", "fft_log_nohann",
    "local_period_px", "local_mask_coverage", "local_period_bands",
}  # fmt: skip
