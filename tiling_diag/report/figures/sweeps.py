"""What losses say of a wall whose scale is wrong: their value over its scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor
from torch.nn.functional import interpolate

from tiling_diag.errors import InputError
from tiling_diag.losses import (
    ACFPeriodLoss,
    LogPolarAlignLoss,
    ScaleConsistencyLoss,
    SpectralPeriodLoss,
)
from tiling_diag.record import Record
from tiling_diag.report.figures.colors import FAINT
from tiling_diag.report.figures.paper import SMALL, axes_for
from tiling_diag.report.figures.texts import LABELS

Loss = Callable[[Tensor, Tensor], Tensor]

# Scales of the prediction over the target, evenly in octaves, with 1 in the middle.
SCALES = tuple(2 ** (k / 8) for k in range(-8, 9))
# The losses see squares of this side, px; the wall must have twice as much to be shrunk by half.
SIDE_PX, LEAST_SIDE_PX = 256, 32


def sweep(d: Record, ax: Axes | None = None, *, losses: Mapping[str, Loss] | None = None) -> Axes:
    """What losses say of this wall as its scale goes from half to double.

    The target is a square from the wall's middle, the prediction the same wall at another scale. A
    loss that can be trained with falls from both sides to its least value at 1.

    Args:
        d: diagnosis of the wall.
        ax: to draw into; a figure is made for it without.
        losses: by name, functions of prediction and target ``(1, C, H, W)``; those of
            `tiling_diag.losses` without.

    Returns:
        The axes: scale against each loss over its largest value.

    Raises:
        InputError: if the wall is too small.
    """
    height, width = (int(side) for side in d.image.shape[-2:])
    side = min(SIDE_PX, min(height, width) // 2)
    if side < LEAST_SIDE_PX:
        raise InputError(
            f"the wall is {width} x {height} px: a sweep needs {2 * LEAST_SIDE_PX} px each way"
        )
    losses = losses or {
        "SpectralPeriodLoss": SpectralPeriodLoss(),
        "LogPolarAlignLoss": LogPolarAlignLoss(),
        "ScaleConsistencyLoss": ScaleConsistencyLoss(),
        "ACFPeriodLoss": ACFPeriodLoss(),
    }
    target, ax = _seen(d.image, side, 1.0), axes_for(ax, 3.4)
    for name, loss in losses.items():
        with torch.no_grad():
            values = np.array([float(loss(_seen(d.image, side, s), target)) for s in SCALES])
        ax.plot(SCALES, values / max(float(values.max()), 1e-12), lw=1.4, label=name)
    ax.axvline(1.0, color=FAINT, lw=0.8, ls=":")
    ax.set_xscale("log", base=2)
    at = [0.5, 0.7, 1.0, 1.4, 2.0]
    ax.set_xticks(at, labels=[f"{s:g}x" for s in at])
    ax.minorticks_off()
    ax.set_xlabel(LABELS["scale"])
    ax.set_ylabel(LABELS["loss"])
    ax.legend(fontsize=SMALL, frameon=False)
    return ax


def _seen(image: Tensor, side: int, scale: float) -> Tensor:
    """``(1, C, side, side)`` the wall's middle, `scale` times as large."""
    cut = max(2, round(side / scale))
    height, width = image.shape[-2:]
    top, left = (height - cut) // 2, (width - cut) // 2
    crop = image[None, :, top : top + cut, left : left + cut]
    seen = interpolate(crop, (side, side), mode="bicubic", antialias=True, align_corners=False)
    return seen.clamp(0, 1)
