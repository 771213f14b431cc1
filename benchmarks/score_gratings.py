"""Gratings of one direction in pictures of any shape, for the score of lattices.

Alone in a picture, waves are what repeats, however soft: not the shadow of something.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from score_pictures import Wall, plane

_SIZES = (
    (384, 448),
    (256, 256),
    (24, 240),
    (60, 600),
    (512, 640),
    (40, 320),
    (24, 160),
    (300, 200),
)


def grating(seed: int) -> Wall:
    """Waves with overtones and a little noise, across any direction."""
    rng = np.random.default_rng([4321, seed])
    height, width = _SIZES[seed % len(_SIZES)]
    turn = float(rng.choice([0.0, math.pi / 2, rng.uniform(0, math.pi)]))
    if max(height, width) > 4 * min(height, width):
        turn = 0.0 if width > height else math.pi / 2
    extent = abs(math.cos(turn)) * width + abs(math.sin(turn)) * height
    longest = min(extent / 5, 64.0)
    period = math.exp(rng.uniform(math.log(6), math.log(max(longest, 7))))
    y, x = plane(height, width)
    place = (x * math.cos(turn) + y * math.sin(turn)) / period + rng.uniform()
    wave = torch.zeros(height, width)
    for order in range(1, int(rng.integers(1, 5))):
        wave = wave + rng.uniform(0.3, 1) / order * torch.cos(2 * math.pi * order * place)
    if bool((wave == 0).all()):
        wave = torch.cos(2 * math.pi * place)
    torch.manual_seed(seed)
    image = 0.5 + rng.uniform(0.04, 0.25) * wave + rng.uniform(0, 0.03) * torch.randn(height, width)
    vector = (period * math.cos(turn), period * math.sin(turn))
    return Wall(f"grating {seed}", image.clamp(0, 1).expand(3, -1, -1).contiguous(), vector, None)
