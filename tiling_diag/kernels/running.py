"""Running maxima along one axis in a number of steps that grows with the log of the length."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def running_max(values: Tensor, length: int, dim: int) -> Tensor:
    """Maximum of each run of `length` neighbours along `dim` that lies within the tensor.

    Runs double in length until two of them, overlapping, cover the one asked for.

    Args:
        values: any shape.
        length: of the run, from 1 to the size of `dim`.
        dim: the axis.

    Returns:
        As `values`, but shorter by ``length - 1`` along `dim`; element i covers
        ``i .. i + length - 1``.
    """
    run = 1
    while run < length:
        step = min(run, length - run)
        kept = values.shape[dim] - step
        values = torch.maximum(values.narrow(dim, 0, kept), values.narrow(dim, step, kept))
        run += step
    return values


def square_max(plane: Tensor, half_width: int, beyond: float = -math.inf) -> Tensor:
    """Maximum of each square of ``2 half_width + 1`` px of ``(..., H, W)``, `beyond` outside it."""
    found = pad_plane(plane, half_width, beyond)
    for dim in (-2, -1):
        found = running_max(found, 2 * half_width + 1, dim)
    return found


def pad_plane(plane: Tensor, half_width: int, value: float = -math.inf) -> Tensor:
    """``(..., H, W)`` with `half_width` pixels of `value` on all four sides."""
    return F.pad(plane, (half_width, half_width, half_width, half_width), value=value)
