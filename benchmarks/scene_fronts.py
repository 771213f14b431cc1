"""Houses around a wall: windows, sky above a roof line, another plane, half of something else.

As in `scene_pictures`: light in, painted light and how much of each pixel is not the wall out.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from scene_pictures import Painted, Sheet
from scene_walls import blurred, linear, noise_field
from scipy.ndimage import zoom

FRAMES = ((228, 226, 220), (70, 52, 40), (44, 46, 50), (120, 136, 120))
TRIM = ((206, 200, 190), (92, 84, 78), (60, 62, 66), (232, 230, 226))
# Share of the picture that the windows take.
WINDOWS_COVER = (0.17, 0.33)


def windows(wall: np.ndarray, rng: np.random.Generator) -> Painted:
    """Equal windows in a grid, each with its frame, panes, reflection and sill."""
    height, width = wall.shape[:2]
    sheet = Sheet((height, width), rng)
    columns, rows = int(rng.integers(2, 5)), int(rng.integers(1, 4))
    share = math.sqrt(rng.uniform(*WINDOWS_COVER))
    aspect = rng.uniform(0.85, 1.15)
    step_x, step_y = width / columns, height / rows
    w, h = min(0.8, share * aspect) * step_x, min(0.8, share / aspect) * step_y
    frame, trim = FRAMES[rng.integers(len(FRAMES))], TRIM[rng.integers(len(TRIM))]
    bar = max(3.0, 0.05 * min(w, h))
    sky = _sky_light((height, width), rng)
    offset = rng.uniform(-0.08, 0.08, 2)
    for column in range(columns):
        for row in range(rows):
            left = (column + 0.5 + offset[0]) * step_x - w / 2
            top = (row + 0.5 + offset[1]) * step_y - h / 2
            _window(sheet, (left, top, w, h), bar, (frame, trim), sky)
    return sheet.over(wall, 5)


def _window(
    sheet: Sheet,
    box: tuple[float, float, float, float],
    bar: float,
    colours: tuple[tuple[int, ...], tuple[int, ...]],
    sky: np.ndarray,
) -> None:
    left, top, w, h = box
    rng = sheet.rng
    sheet.solid(_box(sheet, left - 0.06 * w, top + h, 1.12 * w, 1.6 * bar), colours[1], bar)
    sheet.solid(_box(sheet, left, top, w, h), colours[0], bar)
    glass = np.zeros(sheet.size, np.float32)
    inner_w, inner_h = (w - 3 * bar) / 2, h - 2 * bar
    parts = ((0.0, 0.32), (0.36, 0.64)) if h > 1.1 * w else ((0.0, 1.0),)
    for side in (0, 1):
        for start, part in parts:
            x, y = left + bar + side * (inner_w + bar), top + bar + start * inner_h
            glass = np.maximum(glass, _box(sheet, x, y, inner_w, part * inner_h))
    # Dark rooms, the sky's reflection at an angle of its own in each, at times a curtain.
    y, x = np.mgrid[: sheet.size[0], : sheet.size[1]].astype(np.float32)
    shine = 0.5 + 0.5 * np.tanh(
        (x - left + 0.7 * (y - top) - rng.uniform(0.2, 1.6) * w) / (0.3 * w)
    )
    light = 0.02 + sky * (0.08 + rng.uniform(0.1, 0.5) * shine)[..., None]
    if rng.random() < 0.35:
        down = np.clip((top + rng.uniform(0.2, 0.7) * h - y) / 2, 0, 1)[..., None]
        light = light * (1 - down) + down * linear(np.array((206, 200, 184))) * 0.6
    sheet.paint(glass, light)
    edge = np.clip(blurred(np.roll(1 - glass, round(bar), 0), bar) - 0.3, 0, 1)
    sheet.light *= 1 - 0.6 * (edge * glass)[..., None]


def _box(sheet: Sheet, left: float, top: float, w: float, h: float) -> np.ndarray:
    return sheet.polygon([(left, top), (left + w, top), (left + w, top + h), (left, top + h)])


def _sky_light(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """``(H, W, 3)`` sky: deeper blue above, clouds of some octaves."""
    down = np.linspace(0, 1, size[0], dtype=np.float32)[:, None, None]
    deep, pale = ((np.array(c) / 255.0) ** 2.2 for c in ((84, 138, 204), (206, 222, 236)))
    clear = deep + (pale - deep) * down
    cover = np.clip(noise_field(size, rng, size[1] / 3, 6) * 0.5 + rng.uniform(-0.4, 0.4), 0, 1)
    return (clear + (0.85 - clear) * cover[..., None]).astype(np.float32)


def sky(wall: np.ndarray, rng: np.random.Generator) -> Painted:
    """Sky above a level or sloping roof line, with the eaves and their shadow."""
    height, width = wall.shape[:2]
    sheet = Sheet((height, width), rng)
    middle, slope = rng.uniform(0.27, 0.43) * height, rng.choice([0, 0, -0.25, -0.12, 0.12, 0.25])
    left, right = middle - slope * width / 2, middle + slope * width / 2
    thick = height * rng.uniform(0.015, 0.035)
    board = sheet.polygon([(0, -9e3), (0, left), (width, right), (width, -9e3)])
    sheet.paint(board, linear(np.array(TRIM[rng.integers(len(TRIM))])) * 0.8)
    above = sheet.polygon([(0, -9e3), (0, left - thick), (width, right - thick), (width, -9e3)])
    sheet.paint(above, _sky_light((height, width), rng))
    shade = blurred(np.roll(board, round(1.5 * thick), 0), 0.8 * thick)
    return sheet.over(wall * (1 - 0.4 * shade[..., None]), 0)


def second_plane(wall: np.ndarray, rng: np.random.Generator, other: np.ndarray) -> Painted:
    """The house's other side, of another material, receding and in another light; ground below.

    Args:
        wall: the light of the wall.
        rng: what decides.
        other: ``(h, w, 3)`` light of the other material.
    """
    height, width = wall.shape[:2]
    sheet = Sheet((height, width), rng)
    corner, on_left = rng.uniform(0.3, 0.42) * width, bool(rng.random() < 0.5)
    seen = _receding(other, (height, math.ceil(corner)), rng)
    side = np.zeros_like(wall)
    side[:, : seen.shape[1]] = seen * rng.uniform(0.45, 0.75)
    edge = sheet.polygon([(0, 0), (corner, 0), (corner, height), (0, height)])
    if not on_left:
        side, edge = side[:, ::-1], edge[:, ::-1]
    sheet.paint(edge, side)
    ground, slope = height * rng.uniform(0.84, 0.9), rng.uniform(-0.02, 0.02) * height
    strip = sheet.polygon(
        [(0, ground - slope), (width, ground + slope), (width, height), (0, height)]
    )
    colour = ((96, 96, 98), (150, 142, 130), (78, 104, 56))[rng.integers(3)]
    grain = np.clip(1 + 0.22 * noise_field((height, width), rng, 8, 4), 0.3, 2)
    sheet.paint(strip, linear(np.array(colour)) * grain[..., None])
    foot = blurred(np.roll(strip, -round(0.015 * height), 0), 0.012 * height)
    return sheet.over(wall * (1 - 0.3 * foot[..., None]), 0)


def _receding(light: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A material seen at an angle: its right edge near, its left edge far away."""
    height, width = size
    copies = math.ceil(1.6 * height / light.shape[0]), math.ceil(2.5 * width / light.shape[1])
    tiled = np.tile(light, (*copies, 1))[: round(1.5 * height), : round(2.4 * width)]
    h, w = tiled.shape[:2]
    far = rng.uniform(0.5, 0.8)
    # The far edge shows all of the height, the near one the middle of it.
    near_top, near_bottom = h * (0.5 - far / 2), h * (0.5 + far / 2)
    corners = [(0, 0), (0, h), (w, near_bottom), (w, near_top)]
    target = [(0, 0), (0, height), (width, height), (width, 0)]
    rows = []
    for (u, v), (x, y) in zip(corners, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    data = np.linalg.solve(np.array(rows, float), np.array(corners, float).reshape(-1))
    picture = Image.fromarray((np.clip(tiled, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8))
    seen = picture.transform(
        (width, height), Image.Transform.PERSPECTIVE, data.tolist(), Image.Resampling.BICUBIC
    )
    return linear(np.asarray(seen))


def half(wall: np.ndarray, rng: np.random.Generator, other: np.ndarray) -> Painted:
    """Half of the picture is another material, without a period: beside it, above it or oblique."""
    height, width = wall.shape[:2]
    sheet = Sheet((height, width), rng)
    # Enlarged to fill the picture: copies would make a period of their own.
    factor = max(1.0, height / other.shape[0], width / other.shape[1])
    grown = zoom(other, (factor + 1e-3, factor + 1e-3, 1), order=1)
    filler = grown[:height, :width] * rng.uniform(0.7, 1.0)
    across = rng.random() < 0.6
    at, lean = rng.uniform(0.44, 0.54), rng.choice([0, 0, rng.uniform(-0.1, 0.1)])
    long, short = (width, height) if across else (height, width)
    line = [(long * (at - lean), 0), (long * (at + lean), short)]
    region = [(0, 0), *line, (0, short)]
    if not across:
        region = [(y, x) for x, y in region]
        line = [(y, x) for x, y in line]
    edge = sheet.polygon(region)
    if rng.random() < 0.5 and across:
        edge, filler = edge[:, ::-1], filler[:, ::-1]
    sheet.paint(edge, filler)
    return sheet.over(wall, 3)
