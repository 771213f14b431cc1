"""Figures of the spectrum: its radial profile, and the plane with and without a window."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from tiling_diag.kernels.spectrum import two_sided
from tiling_diag.report.figures.canvas import (
    BLUE,
    FAINT,
    INK,
    LARGE,
    ORANGE,
    SMALL,
    Canvas,
    Floats,
    colored,
)
from tiling_diag.report.figures.lags import NO_PERIOD, SIDE, WIDTH, integer_pairs
from tiling_diag.report.figures.panel import Panel
from tiling_diag.report.figures.scene import BOTTOM, LEFT, Scene, titled

CYAN = "#36e0ff"


def draw_radial(scene: Scene) -> Canvas:
    """Power over distance from zero frequency."""
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


def draw_fft_hann(scene: Scene) -> Canvas:
    """The spectrum under a window."""
    title = "Power spectrum under a Hann window"
    return _spectrum(scene, "fft_log_hann", title, scene.record.spectral.power)


def draw_fft_nohann(scene: Scene) -> Canvas:
    """The spectrum without a window, and what the borders add to it."""
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
        waves = integer_pairs(9) @ np.linalg.inv(basis).T
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
