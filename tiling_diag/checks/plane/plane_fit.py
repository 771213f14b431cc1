"""The plane a wall lies in, from the lattices of windows spread over it.

Windows are fitted, a plane is fitted to them, the windows are laid anew on the plane found, and so
on until it stays: where the first windows only see the middle of a strongly tilted wall, the next
ones see more of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.plane.row_frame import RowFrame
from tiling_diag.checks.plane.window_lattices import fit_windows
from tiling_diag.checks.plane.windows import WindowMaps, window_maps, window_side_px
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.homography import fit_straight, fit_tilt, jacobian

# Chosen on corpus pictures and drawn walls, seen straight on and at an angle.
PLACES_PER_SIDE = 8
MOST_ROUNDS = 4
# Rounds end when the scale at the corners moves by less than this.
SETTLED = 0.01
MIN_COVERAGE = 0.35
MIN_CONFIDENCE = 0.07
# A place this far from a plane, relative to its period, is half explained by it.
MISFIT_SCALE = 0.05
# A wall is tilted if that leaves at most this share of what is not explained without a tilt: true
# tilts of 1.1 to 1 leave 0.77 or less, bands and uneven walls 0.93 or more.
LEAST_GAIN = 0.85
# Places whose log cell area is further off than this are no part of the plane.
AREA_SCALE = 0.2


@dataclass(frozen=True, eq=False)
class Plane:
    """Planes of a batch of walls, float64 on the CPU.

    Attributes:
        tilt: ``(B, 2)`` in 1/px about the picture's middle, see `kernels.tilt`.
        waves: ``(B, 2, 2)`` units and courses per px of the wall at the middle.
        r2: ``(B,)`` share of the field's variance that the plane explains.
        misfit: ``(B,)`` share of the picture whose windows have no octave of its lattice.
    """

    tilt: Tensor
    waves: Tensor
    r2: Tensor
    misfit: Tensor


def grid_places(size: tuple[int, int], rows: int, columns: int) -> Tensor:
    """``(rows * columns, 2)`` middles of equal cells of a picture, px from its middle."""
    y = ((torch.arange(rows, dtype=torch.float64) + 0.5) / rows - 0.5) * size[0]
    x = ((torch.arange(columns, dtype=torch.float64) + 0.5) / columns - 0.5) * size[1]
    return torch.stack([x.expand(rows, -1), y[:, None].expand(-1, columns)], dim=-1).reshape(-1, 2)


def corners(size: tuple[int, int]) -> Tensor:
    """``(4, 2)`` the picture's corners, px from its middle."""
    half = torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)
    return half * torch.tensor([[-1, -1], [1, -1], [-1, 1], [1, 1]], dtype=torch.float64)


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
    usable = (windows.coverage >= MIN_COVERAGE) & (confidence >= MIN_CONFIDENCE)
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
    reach = corners(walls.size)
    places = grid_places(walls.size, PLACES_PER_SIDE, PLACES_PER_SIDE)
    places = places.expand(len(frame.known), -1, -1)
    tilt = places.new_zeros(len(places), 2) if tilt is None else tilt
    for _ in range(MOST_ROUNDS):
        seen = local_lattices(walls, frame, tilt, places)
        # Where one direction repeats only, its waves stand for both.
        inner = torch.where(seen.inner.isnan(), seen.inner[..., 1:, :], seen.inner)
        at = seen.windows.places
        gradients = in_picture(inner, frame, tilt, at)
        known = seen.confidence
        found, waves = fit_tilt(gradients, at, known, reach)
        level = fit_straight(gradients, known)
        curved = waves[:, None] @ jacobian(found, at)
        even = level[:, None].expand_as(gradients)
        off = [_misfit(_folded(gradients, fit), fit, known) for fit in (curved, even)]
        better = frame.known & (off[0] < LEAST_GAIN * off[1])
        found = torch.where(better[:, None], found, 0.0)
        waves = torch.where(better[:, None, None], waves, level)
        change = ((found - tilt) @ reach.mT).abs().amax()
        tilt = found
        if float(change) < SETTLED:
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
    share = miss / (miss + MISFIT_SCALE**2)
    off: Tensor = (share * weights).sum(-1) / weights.sum(-1).clamp_min(1e-9)
    return off


def _explained(gradients: Tensor, fitted: Tensor, weights: Tensor) -> Tensor:
    """Share ``(B,)`` of the variance of log cell areas that a plane explains, where it holds."""
    level = torch.linalg.det(gradients).abs().clamp_min(1e-12).log()
    miss = level - torch.linalg.det(fitted).abs().clamp_min(1e-12).log()
    weights = weights / (1 + (miss / AREA_SCALE).square()).square()
    total = weights.sum(-1).clamp_min(1e-9)
    mean = (level * weights).sum(-1) / total
    variance = ((level - mean[:, None]).square() * weights).sum(-1)
    left = (miss.square() * weights).sum(-1)
    explained: Tensor = (1 - left / variance.clamp_min(1e-12)).clamp(0, 1)
    return explained
