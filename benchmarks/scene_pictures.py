"""What stands in front of a wall and around it, painted in linear light.

Every function takes a wall's light ``(H, W, 3)`` and a generator, and returns the painted light and
``(H, W)`` how much of each pixel is covered by what is not the wall.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw
from scene_walls import blurred, linear, noise_field

Point = tuple[float, float]
Colour = Sequence[float]
Painted = tuple[np.ndarray, np.ndarray]
SKIN = ((234, 192, 160), (198, 144, 108), (141, 92, 62), (88, 58, 42))
CLOTH = ((36, 44, 62), (150, 40, 38), (214, 206, 190), (52, 84, 60), (88, 96, 108), (196, 160, 60))
LEAVES = ((52, 92, 40), (74, 118, 52), (36, 70, 38), (110, 142, 70))
PAINT = ((120, 18, 22), (28, 52, 92), (190, 192, 194), (34, 36, 38), (222, 220, 212))
SUPERSAMPLED = 2


class Sheet:
    """Shapes drawn one over the other, each with its colour, before they are laid on a wall."""

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size, self.rng = size, rng
        self.light = np.zeros((*size, 3), np.float32)
        self.covered = np.zeros(size, np.float32)
        self.grain = noise_field(size, rng, 8.0, 3)

    def paint(self, coverage: np.ndarray, light: np.ndarray) -> None:
        """Lay light over what is there, by how much of each pixel is covered."""
        self.light += coverage[..., None] * (light - self.light)
        self.covered = np.maximum(self.covered, coverage)

    def solid(self, coverage: np.ndarray, colour: Colour, depth_px: float) -> None:
        """A rounded thing: darker towards its outline and on the side away from the light."""
        round_off = blurred(coverage, depth_px)
        lit = np.roll(round_off, round(depth_px / 2), 1) - np.roll(round_off, -round(depth_px), 1)
        shade = (0.25 + 0.85 * round_off - 0.35 * lit) * (1 + 0.07 * self.grain)
        self.paint(coverage, linear(np.array(colour)) * np.clip(shade, 0.03, 1.3)[..., None])

    def polygon(self, points: Sequence[Point]) -> np.ndarray:
        """``(H, W)`` coverage by a polygon."""
        return self.drawn(lambda draw, at: draw.polygon([at(p) for p in points], fill=255))

    def ellipse(self, centre: Point, rx: float, ry: float) -> np.ndarray:
        """``(H, W)`` coverage by an upright ellipse of two half axes."""
        box = ((centre[0] - rx, centre[1] - ry), (centre[0] + rx, centre[1] + ry))
        return self.drawn(lambda draw, at: draw.ellipse([at(p) for p in box], fill=255))

    def limb(self, points: Sequence[Point], width: float) -> np.ndarray:
        """``(H, W)`` coverage by a thick line with round ends."""

        def line(draw: ImageDraw.ImageDraw, at: Callable[[Point], Point]) -> None:
            thick = round(width * SUPERSAMPLED)
            draw.line([at(p) for p in points], fill=255, width=thick, joint="curve")
            for x, y in map(at, points):
                draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)

        return self.drawn(line)

    def drawn(
        self, drawing: Callable[[ImageDraw.ImageDraw, Callable[[Point], Point]], None]
    ) -> np.ndarray:
        """``(H, W)`` coverage by anything: `drawing` gets a pen, and where a place is on it."""
        height, width = self.size
        picture = Image.new("L", (width * SUPERSAMPLED, height * SUPERSAMPLED))
        drawing(ImageDraw.Draw(picture), lambda p: (p[0] * SUPERSAMPLED, p[1] * SUPERSAMPLED))
        small = picture.resize((width, height), Image.Resampling.BOX)
        return np.asarray(small).astype(np.float32) / 255

    def over(self, wall: np.ndarray, shadow_px: float) -> Painted:
        """The wall with all of it in front, and its soft shadow on the wall."""
        near = blurred(np.roll(self.covered, (round(shadow_px / 2), round(shadow_px)), (0, 1)), 8)
        light = wall * (1 - 0.45 * near[..., None])
        return light + self.covered[..., None] * (self.light - light), self.covered


def person(wall: np.ndarray, rng: np.random.Generator) -> Painted:
    """Somebody in front of the wall, whole or from the knees or the hips up."""
    height, width = wall.shape[:2]
    sheet = Sheet((height, width), rng)
    tall = height * rng.choice([0.9, 1.15, 1.5])
    u, top = tall / 7.6, height * rng.uniform(0.08, 0.2) if tall > height else height - 0.98 * tall
    x = width * rng.uniform(0.25, 0.75)
    skin = SKIN[rng.integers(len(SKIN))]
    shirt, trousers = (CLOTH[i] for i in rng.permutation(len(CLOTH))[:2])

    def at(dx: float, dy: float) -> Point:
        return x + dx * u, top + dy * u

    for side in (-1, 1):
        knee, foot = at(0.5 * side, 5.6), at(rng.uniform(0.4, 0.7) * side, 7.3)
        sheet.solid(sheet.limb([at(0.4 * side, 3.9), knee, foot], 0.85 * u), trousers, 0.3 * u)
        sheet.solid(
            sheet.ellipse((foot[0] + 0.15 * side * u, foot[1]), 0.5 * u, 0.2 * u), (30,) * 3, 4
        )
    bent = rng.uniform(0.6, 1.6, 2)
    for side, out in ((-1, bent[0]), (1, bent[1])):
        elbow, hand = at((0.8 + 0.4 * out) * side, 2.7), at((0.5 + 0.3 * out) * side, 3.9)
        sheet.solid(sheet.limb([at(0.85 * side, 1.7), elbow, hand], 0.5 * u), shirt, 0.2 * u)
        sheet.solid(sheet.ellipse(hand, 0.26 * u, 0.3 * u), skin, 0.15 * u)
    outline = [(-0.5, 1.25), (-1.1, 1.6), (-0.85, 3.0), (-0.95, 4.2)]
    torso = [at(*p) for p in outline] + [at(-dx, dy) for dx, dy in reversed(outline)]
    sheet.solid(sheet.polygon(torso), shirt, 0.4 * u)
    sheet.solid(sheet.limb([at(0, 0.9), at(0, 1.3)], 0.5 * u), skin, 0.15 * u)
    hair = tuple(int(v) for v in rng.uniform((20, 14, 8), (120, 84, 50)))
    sheet.solid(sheet.ellipse(at(0, 0.42), 0.5 * u, 0.6 * u), hair, 0.15 * u)
    sheet.solid(sheet.ellipse(at(0, 0.62), 0.4 * u, 0.52 * u), skin, 0.25 * u)
    return sheet.over(wall, 0.35 * u)


def plant(wall: np.ndarray, rng: np.random.Generator) -> Painted:
    """A bush in a pot or two: some hundred leaves around their stems."""
    height, width = wall.shape[:2]
    sheet = Sheet((height, width), rng)
    for x in width * (rng.uniform(0.2, 0.8, 1) if rng.random() < 0.6 else np.array([0.2, 0.82])):
        reach = min(height, width) * rng.uniform(0.24, 0.36)
        base = height * rng.uniform(0.9, 1.0)
        middle = base - 1.1 * reach
        pot = [(-0.4, -0.1), (0.4, -0.1), (0.3, 0.5), (-0.3, 0.5)]
        pot_shape = sheet.polygon([(x + dx * reach, base + dy * reach) for dx, dy in pot])
        sheet.solid(pot_shape, (158, 92, 62), 0.2 * reach)
        for _ in range(12):
            end = (x + rng.normal(0, 0.5) * reach, middle + rng.normal(0, 0.4) * reach)
            sheet.solid(sheet.limb([(x, base), end], 0.03 * reach + 1), (74, 60, 40), 3)
        for shade in np.linspace(0.55, 1.2, 10):
            leaves = np.array(LEAVES[rng.integers(len(LEAVES))]) * shade
            sheet.solid(_foliage(sheet, (x, middle), reach, 40), np.clip(leaves, 0, 255), 2.5)
    return sheet.over(wall, 14)


def _foliage(sheet: Sheet, middle: Point, reach: float, count: int) -> np.ndarray:
    """Coverage by leaves: pointed ovals at random angles around a middle."""
    rng = sheet.rng

    def leaves(draw: ImageDraw.ImageDraw, at: Callable[[Point], Point]) -> None:
        for _ in range(count):
            angle, out = rng.uniform(0, 2 * math.pi), reach * math.sqrt(rng.uniform(0, 1))
            x, y = middle[0] + out * math.cos(angle), middle[1] + out * math.sin(angle)
            long, turn = reach * rng.uniform(0.12, 0.24), rng.uniform(0, 2 * math.pi)
            c, s = math.cos(turn), math.sin(turn)
            oval = [(-1, 0), (-0.4, 0.26), (0.3, 0.24), (1, 0), (0.3, -0.24), (-0.4, -0.26)]
            shape = [(x + long * (c * p - s * q), y + long * (s * p + c * q)) for p, q in oval]
            draw.polygon([at(p) for p in shape], fill=255)

    return sheet.drawn(leaves)


def car(wall: np.ndarray, rng: np.random.Generator) -> Painted:
    """A car from the side on a road along the wall."""
    height, width = wall.shape[:2]
    sheet = Sheet((height, width), rng)
    road = height * rng.uniform(0.88, 0.94)
    asphalt = noise_field((height, width), rng, 6, 3) * 0.12 + 1
    strip = sheet.polygon([(0, road), (width, road), (width, height), (0, height)])
    sheet.paint(strip, linear(np.array((88, 88, 92))) * asphalt[..., None])
    long = width * rng.uniform(0.55, 0.8)
    x, y, flip = width * rng.uniform(0.1, 0.35), road + 0.05 * height, rng.choice([-1, 1])

    def at(dx: float, dy: float) -> Point:
        return x + long * (dx if flip > 0 else 1 - dx), y - long * dy

    shade = blurred(sheet.ellipse(at(0.5, -0.01), 0.5 * long, 0.025 * long), 5)
    sheet.light *= 1 - 0.75 * shade[..., None]
    body = [(0, 0.06), (0.01, 0.17), (0.05, 0.2), (0.26, 0.215), (0.37, 0.315), (0.46, 0.335)]
    body += [(0.66, 0.33), (0.75, 0.3), (0.87, 0.22), (0.97, 0.2), (1, 0.14), (0.99, 0.06)]
    sheet.solid(sheet.polygon([at(*p) for p in body]), PAINT[rng.integers(len(PAINT))], 0.06 * long)
    for pane in (
        [(0.3, 0.22), (0.385, 0.3), (0.5, 0.315), (0.5, 0.225)],
        [(0.52, 0.225), (0.52, 0.315), (0.65, 0.31), (0.74, 0.28), (0.8, 0.23)],
    ):
        sheet.solid(sheet.polygon([at(*p) for p in pane]), (44, 54, 64), 0.03 * long)
    sheet.paint(sheet.limb([at(0.51, 0.08), at(0.51, 0.22)], 2), np.float32(0.01))
    for dx in (0.19, 0.8):
        sheet.solid(sheet.ellipse(at(dx, 0.055), 0.075 * long, 0.075 * long), (26, 26, 28), 6)
        sheet.solid(sheet.ellipse(at(dx, 0.055), 0.045 * long, 0.045 * long), (168, 170, 174), 5)
    return sheet.over(wall, 6)
