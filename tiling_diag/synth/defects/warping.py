"""Changes of the view and of the light: perspective, drifting scale, uneven borders, a shadow."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.synth.defects.defect import DefectPicture, DefectTruth, check_picture, resample
from tiling_diag.synth.geometry import (
    apply_homography,
    homography_jacobian,
    matrix3,
    perspective_homography,
    pixel_grid,
)


def perspective_view(
    image: Tensor, *, ratio_x: float = 1.6, ratio_y: float = 1.0, strength: float = 1.0
) -> DefectPicture:
    """The picture seen at an angle: correct perspective, which is no defect of the material.

    It is enlarged just enough that the view shows nothing beyond the picture.

    Args:
        image: ``(C, H, W)`` in [0, 1].
        ratio_x: how many times larger things look at the right edge than at the left, see
            `perspective_homography`.
        ratio_y: the same for bottom and top.
        strength: power of the ratios that is really used.

    Returns:
        The picture; `truth.homography` maps it to the picture given.
    """
    size = check_picture(image, strength)
    height, width = size
    tilt = perspective_homography(size, ratio_x**strength, ratio_y**strength)
    centre = torch.tensor([width / 2, height / 2], dtype=torch.float64)
    corners = torch.tensor([[0, 0], [width, 0], [0, height], [width, height]], dtype=torch.float64)
    reach = (apply_homography(tilt, corners) - centre).abs() / centre
    zoom = 1 / max(1.0, float(reach.max()))
    shift = torch.eye(3, dtype=torch.float64)
    shift[:2, 2] = centre * (1 - zoom)
    shift[0, 0] = shift[1, 1] = zoom
    homography = matrix3(shift @ torch.tensor(tilt, dtype=torch.float64))

    xy = pixel_grid(size, 1, image.device).to(image.dtype)
    jacobian = homography_jacobian(homography, xy)
    # What one px of the picture given measures in the view, along x and along y of the wall.
    local_scale = torch.linalg.inv(jacobian).norm(dim=-2).movedim(-1, 0)
    changed = resample(
        image,
        lambda places: apply_homography(homography, places),
        shrink=float(jacobian.norm(dim=-2).max()),
    )
    code = (
        "perspective_drift"
        if max(abs(math.log(ratio_x)), abs(math.log(ratio_y))) * strength > 0
        else None
    )
    return DefectPicture(
        image=changed,
        mask=torch.zeros_like(image[0]),
        truth=DefectTruth("perspective_view", code, strength, homography=homography),
        local_scale=local_scale,
    )


def scale_drift(
    image: Tensor, *, ratio: float = 1.5, axis: Literal["x", "y"] = "x", strength: float = 1.0
) -> DefectPicture:
    """A scale that grows along one axis and only there, as no perspective does.

    Args:
        image: ``(C, H, W)`` in [0, 1].
        ratio: size along `axis` at the right (bottom) edge over that at the left (top).
        axis: "x" or "y".
        strength: power of the ratio that is really used.
    """
    size = check_picture(image, strength)
    if ratio <= 0:
        raise InputError(f"ratio={ratio} must be above 0: 1 is no drift")
    rate = math.log(ratio) * strength
    side = 0 if axis == "x" else 1
    length = size[1] if axis == "x" else size[0]

    def source_of(places: Tensor) -> Tensor:
        if abs(rate) < 1e-6:
            return places
        # The scale is proportional to exp(rate * t); its inverse is integrated from 0 to t and
        # normalized to end where the picture ends.
        share = torch.expm1(-rate * places[..., side] / length) / math.expm1(-rate)
        moved = places.clone()
        moved[..., side] = share * length
        return moved

    t = pixel_grid(size, 1, image.device).to(image.dtype)[..., side] / length
    mean_inverse = 1.0 if abs(rate) < 1e-6 else -math.expm1(-rate) / rate
    local_scale = torch.ones(2, *size, dtype=image.dtype, device=image.device)
    local_scale[side] = torch.exp(rate * t) * mean_inverse
    return DefectPicture(
        image=resample(image, source_of, shrink=1 / float(local_scale.min())),
        mask=torch.full_like(image[0], float(abs(rate) > 0)),
        truth=DefectTruth("scale_drift", None, strength),
        local_scale=local_scale,
    )


def uneven_borders(image: Tensor, *, strength: float = 0.5) -> DefectPicture:
    """Light that differs from border to border, so that a transform sees a jump at the seam.

    It is no defect of the material: periods measured with a window stay as they are.

    Args:
        image: ``(C, H, W)`` in [0, 1].
        strength: 1 takes the left and upper borders to 0.4 and the others to 1 (of both axes'
            product).
    """
    size = check_picture(image, strength)
    xy = pixel_grid(size, 1, image.device).to(image.dtype)
    place = xy / xy.new_tensor([size[1], size[0]])
    light = (1 - 0.6 * strength * (1 - place)).prod(-1)
    return DefectPicture(
        image=image * light,
        mask=torch.full_like(image[0], float(strength > 0)),
        truth=DefectTruth("uneven_borders", None, strength),
    )


def shadow_edge(
    image: Tensor, *, angle_deg: float = 70.0, place: float = 0.5, strength: float = 0.5
) -> DefectPicture:
    """A straight shadow with a sharp edge: a jump of the light, no defect of the material.

    Args:
        image: ``(C, H, W)`` in [0, 1].
        angle_deg: direction of the edge, clockwise from x.
        place: where it crosses the picture, 0 to 1 from corner to corner.
        strength: 1 takes 70 % of the light.
    """
    size = check_picture(image, strength)
    turn = math.radians(angle_deg)
    xy = pixel_grid(size, 1, image.device).to(image.dtype)
    across = xy[..., 1] * math.cos(turn) - xy[..., 0] * math.sin(turn)
    low, high = across.min(), across.max()
    dark = (across - torch.lerp(low, high, place) + 0.5).clamp(0, 1)
    return DefectPicture(
        image=image * (1 - 0.7 * strength * dark),
        mask=(dark >= 0.5).to(image) * float(strength > 0),
        truth=DefectTruth("shadow_edge", None, strength),
    )
