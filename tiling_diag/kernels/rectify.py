"""A tilted wall, rectified: resampled as if it were seen straight on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample

from tiling_diag.kernels.homography import homography, to_flat, to_picture

# Samples along each side of a canvas px: the near parts of a wall shrink.
SAMPLES = 2
# Longest side of a square canvas, over the picture's.
LARGEST_SHARE = 1.5


@dataclass(frozen=True)
class Canvas:
    """What tilted pictures of one size are rectified to: one picture, or a batch of B.

    Attributes:
        size: height and width in canvas px.
        scale: ``()`` or ``(B,)`` canvas px per px of the picture at its middle.
        origin: ``(2,)`` or ``(B, 2)`` flat px, from the middle, of the canvas's upper left corner.
        middle: ``(2,)`` the picture's middle in px.
        tilt: ``(2,)`` or ``(B, 2)`` in 1/px.
    """

    size: tuple[int, int]
    scale: Tensor
    origin: Tensor
    middle: Tensor
    tilt: Tensor

    @property
    def homography(self) -> Tensor:
        """``(3, 3)`` from picture px to canvas px, of a single picture."""
        flat = homography(self.tilt, self.middle)
        shift = torch.eye(3, dtype=flat.dtype, device=flat.device)
        shift[:2, 2] = -(self.origin + self.middle)
        zoom = torch.eye(3, dtype=flat.dtype, device=flat.device)
        zoom[:2] *= self.scale
        return zoom @ shift @ flat


def rectified_canvas(tilt: Tensor, size: tuple[int, int], longest_px: int) -> Canvas:
    """A canvas that holds all of a picture of `size` (height, width), rectified.

    Args:
        tilt: ``(2,)`` float64 in 1/px about the picture's middle.
        size: of the picture.
        longest_px: the canvas's longer side is no longer; up to it the scale is kept.
    """
    low, extent, middle = _flat_extent(tilt, size)
    scale = (longest_px / extent.amax(-1)).clamp_max(1.0)
    width, height = (max(1, math.ceil(float(scale * side))) for side in extent)
    return Canvas((height, width), scale, low, middle, tilt)


def square_canvases(tilts: Tensor, size: tuple[int, int], longest_px: int) -> Canvas:
    """Canvases of one size, whatever the tilts, each with its picture in the middle.

    Args:
        tilts: ``(B, 2)`` float64 in 1/px about the pictures' middles.
        size: of the pictures.
        longest_px: side of the canvases, at most; smaller for pictures that never fill it.
    """
    low, extent, middle = _flat_extent(tilts, size)
    side = min(longest_px, math.ceil(LARGEST_SHARE * max(size)))
    scale = (side / extent.amax(-1)).clamp_max(1.0)
    origin = low - (side / scale[:, None] - extent) / 2
    return Canvas((side, side), scale, origin, middle, tilts)


def _flat_extent(tilt: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Corner and extent ``(..., 2)`` of the flat picture, and the picture's middle ``(2,)``."""
    middle = tilt.new_tensor([size[1] / 2, size[0] / 2])
    corners = middle * tilt.new_tensor([[-1, -1], [1, -1], [-1, 1], [1, 1]])
    flat = to_flat(tilt, corners)
    low = flat.amin(-2)
    return low, flat.amax(-2) - low, middle


def rectify(image: Tensor, canvas: Canvas, mode: str = "bilinear") -> Tensor:
    """The picture ``(B, C, H, W)`` resampled on a canvas; 0 where it shows nothing.

    Args:
        image: in any resolution: it is taken to fill the picture that the canvas was made for.
        canvas: from `rectified_canvas`.
        mode: of `grid_sample`.
    """
    height, width = canvas.size
    y, x = ((torch.arange(n * SAMPLES).double() + 0.5) / SAMPLES for n in (height, width))
    at = torch.stack([x.expand(len(y), -1), y[:, None].expand(-1, len(x))], dim=-1)
    at = at.flatten(0, 1).to(canvas.origin)
    flat = at / canvas.scale[..., None, None] + canvas.origin[..., None, :]
    places = to_picture(canvas.tilt, flat) / canvas.middle
    # Beyond the horizon nothing is seen.
    seen = 1 - (flat @ canvas.tilt[..., None])[..., 0] > 0
    grid = places.masked_fill(~seen[..., None], 2.0).reshape(-1, len(y), len(x), 2).to(image)
    grid = grid.expand(len(image), -1, -1, -1)
    found = grid_sample(image, grid, mode=mode, align_corners=False)
    return avg_pool2d(found, SAMPLES)
