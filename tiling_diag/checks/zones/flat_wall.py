"""A wall on its plane: rectified where it is tilted, with its looks and the places of its px.

Large pictures are shrunk first, as far as their shorter period allows: neither zones nor lattices
are found better in more pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tiling_diag.checks.appearance import alike
from tiling_diag.checks.plane.limits import LIMITS as PLANE
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.limits import LIMITS
from tiling_diag.kernels.rectify import Canvas, rectified_canvas, rectify


@dataclass(frozen=True, eq=False)
class FlatWall:
    """One wall, shrunk if it is large, rectified if it is tilted.

    Attributes:
        seen: the wall as the picture shows it, shrunk; a batch of one.
        walls: the same on its plane.
        canvas: of that.
    """

    seen: Walls
    walls: Walls
    canvas: Canvas

    @property
    def scale(self) -> Tensor:
        """``()`` px of `walls` per flat px."""
        return self.canvas.scale

    @cached_property
    def looks(self) -> Tensor:
        """``(h, w)`` 1 where it looks like its largest part."""
        looks = alike(self.seen)
        if self.walls is not self.seen:
            looks = rectify(looks[:, None], self.canvas)[:, 0]
        return looks[0]

    @cached_property
    def places(self) -> Tensor:
        """``(h, w, 2)`` flat px from the picture's middle."""
        height, width = self.walls.size
        y, x = (torch.arange(n).double() + 0.5 for n in (height, width))
        at = torch.stack([x.expand(height, -1), y[:, None].expand(-1, width)], dim=-1)
        return at / self.scale + self.canvas.origin


def flat_wall(walls: Walls, tilt: Tensor, index: int, shortest_px: float = math.inf) -> FlatWall:
    """Wall `index` of a batch on its plane of `tilt` ``(2,)``.

    Args:
        walls: the batch.
        tilt: 1/px.
        index: which wall it is.
        shortest_px: the shorter of its periods; infinite where it has none.
    """
    longest = max(walls.size)
    side = max(LIMITS.flat_side_px, math.ceil(longest * LIMITS.flat_period_px / shortest_px))
    canvas = rectified_canvas(tilt, walls.size, min(side, longest))
    own = walls.some(torch.tensor([index]))
    if side < longest:
        height, width = (max(1, math.ceil(side / longest * length)) for length in walls.size)
        own = own.shrunk((height, width))
    if not bool((tilt != 0).any()):
        return FlatWall(own, own, canvas)
    mask = rectify(own.mask[:, None], canvas)[:, 0]
    flat = Walls(rectify(own.image, canvas), (mask > PLANE.whole_px_mask).to(mask.dtype))
    return FlatWall(own, flat, canvas)
