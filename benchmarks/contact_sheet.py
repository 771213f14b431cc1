"""Contact sheets: every failure of a benchmark as a small picture with both lattices drawn on it.

Green is the true lattice, magenta the reported one: some cells, or parallel lines where only one
direction repeats. Both start at the same true lattice point, so a right answer would lie on the
truth. The picture is cropped to some periods around its middle, or the lines would hide it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import torch
from PIL import Image, ImageDraw, ImageFont
from scoring import Vector
from torch import Tensor

from tiling_diag.kernels.lattice_algebra import reduce_basis

TRUE_COLOR, SEEN_COLOR = (0, 230, 80), (255, 0, 220)
TILE_PX, CAPTION_PX, LINE_PX = 360, 46, 14
COLUMNS, ROWS_PER_SHEET = 4, 6
# How many of the longest vector are shown, and how many cells are drawn along each vector.
PERIODS_SHOWN, CELLS_DRAWN = 6.0, 3


@dataclass(frozen=True)
class Failure:
    """One picture of a contact sheet.

    Attributes:
        image: ``(3, H, W)`` in [0, 1].
        mask: ``(H, W)`` or None; what is outside is dimmed.
        true: the lattice's vectors, none, one or two of them.
        seen: the reported ones.
        anchor: a true lattice point.
        caption: what is wrong, in a line.
    """

    image: Tensor
    mask: Tensor | None
    true: Sequence[Vector]
    seen: Sequence[Vector]
    anchor: Vector
    caption: str


def write_sheets(failures: Sequence[Failure], folder: Path, stem: str = "failures") -> list[Path]:
    """Write as many pages as the failures need, ``STEM_01.png`` on; older ones are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{stem}_*.png"):
        old.unlink()
    paths = []
    per_sheet = COLUMNS * ROWS_PER_SHEET
    for start in range(0, len(failures), per_sheet):
        tiles = [draw_failure(failure) for failure in failures[start : start + per_sheet]]
        rows = math.ceil(len(tiles) / COLUMNS)
        width, height = TILE_PX + 8, TILE_PX + CAPTION_PX + 8
        sheet = Image.new("RGB", (width * min(COLUMNS, len(tiles)), height * rows), "white")
        for i, tile in enumerate(tiles):
            sheet.paste(tile, (i % COLUMNS * width + 4, i // COLUMNS * height + 4))
        paths.append(folder / f"{stem}_{len(paths) + 1:02d}.png")
        sheet.save(paths[-1])
    return paths


def draw_failure(failure: Failure) -> Image.Image:
    """The picture around its middle, both lattices, and the caption below."""
    shown = failure.image if failure.mask is None else failure.image * (0.25 + 0.75 * failure.mask)
    pixels = (shown.clamp(0, 1) * 255).round().byte()
    if len(pixels) == 1:
        pixels = pixels.expand(3, -1, -1)
    picture = Image.fromarray(pixels.movedim(0, -1).numpy())
    box = _window(picture.size, [*failure.true, *failure.seen])
    zoom = TILE_PX / max(box[2] - box[0], box[3] - box[1])
    size = (max(1, round((box[2] - box[0]) * zoom)), max(1, round((box[3] - box[1]) * zoom)))
    tile = Image.new("RGB", (TILE_PX, TILE_PX + CAPTION_PX), "white")
    part = picture.resize(size, Image.Resampling.LANCZOS, box=box)
    draw = ImageDraw.Draw(part)
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    origin = _nearest_point(failure.anchor, failure.true, middle)
    reach = max(box[2] - box[0], box[3] - box[1])
    for vectors, color, width in ((failure.true, TRUE_COLOR, 4), (failure.seen, SEEN_COLOR, 2)):
        for start, end in _lines(origin, _reduced(vectors), reach):
            ends = [((x - box[0]) * zoom, (y - box[1]) * zoom) for x, y in (start, end)]
            draw.line(ends, fill=color, width=width)
    tile.paste(part, (0, 0))
    # The words go below the picture, whose height is the tile's at most.
    font = ImageFont.load_default(12)
    for i, line in enumerate(wrap(failure.caption, 62)[: CAPTION_PX // LINE_PX]):
        ImageDraw.Draw(tile).text((2, TILE_PX + 2 + i * LINE_PX), line, fill="black", font=font)
    return tile


def _window(size: tuple[int, int], vectors: Sequence[Vector]) -> tuple[float, float, float, float]:
    """The box ``(x0, y0, x1, y1)`` around the middle that shows some periods."""
    longest = max((math.hypot(*v) for v in vectors), default=math.inf)
    side = min(max(size), max(64.0, PERIODS_SHOWN * longest))
    w, h = min(size[0], side), min(size[1], side)
    x0, y0 = (size[0] - w) / 2, (size[1] - h) / 2
    return x0, y0, x0 + w, y0 + h


def _nearest_point(anchor: Vector, vectors: Sequence[Vector], to: Vector) -> Vector:
    """The lattice point nearest to a place (about; the lattice is not reduced)."""
    dx, dy = to[0] - anchor[0], to[1] - anchor[1]
    if not vectors:
        return to
    if len(vectors) == 1:
        ((ax, ay),) = vectors
        i, j = round((dx * ax + dy * ay) / (ax * ax + ay * ay)), 0
        across = (dx * -ay + dy * ax) / (ax * ax + ay * ay)
        return anchor[0] + i * ax - across * ay, anchor[1] + i * ay + across * ax
    (ax, ay), (bx, by) = vectors
    area = ax * by - ay * bx
    i, j = round((dx * by - dy * bx) / area), round((ax * dy - ay * dx) / area)
    return anchor[0] + i * ax + j * bx, anchor[1] + i * ay + j * by


def _reduced(vectors: Sequence[Vector]) -> list[Vector]:
    """The two shortest vectors of a lattice, so that the cells drawn are the compact ones."""
    if len(vectors) < 2:
        return list(vectors)
    a, b = reduce_basis(torch.tensor(list(vectors), dtype=torch.float64)).tolist()
    return [(a[0], a[1]), (b[0], b[1])]


def _lines(origin: Vector, vectors: Sequence[Vector], reach: float) -> list[tuple[Vector, Vector]]:
    """Some cells of a lattice around a point, or parallel lines where one direction repeats."""
    if not vectors:
        return []
    ox, oy = origin
    half = CELLS_DRAWN / 2
    offsets = [k - math.floor(half) for k in range(CELLS_DRAWN + 1)]
    low, high = offsets[0], offsets[-1]
    if len(vectors) == 1:
        ((ax, ay),) = vectors
        length = math.hypot(ax, ay)
        px, py = -ay / length * reach / 3, ax / length * reach / 3
        return [
            ((ox + k * ax - px, oy + k * ay - py), (ox + k * ax + px, oy + k * ay + py))
            for k in offsets
        ] + [((ox, oy), (ox + ax, oy + ay))]

    def point(i: float, j: float) -> Vector:
        (ax, ay), (bx, by) = vectors
        return ox + i * ax + j * bx, oy + i * ay + j * by

    return [(point(k, low), point(k, high)) for k in offsets] + [
        (point(low, k), point(high, k)) for k in offsets
    ]
