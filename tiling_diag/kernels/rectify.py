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
# Places along each side at which a picture's extent is looked at.
EXTENT_PLACES = 33
# Longest side of a square canvas, over the picture's.
LARGEST_SHARE = 1.5


@dataclass(frozen=True)
class Canvas:
    """What tilted pictures of one size are rectified to: one picture, or a batch of B.

    Attributes:
        size: height and width in canvas px.
        linear: ``(2, 2)`` or ``(B, 2, 2)`` what the flat wall is mapped by first.
        scale: ``()`` or ``(B,)`` canvas px per px of the picture at its middle, so mapped.
        origin: ``(2,)`` or ``(B, 2)`` mapped px, from the middle, of the canvas's upper left.
        middle: ``(2,)`` the picture's middle in px.
        tilt: ``(2,)`` or ``(B, 2)`` in 1/px.
        least_depth: ``()`` or ``(B,)``; what looks smaller than the picture's middle by more than
            this factor is left out.
    """

    size: tuple[int, int]
    linear: Tensor
    scale: Tensor
    origin: Tensor
    middle: Tensor
    tilt: Tensor
    least_depth: Tensor

    @property
    def homography(self) -> Tensor:
        """``(3, 3)`` from picture px to canvas px, of a single picture."""
        flat = homography(self.tilt, self.middle)
        shift = torch.eye(3, dtype=flat.dtype, device=flat.device)
        shift[:2, 2] = -(self.origin + self.middle)
        zoom = torch.eye(3, dtype=flat.dtype, device=flat.device)
        zoom[:2] *= self.scale
        mapped = torch.eye(3, dtype=flat.dtype, device=flat.device)
        mapped[:2, :2] = self.linear
        mapped[:2, 2] = self.middle - self.linear @ self.middle
        return zoom @ shift @ mapped @ flat


def rectified_canvas(tilt: Tensor, size: tuple[int, int], longest_px: int) -> Canvas:
    """A canvas that holds all of a picture of `size` (height, width), rectified.

    Args:
        tilt: ``(2,)`` float64 in 1/px about the picture's middle.
        size: of the picture.
        longest_px: the canvas's longer side is no longer; up to it the scale is kept.
    """
    everything = tilt.new_zeros(tilt.shape[:-1])
    linear = torch.eye(2).to(tilt)
    low, extent, middle = _flat_extent(tilt, linear, size, everything)
    scale = (longest_px / extent.amax(-1)).clamp_max(1.0)
    width, height = (max(1, math.ceil(float(scale * side))) for side in extent)
    return Canvas((height, width), linear, scale, low, middle, tilt, everything)


def square_canvases(
    tilts: Tensor,
    size: tuple[int, int],
    longest_px: int,
    largest_ratio: float = math.inf,
    linear: Tensor | None = None,
) -> Canvas:
    """Canvases of one size, whatever the tilts, each with its picture in the middle.

    Args:
        tilts: ``(B, 2)`` float64 in 1/px about the pictures' middles.
        size: of the pictures.
        longest_px: side of the canvases, at most; smaller for pictures that never fill it.
        largest_ratio: what looks smaller than the nearest part by more than this is left out.
        linear: ``(B, 2, 2)`` what flat walls are mapped by; nothing if None.
    """
    linear = torch.eye(2).to(tilts).expand(len(tilts), 2, 2) if linear is None else linear
    half = tilts.new_tensor([size[1] / 2, size[0] / 2])
    nearest = 1 + (tilts.abs() * half).sum(-1)
    least_depth = nearest / largest_ratio
    low, extent, middle = _flat_extent(tilts, linear, size, least_depth)
    side = min(longest_px, math.ceil(LARGEST_SHARE * max(size)))
    scale = (side / extent.amax(-1)).clamp_max(1.0)
    origin = low - (side / scale[:, None] - extent) / 2
    return Canvas((side, side), linear, scale, origin, middle, tilts, least_depth)


def _flat_extent(
    tilt: Tensor, linear: Tensor, size: tuple[int, int], least_depth: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Corner and extent ``(..., 2)`` of the mapped picture, and the picture's middle ``(2,)``."""
    middle = tilt.new_tensor([size[1] / 2, size[0] / 2])
    share = torch.linspace(-1, 1, EXTENT_PLACES).to(tilt)
    places = torch.cartesian_prod(share, share) * middle
    near = (1 + places @ tilt[..., None])[..., 0] >= least_depth[..., None]
    flat = to_flat(tilt, places) @ linear.mT
    low = flat.masked_fill(~near[..., None], math.inf).amin(-2)
    return low, flat.masked_fill(~near[..., None], -math.inf).amax(-2) - low, middle


def rectify(
    image: Tensor, canvas: Canvas, mode: str = "bilinear", samples: int = SAMPLES
) -> Tensor:
    """The picture ``(B, C, H, W)`` resampled on a canvas; 0 where it shows nothing.

    Args:
        image: in any resolution: it is taken to fill the picture that the canvas was made for.
        canvas: from `rectified_canvas`.
        mode: of `grid_sample`.
        samples: along each side of a canvas px.
    """
    height, width = canvas.size
    y, x = ((torch.arange(n * samples).double() + 0.5) / samples for n in (height, width))
    at = torch.stack([x.expand(len(y), -1), y[:, None].expand(-1, len(x))], dim=-1)
    # Places are needed as exactly as `grid_sample` takes them.
    back = (torch.linalg.inv(canvas.linear) / canvas.scale[..., None, None]).mT
    low = (canvas.origin[..., None, :] @ torch.linalg.inv(canvas.linear).mT).to(image)
    flat = at.flatten(0, 1).to(image) @ back.to(image) + low
    tilt = canvas.tilt.to(image)
    places = to_picture(tilt, flat) / canvas.middle.to(image)
    # The inverse of the depth, 0 at the horizon.
    nearness = 1 - (flat @ tilt[..., None])[..., 0]
    seen = (nearness > 0) & (nearness * canvas.least_depth[..., None].to(image) <= 1)
    grid = places.masked_fill(~seen[..., None], 2.0).reshape(-1, len(y), len(x), 2)
    grid = grid.expand(len(image), -1, -1, -1)
    found = grid_sample(image, grid, mode=mode, align_corners=False)
    return avg_pool2d(found, samples) if samples > 1 else found
