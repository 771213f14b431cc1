"""Zones as shapes in the picture: bands of the flat wall, cut to the picture and tilted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.plane.places import corners
from tiling_diag.checks.zones.band_search import normals
from tiling_diag.kernels.homography import to_flat, to_picture

MAX_ZONES = 4
# Corners of a band cut out of a picture.
MOST_CORNERS = 6


@dataclass(frozen=True)
class Zone:
    """A zone: from where to where across its direction, flat px; period over the base; score."""

    low: float
    high: float
    factor: tuple[float, float]
    score: float


def outlines(
    zones: list[Zone], direction: int, tilt: Tensor, size: tuple[int, int]
) -> dict[str, Tensor]:
    """Boxes, outlines, octaves and scores of zones, by the names of `BandingResult`."""
    outline = to_flat(tilt, corners(size)[[0, 1, 3, 2]])
    boxes = torch.full((MAX_ZONES, 4), torch.nan, dtype=torch.float64)
    polygons = torch.full((MAX_ZONES, MOST_CORNERS, 2), torch.nan, dtype=torch.float64)
    middle = torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)
    for k, zone in enumerate(zones):
        shape = clipped(outline, normals()[direction], zone.low, zone.high)
        if len(shape):
            # Rounding may put a corner just outside the picture.
            shape = (to_picture(tilt, shape) + middle).clamp_min(0.0).minimum(2 * middle)
            boxes[k] = torch.cat([shape.amin(0), shape.amax(0)])
            polygons[k] = shape[torch.arange(MOST_CORNERS).clamp(max=len(shape) - 1)]
    missing = [math.nan] * (MAX_ZONES - len(zones))
    return {
        "boxes_px": boxes,
        "polygons_px": polygons,
        "box_factor": torch.tensor([z.factor for z in zones] + [(math.nan,) * 2] * len(missing)),
        "box_score": torch.tensor([z.score for z in zones] + missing),
    }


def clipped(outline: Tensor, normal: Tensor, low: float, high: float) -> Tensor:
    """The part of a convex ``outline (n, 2)`` whose places along `normal` are from low to high.

    References:
        Sutherland and Hodgman, "Reentrant polygon clipping", CACM 17(1), 1974.
    """
    for sign, bound in ((1.0, low), (-1.0, -high)):
        if math.isinf(bound) or len(outline) == 0:
            continue
        depth = (sign * (outline @ normal) - bound).tolist()
        kept = []
        for k in range(len(outline)):
            after = (k + 1) % len(outline)
            if depth[k] >= 0:
                kept.append(outline[k])
            if (depth[k] >= 0) != (depth[after] >= 0):
                share = depth[k] / (depth[k] - depth[after])
                kept.append(outline[k] + share * (outline[after] - outline[k]))
        outline = torch.stack(kept) if kept else outline[:0]
    return outline
