"""The losses that `benchmarks/losses.py` compares, each as a function to ``(B,)``."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from loss_scores import Loss
from torch import Tensor

from tiling_diag.losses import (
    ACFPeriodLoss,
    ColourLoss,
    LogPolarAlignLoss,
    ScaleConsistencyLoss,
    SpectralPeriodLoss,
    TilingLoss,
)

OURS = {
    "SpectralPeriod": SpectralPeriodLoss,
    "LogPolarAlign": LogPolarAlignLoss,
    "ScaleConsistency": ScaleConsistencyLoss,
    "ACFPeriod": ACFPeriodLoss,
    # The four losses together: head joints and colours are measured on walls of their own.
    "Tiling": partial(TilingLoss, w_joints=0, w_colour=0),
}
PEERS = ("MSE", "L1", "focal-frequency")
NAMES = (*OURS, *PEERS)


def make_loss(name: str, *, colour: bool = False) -> Loss:
    """The loss of that name, per item; ours see colours too if asked to."""
    if name in OURS and colour:
        seeing: Loss = ColourLoss(OURS[name](), reduction="none")
        return seeing
    if name in OURS:
        ours: Loss = OURS[name](reduction="none")
        return ours
    if name == "MSE":
        return lambda pred, target, mask: _mean((pred - target).square(), mask)
    if name == "L1":
        return lambda pred, target, mask: _mean((pred - target).abs(), mask)
    return _focal_frequency()


def _mean(values: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return values.mean((-3, -2, -1))
    return (values * mask).sum((-3, -2, -1)) / mask.sum((-3, -2, -1)) / values.shape[1]


def _focal_frequency() -> Loss:
    """The package's loss takes no mask and averages: outside the mask both pictures are 0."""
    from focal_frequency_loss import FocalFrequencyLoss

    focal = FocalFrequencyLoss()

    def loss(pred: Tensor, target: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None:
            pred, target = pred * mask, target * mask
        return torch.stack([focal(p[None], t[None]) for p, t in zip(pred, target, strict=True)])

    return loss


def mse_to(start: Tensor, pixels: Tensor) -> Tensor:
    """Mean squared error, a scalar."""
    return F.mse_loss(pixels, start)
