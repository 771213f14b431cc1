"""The plane a wall lies in, from the lattices of windows spread over it.

Windows are fitted, a plane is fitted to them, the windows are laid anew on the plane found, and so
on until it stays: where the first windows only see the middle of a strongly tilted wall, the next
ones see more of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.plane.limits import LIMITS
from tiling_diag.checks.plane.places import corners, grid_places
from tiling_diag.checks.plane.row_frame import RowFrame
from tiling_diag.checks.plane.window_lattices import fit_windows
from tiling_diag.checks.plane.windows import WindowMaps, window_maps, window_side_px
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.homography import fit_straight, fit_tilt, jacobian


@dataclass(frozen=True, eq=False)
class Plane:
    """Planes of a batch of walls, float64 on the CPU.

    Attributes:
        tilt: ``(B, 2)`` in 1/px about the picture's middle, see `kernels.homography`.
        waves: ``(B, 2, 2)`` units and courses per px of the wall at the middle.
        r2: ``(B,)`` share of the field's variance that the plane explains.
        misfit: ``(B,)`` share of the picture whose windows have no octave of its lattice.
    """

    tilt: Tensor
    waves: Tensor
    r2: Tensor
    misfit: Tensor


@dataclass(frozen=True, eq=False)
class LocalLattices:
    """Lattices of windows, float64 on the CPU.

    Attributes:
        inner: ``(B, n, 2, 2)`` gradients in material coordinates, see `fit_windows`.
        confidence: ``(B, n)`` in [0, 1]; 0 where there is no measurement.
        windows: what was fitted.
    """

    inner: Tensor
    confidence: Tensor
    windows: WindowMaps


def local_lattices(walls: Walls, frame: RowFrame, tilt: Tensor, places: Tensor) -> LocalLattices:
    """What the lattice is at places of the picture.

    Args:
        walls: the batch.
        frame: its lattices.
        tilt: ``(B, 2)`` of the planes on which windows are laid.
        places: ``(B, n, 2)`` px from the picture's middle.
    """
    side = window_side_px(frame, walls.size)
    windows = window_maps(walls, frame, tilt, places, side)
    inner, confidence = fit_windows(windows, frame)
    usable = (windows.coverage >= LIMITS.min_coverage) & (confidence >= LIMITS.min_confidence)
    return LocalLattices(inner, confidence * (usable & frame.known[:, None]), windows)


def in_picture(inner: Tensor, frame: RowFrame, tilt: Tensor, places: Tensor) -> Tensor:
    """Units and courses per px of the picture ``(B, n, 2, 2)`` of gradients on planes."""
    seen: Tensor = inner @ torch.linalg.inv(frame.to_px)[:, None] @ jacobian(tilt, places)
    return seen


def find_plane(walls: Walls, frame: RowFrame, tilt: Tensor | None = None) -> Plane:
    """The plane of every wall of a batch; walls without a lattice are taken as seen straight on.

    Args:
        walls: the batch.
        frame: its lattices.
        tilt: ``(B, 2)`` where to start, in 1/px; no tilt if None.
    """
    corner_places = corners(walls.size)
    places = grid_places(walls.size, LIMITS.plane_places, LIMITS.plane_places)
    places = places.expand(len(frame.known), -1, -1)
    tilt = places.new_zeros(len(places), 2) if tilt is None else tilt
    for _ in range(LIMITS.plane_rounds):
        seen = local_lattices(walls, frame, tilt, places)
        # Where one direction repeats only, its waves stand for both.
        inner = torch.where(seen.inner.isnan(), seen.inner[..., 1:, :], seen.inner)
        at = seen.windows.places_px
        gradients = in_picture(inner, frame, tilt, at)
        known = seen.confidence
        found, waves = fit_tilt(gradients, at, known, corner_places)
        level = fit_straight(gradients, known)
        curved = waves[:, None] @ jacobian(found, at)
        even = level[:, None].expand_as(gradients)
        off = [_misfit(_folded(gradients, fit), fit, known) for fit in (curved, even)]
        better = frame.known & (off[0] < LIMITS.least_gain * off[1])
        found = torch.where(better[:, None], found, 0.0)
        waves = torch.where(better[:, None, None], waves, level)
        change = ((found - tilt) @ corner_places.mT).abs().amax()
        tilt = found
        if float(change) < LIMITS.settled:
            break
    fitted = waves[:, None] @ jacobian(tilt, at)
    certain = (known > 0).double()
    misfit = 1 - certain.mean(-1) * (1 - _misfit(_folded(gradients, fitted), fitted, certain))
    return Plane(tilt, waves, _explained(gradients, fitted, known), misfit)


def _folded(gradients: Tensor, fitted: Tensor) -> Tensor:
    """Gradients whose period is an octave of the fitted one, brought to it: zones are no tilt."""
    length = fitted.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    octave = (gradients.norm(dim=-1, keepdim=True) / length).log2().round().clamp(-1, 1)
    folded: Tensor = gradients / octave.exp2()
    return folded


def _misfit(gradients: Tensor, fitted: Tensor, weights: Tensor) -> Tensor:
    """Share ``(B,)`` of places that are not as fitted, each 0 to 1."""
    length = fitted.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    miss = ((gradients - fitted) / length).square().sum(-1).mean(-1)
    share = miss / (miss + LIMITS.misfit_scale**2)
    off: Tensor = (share * weights).sum(-1) / weights.sum(-1).clamp_min(1e-9)
    return off


def _explained(gradients: Tensor, fitted: Tensor, weights: Tensor) -> Tensor:
    """Share ``(B,)`` of the variance of log cell areas that a plane explains, where it holds."""
    level = torch.linalg.det(gradients).abs().clamp_min(1e-12).log()
    miss = level - torch.linalg.det(fitted).abs().clamp_min(1e-12).log()
    weights = weights / (1 + (miss / LIMITS.area_scale).square()).square()
    total = weights.sum(-1).clamp_min(1e-9)
    mean = (level * weights).sum(-1) / total
    variance = ((level - mean[:, None]).square() * weights).sum(-1)
    left = (miss.square() * weights).sum(-1)
    explained: Tensor = (1 - left / variance.clamp_min(1e-12)).clamp(0, 1)
    return explained
