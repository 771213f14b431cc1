"""Means of pictures along parallel lines, for a batch and for many directions at once."""

from __future__ import annotations

import torch
from torch import Tensor


def line_means(planes: Tensor, weights: Tensor, turns: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted means of planes along lines, one pixel apart: a Radon transform by nearest lines.

    Args:
        planes: ``(B, H, W)``.
        weights: ``(B, H, W)``, at least 0.
        turns: ``(B, A)`` angles in radians; lines run square to ``(cos, sin)``, (x, y).

    Returns:
        means ``(B, A, n)`` by line, 0 where a line meets no weight, the sums of weights
        ``(B, A, n)``, and the place of each pixel among the lines ``(B, A, H, W)``.
    """
    height, width = planes.shape[-2:]
    # Whole numbers from the middle: rows and columns lie on lines, not halfway between two.
    y = torch.arange(height, device=planes.device) - height // 2
    x = torch.arange(width, device=planes.device) - width // 2
    turns = turns[..., None, None].to(planes.dtype)
    middle = (height + width) // 2 + 1
    place = x * turns.cos() + y[:, None] * turns.sin() + middle
    index = place.round().long().flatten(2)
    count = 2 * middle + 1
    sums = planes.new_zeros(2, *index.shape[:2], count)
    for row, values in zip(sums, (planes * weights, weights), strict=True):
        row.scatter_add_(2, index, values.flatten(1)[:, None].expand_as(index))
    return sums[0] / sums[1].clamp_min(1e-9) * (sums[1] > 0), sums[1], place
