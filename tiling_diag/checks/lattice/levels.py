"""Windows of walls at several sizes: many local looks, all in one batch for each size.

One autocorrelation of a whole picture mixes the wall with what stands before it, beside it or above
it. Windows that lie on the wall show its lattice alone. A lattice is looked at in windows of the
level that shows its period large enough to be sharp and small enough to be seen several times.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.channels import channels
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.limits import LIMITS as WALLS
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.autocorrelation import autocorrelation


@dataclass(frozen=True, eq=False)
class Level:
    """The windows of a batch of walls at one size.

    Attributes:
        scale: ``(2,)`` float64; px of this level per px of the full wall, across and down.
        windows: maps of the windows, ``B * n`` of them, those of one wall together.
        coverage: ``(B, n)`` share of each window that lies on the wall.
        centres_px: ``(n, 2)`` float64; middles in px of the full wall, from its upper left corner.
        window_px: ``(2,)`` float64; width and height of a window in px of the full wall.
    """

    scale: Tensor
    windows: AutocorrelationMaps
    coverage: Tensor
    centres_px: Tensor
    window_px: Tensor

    @property
    def count(self) -> int:
        """Windows of each wall."""
        return int(self.coverage.shape[1])


def levels(walls: Walls) -> list[Level]:
    """All levels that a batch's size has, the smallest first."""
    longest = max(walls.size)
    found = []
    for k, scale in enumerate(LIMITS.level_scales):
        side = scale * WALLS.search_side_px
        # The first level serves for small pictures too, which are never enlarged.
        if k == 0 or side <= longest:
            shrink = min(1.0, side / longest)
            height, width = (max(1, round(shrink * s)) for s in walls.size)
            found.append(_level(walls, (height, width)))
    return found


def _level(walls: Walls, size: tuple[int, int]) -> Level:
    level = walls.shrunk(size)
    tops, height = _places(size[0])
    lefts, width = _places(size[1])
    boxes = [(y, x) for y in tops for x in lefts]
    rows, columns = (
        (torch.tensor(first)[:, None] + torch.arange(length)).to(walls.image.device)
        for first, length in ((tops, height), (lefts, width))
    )
    # (B, C, down, height, across, width)
    planes = torch.cat([level.image, level.mask[:, None]], dim=1)[:, :, rows][..., columns]
    parts = planes.permute(0, 2, 4, 1, 3, 5).flatten(0, 2)
    image, mask = parts[:, :-1], parts[:, -1]
    seen = channels(image, mask)
    reach = min(LIMITS.window_max_lag_px, height - 1), min(LIMITS.window_max_lag_px, width - 1)
    maps = autocorrelation(seen.values, mask[:, None], reach)
    # All levels have maps of one size, so that lattices of all levels are looked at together.
    down, across = (LIMITS.window_max_lag_px - r for r in reach)
    maps = pad(maps, (across, across, down, down))
    device = walls.image.device
    scale = torch.tensor([size[1] / walls.size[1], size[0] / walls.size[0]], dtype=torch.float64)
    middles = torch.tensor(boxes, dtype=torch.float64).flip(-1) + torch.tensor([width, height]) / 2
    return Level(
        scale=scale.to(device),
        windows=AutocorrelationMaps(maps, seen.importance),
        coverage=mask.mean((-2, -1)).unflatten(0, (-1, len(boxes))),
        centres_px=(middles / scale).to(device),
        window_px=(torch.tensor([width, height]) / scale).to(device),
    )


def _places(side: int) -> tuple[list[int], int]:
    """Where windows begin along a side, evenly spread, and how long they are."""
    length = min(LIMITS.window_px, side)
    step = LIMITS.window_step_share * length
    count = min(LIMITS.windows_per_side, int((side - length) / step) + 1)
    gaps = max(1, count - 1)
    # A single window lies in the middle.
    if count == 1:
        return [(side - length) // 2], length
    return [round(k * (side - length) / gaps) for k in range(count)], length


def best_level(lengths_px: Tensor, scales: Tensor) -> Tensor:
    """The level that shows lengths nearest to the one meant.

    Args:
        lengths_px: ``(B, S)`` of the longer vectors of lattices, px of the full wall.
        scales: ``(L, 2)`` px of the levels per px of the full wall.

    Returns:
        ``(B, S)`` int64.
    """
    seen = lengths_px[..., None] * scales.mean(-1)
    nearest: Tensor = (seen / LIMITS.level_vector_px).log().abs().argmin(-1)
    return nearest
