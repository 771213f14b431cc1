"""What is looked at in a wall when its lattice is searched: tone, colour, and edges by direction.

One channel alone misleads: on bricks of mixed tones luma hardly repeats but the joints do; on a
checkerboard the joints repeat twice as often as the tones; the long joints of a bond hide how
seldom its short joints come, unless edges are told apart by their direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.limits import LIMITS
from tiling_diag.kernels.luma import luma
from tiling_diag.kernels.spectrum import remove_mean
from tiling_diag.kernels.tapers import gaussian_blur, wide_blur

# The channels of tone and colour, and those before the ones that edges are split into.
TONES, TONES_AND_EDGES = 3, 4


@dataclass(frozen=True, eq=False)
class Channels:
    """Channels of a batch of walls.

    Attributes:
        values: ``(B, K, H, W)``: luma, blue minus luma and red minus luma, both over luma, gradient
            magnitude, and gradient magnitude split into `LIMITS.edge_directions`; each with even
            lighting and contrast.
        importance: ``(B, K)`` in [0, 1].
    """

    values: Tensor
    importance: Tensor

    def some(self, index: Tensor) -> Channels:
        """Those of walls ``index (n,)``, as a batch of n."""
        return Channels(self.values[index], self.importance[index])


def channels(image: Tensor, mask: Tensor) -> Channels:
    """Channels of ``image (B, C, H, W)`` under ``mask (B, H, W)``."""
    tone = luma(image)[:, None]
    blurred = gaussian_blur(image, LIMITS.edge_sigma_px)
    dy, dx = torch.gradient(blurred, dim=(-2, -1))
    # The structure tensor, summed over colours: edges between units of equal luma count too.
    xx, yy, xy = ((p * q).sum(1, keepdim=True) for p, q in ((dx, dx), (dy, dy), (dx, dy)))
    edge = (xx + yy).sqrt() + 1e-4
    cos2, sin2 = (xx - yy) / edge.square(), 2 * xy / edge.square()
    angles = [2 * math.pi * k / LIMITS.edge_directions for k in range(LIMITS.edge_directions)]
    split = [edge * (cos2 * math.cos(a) + sin2 * math.sin(a)).clamp_min(0).square() for a in angles]
    level = luma(blurred)[:, None] + LIMITS.dark
    colour = colours(image, tone, level)
    raw = torch.cat([tone, colour, edge, *split], dim=1)
    weights = mask[:, None]
    return Channels(_flattened(raw, weights), _importance(raw, level, weights))


def colours(image: Tensor, tone: Tensor, level: Tensor) -> Tensor:
    """``(B, 2, H, W)`` blue and red less luma ``tone``, over luma ``level``; 0 in grey pictures.

    Over luma: light and shadow change it by a factor, the material's colour stays.
    """
    if image.shape[1] != 3:
        return tone.expand(-1, 2, -1, -1) * 0 / level
    return (image[:, [2, 0]] - tone) / level


def _flattened(raw: Tensor, weights: Tensor) -> Tensor:
    """Channels without their local mean, over their local deviation."""
    centred = raw - _local_mean(raw, weights)
    local = _local_mean(centred.square(), weights).clamp_min(0).sqrt()
    overall = _deviation(centred, weights)[..., None, None]
    return centred / (local + LIMITS.contrast_floor * overall + 1e-6)


def _local_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean of the neighbourhood, blurred in a small picture: it has nothing fine."""
    sigma = min(values.shape[-2:]) * LIMITS.even_share
    return wide_blur(values, sigma, weights, max(1, int(sigma / LIMITS.coarse_sigma_px)))


def _importance(raw: Tensor, level: Tensor, weights: Tensor) -> Tensor:
    """How far a channel counts: colour only as far as it varies beside luma."""
    tones = torch.cat([raw[:, :1] / level, raw[:, 1:3]], dim=1)
    deviation = _deviation(remove_mean(tones, weights), weights)
    share = deviation / (LIMITS.full_colour * deviation[:, :1] + 1e-6)
    colours = share.clamp(max=1).square()
    return torch.cat([colours, colours.new_ones(raw.shape[0], raw.shape[1] - 3)], dim=1)


def _deviation(values: Tensor, weights: Tensor) -> Tensor:
    mean_square = (values.square() * weights).sum((-2, -1)) / weights.sum((-2, -1)).clamp_min(1e-9)
    return mean_square.sqrt()
