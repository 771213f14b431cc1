"""Light and shade on a wall: it multiplies the wall's linear light and covers nothing."""

from __future__ import annotations

import math

import numpy as np
from scene_pictures import Sheet
from scene_walls import GAMMA, blurred, noise_field
from scipy.special import expit


def spots(wall: np.ndarray, rng: np.random.Generator, periods: list[float]) -> np.ndarray:
    """Lamps at equal distances along the wall, each with its cone; near the lamps it saturates.

    Args:
        wall: the light of the wall.
        rng: what decides.
        periods: of the wall in px; the lamps keep another distance.
    """
    height, width = wall.shape[:2]
    count = int(rng.integers(3, 7))
    spacing = _unlike(width / count, periods, rng)
    start, lamp = rng.uniform(0.2, 0.8) * spacing, rng.uniform(-0.05, 0.2) * height
    y, x = np.mgrid[:height, :width].astype(np.float32)
    upwards = rng.random() < 0.2
    below = (height - y - lamp) if upwards else (y - lamp)
    reach, open_by = rng.uniform(0.35, 0.8) * height, rng.uniform(0.12, 0.35)
    lit = np.zeros((height, width), np.float32)
    for k in range(math.ceil(width / spacing) + 1):
        aside = np.abs(x - start - (k - 0.5) * spacing)
        half_width = 0.08 * spacing + open_by * np.maximum(below, 0)
        cone = expit((half_width - aside) / (0.04 * spacing + 0.12 * half_width))
        fall = np.exp(-np.maximum(below, 0) / reach) * expit(below / 6)
        lit += cone * fall * rng.uniform(0.9, 1.1)
    # Encoded levels become up to this many times as high.
    strength = rng.uniform(1.5, 3.0) ** GAMMA - 1
    warm = np.array((1.06, 1.0, 0.86), np.float32)
    ambient = rng.uniform(0.5, 0.85) ** GAMMA
    light = wall * ambient * (1 + strength * lit[..., None] * warm)
    # The camera's exposure: a few percent of the picture saturate.
    return light / max(1.0, float(np.quantile(light.max(-1), 1 - rng.uniform(0.01, 0.08))))


def blinds(wall: np.ndarray, rng: np.random.Generator, periods: list[float]) -> np.ndarray:
    """Shadows of a blind over the wall or over one patch of it: oblique stripes with soft edges."""
    height, width = wall.shape[:2]
    spacing = _unlike(rng.uniform(24, 90), periods, rng)
    angle = math.radians(rng.uniform(-80, 80))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    across = x * math.sin(angle) + y * math.cos(angle)
    share = rng.uniform(0.4, 0.6)
    saw = np.abs((across / spacing) % 1 - 0.5) * 2 * (spacing / 2)
    soft = rng.uniform(1.0, 0.08 * spacing + 2)
    shade = expit((saw - share * spacing / 2) / soft)
    factor = rng.uniform(0.4, 0.8) ** GAMMA
    light = 1 + (factor - 1) * shade
    if rng.random() < 0.4:
        # The sun comes through one window: around its patch all is in shadow.
        sheet = Sheet((height, width), rng)
        lean = 0.25 * width * math.copysign(1, angle)
        box = [(0.12 * width, 0.1 * height), (0.75 * width, 0.1 * height)]
        box += [(0.75 * width + lean, 0.9 * height), (0.12 * width + lean, 0.9 * height)]
        patch = blurred(sheet.polygon(box), 4)
        light = factor + (light - factor) * patch
    return wall * light[..., None]


def shadows(wall: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The edge of a building's shadow, or a tree's branches and leaves; shadows are bluish."""
    height, width = wall.shape[:2]
    sheet = Sheet((height, width), rng)
    if rng.random() < 0.5:
        x, lean = rng.uniform(0.3, 0.7) * width, rng.uniform(-0.4, 0.4) * width
        roof = rng.uniform(-0.3, 0.3) * height
        points = [(-9.0, roof), (x, roof), (x + lean, height + 9.0), (-9.0, height + 9.0)]
        shade = blurred(sheet.polygon(points), rng.uniform(2, 9))
        shade = shade if rng.random() < 0.5 else shade[:, ::-1]
    else:
        shade = np.zeros((height, width), np.float32)
        x, y = rng.uniform(0.2, 0.8) * width, height * 1.05
        for _ in range(9):
            turn = rng.normal(-math.pi / 2, 0.6)
            long = rng.uniform(0.4, 0.9) * height
            bend = (x + 0.5 * long * math.cos(turn), y + 0.5 * long * math.sin(turn))
            end = (
                bend[0] + 0.5 * long * math.cos(turn * 1.1),
                bend[1] + 0.5 * long * math.sin(turn),
            )
            branch = sheet.limb([(x, y), bend, end], rng.uniform(4, 18))
            shade = np.maximum(shade, branch)
            x, y = x + rng.normal(0, 0.05) * width, bend[1] if rng.random() < 0.4 else y
        crown = noise_field((height, width), rng, 0.07 * width, 3)
        shade = np.maximum(shade, (crown > rng.uniform(0.1, 0.7)).astype(np.float32))
        shade = blurred(shade, rng.uniform(3, 8))
    factor = rng.uniform(0.35, 0.6) ** GAMMA * np.array((0.92, 1.0, 1.1), np.float32)
    return wall * (1 + (factor - 1) * shade[..., None])


def daylight(wall: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The gentle fall of light across any photograph, with a lens that is darker at its corners."""
    height, width = wall.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x / width - 0.5, y / height - 0.5
    angle = rng.uniform(0, 2 * math.pi)
    ramp = 1 + rng.uniform(0, 0.35) * (x * math.cos(angle) + y * math.sin(angle))
    return wall * (ramp * (1 - 0.25 * (x * x + y * y)))[..., None]


def _unlike(period: float, periods: list[float], rng: np.random.Generator) -> float:
    """A period near the one given that is none of the wall's, nor half or twice one."""
    known = [p * k for p in periods for k in (0.5, 1.0, 2.0)]
    for _ in range(50):
        if all(abs(period / p - 1) > 0.1 for p in known):
            return period
        period *= float(rng.uniform(0.85, 1.18))
    return period
