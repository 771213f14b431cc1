"""A wall on its plane: rectified where it is tilted, with its looks and the places of its px."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.appearance import alike
from tiling_diag.checks.plane.limits import LIMITS as PLANE
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.rectify import rectified_canvas, rectify


@dataclass(frozen=True, eq=False)
class FlatWall:
    """One wall, rectified if it is tilted.

    Attributes:
        walls: a batch of one.
        looks: ``(h, w)`` 1 where it looks like its largest part.
        places: ``(h, w, 2)`` flat px from the picture's middle.
        scale: px of these pictures per flat px.
    """

    walls: Walls
    looks: Tensor
    places: Tensor
    scale: Tensor


def flat_wall(walls: Walls, tilt: Tensor, index: int) -> FlatWall:
    """Wall `index` of a batch on its plane of `tilt` ``(2,)``."""
    own = walls.some(torch.tensor([index]))
    looks = alike(own)
    canvas = rectified_canvas(tilt, walls.size, max(walls.size))
    if bool((tilt != 0).any()):
        mask = rectify(own.mask[:, None], canvas)[:, 0]
        looks = rectify(looks[:, None], canvas)[:, 0]
        own = Walls(rectify(own.image, canvas), (mask > PLANE.whole_px_mask).to(mask.dtype))
    height, width = own.size
    y, x = (torch.arange(n).double() + 0.5 for n in (height, width))
    at = torch.stack([x.expand(height, -1), y[:, None].expand(-1, width)], dim=-1)
    return FlatWall(own, looks[0], at / canvas.scale + canvas.origin, canvas.scale)
