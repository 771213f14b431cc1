"""Zones of doubled or halved period in the local lattice field."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.results import BandingResult, LocalPeriodResult

DOUBLED, HALVED = 1.6, 0.625
RUN_SHARE = 0.35
MAX_ZONES = 4


def measure_banding(local: LocalPeriodResult, size: tuple[int, int]) -> BandingResult:
    """Doubled and halved places of a batch, by row and column, and as boxes."""
    level = local.scale.log().mean(1).exp()
    known = level.isfinite()
    base = torch.nanmedian(level.flatten(1), dim=1).values
    # Where most of the wall is doubled, the wall's own lattice is still the base.
    base = torch.where((base - 1).abs() < 0.3, base, 1.0)[:, None, None]
    ratio = level / base
    factor = torch.ones_like(ratio)
    factor = factor.masked_fill(ratio > DOUBLED, 2.0).masked_fill(ratio < HALVED, 0.5)
    factor = factor.masked_fill(~known, torch.nan)
    odd = (factor != 1) & known
    doubled = (factor == 2) & known
    rows = doubled.sum(-1) / known.sum(-1).clamp_min(1)
    columns = doubled.sum(-2) / known.sum(-2).clamp_min(1)
    odd_rows = odd.sum(-1) / known.sum(-1).clamp_min(1)
    odd_columns = odd.sum(-2) / known.sum(-2).clamp_min(1)
    row_run, column_run = _longest_run(rows > RUN_SHARE), _longest_run(columns > RUN_SHARE)
    found = [
        _zones(odd_rows[i], odd_columns[i], factor[i], local, i, size) for i in range(len(factor))
    ]
    boxes = torch.stack([f[0] for f in found])
    factors = torch.stack([f[1] for f in found])
    scores = torch.stack([f[2] for f in found])
    hint = torch.tensor([f[3] for f in found])
    return BandingResult(
        factor=factor,
        row_frac=rows,
        col_frac=columns,
        base_period_px=local.median_px,
        row_max_run=row_run,
        col_max_run=column_run,
        hint=hint,
        boxes_px=boxes,
        box_factor=factors,
        box_score=scores,
    )


def _longest_run(over: Tensor) -> Tensor:
    """``(B,)`` length of the longest run of True in ``(B, n)``."""
    index = torch.arange(1, over.shape[-1] + 1).expand_as(over)
    last_false = torch.where(over, 0, index).cummax(-1).values
    return ((index - last_false) * over).amax(-1)


def _zones(
    rows: Tensor,
    columns: Tensor,
    factor: Tensor,
    local: LocalPeriodResult,
    index: int,
    size: tuple[int, int],
) -> tuple[Tensor, Tensor, Tensor, int]:
    """Boxes of one wall, their factors and scores, and the axis they lie along."""
    nan = torch.nan
    boxes = torch.full((MAX_ZONES, 4), nan, dtype=torch.float64)
    factors = torch.full((MAX_ZONES, 2), nan, dtype=torch.float64)
    scores = torch.full((MAX_ZONES,), nan, dtype=torch.float64)
    # The axis along which lines are either all odd or not at all.
    by_rows = float(rows.double().var(correction=0)) >= float(columns.double().var(correction=0))
    share = rows if by_rows else columns
    if not bool((share > 0.5).any()):
        return boxes, factors, scores, 0
    centre = local.center_y_px[index] if by_rows else local.center_x_px[index]
    stride = float(local.stride_px[index])
    end = float(size[0] if by_rows else size[1])
    runs = _runs(share > 0.5)[:MAX_ZONES]
    for k, (first, last) in enumerate(runs):
        low = 0.0 if first == 0 else float(centre[first]) - stride / 2
        high = end if last == len(share) - 1 else float(centre[last]) + stride / 2
        part = factor[first : last + 1] if by_rows else factor[:, first : last + 1]
        value = float(part[part.isfinite() & (part != 1)].median())
        width, height = float(size[1]), float(size[0])
        box = [0.0, low, width, high] if by_rows else [low, 0.0, high, height]
        boxes[k] = torch.tensor(box, dtype=torch.float64)
        factors[k] = value
        outside = torch.ones_like(share, dtype=torch.bool)
        outside[first : last + 1] = False
        rest = float(share[outside].mean()) if bool(outside.any()) else 0.0
        scores[k] = float(share[first : last + 1].mean()) - rest
    return boxes, factors, scores, 1 if by_rows else 2


def _runs(over: Tensor) -> list[tuple[int, int]]:
    """First and last index of every run of True, the longest first."""
    edges = torch.cat([torch.tensor([False]), over, torch.tensor([False])]).int().diff()
    starts = (edges == 1).nonzero()[:, 0].tolist()
    ends = (edges == -1).nonzero()[:, 0].tolist()
    runs = [(s, e - 1) for s, e in zip(starts, ends, strict=True)]
    return sorted(runs, key=lambda run: run[0] - run[1])
