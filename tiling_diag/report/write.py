"""The files of a report, each written whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.record import Record
from tiling_diag.report.figures.sizes import FILE_DPI, FigureFormat
from tiling_diag.report.figures.texts import FIGURE_NAMES
from tiling_diag.report.summary import MAP_FILE, WALL_FILE, summarize
from tiling_diag.text import encoded, json_text


class Written(NamedTuple):
    """What was written.

    Attributes:
        summary: the content of `summary.json`.
        files: the one to open first at the end.
    """

    summary: dict[str, Any]
    files: list[Path]


def write_report(
    record: Record,
    out: str | PathLike[str],
    *,
    figures: bool = True,
    figure_format: FigureFormat = "png",
    dpi: int = FILE_DPI,
) -> Written:
    """Write `summary.json`, the local maps and, with `figures`, the figures and `report.html`.

    Figures of an earlier report that are not written anew are removed: they may show another wall.

    Args:
        record: of the wall.
        out: folder; made if it is not there.
        figures: whether to draw.
        figure_format: of the figures' files.
        dpi: of the figures' files; a figure is 6.4 inches wide.

    Raises:
        InputError: if `out` can't be written to.
    """
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: can't hold the report ({error.strerror}); name a folder, or a new one"
        ) from error
    summary = summarize(record, saved=True)
    maps = {MAP_FILE: record.local_period.period_px, WALL_FILE: record.local_period.on_wall}
    contents = {name: _npy(values) for name, values in maps.items()}
    contents["summary.json"] = (json_text(summary, indent=2) + "\n").encode()
    if figures:
        # Loading what draws takes a while, and many callers want numbers only.
        from tiling_diag.report.figures.export import draw_all
        from tiling_diag.report.html import page, page_figures

        drawn = draw_all(record, file_format=figure_format, dpi=dpi, page=page_figures(record))
        contents |= {f"{name}.{figure_format}": figure.file for name, figure in drawn.items()}
        contents["report.html"] = encoded(page(summary, drawn, record.notes))
    every = {f"{name}.{kind}" for name in FIGURE_NAMES for kind in get_args(FigureFormat)}
    _remove(folder / name for name in sorted({"report.html", *every} - contents.keys()))
    files = [write_atomically(folder / name, data) for name, data in contents.items()]
    return Written(summary, files)


def _npy(values: Tensor) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values.numpy())
    return buffer.getvalue()


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"{path}: can't be replaced ({error.strerror}); choose another folder"
            ) from error


def write_atomically(path: Path, data: bytes) -> Path:
    """Write a file under a temporary name, then rename it: readers see all of it or none."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise InputError(
            f"{path}: can't be written ({error.strerror}); choose another folder"
        ) from error
    return path
