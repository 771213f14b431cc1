"""Where the wall is, as figures show it: under the mask, and where its lattice holds."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import interpolate, max_pool2d

from tiling_diag.record import Record

# Without a lattice over less of the picture than this nothing is left out.
NEARLY_ALL = 0.97


def wall_region(record: Record) -> Tensor:
    """``(H, W)`` in [0, 1]: the mask, without the places in which the lattice does not hold.

    Single places that were missed within a wall are closed.
    """
    mask = record.mask
    if not bool(record.lattice.is_periodic):
        return mask
    holds = record.local_period.on_wall.float()[None, None]
    closed = -max_pool2d(-max_pool2d(holds, 3, 1, 1), 3, 1, 1)
    if not 0 < float(closed.mean()) < NEARLY_ALL:
        return mask
    size = (mask.shape[-2], mask.shape[-1])
    there = interpolate(closed, size=size, mode="bilinear", align_corners=False)[0, 0] > 0.5
    return mask * there
