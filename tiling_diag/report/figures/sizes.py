"""Sizes and kinds of files of figures. Needs nothing that draws."""

from __future__ import annotations

from typing import Literal

FigureFormat = Literal["png", "svg", "pdf"]
# A page shows an inch as 100 px; files have two px for each of those.
WIDTH_IN, FILE_DPI = 6.4, 200
