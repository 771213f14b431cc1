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
# Corners of a band cut out of a picture, at its ends, and at the box around the mask in it.
MOST_CORNERS = 12
Bounds = tuple[float, float]


@dataclass(frozen=True)
class Zone:
    """A zone: from where to where across its direction, flat px; period over the base; score."""

    low: float
    high: float
    factor: tuple[float, float]
    score: float

    @property
    def bounds(self) -> Bounds:
        """From where to where."""
        return self.low, self.high


def others(zones: list[Zone]) -> list[Zone]:
    """What lies between zones, as zones of a wall that has their period."""
    along, across = zones[0].factor
    factor = (1 / along, 1 / across)
    ordered = sorted(zones, key=lambda zone: zone.low)
    score = max(zone.score for zone in zones)
    starts = [-math.inf, *(zone.high for zone in ordered)]
    ends = [*(zone.low for zone in ordered), math.inf]
    return [
        Zone(low, high, factor, score) for low, high in zip(starts, ends, strict=True) if low < high
    ]


def inside_of(bounds: list[Bounds], across: Tensor) -> Tensor:
    """``(n,)`` which places lie between bounds."""
    inside = torch.zeros_like(across, dtype=torch.bool)
    for low, high in bounds:
        inside |= (across > low) & (across < high)
    return inside


def outlines(
    zones: list[Zone], direction: int, tilt: Tensor, mask: Tensor, ends: list[Bounds]
) -> dict[str, Tensor]:
    """Boxes, outlines, octaves and scores of zones, by the names of `BandingResult`.

    Args:
        zones: the zones.
        direction: that they run along.
        tilt: ``(2,)`` of the wall.
        mask: ``(H, W)``; zones lie in the box around it.
        ends: from where to where each zone runs along its direction, flat px.
    """
    size = (int(mask.shape[0]), int(mask.shape[1]))
    normal = normals()[direction]
    outline = to_flat(tilt, corners(size)[[0, 1, 3, 2]])
    boxes = torch.full((MAX_ZONES, 4), torch.nan, dtype=torch.float64)
    polygons = torch.full((MAX_ZONES, MOST_CORNERS, 2), torch.nan, dtype=torch.float64)
    middle = torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)
    for k, (zone, end) in enumerate(zip(zones, ends, strict=True)):
        shape = clipped(clipped(outline, normal, zone.low, zone.high), along(normal), *end)
        if len(shape):
            # Rounding may put a corner just outside the picture.
            shape = (to_picture(tilt, shape) + middle).clamp_min(0.0).minimum(2 * middle)
            shape = _on_mask(shape, mask)
        if len(shape):
            boxes[k] = torch.cat([shape.amin(0), shape.amax(0)])
            polygons[k] = shape[torch.arange(MOST_CORNERS).clamp(max=len(shape) - 1)]
    missing = [math.nan] * (MAX_ZONES - len(zones))
    return {
        "boxes_px": boxes,
        "polygons_px": polygons,
        "box_factor": torch.tensor([z.factor for z in zones] + [(math.nan,) * 2] * len(missing)),
        "box_score": torch.tensor([z.score for z in zones] + missing),
    }


def along(normal: Tensor) -> Tensor:
    """``(2,)`` the direction of bands, 90 degrees from their normal."""
    return torch.stack([normal[1], -normal[0]])


def ends_of(along: Tensor, there: Tensor, step: float) -> Bounds:
    """From where to where a zone shows the wall; infinite where that is as far as the places go.

    Args:
        along: ``(n,)`` places along the zone, flat px.
        there: ``(n,)`` which of them lie in it and on the wall.
        step: from place to place.
    """
    if not bool(there.any()):
        return -math.inf, math.inf
    low, high = float(along[there].amin()) - step, float(along[there].amax()) + step
    first, last = float(along.amin()), float(along.amax())
    return (low if low > first else -math.inf), (high if high < last else math.inf)


def _on_mask(shape: Tensor, mask: Tensor) -> Tensor:
    """A convex shape ``(n, 2)`` px, cut to the box around the mask's px in it."""
    if bool((mask > 0.5).all()):
        return shape
    y, x = (mask.cpu() > 0.5).nonzero(as_tuple=True)
    at = torch.stack([x, y], dim=-1).double() + 0.5
    inside = torch.ones(len(at), dtype=torch.bool)
    edges = shape.roll(-1, 0) - shape
    turn = float(
        (edges[:, 0] * edges.roll(-1, 0)[:, 1] - edges[:, 1] * edges.roll(-1, 0)[:, 0]).sum()
    )
    for corner, edge in zip(shape, edges, strict=True):
        side = edge[0] * (at[:, 1] - corner[1]) - edge[1] * (at[:, 0] - corner[0])
        inside &= side * math.copysign(1.0, turn) >= 0
    at = at[inside]
    if not len(at):
        return shape[:0]
    for axis in (0, 1):
        normal = torch.eye(2, dtype=shape.dtype)[axis]
        low, high = float(at[:, axis].amin()) - 0.5, float(at[:, axis].amax()) + 0.5
        shape = clipped(shape, normal, low, high)
    return shape


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
