"""What a model painted: pictures, masks and references of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

References = Tensor | Sequence[Tensor] | None


@dataclass(frozen=True)
class Pictures:
    """What a model painted, for `TilingMonitor`.

    Attributes:
        pred: ``(B, C, H, W)`` in the monitor's value range, C in {1, 3}.
        mask: ``(B, 1, H, W)`` in [0, 1], or None for whole pictures.
        ref: ``(C, h, w)`` one reference for all, or B of them in a tensor or a sequence, or None.
    """

    pred: Tensor
    mask: Tensor | None = None
    ref: References = None


def one_reference(ref: References, index: int) -> Tensor | None:
    """The reference of an item."""
    if ref is None or (isinstance(ref, Tensor) and ref.ndim == 3):
        return ref
    return ref[index]
