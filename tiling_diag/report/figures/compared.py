"""Two walls side by side at one scale."""

from __future__ import annotations

from matplotlib.axes import Axes

from tiling_diag.record import Record
from tiling_diag.report.figures.paper import LARGE, Sheet, boxed
from tiling_diag.report.figures.scene import Scene
from tiling_diag.report.figures.sizes import WIDTH_IN
from tiling_diag.report.figures.texts import LABELS, figure_title
from tiling_diag.report.figures.wall import draw_overview

# Between the walls, as a share of both.
GAP = 0.03
LEFT, RIGHT, BOTTOM, TALLEST = 0.66, 0.14, 0.47, 6.0


def draw_comparison(a: Record, b: Record, ax: Axes) -> None:
    """Walls A and B with their lattices and flagged zones, a px of A as large as one of B."""
    scenes = [Scene(a), Scene(b)]
    width, height = _span(scenes)
    start = scenes[0].width + GAP * width
    for name, scene, left in zip("AB", scenes, (0.0, start), strict=True):
        _draw_one(name, scene, ax, 0.015 * width, left)
    ax.set_xlim(0, start + scenes[1].width)
    ax.set_ylim(height, 0)
    ax.set_xlabel(LABELS["both"])
    ax.set_xticks([])


def _draw_one(name: str, scene: Scene, ax: Axes, slack_px: float, left_px: float = 0.0) -> None:
    draw_overview(scene, ax, named=False, left_px=left_px)
    boxed(ax, left_px + slack_px, slack_px, name, size=LARGE, weight="bold", ha="left", va="top")


def _span(scenes: list[Scene]) -> tuple[float, float]:
    """Width of both and the larger height, px."""
    return float(sum(s.width for s in scenes)), float(max(s.height for s in scenes))


def comparison_sheet(a: Record, b: Record) -> Sheet:
    """The same as a figure of its own, each wall in axes of its own: a page's ground is around."""
    scenes = [Scene(a), Scene(b)]
    width, height = _span(scenes)
    fit = min((WIDTH_IN - LEFT - RIGHT) / (width * (1 + GAP)), TALLEST / height)
    sheet = Sheet(
        f"A: {figure_title('overview', a)}",
        f"B: {figure_title('overview', b)}",
        height * fit + BOTTOM,
    )
    tallest = max(scenes, key=lambda scene: scene.height)
    starts = (0.0, scenes[0].width + GAP * width)
    for name, scene, start in zip("AB", scenes, starts, strict=True):
        box = (LEFT + start * fit, 0.0, scene.width * fit, scene.height * fit)
        ax = sheet.axes(box, picture=True)
        _draw_one(name, scene, ax, 0.015 * width)
        ax.set_xlim(0, scene.width)
        ax.set_ylim(scene.height, 0)
        ax.set_xticks([])
        ax.set_xlabel(LABELS["both"] if scene is tallest else "")
        if name == "B":
            ax.set_yticks([])
            ax.set_ylabel("")
    return sheet
