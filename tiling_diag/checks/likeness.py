"""How alike the windows of a wall are, as they are and with one of two stretched by an octave.

Two places whose material has the same period have the same autocorrelation. Where one of them has
twice the period, the other one's autocorrelation, stretched by two, is that of the first: nothing
needs to be known of the material, and nothing else about a wall looks like that.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.row_frame import RowFrame
from tiling_diag.checks.windows_on_wall import REACH, WindowMaps

# Stretches along and across the rows; where one direction repeats only, the first is the only one.
STRETCHES: tuple[tuple[float, float], ...] = ((2.0, 2.0), (2.0, 1.0), (1.0, 2.0))
# Lags that are compared, in samples: near zero lag and far from it all windows are alike. Chosen on
# corpus pictures with bands and without.
SHORTEST_LAG, LONGEST_LAG = 2.5, 20
# Joints along boards are as wide as that, in samples.
RIDGE = 4


@dataclass(frozen=True, eq=False)
class Likeness:
    """Inner products of the autocorrelations of all pairs of windows, float64 on the CPU.

    Attributes:
        plain: ``(B, 3, n, n)`` of windows as they are, for each of `STRETCHES` without what that
            stretch leaves as it is.
        crossed: ``(B, 3, n, n)`` of a window as it is (rows) and one stretched (columns).
        stretched: ``(B, 3, n, n)`` of two stretched ones.
    """

    plain: Tensor
    crossed: Tensor
    stretched: Tensor


def likeness(windows: WindowMaps, frame: RowFrame) -> Likeness:
    """How alike all pairs of windows of every wall are."""
    maps = windows.maps
    lags = _lags().to(maps)
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    along_ridge = frame.one_way.to(maps.device)[:, None] & (lags[:, 0].abs() > RIDGE)
    keep = (~along_ridge).to(maps)[:, None]
    for stretch in STRETCHES:
        own, wide = (
            _centred(_at(maps, lags / lags.new_tensor(by)), lags, stretch, keep)
            for by in ((1.0, 1.0), stretch)
        )
        found.append((own @ own.mT, own @ wide.mT, wide @ wide.mT))
    plain, crossed, stretched = (
        torch.stack(kind, dim=1).double().cpu() for kind in zip(*found, strict=True)
    )
    return Likeness(plain, crossed, stretched)


def likest_stretch(maps: Tensor, inside: Tensor, outside: Tensor, *, halved: bool) -> int:
    """Which of `STRETCHES` makes the mean of one side most like that of the other.

    Args:
        maps: ``(n, m)`` of one wall.
        inside: ``(n,)`` weights of one side.
        outside: ``(n,)`` weights of the other, which is stretched unless `halved`.
        halved: whether it is the inside that is stretched.
    """
    lags = _lags().to(maps)
    keep = torch.ones_like(lags[:, :1].mT)
    fixed, moved = (outside, inside) if halved else (inside, outside)
    fixed, moved = (side.to(maps)[None] @ maps for side in (fixed, moved))
    target = _at(fixed, lags)
    seen = torch.cat([_at(moved, lags / lags.new_tensor(by)) for by in STRETCHES])
    # Without lines along one axis it is the period along that axis which shows.
    alike = [
        torch.cosine_similarity(
            _centred(seen, lags, one_axis, keep), _centred(target, lags, one_axis, keep), dim=-1
        )
        for one_axis in STRETCHES[1:]
    ]
    return int(torch.stack(alike).sum(0).argmax())


def _lags() -> Tensor:
    """``(L, 2)`` half of all lags; autocorrelations are even."""
    reach = torch.arange(-LONGEST_LAG, LONGEST_LAG + 1)
    lags = torch.cartesian_prod(reach[LONGEST_LAG:], reach).flip(-1)
    upper = (lags[:, 1] > 0) | (lags[:, 0] > 0)
    return lags[upper & (lags.double().norm(dim=-1) > SHORTEST_LAG)]


def _at(maps: Tensor, lags: Tensor) -> Tensor:
    """``(B, n, L)`` maps at lags in samples, between them by straight lines."""
    side = 2 * REACH + 1
    low = lags.floor()
    share = lags - low
    x, y = (low.long() + REACH).unbind(-1)
    right, down = share.unbind(-1)
    found = torch.zeros_like(maps[..., :1]).expand(*maps.shape[:-1], len(lags))
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = (right if dx else 1 - right) * (down if dy else 1 - down)
        if bool((weight > 0).any()):
            found = found + maps[..., (y + dy) * side + x + dx] * weight
    return found


def _centred(seen: Tensor, lags: Tensor, stretch: tuple[float, float], keep: Tensor) -> Tensor:
    """Maps without what a stretch leaves as it is.

    Long joints make ridges: along them everything repeats, whatever its period there. Where only
    one axis is stretched, lines along it have their mean taken off.

    Args:
        seen: ``(B, n, L)``.
        lags: ``(L, 2)``.
        stretch: one of `STRETCHES`.
        keep: ``(B, 1, L)`` lags that count.
    """
    if stretch == (2.0, 2.0):
        mean = (seen * keep).sum(-1, keepdim=True) / keep.sum(-1, keepdim=True)
        return (seen - mean) * keep
    line = (lags[:, 1] if stretch[0] > 1 else lags[:, 0] + LONGEST_LAG).long()
    lines = torch.nn.functional.one_hot(line, 2 * LONGEST_LAG + 1).to(seen)
    means = (seen @ lines) / lines.sum(0).clamp_min(1)
    return seen - means @ lines.mT
