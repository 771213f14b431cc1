"""Walls seen at an angle, and rectified by a tilt that is nearly right, for the score of lattices.

The lattice of a wall in perspective is that at the picture's middle. Few tilts are strong: laid
flat, walls fill the picture in part, as they do when `plane.measure` looks at them.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from score_pictures import Wall, as_jpeg, covered, lit, plane
from torch import Tensor
from torch.nn.functional import grid_sample

from tiling_diag.checks.limits import LIMITS as WALLS
from tiling_diag.checks.plane.limits import LIMITS
from tiling_diag.kernels.homography import to_flat
from tiling_diag.kernels.rectify import rectify, square_canvases

# Tilts as the change of scale from the middle to a border: those of pictures that are looked at as
# they are, and those of pictures that are rectified; and how far these are off.
SLIGHT, STRONG, OFF = (0.08, 0.16), (0.08, 0.65), 0.02


def tilted(wall: Wall, seed: int, others: Sequence[Wall]) -> tuple[Wall, Tensor]:
    """A wall seen at an angle, rectified two times in three, and its mask ``(H, W)``."""
    rng = np.random.default_rng([zlib.crc32(wall.name.encode()), seed, 9])
    torch.manual_seed(seed)
    is_rectified = seed % 3 != 0
    wall, tilt = _seen_at_an_angle(wall, rng, STRONG if is_rectified else SLIGHT)
    image = wall.image
    if rng.uniform() < 0.5:
        image = covered(image, rng, others)
    if rng.uniform() < 0.3:
        image = lit(image, rng)
    if rng.uniform() < 0.5:
        image = as_jpeg(image, int(rng.integers(60, 96)))
    wall = replace(wall, image=image.clamp(0, 1).contiguous())
    mask = torch.ones_like(image[0])
    if not is_rectified:
        return wall, mask
    tilt = tilt + torch.from_numpy(rng.normal(0, OFF, 2)) * 2 / max(wall.size)
    canvas = square_canvases(tilt[None], wall.size, LIMITS.rectified_sides * WALLS.search_side_px)
    flat = rectify(wall.image[None], canvas)[0]
    mask = (rectify(mask[None, None], canvas)[0, 0] > LIMITS.whole_px_mask).float()
    return _scaled_truth(replace(wall, image=flat), float(canvas.scale)), mask


def _seen_at_an_angle(
    wall: Wall, rng: np.random.Generator, change: tuple[float, float]
) -> tuple[Wall, Tensor]:
    """The wall in perspective, as large as it can be shown, and its tilt ``(2,)`` in 1/px."""
    height, width = wall.size
    rows, columns = (int(side * rng.uniform(0.7, 1)) for side in (height, width))
    most, turn = rng.uniform(*change), rng.uniform(0, 2 * math.pi)
    tilt = torch.tensor([math.cos(turn), math.sin(turn)], dtype=torch.float64)
    tilt = tilt * most * 2 / max(rows, columns)
    y, x = plane(rows, columns)
    places = torch.stack([x - (columns - 1) / 2, y - (rows - 1) / 2], -1).double().flatten(0, 1)
    flat = to_flat(tilt, places)
    low, high = flat.amin(0), flat.amax(0)
    enlarged = float((0.98 * flat.new_tensor([width, height]) / (high - low)).amin())
    places = (flat - (low + high) / 2) * enlarged / flat.new_tensor([width / 2, height / 2])
    image = grid_sample(
        wall.image[None],
        places.view(1, rows, columns, 2).float(),
        mode="bicubic",
        padding_mode="reflection",
        align_corners=False,
    )
    return _scaled_truth(replace(wall, image=image[0].clamp(0, 1)), 1 / enlarged), tilt


def _scaled_truth(wall: Wall, scale: float) -> Wall:
    a, b = (v and (v[0] * scale, v[1] * scale) for v in (wall.a, wall.b))
    return replace(wall, a=a, b=b)
