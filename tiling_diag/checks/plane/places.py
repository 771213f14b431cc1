"""Places in a picture, px from its middle."""

from __future__ import annotations

import torch
from torch import Tensor


def grid_places(size: tuple[int, int], rows: int, columns: int) -> Tensor:
    """``(rows * columns, 2)`` middles of equal cells of a picture of `size` (height, width)."""
    y = ((torch.arange(rows, dtype=torch.float64) + 0.5) / rows - 0.5) * size[0]
    x = ((torch.arange(columns, dtype=torch.float64) + 0.5) / columns - 0.5) * size[1]
    return torch.stack([x.expand(rows, -1), y[:, None].expand(-1, columns)], dim=-1).reshape(-1, 2)


def corners(size: tuple[int, int]) -> Tensor:
    """``(4, 2)`` the corners of a picture of `size` (height, width)."""
    half = torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)
    return half * torch.tensor([[-1, -1], [1, -1], [-1, 1], [1, 1]], dtype=torch.float64)


def scale_change(tilt: Tensor, size: tuple[int, int]) -> Tensor:
    """``(B,)`` how much larger things look at the nearest corner than at the farthest, less 1.

    Args:
        tilt: ``(B, 2)`` in 1/px about the picture's middle.
        size: of the picture, height and width.
    """
    depth = 1 + tilt @ corners(size).mT
    return depth.amax(-1) / depth.amin(-1) - 1
