"""Whether the period of a window is twice, half, or just that of the wall, along either axis.

Of two lattices, one inside the other, the window has the coarse one if it repeats at that one's
points but not at those that only the dense one has. The *contrast* between the two, relative to the
former, is near 1 where the coarse lattice is right and near 0 where the dense one is.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.row_frame import RowFrame
from tiling_diag.checks.windows_on_wall import LONGEST_LAG, WindowMaps, map_index
from tiling_diag.kernels.lattice import reciprocal

# Period over the wall's, along and across the rows.
OCTAVES: tuple[tuple[float, float], ...] = (
    (2.0, 2.0), (2.0, 1.0), (1.0, 2.0), (0.5, 0.5), (0.5, 1.0), (1.0, 0.5),
)  # fmt: skip
# Where one direction repeats only, nothing is known of the other.
_ONE_WAY = (True, False, False, True, False, False)
# Multiples of lattice vectors that are looked at, as far as they lie within reach.
_ORDERS = torch.tensor(
    [[i, j] for i in range(-4, 5) for j in range(0, 5) if (j > 0 or i > 0)], dtype=torch.float64
)
# Nearest points of each kind that count.
POINTS = 6


def octave_evidence(windows: WindowMaps, frame: RowFrame) -> Tensor:
    """Evidence ``(B, n, 6)`` for every octave of `OCTAVES` against the wall's own period.

    About 0 where the wall's period holds and 1 where the other one does; NaN where it cannot be
    told, as both lattices must have points within a window's reach.
    """
    factors = frame.basis.new_tensor(OCTAVES)
    base = frame.basis[:, None].expand(-1, len(OCTAVES), -1, -1)
    other = base * factors[:, None]
    doubled = (factors.amax(-1) > 1)[:, None, None]
    coarse, dense = torch.where(doubled, other, base), torch.where(doubled, base, other)
    step = windows.step[:, None, None]
    on = _nearest(_ORDERS @ coarse, step)
    points = _ORDERS @ dense
    inside = points @ reciprocal(coarse)
    shared = ((inside - inside.round()).abs() < 0.02).all(-1)
    between = _nearest(points.masked_fill(shared[..., None], torch.inf), step)
    one_way = frame.one_way[:, None, None]
    # The stand-in for the missing vector is no period: only multiples of the other one are.
    blocked = frame.one_way[:, None] & ~torch.tensor(_ONE_WAY)
    values_on, known_on = _mean_at(windows.maps, on, one_way)
    values_off, known_off = _mean_at(windows.maps, between, one_way)
    known = known_on & known_off & ~blocked.to(known_on.device)
    # What repeats less than the wall does proves little.
    level = torch.maximum(values_on, values_on.median(1, keepdim=True).values).clamp_min(1e-3)
    doubled = doubled[:, 0, 0].to(level.device)
    more = torch.where(doubled, values_on - values_off, values_off)
    evidence = (more / level).clamp(-0.5, 1.5)
    return evidence.masked_fill(~known[:, None], torch.nan).double().cpu()


def _nearest(points: Tensor, step: Tensor) -> Tensor:
    """Lags ``(B, F, POINTS, 2)`` in samples of the nearest points; infinite where there are none.

    Args:
        points: ``(B, F, P, 2)`` in units and courses.
        step: units and courses of a sample.
    """
    lags = points / step
    distance = lags.norm(dim=-1)
    reachable = (lags.abs() <= LONGEST_LAG - 1).all(-1) & (distance > 2)
    distance = distance.masked_fill(~reachable, torch.inf)
    length, order = distance.topk(POINTS, dim=-1, largest=False)
    lags = torch.gather(lags, -2, order[..., None].expand(*order.shape, 2))
    return lags.masked_fill(~length.isfinite()[..., None], torch.inf)


def _mean_at(maps: Tensor, lags: Tensor, one_way: Tensor) -> tuple[Tensor, Tensor]:
    """Mean ``(B, n, F)`` over lags ``(B, F, P, 2)`` of the best near each, and which exist.

    Args:
        maps: ``(B, n, m)``.
        lags: in samples.
        one_way: ``(B, 1, 1)``; where True only lags across the rows count.
    """
    usable = lags.isfinite().all(-1)
    usable &= ~one_way | (lags[..., 0].abs() < 0.5)
    lags = torch.where(usable[..., None], lags, 0.0).round().long().to(maps.device)
    around = torch.arange(-1, 2, device=maps.device)
    shifts = torch.cartesian_prod(around, around)
    index = map_index(lags[..., None, :] + shifts)
    seen = torch.gather(maps, -1, index.flatten(1)[:, None].expand(-1, maps.shape[1], -1))
    best = seen.reshape(*maps.shape[:2], *index.shape[1:]).amax(-1)
    share = usable.to(maps)[:, None]
    count = share.sum(-1)
    return (best * share).sum(-1) / count.clamp_min(1), (count > 0)[:, 0]
