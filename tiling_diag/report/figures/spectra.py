"""Figures of the spectrum: its radial profile, and the plane with and without a window."""

from __future__ import annotations

import math

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from tiling_diag.kernels.spectrum import two_sided
from tiling_diag.report.figures.colors import BLUE, CYAN, FAINT, INK, ORANGE
from tiling_diag.report.figures.lags import integer_pairs
from tiling_diag.report.figures.local import color_bar
from tiling_diag.report.figures.paper import LARGE, SMALL, halo, marks
from tiling_diag.report.figures.scene import Floats, Scene
from tiling_diag.report.figures.texts import LABELS

# Bins of the plane along a side of the figure: more would be finer than a page's pixels.
MOST_BINS = 240


def draw_radial_profile(scene: Scene, ax: Axes) -> None:
    """Power over distance from zero frequency."""
    spectral, f = scene.record.spectral, 1 / scene.fundamental_px
    radius = spectral.radius_cycles_per_px.double().numpy()[1:]
    profile, smooth = (s.double().numpy()[1:] for s in (spectral.profile, spectral.background))
    low = float(max(radius[0], min(f / 6, 0.05)) if f > 0 else radius[0])
    seen = radius >= low * 0.98
    radius, profile, smooth = radius[seen], profile[seen], smooth[seen]
    floor = min(float(np.percentile(profile, 1)), float(smooth.min())) - 0.2
    ceiling = float(profile.max()) + 0.24 * (float(profile.max()) - floor)
    ax.set_xscale("log")
    ax.set_xlim(low, 0.5)
    ax.set_ylim(floor, ceiling)
    ax.fill_between(radius, smooth, np.maximum(profile, smooth), color=BLUE, alpha=0.22, lw=0)
    ax.plot(radius, smooth, color="#8b949e", lw=1.1)
    for factor, energy in ((0.5, spectral.ehalf_over_ef), (1.0, None), (2.0, spectral.e2f_over_ef)):
        if f > 0 and low < f * factor < 0.5:
            _mark_frequency(ax, f * factor, factor, math.nan if energy is None else float(energy))
    ax.plot(radius, profile, color=BLUE, lw=1.3)
    at = [v for v in (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if v >= low]
    ax.set_xticks(at, labels=[f"{v:g}\n{1 / v:g} px" for v in at])
    ax.minorticks_off()
    ax.set_xlabel(LABELS["frequency"])
    ax.set_ylabel(LABELS["ring power"])


def _mark_frequency(ax: Axes, frequency: float, factor: float, energy: float) -> None:
    """f, 2f or f/2: an upright line with its period, and its energy against that at f."""
    strong = factor == 1.0
    color, name = ORANGE if strong else INK, {0.5: "f/2", 1.0: "f", 2.0: "2f"}[factor]
    ax.axvline(
        frequency, color=color if strong else FAINT, lw=1.4 if strong else 0.8,
        ls="-" if strong else (0, (4, 3)),
    )  # fmt: skip
    lines = [(name, LARGE, color, "bold"), (f"{1 / frequency:.1f} px", SMALL, color, "normal")]
    if math.isfinite(energy):
        lines.append((LABELS["energy"].format(energy), SMALL, FAINT, "normal"))
    low, high = ax.get_xlim()
    place = math.log(frequency / low) / math.log(high / low)
    # Away from the mark of f, unless it would leave the axes.
    side = "right" if place > (0.2 if factor < 1 else 0.88) else "left"
    for row, (text, size, ink, weight) in enumerate(lines):
        ax.annotate(
            text, (frequency, 1), (-4 if side == "right" else 4, -5 - 12 * row),
            xycoords=("data", "axes fraction"), textcoords="offset points",
            size=size, color=ink, weight=weight, ha=side, va="top",
        )  # fmt: skip


def draw_spectrum(
    scene: Scene, ax: Axes, bar: Axes | None = None, *, window: bool = True, whole: bool = False
) -> None:
    """The plane of frequencies in decibels under the strongest.

    Args:
        scene: of the wall.
        ax: to draw into.
        bar: for the colour bar; none is drawn on the `whole` plane.
        window: whether the wall is tapered.
        whole: all frequencies, or the middle with the lattice's harmonics.
    """
    spectral = scene.record.spectral
    power = spectral.power if window else spectral.power_no_window
    plane = two_sided(power, (scene.height, scene.width))
    f = 1 / scene.fundamental_px
    reach = min(0.5, max(3.4 * f, 12 / max(scene.height, scene.width))) if f > 0 else 0.125
    all_of_it, middle = _decibels(plane, 0.5), _decibels(plane, reach)
    # The faintest quarter of the plane is left black.
    strongest = 10 * math.log10(max(float(plane.max()), 1e-20))
    low = float(np.percentile(all_of_it, 25)) - strongest
    high = max(float(np.percentile(middle, 99.8)) - strongest, low + 10)
    r = 0.5 if whole else reach
    shown = ax.imshow(
        (all_of_it if whole else middle) - strongest, cmap="magma", vmin=low, vmax=high,
        extent=(-r, r, r, -r), interpolation="nearest", aspect="equal",
    )  # fmt: skip
    ax.set_xlabel(LABELS["fx"])
    ax.set_ylabel(LABELS["fy"])
    if whole:
        names = ["−1/2", "−1/4", "", "0", "", "1/4", "1/2"]
        halves = [-0.5, -0.25, -0.125, 0, 0.125, 0.25, 0.5]
        ax.set_xticks(halves, labels=names)
        ax.set_yticks(halves, labels=[*names[:2], "−1/8", "0", "1/8", *names[5:]])
        return
    ax.locator_params(nbins=5)
    if f > 0:
        _harmonics(ax, scene, reach)
    color_bar(ax, bar, shown, LABELS["dB"])


def _decibels(plane: Tensor, reach: float) -> Floats:
    """Decibels of the plane's middle, up to `reach` cycles/px each way.

    Lines are single bins: shrunk by the largest value they stay visible.
    """
    height, width = plane.shape
    half = (max(2, round(height * reach)), max(2, round(width * reach)))
    centre = (height // 2, width // 2)
    part = plane[
        max(0, centre[0] - half[0]) : centre[0] + half[0],
        max(0, centre[1] - half[1]) : centre[1] + half[1],
    ]
    size = (min(MOST_BINS, part.shape[0]), min(MOST_BINS, part.shape[1]))
    small = torch.nn.functional.adaptive_max_pool2d(part[None], size)[0]
    decibels: Floats = 10 * small.clamp_min(1e-20).log10().numpy()
    return decibels


def _harmonics(ax: Axes, scene: Scene, reach: float) -> None:
    """Circles around the lattice's harmonics; the fundamental's own are strong and named."""
    lattice = scene.record.lattice
    basis, wave = lattice.basis_px.double().numpy(), lattice.wave_vector.double().numpy()
    if np.isfinite(basis).all():
        waves = integer_pairs(9) @ np.linalg.inv(basis).T
        far = np.abs(waves).max(1)
        waves = waves[(far < reach * 0.97) & (far > 1e-9)]
        if len(waves) <= 200:
            marks(ax, waves, mfc="none", mec="#e8e8e8", ms=5.5, mew=0.7)
    if np.isfinite(wave).all():
        family = [k for k in (-3, -2, -1, 1, 2, 3) if np.abs(wave * k).max() < reach * 0.97]
        marks(ax, np.outer(family, wave), mfc="none", mec=CYAN, ms=7, mew=1.4)
        for k in (1, 2):
            if k in family:
                name, (x, y) = "f" if k == 1 else "2f", wave * k
                ax.annotate(
                    name, (x, y), (6, 0), textcoords="offset points",
                    size=LARGE, color=CYAN, weight="bold", va="center", path_effects=halo(),
                )  # fmt: skip
