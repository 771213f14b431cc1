"""What figures are drawn on: sheets of known size, and axes that a caller gives or that are made.

Nothing here touches pyplot: a figure belongs to who draws it, so that threads and worker processes
do not meet. Lengths are in inches; a page shows an inch as 100 px, whatever the dpi of a file.
"""

from __future__ import annotations

import io
import textwrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from tiling_diag.report.figures.colors import FAINT, INK, PAPER, RULE
from tiling_diag.report.figures.scene import Floats, Rgb
from tiling_diag.report.figures.sizes import FILE_DPI, WIDTH_IN

# Font sizes in points; at 6.4 inches they can be read on a page of 400 px.
SMALL, TEXT, LARGE, TITLE = 8.5, 9.5, 10.5, 11.5
# Characters that fit in a line of a sheet, of its title and of its note.
TITLE_LETTERS, NOTE_LETTERS = 66, 92
TITLE_LINE_IN, NOTE_LINE_IN = 0.2, 0.165
# Axes of this group id hold pictures: a page shows what is in them as pixels.
PICTURE = "picture"

Box = tuple[float, float, float, float]


class OwnAxes(Axes):
    """Axes on a figure that was made for them; a notebook shows the figure."""

    name = "tiling_diag"

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        figure = self.get_figure(root=True)
        assert figure is not None, "the axes belong to no figure"
        figure.savefig(buffer, format="png", dpi=FILE_DPI, bbox_inches="tight")
        return buffer.getvalue()


class Sheet:
    """A figure of `WIDTH_IN` whose head says what is seen and how to read it.

    Args:
        title, note: the head.
        body_in: height under the head.
        color: of the title.

    Attributes:
        figure: what is drawn on.
        head_in, height_in: heights of the head, and of all.
        head: its lines.
        pixels: as drawn last at the figure's dpi.
    """

    def __init__(self, title: str, note: str, body_in: float, color: str = INK) -> None:
        """Write the head."""
        heads = textwrap.wrap(title, TITLE_LETTERS)
        notes = textwrap.wrap(note, NOTE_LETTERS)
        self.title, self.note = title, note
        self.head_in = 0.2 + TITLE_LINE_IN * len(heads) + NOTE_LINE_IN * len(notes)
        self.height_in = self.head_in + body_in
        self.figure = Figure((WIDTH_IN, self.height_in), facecolor=PAPER)
        FigureCanvasAgg(self.figure)
        self.head: list[Text] = []
        self.pixels: Rgb | None = None
        y = 0.1
        styles = [(line, TITLE, color, "bold", TITLE_LINE_IN) for line in heads]
        styles += [(line, TEXT - 0.5, FAINT, "normal", NOTE_LINE_IN) for line in notes]
        for line, size, ink, weight, step in styles:
            x, level = 0.1 / WIDTH_IN, 1 - y / self.height_in
            self.head.append(
                self.figure.text(
                    x, level, line, size=size, color=ink, weight=weight, va="top", parse_math=False
                )
            )
            y += step

    def axes(self, box_in: Box, *, picture: bool = False) -> Axes:
        """Axes in a box (left, top under the head, width, height)."""
        left, top, width, height = box_in
        bottom = self.height_in - self.head_in - top - height
        x, y = WIDTH_IN, self.height_in
        ax = self.figure.add_axes((left / x, bottom / y, width / x, height / y))
        ax.tick_params(colors=INK, labelsize=SMALL, length=3, width=0.7)
        for spine in ax.spines.values():
            spine.set_color(RULE)
            spine.set_linewidth(0.7)
        for axis in (ax.xaxis, ax.yaxis):
            axis.label.set(color=INK, size=TEXT)
        if picture:
            ax.set_gid(PICTURE)
        return ax


def axes_for(ax: Axes | None, height_in: float = 4.8) -> Axes:
    """The axes given, or new ones on a figure of their own."""
    if ax is not None:
        return ax
    figure = Figure((WIDTH_IN, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot(axes_class=OwnAxes)


def marks(ax: Axes, places: Floats, style: str = "o", **how: Any) -> None:
    """Marks at, or a line through, places ``(n, 2)``; what the axes show stays the same."""
    ax.plot(*places.T, style, scalex=False, scaley=False, **how)


def halo(color: str = "black", width: float = 2.0) -> Any:
    """An outline that keeps strokes and letters apart from the picture behind them."""
    return [withStroke(linewidth=width, foreground=color)]


def boxed(ax: Axes, x: float, y: float, text: str, **how: Any) -> Text:
    """White text on a dark ground at ``x``, ``y`` of the data, to be read on any wall."""
    ground = {"boxstyle": "round,pad=0.25", "facecolor": INK, "edgecolor": "none", "alpha": 0.82}
    style: dict[str, Any] = {"size": TEXT, "color": "white", "bbox": ground, "clip_on": True}
    return ax.text(x, y, text, parse_math=False, **(style | how))
