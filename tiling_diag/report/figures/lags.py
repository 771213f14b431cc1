"""Figures over lags: the autocorrelation and the cepstrum."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from tiling_diag.report.figures.colors import BLUE, FAINT, INK, ORANGE, PAPER, RULE, YELLOW
from tiling_diag.report.figures.local import color_bar
from tiling_diag.report.figures.paper import LARGE, SMALL, halo, marks
from tiling_diag.report.figures.scene import Floats, Scene
from tiling_diag.report.figures.texts import LABELS


def draw_autocorrelation(scene: Scene, ax: Axes, bar: Axes | None = None) -> None:
    """The autocorrelation over lags, with the lattice on it."""
    result, lattice = scene.record.autocorrelation, scene.record.lattice
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
    x, y = (cut_x + 0.5) * float(step[0]), (cut_y + 0.5) * float(step[1])
    limit = _side_peaks(part)
    shown = ax.imshow(
        part, cmap="RdBu_r", vmin=-limit, vmax=limit, extent=(-x, x, y, -y),
        interpolation="bicubic", aspect="equal",
    )  # fmt: skip
    _lattice_on_lags(ax, basis, np.array([x, y]))
    ax.set_xlabel(LABELS["lag x"])
    ax.set_ylabel(LABELS["lag y"])
    color_bar(ax, bar, shown, LABELS["correlation"])


def _side_peaks(part: Floats) -> float:
    """How high the map goes apart from its middle, for colours that show the side peaks."""
    y, x = np.indices(part.shape)
    far = np.hypot(y - part.shape[0] // 2, x - part.shape[1] // 2) > 0.12 * max(part.shape)
    beyond = np.abs(part[far])
    return max(float(np.percentile(beyond, 99.5)) if beyond.size else 1.0, 1e-3)


def _lattice_on_lags(ax: Axes, basis: Floats, extent: Floats) -> None:
    """Circles at the lattice points, and its two vectors."""
    if not len(basis):
        return
    points = integer_pairs(9)[:, : len(basis)] @ basis
    points = points[(np.abs(points) < extent * 0.98).all(1)]
    marks(ax, points, mfc="none", mec=INK, ms=5.5, mew=0.9)
    for name, vector in zip("ab", basis, strict=False):
        arrow = np.stack([0 * vector, vector])
        marks(ax, arrow, "-", color=YELLOW, lw=1.6, path_effects=halo(width=3.2))
        ax.annotate(
            name, vector / 2, (4, 4), textcoords="offset points", size=LARGE, color="white",
            weight="bold", path_effects=halo(),
        )  # fmt: skip


def draw_along(scene: Scene, ax: Axes) -> None:
    """The autocorrelation along the fundamental."""
    result = scene.record.autocorrelation
    _curve(scene, ax, result.lag_px, result.along, float(result.period_px))
    ax.set_xlabel(LABELS["lag along" if scene.is_periodic else "lag"])


def draw_cepstrum(scene: Scene, ax: Axes) -> None:
    """The cepstrum along the fundamental."""
    result = scene.record.cepstrum
    _curve(scene, ax, result.quefrency_px, result.along, float(result.period_px))
    ax.set_xlabel(LABELS["quefrency along" if scene.is_periodic else "quefrency"])


def _curve(scene: Scene, ax: Axes, x: Tensor, y: Tensor, found: float) -> None:
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
    ax.set_xlim(0, reach)
    ax.set_ylim(min(low, 0) - margin, high + 2.6 * margin)
    ax.axhline(0, color=RULE, lw=0.8)
    if math.isfinite(period):
        for k in range(1, int(reach / period) + 1):
            ax.axvline(k * period, color=FAINT, lw=0.8, ls=(0, (2, 2)))
        ax.annotate(
            LABELS["fundamental"].format(period), (period, 1), (4, -4),
            xycoords=("data", "axes fraction"), textcoords="offset points",
            size=SMALL, color=FAINT, va="top", bbox={"fc": PAPER, "ec": "none", "pad": 1.2},
        )  # fmt: skip
    ax.plot(xs, ys, color=BLUE, lw=1.3)
    if scene.is_periodic and math.isfinite(found) and found <= reach:
        level = float(np.interp(found, xs, ys))
        ax.plot(found, level, "o", color=ORANGE, ms=5.5)
        ax.annotate(
            f"{found:.1f} px", (found, level), (5, 4), textcoords="offset points",
            size=LARGE, color=ORANGE, weight="bold", path_effects=halo(PAPER),
        )  # fmt: skip


def integer_pairs(reach: int) -> Floats:
    """``(n, 2)`` all pairs of whole numbers up to `reach`."""
    steps = np.arange(-reach, reach + 1)
    return np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2).astype(np.float64)
