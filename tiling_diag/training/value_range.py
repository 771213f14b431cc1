"""The range of a picture's values: said, never guessed."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.errors import InputError

ValueRange = tuple[float, float]
VALUE_RANGES: tuple[ValueRange, ...] = ((0.0, 1.0), (-1.0, 1.0))


def checked_range(value_range: ValueRange) -> ValueRange:
    """The range, if it is one that is known.

    Raises:
        InputError: if it is not.
    """
    if tuple(value_range) not in VALUE_RANGES:
        raise InputError(f"value_range={value_range}: use (0, 1) or (-1, 1)")
    return value_range[0], value_range[1]


def to_unit(pictures: Tensor, value_range: ValueRange) -> Tensor:
    """Pictures brought to [0, 1], at least float32; what lies outside is not clipped."""
    low, high = value_range
    dtype = torch.promote_types(pictures.dtype, torch.float32)
    return (pictures.to(dtype) - low) / (high - low)
