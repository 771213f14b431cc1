"""Lines over checkpoints as inline SVG; a click on a point leads to its part of the page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling_diag.compare.questions import DEFECT, FLAGGED, OCTAVE
from tiling_diag.compare.statistics import Interval
from tiling_diag.compare.trend import Trend
from tiling_diag.compare.trend_text import labels_of
from tiling_diag.language import said
from tiling_diag.report.figures.colors import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of Okabe and Ito, told apart by people who see few colours.
_COLORS = ("#d55e00", "#e69f00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#7f6f00", "#6f6f6f")
_MARKS = "osD^vP*X"
# On a page two stand side by side, and on a phone one fills the screen.
_WIDTH_IN, _HEIGHT_IN = 6.2, 3.2
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tiling-diag",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    # The page's own ground, also a dark one, is behind the curves.
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK
    ),
}
_MOST_TICKS, _LEGEND_COLUMNS = 8, 3


def panels(t: Trend) -> list[tuple[str, str]]:
    """Titles and SVG elements: what decides, the findings, and how far periods are off."""
    main = [line for line in t.lines if line.what in (DEFECT, FLAGGED, OCTAVE)]
    codes = [line for line in t.lines if line not in main]
    found = [
        (said("Walls with a defect"), _panel(t, [(said(one.what), one.shares) for one in main]))
    ]
    if codes:
        found.append((said("Findings"), _panel(t, [(one.what, one.shares) for one in codes])))
    if any(t.measured):
        lines = [(said("median period error"), t.period_error)]
        found.append((said("How far periods are off what was expected"), _panel(t, lines)))
    return found


def _panel(t: Trend, lines: Sequence[tuple[str, list[Interval]]]) -> str:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), layout="constrained")
        axes = figure.add_subplot()
        for k, (name, values) in enumerate(lines):
            _draw(axes, t, name, values, k, len(lines))
        _finish(axes, t, lines)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    # Links lead down the page, not to another tab, which matplotlib has them open.
    text = buffer.getvalue().replace(' target="_blank"', "").replace(INK, "var(--ink)")
    return text[text.index("<svg") :]


def _places(t: Trend) -> list[float]:
    """Where checkpoints are on the axis: at their steps, or evenly without steps."""
    steps = [step.number for step in t.steps]
    return [float(k if step is None else step) for k, step in enumerate(steps)]


def _draw(axes: Axes, t: Trend, name: str, values: list[Interval], k: int, lines: int) -> None:
    x = np.array(_places(t))
    # Intervals of several lines side by side, so that none hides another.
    gap = float(np.diff(x).min()) * 0.08 if len(x) > 1 else 0.0
    x = x + gap * (k - (lines - 1) / 2)
    y, low, high = 100 * np.array(values).T
    color, mark = _COLORS[k % len(_COLORS)], _MARKS[k % len(_MARKS)]
    axes.errorbar(
        x, y, yerr=[np.maximum(0, y - low), np.maximum(0, high - y)], color=color, label=name,
        marker=mark, markersize=4.5, linewidth=1.6, elinewidth=0.9, capsize=2,
        clip_on=False,
    )  # fmt: skip
    points = axes.scatter(x, y, s=90, alpha=0.0)
    points.set_urls([f"#checkpoint-{index}" for index in range(len(x))])


def _finish(axes: Axes, t: Trend, lines: Sequence[tuple[str, list[Interval]]]) -> None:
    places, names = _places(t), labels_of(t)
    axes.set_ylim(bottom=0)
    of_walls = lines[0][1] is not t.period_error
    axes.set_ylabel(said("% of walls") if of_walls else "%")
    axes.grid(axis="y", linewidth=0.5, alpha=0.4)
    every = -(-len(places) // _MOST_TICKS)
    has_steps = t.steps[0].number is not None
    texts = [f"{place:.0f}" for place in places] if has_steps else [_short(n) for n in names]
    axes.set_xticks(places[::every], texts[::every])
    axes.set_xlabel(said("step" if has_steps else "checkpoint"))
    if of_walls:
        axes.legend(
            loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=_LEGEND_COLUMNS,
            frameon=False, fontsize=9, handlelength=1.6, columnspacing=1.4,
        )  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= 12 else f"…{name[-11:]}"
