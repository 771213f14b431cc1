"""Plane geometry of a view: homographies between a picture and the flat wall it shows.

Positions are ``(x, y)`` in continuous pixel coordinates: the centre of the first pixel is
(0.5, 0.5). A homography maps the picture's positions to positions on the flat wall.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tiling_diag.errors import InputError

Matrix3 = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


def matrix3(values: Tensor) -> Matrix3:
    """A 3 x 3 tensor as nested tuples, scaled so that its last entry is 1."""
    rows = (values / values[2, 2]).tolist()
    return (tuple(rows[0]), tuple(rows[1]), tuple(rows[2]))


def pixel_grid(
    size: tuple[int, int], per_px: int = 1, device: torch.device | str = "cpu"
) -> Tensor:
    """Positions of all pixel centres, or of `per_px` x `per_px` sub-samples of each pixel.

    Returns:
        ``(H * per_px, W * per_px, 2)`` float32, last axis ``(x, y)``.
    """
    y, x = ((torch.arange(n * per_px, device=device) + 0.5) / per_px for n in size)
    return torch.stack((x.expand(len(y), -1), y[:, None].expand(-1, len(x))), dim=-1)


def apply_homography(homography: Matrix3 | Tensor, xy: Tensor) -> Tensor:
    """Map positions ``(..., 2)`` through a homography."""
    h = torch.as_tensor(homography, dtype=xy.dtype, device=xy.device)
    mapped = xy @ h[:2, :2].T + h[:2, 2]
    return mapped / (xy @ h[2, :2] + h[2, 2])[..., None]


def homography_jacobian(homography: Matrix3 | Tensor, xy: Tensor) -> Tensor:
    """Derivative of `apply_homography` at positions ``(..., 2)``: ``(..., 2, 2)``."""
    h = torch.as_tensor(homography, dtype=xy.dtype, device=xy.device)
    mapped = apply_homography(h, xy)
    depth = xy @ h[2, :2] + h[2, 2]
    return (h[:2, :2] - mapped[..., None] * h[2, :2]) / depth[..., None, None]


def invert(homography: Matrix3) -> Matrix3:
    """The homography that undoes this one."""
    return matrix3(torch.linalg.inv(torch.tensor(homography, dtype=torch.float64)))


def perspective_homography(
    size: tuple[int, int], ratio_x: float = 1.0, ratio_y: float = 1.0
) -> Matrix3:
    """Homography of a plane seen at an angle, the identity to first order at the centre.

    Args:
        size: ``(H, W)`` of the picture in px.
        ratio_x: how many times larger lengths square to the tilt look at the right edge than at
            the left (lengths along the tilt change by its square); 1 is no tilt, below 1 the
            left edge is nearer.
        ratio_y: the same for the bottom edge against the top.

    Raises:
        InputError: if the horizon would cross the picture.
    """
    if min(ratio_x, ratio_y) <= 0:
        raise InputError(f"ratios must be above 0, not {ratio_x} and {ratio_y}: 1 is no tilt")
    height, width = size
    # flat = (x - c) / (1 + p . (x - c)): a length across the tilt is seen 1 + p . (x - c) times
    # as large, so right over left is (1 + t) / (1 - t) with t = p * width / 2.
    tx, ty = ((r - 1) / (r + 1) for r in (ratio_x, ratio_y))
    if abs(tx) + abs(ty) >= 0.9:
        raise InputError(
            f"ratio_x={ratio_x} and ratio_y={ratio_y} put the horizon into the picture: keep "
            f"|(r - 1) / (r + 1)| summed over both under 0.9 (it is {abs(tx) + abs(ty):.2f})"
        )
    px, py = 2 * tx / width, 2 * ty / height
    cx, cy = width / 2, height / 2
    to_centre = torch.tensor([[1, 0, -cx], [0, 1, -cy], [0, 0, 1]], dtype=torch.float64)
    tilt = torch.tensor([[1, 0, 0], [0, 1, 0], [px, py, 1]], dtype=torch.float64)
    return matrix3(torch.linalg.inv(to_centre) @ tilt @ to_centre)


def view_matrix(scale: float, rotation_deg: float, shear: float) -> Tensor:
    """Material to flat picture: shear along x, then turn, then scale; ``(2, 2)`` float64.

    Positive `rotation_deg` turns clockwise on the screen, as y points down.
    """
    turn = math.radians(rotation_deg)
    rotation = torch.tensor(
        [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]], dtype=torch.float64
    )
    return scale * rotation @ torch.tensor([[1.0, shear], [0.0, 1.0]], dtype=torch.float64)
