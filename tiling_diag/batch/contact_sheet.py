"""`contact_sheet.jpg`: the worst pictures of a batch as one picture, for chats and reports."""

from __future__ import annotations

import heapq
import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from tiling_diag.batch.lettering import Lettering
from tiling_diag.batch.locations import name_of
from tiling_diag.batch.rows import badness, found_codes, status_of
from tiling_diag.batch.totals import STATUSES, Totals
from tiling_diag.findings.finding import VERDICT_WORDS
from tiling_diag.language import said
from tiling_diag.text import printable

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

WORST, COLUMNS = 24, 6
_CELL_PX, _SHOT_PX, _GAP_PX, _HEAD_PX = (260, 244), (260, 195), 12, 46
_COLORS = {"defect": "#c4162a", "suspect": "#8a5a00", "unjudged": "#0a66c2", "ok": "#1a7f37"}
_INK, _PAPER, _PANEL = "#1d1d1f", "#ffffff", "#f4f4f6"


def worst_of(rows: Iterable[dict[str, Any]], count: int = WORST) -> list[dict[str, Any]]:
    """The worst rows of pictures that could be read, the worst first."""
    read = (row for row in rows if row["summary"] is not None)
    return heapq.nlargest(count, read, key=badness)


def contact_sheet(
    rows: Iterable[dict[str, Any]],
    totals: Totals,
    *,
    roots: list[str],
    thumbnail: Callable[[str], bytes | None],
) -> bytes | None:
    """The worst pictures with their verdicts, findings and names, as a JPEG.

    Args:
        rows: of `results.jsonl`; gone through once.
        totals: what they come to.
        roots: folders that names of pictures are relative to.
        thumbnail: gives the small picture of a wall by its path, None where there is none.

    Returns:
        The JPEG; None if no picture could be read.
    """
    from PIL import Image, ImageDraw

    worst = worst_of(rows)
    if not worst:
        return None
    columns = min(COLUMNS, len(worst))
    lines = -(-len(worst) // columns)
    width, height = (_GAP_PX + many * (size + _GAP_PX) for many, size in zip(
        (columns, lines), _CELL_PX, strict=True))  # fmt: skip
    sheet = Image.new("RGB", (width, height + _HEAD_PX), _PAPER)
    pen = ImageDraw.Draw(sheet)
    names = [printable(name_of(row["path"], roots)) for row in worst]
    headline = _headline(len(worst), totals)
    lettering = Lettering([*names, headline])
    lettering.write(pen, (_GAP_PX, 14), headline, width - 2 * _GAP_PX, 20, _INK)
    for k, (row, name) in enumerate(zip(worst, names, strict=True)):
        line, column = divmod(k, columns)
        at = (
            _GAP_PX + column * (_CELL_PX[0] + _GAP_PX),
            _HEAD_PX + _GAP_PX + line * (_CELL_PX[1] + _GAP_PX),
        )
        _cell(sheet, pen, lettering, at, row, name, thumbnail(row["path"]))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=80, optimize=True, progressive=True)
    return buffer.getvalue()


def _headline(shown: int, totals: Totals) -> str:
    counts = ", ".join(
        f"{said(VERDICT_WORDS[status])}: {totals.verdicts[status]}"
        for status in STATUSES
        if totals.verdicts[status]
    )
    return f"{said(f'the worst {shown} of {totals.pictures} pictures')} ({counts})"


def _cell(
    sheet: Image.Image,
    pen: ImageDraw.ImageDraw,
    lettering: Lettering,
    at: tuple[int, int],
    row: dict[str, Any],
    name: str,
    thumbnail: bytes | None,
) -> None:
    """One picture, and below it what it is."""
    from PIL import Image

    (x, y), (width, height) = at, _CELL_PX
    pen.rectangle((x, y, x + width, y + height), _PANEL)
    if thumbnail is not None:
        with Image.open(io.BytesIO(thumbnail)) as picture:
            shot = picture.convert("RGB")
        shot.thumbnail(_SHOT_PX)
        sheet.paste(shot, (x + (width - shot.width) // 2, y + (_SHOT_PX[1] - shot.height) // 2))
    status = status_of(row)
    color = _COLORS[status]
    word = said(VERDICT_WORDS[status]).upper()
    codes = ", ".join(_worst_codes(row["summary"])) or said("nothing found")
    lettering.write(pen, (x + 8, y + 200), name, width - 16, 13, _INK)
    used = lettering.write(pen, (x + 8, y + 221), word, width - 16, 13, color)
    lettering.write(pen, (x + 16 + used, y + 221), codes, width - 24 - used, 13, _INK)


def _worst_codes(summary: dict[str, Any]) -> list[str]:
    """What is wrong with a wall; if nothing is, what was found."""
    wrong = {f["code"] for f in summary["findings"] if f["severity"] != "info"}
    found = found_codes(summary)
    return [code for code in found if code in wrong] or found
