"""Does a loss move the period of a picture? The pixels of a doubled wall are optimized.

The loss, plus 0.1 times the mean squared error to the doubled wall itself, is lowered over its
pixels; the period before and after is what `diagnose` measures. Pictures are grey, or in colour
under `ColourLoss`: the losses see the luma, and colour that they do not steer would keep the
doubled wall in sight. So would the border, where the window of the losses falls off: a margin is
optimized and not measured. The steps follow the gradient itself (with momentum, all of one size, in
proportion to the contrast of the doubled wall): a rate per pixel, as Adam has, makes broad noise of
the narrow lines that the gradient consists of.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from loss_peers import make_loss, mse_to
from loss_walls import Material
from torch import Tensor

import tiling_diag as td

STEPS = 200
# Root mean square of the first steps over the standard deviation of the picture.
RATE = 0.06
MOMENTUM = 0.9
MSE_WEIGHT = 0.1
DOUBLED = 2.0
# The period counts as moved if it is within this share of the target's; the wall counts if the
# period before is double the target's within the second share.
TOLERANCE = 0.05
DOUBLED_TOLERANCE = 0.1
# On each side, over the side that is measured: more than the eighth of all that is tapered.
MARGIN = 0.17


@dataclass
class PixelScore:
    """Periods in px as measured by `diagnose`: None where nothing repeats."""

    material: str
    size_px: int
    loss: str
    target_px: float | None
    before_px: float | None
    after_px: float | None

    @property
    def counts(self) -> bool:
        """Whether `diagnose` finds the target's period, and the doubled one before."""
        if self.target_px is None or self.before_px is None:
            return False
        return abs(self.before_px / self.target_px / DOUBLED - 1) <= DOUBLED_TOLERANCE

    @property
    def moved(self) -> bool:
        """Whether the period is the target's afterwards."""
        if self.target_px is None or self.after_px is None:
            return False
        return abs(self.after_px / self.target_px - 1) <= TOLERANCE


def period_px(wall: Tensor) -> float | None:
    """Fundamental period of ``(1, C, H, W)`` as measured by `diagnose`."""
    period: float | None = td.diagnose(wall[0].clamp(0, 1)).summary()["periods"]["fundamental_px"]
    return period


def optimized(
    loss: Callable[[Tensor], Tensor], start: Tensor, steps: int = STEPS, rate: float = RATE
) -> Tensor:
    """The pixels after steps down the loss of them, near to where they started."""
    pixels, pace = start.clone().requires_grad_(), torch.zeros_like(start)
    rate = rate * float(start.std())
    for step in range(steps):
        value = loss(pixels) + MSE_WEIGHT * mse_to(start, pixels)
        (gradient,) = torch.autograd.grad(value, pixels)
        size = gradient.square().mean().sqrt().clamp_min(1e-20)
        pace = MOMENTUM * pace + (1 - MOMENTUM) * gradient / size
        with torch.no_grad():
            falling = 0.5 * (1 + math.cos(math.pi * step / steps))
            pixels.sub_(rate * falling * pace).clamp_(0, 1)
    return pixels.detach()


def canvas_px(size_px: int) -> int:
    """Side of the pictures whose middle `size_px` pixels are measured."""
    return size_px + 2 * round(MARGIN * size_px)


def pixel_score(name: str, material: Material, size_px: int, colour: bool) -> PixelScore:
    """Optimize the doubled wall of a material with the loss of that name, and measure."""
    side = canvas_px(size_px)
    target, doubled = (
        material.crop(side, torch.tensor(scale), material.centres(side, scale)[which], not colour)[
            None
        ].clamp(0, 1)
        for which, scale in enumerate((1.0, DOUBLED))
    )
    loss = make_loss(name, colour=colour)
    after = optimized(lambda pixels: loss(pixels, target, None).sum(), doubled)
    margin = (side - size_px) // 2
    periods = [
        period_px(wall[..., margin:-margin, margin:-margin]) for wall in (target, doubled, after)
    ]
    return PixelScore(material.name, size_px, name, *periods)
