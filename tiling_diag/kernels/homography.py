"""A plane seen at an angle: the one family of homographies, its local scale, and a fit to a field.

Up to a linear change of the plane's own coordinates a homography has two numbers: the *tilt* p, in
1/px. With places x relative to a centre in the picture, the flat wall is

    X = x / (1 + p . x),    x = X / (1 - p . X),

the identity to first order at the centre. With d = 1 + p . x, lengths square to p look d times as
large as at the centre, lengths along p d ** 2 times. Vectors and places are ``(x, y)`` in px.
"""

from __future__ import annotations

import torch
from torch import Tensor

# Scales of the robust fit, relative: from what a first guess may miss by to what good places do.
FIT_SCALES = (0.3, 0.15, 0.08, 0.05, 0.05, 0.05)
# Nothing of the picture may come nearer to the horizon than this share of the centre's distance.
LEAST_DEPTH = 0.1


def to_flat(tilt: Tensor, places: Tensor) -> Tensor:
    """Flat places of picture places ``(..., n, 2)`` under tilts ``(..., 2)``, about the centre."""
    flat: Tensor = places / (1 + places @ tilt[..., None])
    return flat


def to_picture(tilt: Tensor, flat: Tensor) -> Tensor:
    """The picture places of flat places ``(..., n, 2)``: the inverse of `to_flat`."""
    places: Tensor = flat / (1 - flat @ tilt[..., None])
    return places


def front_view(tilt: Tensor, focal_px: float) -> Tensor:
    """Linear maps ``(..., 2, 2)`` from flat walls to walls with the proportions of their own.

    A flat wall keeps the picture's scale at the centre, where what lies along the tilt is
    foreshortened: by the cosine of the slant s between wall and picture, ``tan s = f |p|`` for a
    pinhole camera of focal length f (the horizon is ``1 / |p|`` from the centre).

    Args:
        tilt: ``(..., 2)`` in 1/px.
        focal_px: f.
    """
    slope = focal_px * tilt.norm(dim=-1, keepdim=True)
    along = tilt / tilt.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    stretch = (1 + slope.square()).sqrt() - 1
    eye = torch.eye(2, dtype=tilt.dtype, device=tilt.device)
    view: Tensor = eye + stretch[..., None] * along[..., :, None] * along[..., None, :]
    return view


def jacobian(tilt: Tensor, places: Tensor) -> Tensor:
    """Derivative ``(..., n, 2, 2)`` of `to_flat` at picture places ``(..., n, 2)``."""
    depth = 1 + places @ tilt[..., None]
    eye = torch.eye(2, dtype=places.dtype, device=places.device)
    bend = places[..., :, None] * tilt[..., None, None, :]
    derivative: Tensor = eye / depth[..., None] - bend / depth[..., None].square()
    return derivative


def homography(tilt: Tensor, centre: Tensor) -> Tensor:
    """``(..., 3, 3)`` from picture px to flat px, with `centre` ``(2,)`` kept in its place."""
    shift = torch.eye(3, dtype=tilt.dtype, device=tilt.device)
    shift[:2, 2] = centre
    perspective = torch.eye(3, dtype=tilt.dtype, device=tilt.device).repeat(*tilt.shape[:-1], 1, 1)
    perspective[..., 2, :2] = tilt
    moved: Tensor = shift @ perspective @ torch.linalg.inv(shift)
    return moved


def fit_tilt(
    gradients: Tensor, places: Tensor, weights: Tensor, corners: Tensor
) -> tuple[Tensor, Tensor]:
    """The plane that best explains a field of local wave vectors.

    A wave vector k of the flat wall is seen at x as g = (k - s p) / d with s = d (g . x). Solved
    for the unknowns, k - (s I + g x^T) p = g is linear but for the d in s, which is taken from the
    step before; places that miss the fit count less (Cauchy weights, their scale made narrower in
    steps, so that zones of another period do not bend the plane).

    Args:
        gradients: ``(B, n, r, 2)`` local wave vectors of r families, cycles per px.
        places: ``(B, n, 2)`` where, relative to the centre, px.
        weights: ``(B, n)``, 0 for places without a measurement.
        corners: ``(4, 2)`` the picture's corners relative to the centre.

    Returns:
        Tilt ``(B, 2)`` in 1/px and wave vectors ``(B, r, 2)`` of the flat wall.
    """
    batch, count, families, _ = gradients.shape
    gradients, flat, size = _start(gradients, weights)
    tilt = places.new_zeros(batch, 2)
    eye = torch.eye(2, dtype=places.dtype, device=places.device)
    outer = gradients[..., :, None] * places[:, :, None, None, :]
    design = places.new_zeros(batch, count, families, 2, 2 * families + 2)
    for family in range(families):
        design[:, :, family, :, 2 * family : 2 * family + 2] = eye
    for scale in FIT_SCALES:
        seen = flat[:, None] @ jacobian(tilt, places)
        final = weights * _trust((gradients - seen) / size, scale)
        depth = 1 + places @ tilt[..., None]
        along = depth * (gradients @ places[..., None])[..., 0]
        design[..., 2 * families :] = -(along[..., None, None] * eye + outer)
        rows = (design / size[..., None]).flatten(1, 3)
        values = (gradients / size).flatten(1, 3)
        heavy = final[..., None].expand(-1, -1, 2 * families).flatten(1)
        flat, tilt = _solve(rows, values, heavy, families, corners)
    return tilt, flat


def fit_straight(gradients: Tensor, weights: Tensor) -> Tensor:
    """Wave vectors ``(B, r, 2)`` of a wall that is seen straight on; see `fit_tilt`."""
    gradients, flat, size = _start(gradients, weights)
    for scale in FIT_SCALES:
        final = weights * _trust((gradients - flat[:, None]) / size, scale)
        share = final[..., None, None] / size.square()
        flat = (gradients * share).sum(1) / share.sum(1).clamp_min(1e-30)
    return flat


def _start(gradients: Tensor, weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The field with its median where nothing is known, that median, and the field's lengths."""
    known = (weights > 0)[..., None, None]
    flat = gradients.masked_fill(~known, torch.nan).nanmedian(1).values.nan_to_num(1.0)
    gradients = torch.where(known, gradients, flat[:, None])
    return gradients, flat, gradients.norm(dim=-1, keepdim=True).clamp_min(1e-12)


def _trust(miss: Tensor, scale: float) -> Tensor:
    """Cauchy weights ``(B, n)`` of relative misses ``(B, n, r, 2)``."""
    square = miss.square().sum(-1).mean(-1)
    return 1 / (1 + square / scale**2).square()


def _solve(
    rows: Tensor, values: Tensor, weights: Tensor, families: int, corners: Tensor
) -> tuple[Tensor, Tensor]:
    """Weighted least squares; the tilt is held back where it would bring the horizon into view."""
    # Columns differ by the size of the picture: even them out.
    scale = rows.square().mean(1, keepdim=True).sqrt().clamp_min(1e-12)
    scaled = rows / scale
    heavy = scaled * weights[..., None]
    normal = heavy.mT @ scaled
    ridge = 1e-9 * normal.diagonal(dim1=-2, dim2=-1).mean(-1).clamp_min(1e-9)
    normal = normal + ridge[:, None, None] * torch.eye(normal.shape[-1]).to(normal)
    found = torch.linalg.solve(normal, heavy.mT @ values[..., None])[..., 0] / scale[:, 0]
    flat = found[:, : 2 * families].reshape(-1, families, 2)
    tilt = found[:, 2 * families :]
    nearest = (tilt @ corners.mT).amin(-1, keepdim=True)
    held = torch.where(nearest < LEAST_DEPTH - 1, (LEAST_DEPTH - 1) / nearest.clamp_max(-1e-9), 1.0)
    return flat, tilt * held
