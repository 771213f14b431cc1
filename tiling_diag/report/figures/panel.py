"""Axes on a canvas: a box that shows a range of numbers, with ticks, curves and lines in it."""

from __future__ import annotations

import math

import numpy as np

from tiling_diag.report.figures.canvas import (
    FAINT,
    INK,
    RULE,
    SMALL,
    Box,
    Canvas,
    Floats,
    text_width,
    ticks,
)


class Panel:
    """Axes on a canvas: a box in px that shows a range of numbers across and up or down.

    Args:
        box: x, y, width, height in px.
        x_range, y_range: numbers at left and right, at bottom and top.
    """

    def __init__(
        self,
        canvas: Canvas,
        box: tuple[int, int, int, int],
        x_range: tuple[float, float],
        y_range: tuple[float, float],
    ) -> None:
        """Draw nothing yet: `frame` comes last, over what is in the box."""
        self.canvas, self.box = canvas, box
        self.x_range, self.y_range = x_range, y_range

    @property
    def inside(self) -> Box:
        """The box as x0, y0, x1, y1."""
        x, y, w, h = self.box
        return x, y, x + w, y + h

    def x(self, value: float) -> float:
        """Px of a number on the x axis."""
        low, high = self.x_range
        return self.box[0] + self.box[2] * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Px of a number on the y axis."""
        low, high = self.y_range
        return self.box[1] + self.box[3] * (high - value) / (high - low)

    def places(self, x: Floats, y: Floats) -> Floats:
        """``(n, 2)`` px."""
        (x0, y0, w, h), (xl, xh), (yl, yh) = self.box, self.x_range, self.y_range
        return np.stack([x0 + w * (x - xl) / (xh - xl), y0 + h * (yh - y) / (yh - yl)], -1)

    def frame(
        self,
        x_label: str,
        y_label: str = "",
        *,
        x_ticks: list[float] | None = None,
        y_ticks: list[float] | None = None,
        x_names: list[str] | None = None,
        y_names: list[str] | None = None,
    ) -> None:
        """Border, ticks with their numbers, and what the axes are."""
        canvas, (left, top, w, h) = self.canvas, self.box
        x_ticks = (
            ticks(min(self.x_range), max(self.x_range), max(2, w // 80))
            if x_ticks is None
            else x_ticks
        )
        y_ticks = (
            ticks(min(self.y_range), max(self.y_range), max(2, h // 55))
            if y_ticks is None
            else y_ticks
        )
        canvas.rectangle((left - 1, top - 1, left + w + 1, top + h + 1), RULE)
        draw = canvas.pen
        for value, name in zip(x_ticks, x_names or [f"{v:.6g}" for v in x_ticks], strict=True):
            x = round(self.x(value))
            draw.line((x, top + h, x, top + h + 4), fill=FAINT)
            for row, line in enumerate(name.split("\n")):
                color = INK if row == 0 else FAINT
                canvas.text(x, top + h + 13 + 15 * row, line, size=SMALL, color=color, anchor="mm")
        below = 33 if not x_names or "\n" not in x_names[0] else 48
        canvas.text(left + w / 2, top + h + below, x_label, anchor="mm")
        names = y_names or [f"{v:.6g}" for v in y_ticks]
        for value, name in zip(y_ticks, names, strict=True):
            y = round(self.y(value))
            draw.line((left - 5, y, left - 1, y), fill=FAINT)
            canvas.text(left - 8, y, name, size=SMALL, anchor="rm")
        if y_label:
            wide = max((text_width(name, SMALL) for name in names), default=0.0)
            canvas.upright_text(left - 20 - wide, top + h / 2, y_label)

    def curve(self, x: Floats, y: Floats, color: str, width: float = 1.5) -> None:
        """A line through the points, cut off at the border."""
        # Beyond the border by a lot is as good as infinitely far, and kinder to the rasterizer.
        reach = 5 * abs(self.y_range[1] - self.y_range[0])
        y = np.clip(y, min(self.y_range) - reach, max(self.y_range) + reach)
        self.canvas.lines([self.places(x, y)], color, width=width, within=self.inside)

    def between(self, x: Floats, low: Floats, high: Floats, color: str) -> None:
        """The area between two curves."""
        outline = np.concatenate([self.places(x, low), self.places(x, high)[::-1]])
        self.canvas.area(outline, color, self.inside)

    def upright(self, x: float, color: str, *, width: int = 1, dash: int = 0) -> None:
        """A line from top to bottom, dashed in steps of `dash` px."""
        at, (_, y0, _, y1) = round(self.x(x)), self.inside
        step = dash or math.ceil(y1 - y0)
        for start in range(math.ceil(y0), math.floor(y1), step + (dash and dash)):
            self.canvas.pen.line((at, start, at, min(start + step, y1) - 1), color, width)

    def level(self, y: float, color: str) -> None:
        """A line from left to right."""
        at, (x0, _, x1, _) = round(self.y(y)), self.inside
        if self.inside[1] <= at <= self.inside[3]:
            self.canvas.pen.line((x0, at, x1 - 1, at), fill=color)
