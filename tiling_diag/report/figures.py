"""Figures of a diagnosis, as PNG bytes by name.

Figures are drawn without pyplot, and large pictures are shrunk to the pixels that will be seen:
a report should cost little beside importing torch.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from torch import Tensor

from tiling_diag.finding import SUSPECT_PROBABILITY
from tiling_diag.kernels.spectrum import two_sided
from tiling_diag.wall import resized

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tiling_diag.diagnosis import Diagnosis

DPI = 100
WIDTH_IN = 7.0
SHOWN_PX = 700
INK, LATTICE, ZONE, MARK = "#222222", "#00c2ff", "#ff2d55", "#e4572e"
STYLE: Any = {
    "font.size": 10,
    "axes.edgecolor": "#888888",
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
}
NO_PERIOD = "no period was found in this wall"

Array = NDArray[Any]


def draw_all(diagnosis: Diagnosis) -> dict[str, bytes]:
    """Every figure as PNG bytes, the one to look at first in front."""
    return {name: draw(diagnosis, name) for name in FIGURES}


def draw(diagnosis: Diagnosis, name: str) -> bytes:
    """One figure as PNG bytes."""
    height, width = (int(side) for side in diagnosis.image.shape[-2:])
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, 4.2), dpi=DPI)
        FigureCanvasAgg(figure)
        if name in _PICTURES:
            # The picture keeps its shape; margins for labels and a colour bar come on top.
            shape = min(max(height / width, 0.3), 1.6)
            figure.set_size_inches(WIDTH_IN, 5.4 * shape + 0.9)
        FIGURES[name](diagnosis, figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", pil_kwargs={"compress_level": 1})
    return buffer.getvalue()


def _axes(figure: Figure, title: str, *, bar: bool = False) -> Axes:
    inches = figure.get_size_inches()
    left, bottom, top = 0.75 / inches[0], 0.55 / inches[1], 1 - 0.35 / inches[1]
    axes = figure.add_axes((left, bottom, (0.80 if bar else 0.96) - left, top - bottom))
    axes.set_title(title)
    return axes


def _bar(figure: Figure, axes: Axes, image: Any, label: str) -> None:
    axes.apply_aspect()
    box = axes.get_position()
    side = figure.add_axes((box.x1 + 0.015, box.y0, 0.02, box.height))
    figure.colorbar(image, cax=side, label=label)


def _picture(diagnosis: Diagnosis, axes: Axes, *, faint: bool = False) -> None:
    """The wall, what lies outside the mask darkened, axes in px."""
    height, width = (int(side) for side in diagnosis.image.shape[-2:])
    shrink = max(1.0, max(height, width) / SHOWN_PX)
    size = (max(1, round(height / shrink)), max(1, round(width / shrink)))
    image = resized(diagnosis.image[None], size)[0].numpy()
    mask = resized(diagnosis.mask[None, None], size)[0, 0].numpy()
    image = np.repeat(image, 3, axis=0) if len(image) == 1 else image
    image = image * (0.35 + 0.65 * mask)
    if faint:
        grey = image.mean(0, keepdims=True)
        image = np.repeat(0.35 + 0.6 * grey, 3, axis=0)
    axes.imshow(
        np.clip(image.transpose(1, 2, 0), 0, 1),
        extent=(0, width, height, 0),
        interpolation="nearest",
    )
    axes.set_xlabel("x in px")
    axes.set_ylabel("y in px")


def _pred(diagnosis: Diagnosis, figure: Figure) -> None:
    _picture(diagnosis, _axes(figure, "The wall as measured (dark: outside the mask)"))


def _overview(diagnosis: Diagnosis, figure: Figure) -> None:
    lattice = diagnosis.lattice
    axes = _axes(figure, _headline(diagnosis))
    _picture(diagnosis, axes)
    height, width = (int(side) for side in diagnosis.image.shape[-2:])
    if bool(lattice.is_periodic):
        _draw_lattice(axes, diagnosis, lattice.basis.numpy(), (height, width))
    for finding in diagnosis.findings:
        if finding.probability < SUSPECT_PROBABILITY or finding.severity == "info":
            continue
        for zone in finding.where:
            x0, y0, x1, y1 = zone.box_px
            box = Rectangle((x0, y0), x1 - x0, y1 - y0, fc=ZONE, alpha=0.22, ec="none")
            edge = Rectangle((x0, y0), x1 - x0, y1 - y0, fc="none", ec=ZONE, lw=2.5)
            axes.add_patch(box)
            axes.add_patch(edge)
            axes.text(
                x0 + 8, y0 + 8, zone.text, color="white", va="top", fontsize=10,
                bbox={"fc": ZONE, "ec": "none", "pad": 2},
            )  # fmt: skip
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)


def _headline(diagnosis: Diagnosis) -> str:
    lattice = diagnosis.lattice
    if not bool(lattice.is_periodic):
        return f"{diagnosis.verdict}: {NO_PERIOD}"
    parts = [
        f"{label} {float(value):.1f} px"
        for label, value in (("unit", lattice.unit_px), ("course", lattice.course_px))
        if math.isfinite(float(value))
    ]
    return f"{diagnosis.verdict}: {', '.join(parts)}"


def _draw_lattice(axes: Axes, diagnosis: Diagnosis, basis: Array, size: tuple[int, int]) -> None:
    """Lattice points inside the mask, and one cell with its two vectors."""
    height, width = size
    middle = np.array([width / 2, height / 2])
    if not np.isfinite(basis[1]).all():
        _draw_stripes(axes, basis[0], middle, size)
        return
    reach = int(math.hypot(height, width) / np.linalg.norm(basis, axis=1).min()) + 1
    reach = min(reach, 60)
    i, j = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    points = middle + np.stack([i.ravel(), j.ravel()], 1) @ basis
    inside = (points >= 0).all(1) & (points[:, 0] < width) & (points[:, 1] < height)
    points = points[inside]
    on_wall = diagnosis.mask.numpy()[points[:, 1].astype(int), points[:, 0].astype(int)] > 0.5
    points = points[on_wall]
    dots = 5.0 if len(points) < 400 else 3.0
    axes.plot(*points.T, "o", ms=dots + 2, mfc="black", mec="none", alpha=0.6)
    axes.plot(*points.T, "o", ms=dots, mfc=LATTICE, mec="none")
    corners = middle + np.array([[0, 0], basis[0], basis[0] + basis[1], basis[1], [0, 0]])
    axes.plot(*corners.T, color="black", lw=4, alpha=0.6)
    axes.plot(*corners.T, color=LATTICE, lw=2)


def _draw_stripes(axes: Axes, vector: Array, middle: Array, size: tuple[int, int]) -> None:
    """Lines one period apart, across the direction that repeats."""
    along = np.array([-vector[1], vector[0]]) / np.linalg.norm(vector)
    span = math.hypot(*size)
    count = min(int(span / np.linalg.norm(vector)) + 1, 200)
    for step in range(-count, count + 1):
        ends = middle + step * vector + np.array([[-span], [span]]) * along
        axes.plot(*ends.T, color="black", lw=2.4, alpha=0.5)
        axes.plot(*ends.T, color=LATTICE, lw=1.2)


def _spectrum(power: Tensor, title: str, diagnosis: Diagnosis, figure: Figure) -> None:
    height, width = (int(side) for side in diagnosis.image.shape[-2:])
    plane = two_sided(power, (height, width))[None, None].clamp_min(1e-12).log10()
    size = (min(height, SHOWN_PX), min(width, SHOWN_PX))
    from torch.nn.functional import adaptive_max_pool2d

    # Lines are single bins: shrunk by the largest value they stay visible.
    shown = adaptive_max_pool2d(plane, size)[0, 0].numpy()
    axes = _axes(figure, title, bar=True)
    low, high = np.percentile(shown, [20, 99.9])
    image = axes.imshow(
        shown, extent=(-0.5, 0.5, 0.5, -0.5), cmap="magma", vmin=low, vmax=high, aspect="equal"
    )
    wave = diagnosis.lattice.wave_vector.numpy()
    if np.isfinite(wave).all():
        for sign in (1, -1):
            axes.plot(*(sign * wave), "o", ms=11, mfc="none", mec=LATTICE, mew=1.8)
    axes.set_xlabel("fx in cycles/px")
    axes.set_ylabel("fy in cycles/px")
    _bar(figure, axes, image, "log10 power")


def _fft_hann(diagnosis: Diagnosis, figure: Figure) -> None:
    title = "Power spectrum under a Hann window (ring: fundamental)"
    _spectrum(diagnosis.spectral.power, title, diagnosis, figure)


def _fft_nohann(diagnosis: Diagnosis, figure: Figure) -> None:
    title = "Power spectrum without a window: borders add a cross"
    _spectrum(diagnosis.spectral.power_no_window, title, diagnosis, figure)


def _radial(diagnosis: Diagnosis, figure: Figure) -> None:
    spectral = diagnosis.spectral
    radius = spectral.radius_cycles_per_px.numpy()[1:]
    axes = _axes(figure, "Mean power by frequency")
    profile = spectral.profile.numpy()[1:]
    axes.plot(radius, profile, color=INK, lw=1.2, label="mean power of a ring")
    axes.plot(radius, spectral.background.numpy()[1:], color="#999999", lw=1.2, label="background")
    f = 1 / float(diagnosis.lattice.fundamental_px)
    if math.isfinite(f):
        for factor, label in ((0.5, "f/2"), (1.0, "f"), (2.0, "2f")):
            if radius[0] <= f * factor <= 0.5:
                axes.axvline(f * factor, color=MARK, lw=1.6 if factor == 1 else 1.0, ls="--")
                axes.annotate(
                    f"{label}: {1 / (f * factor):.1f} px", (f * factor, 0.98), color=MARK,
                    xycoords=("data", "axes fraction"), rotation=90, va="top", ha="right",
                    fontsize=9,
                )  # fmt: skip
    else:
        axes.text(0.5, 0.9, NO_PERIOD, transform=axes.transAxes, ha="center", color=MARK)
    axes.set_xscale("log")
    axes.set_xlim(radius[0], 0.5)
    low = np.percentile(profile, 1)
    axes.set_ylim(low - 0.3, profile.max() + 0.4)
    axes.set_xlabel("frequency in cycles/px")
    axes.set_ylabel("log10 power")
    axes.legend(loc="lower left", frameon=False)


def _curve(
    figure: Figure, title: str, x: Tensor, y: Tensor, found: Tensor, period: float, label: str
) -> None:
    axes = _axes(figure, title)
    reach = min(float(x[-1]), 6 * period) if math.isfinite(period) else float(x[-1])
    shown = (x <= reach).numpy()
    xs, ys = x.numpy()[shown], y.numpy()[shown]
    axes.plot(xs, ys, color=INK, lw=1.3)
    axes.axhline(0, color="#bbbbbb", lw=0.8)
    if math.isfinite(period):
        for k in range(1, 6):
            if k * period <= reach:
                axes.axvline(k * period, color=LATTICE, lw=1, ls=":")
        first = float(found)
        if math.isfinite(first) and first <= reach:
            height = float(np.interp(first, xs, ys))
            axes.plot([first], [height], "o", color=MARK, ms=7)
            axes.annotate(
                f"first peak {first:.1f} px", (first, height), color=MARK,
                xytext=(8, 6), textcoords="offset points",
            )  # fmt: skip
        beyond = ys[xs > 0.3 * period]
        if len(beyond):
            margin = 0.25 * (beyond.max() - beyond.min()) + 1e-6
            axes.set_ylim(beyond.min() - margin, beyond.max() + 2 * margin)
    else:
        axes.text(0.5, 0.9, NO_PERIOD, transform=axes.transAxes, ha="center", color=MARK)
    axes.set_xlim(0, reach)
    axes.set_xlabel(f"{label} in px, along the fundamental (dotted: its multiples)")


def _cepstrum(diagnosis: Diagnosis, figure: Figure) -> None:
    result = diagnosis.cepstrum
    _curve(
        figure, "Power cepstrum", result.quefrency_px, result.along, result.period_px,
        float(diagnosis.lattice.fundamental_px), "quefrency",
    )  # fmt: skip


def _acf(diagnosis: Diagnosis, figure: Figure) -> None:
    result = diagnosis.autocorrelation
    plane = result.autocorrelation.numpy()
    step = result.step_px.numpy()
    my, mx = (plane.shape[0] - 1) // 2, (plane.shape[1] - 1) // 2
    extent = np.array([mx, my]) * step
    basis = diagnosis.lattice.basis.numpy()
    longest = np.nanmax(np.linalg.norm(basis, axis=1), initial=0)
    reach = np.minimum(extent, 3.2 * longest) if longest > 0 else extent
    axes = _axes(figure, "Autocorrelation of tones and edges", bar=True)
    beyond = np.abs(plane[np.abs(np.arange(-my, my + 1)) * step[1] > 0.4 * longest])
    limit = float(np.percentile(beyond, 99.5)) if beyond.size else 1.0
    image = axes.imshow(
        plane, extent=(-extent[0], extent[0], extent[1], -extent[1]), cmap="RdBu_r",
        vmin=-limit, vmax=limit, aspect="equal",
    )  # fmt: skip
    if np.isfinite(basis[0]).all():
        second = basis[1] if np.isfinite(basis[1]).all() else np.zeros(2)
        i, j = np.meshgrid(np.arange(-8, 9), np.arange(-8, 9))
        points = np.stack([i.ravel(), j.ravel()], 1) @ np.stack([basis[0], second])
        axes.plot(*points.T, "+", color="black", ms=8, mew=1.2)
        for vector, label in ((basis[0], "a"), (second, "b")):
            if vector.any():
                axes.annotate(
                    "", (vector[0], vector[1]), (0, 0), arrowprops={"arrowstyle": "->", "lw": 1.8}
                )
                axes.text(1.12 * vector[0], 1.12 * vector[1], label, weight="bold", ha="center")
    axes.set_xlim(-reach[0], reach[0])
    axes.set_ylim(reach[1], -reach[1])
    axes.set_xlabel("lag x in px (crosses: the lattice)")
    axes.set_ylabel("lag y in px")
    _bar(figure, axes, image, "autocorrelation")


def _map(
    diagnosis: Diagnosis, figure: Figure, values: Tensor, title: str, label: str, **options: Any
) -> None:
    local = diagnosis.local_period
    axes = _axes(figure, title, bar=True)
    _picture(diagnosis, axes, faint=True)
    half = float(local.stride_px) / 2
    x, y = local.center_x_px.numpy(), local.center_y_px.numpy()
    extent = (x[0] - half, x[-1] + half, y[-1] + half, y[0] - half)
    shown = np.ma.masked_invalid(values.numpy())
    image = axes.imshow(shown, extent=extent, alpha=0.65, interpolation="nearest", **options)
    height, width = (int(side) for side in diagnosis.image.shape[-2:])
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    if shown.count() == 0:
        axes.text(0.5, 0.5, NO_PERIOD, transform=axes.transAxes, ha="center", color=MARK)
        return
    _bar(figure, axes, image, label)


def _local(diagnosis: Diagnosis, figure: Figure) -> None:
    base = float(diagnosis.local_period.median_px)
    limits = {"vmin": base / 2.2, "vmax": base * 2.2} if math.isfinite(base) else {}
    title = "Local period (clear: not measured)"
    _map(
        diagnosis, figure, diagnosis.local_period.period_px, title, "period in px",
        cmap="turbo", **limits,
    )  # fmt: skip


def _coverage(diagnosis: Diagnosis, figure: Figure) -> None:
    _map(
        diagnosis, figure, diagnosis.local_period.coverage, "Share of each window on the wall",
        "share", cmap="viridis", vmin=0, vmax=1,
    )  # fmt: skip


def _bands(diagnosis: Diagnosis, figure: Figure) -> None:
    factor = diagnosis.banding.factor.log2()
    _map(
        diagnosis, figure, factor, "Zones: local period doubled (+1) or halved (-1)",
        "octaves from the base", cmap="coolwarm", vmin=-1, vmax=1,
    )  # fmt: skip


FIGURES: dict[str, Callable[[Diagnosis, Figure], None]] = {
    "overview": _overview,
    "pred": _pred,
    "radial_profile": _radial,
    "fft_log_hann": _fft_hann,
    "fft_log_nohann": _fft_nohann,
    "acf": _acf,
    "cepstrum": _cepstrum,
    "local_period_px": _local,
    "local_mask_coverage": _coverage,
    "local_period_bands": _bands,
}
_PICTURES = {
    "overview", "pred", "local_period_px", "local_mask_coverage", "local_period_bands",
}  # fmt: skip
