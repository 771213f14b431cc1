"""The windows in which bands are searched: those of a wall's lattice, and others half as wide.

Zones may be narrower than the windows, and where they take much of a wall, its lattice may be that
of both: then windows half as wide show what these hide.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.plane.limits import LIMITS as PLANE
from tiling_diag.checks.plane.places import grid_places
from tiling_diag.checks.plane.row_frame import RowFrame
from tiling_diag.checks.plane.windows import WindowMaps, window_maps, window_side_px
from tiling_diag.checks.results import LocalPeriodResult
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.limits import LIMITS
from tiling_diag.checks.zones.similarity import STRETCHES, half_maps


@dataclass(frozen=True, eq=False)
class BandWindows:
    """Windows of a batch in which bands are searched, all of one size for each wall.

    Attributes:
        halves: ``(B, n, L)`` see `similarity.half_maps`.
        usable: ``(B, n)`` bool, on the CPU; whether enough of a window lies on the wall.
        share: ``(B,)`` side of the wall's own windows over the picture's shorter one.
        meant: ``(B,)`` bool; which walls of the batch they are meant for.
        kinds: ``(B, 3)`` bool; which of `STRETCHES` can be seen in them.
    """

    halves: Tensor
    usable: Tensor
    share: Tensor
    meant: Tensor
    kinds: Tensor


def band_windows(
    walls: Walls,
    frame: RowFrame,
    local: LocalPeriodResult,
    windows: WindowMaps,
    octave: Tensor | None,
) -> list[BandWindows]:
    """The windows of each size, the first one meant for every wall.

    Args:
        walls: the batch.
        frame: its lattices.
        local: their local field.
        windows: that it was measured in.
        octave: ``(B, 2)`` periods over the expected ones: 2, 0.5, 1 or NaN; None where nothing is
            expected.
    """
    if octave is not None:
        # Where a doubled zone takes most of a wall, windows of its size do not fit into the rest.
        larger = octave.nan_to_num(1.0).clamp_min(1.0)
        frame = dataclasses.replace(frame, size_px=frame.size_px / larger)
    short = min(walls.size)
    own = window_side_px(frame, walls.size)
    # Smaller windows than a local lattice needs tell more about bands, if they hold enough.
    smaller = own.clamp(max=PLANE.largest_share * short)
    side = torch.where(smaller > LIMITS.least_periods * frame.longest_px, smaller, own)
    if bool((side != local.window_px)[frame.known].any()):
        windows = _windows(walls, frame, local, side)
    share = side / short
    every = (~frame.rank_1)[:, None].repeat(1, len(STRETCHES))
    every[:, 0] = True
    # What is not wall takes no part.
    on_wall = searched_places(local)
    found = [_band_windows(windows, on_wall, share, frame.known, every)]
    fits = (local.residual.log2().abs() < LIMITS.same_octaves).all(1)
    doubted = 1 - fits.double().mean((-2, -1)) > LIMITS.doubted
    closer = frame.known & doubted & (side > 2 * LIMITS.least_periods * frame.longest_px)
    if bool(closer.any()):
        # Against the share of the wall's own windows: closer ones hold less, and chance makes more.
        # What repeats along one axis alone must be in view there.
        holds = side[:, None] > 2 * LIMITS.least_periods * frame.size_px
        seen = every & torch.cat([torch.ones_like(closer)[:, None], holds], dim=1)
        windows = _windows(walls, frame, local, side / 2)
        found.append(_band_windows(windows, on_wall, share, closer, seen))
    return found


def searched_places(local: LocalPeriodResult) -> Tensor:
    """``(B, n)`` bool; the places on walls, or all where hardly any shows its wall's lattice."""
    on_wall = local.on_wall.flatten(1)
    said: Tensor = on_wall | (on_wall.double().mean(1, keepdim=True) < LIMITS.least_on_wall)
    return said


def _windows(walls: Walls, frame: RowFrame, local: LocalPeriodResult, side: Tensor) -> WindowMaps:
    """Windows of another size at the places of the local field."""
    rows, columns = local.coverage.shape[-2:]
    places = grid_places(walls.size, rows, columns).expand(len(side), -1, -1)
    return window_maps(walls, frame, local.tilt.nan_to_num(0.0), places, side)


def _band_windows(
    windows: WindowMaps, on_wall: Tensor, share: Tensor, meant: Tensor, kinds: Tensor
) -> BandWindows:
    usable = (windows.coverage >= PLANE.min_coverage) & on_wall
    return BandWindows(half_maps(windows.maps), usable, share, meant, kinds)
