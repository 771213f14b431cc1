"""Groups of points that lie together, for a batch of point sets at once."""

from __future__ import annotations

import torch
from torch import Tensor

# Of the points furthest from all middles so far these are passed over: strays start no group.
_STRAY_SHARE = 0.03


def k_means(points: Tensor, weights: Tensor, groups: int, steps: int = 12) -> Tensor:
    """Groups of points by Lloyd's iterations.

    The first middle is the mean; each further one starts far from those before, so that the
    result depends on nothing drawn.

    Args:
        points: ``(B, N, C)``.
        weights: ``(B, N)``, at least 0; points of 0 take no part, though each is put in a group.
        groups: how many, at most N.
        steps: iterations.

    Returns:
        ``(B, groups, N)`` 1 where a point belongs to a group, else 0.

    References:
        Lloyd, "Least squares quantization in PCM", 1982. Starts: Gonzalez, "Clustering to minimize
        the maximum intercluster distance", 1985.
    """
    total = weights.sum(-1, keepdim=True).clamp_min(1e-9)
    middles = ((weights[:, None] @ points) / total[..., None]).expand(-1, 1, -1)
    number = (weights > 0).sum(-1)
    rank = points.shape[1] - 1 - (_STRAY_SHARE * number).long()
    for _ in range(groups - 1):
        away = torch.cdist(points, middles).amin(-1).masked_fill(weights <= 0, -1.0)
        far = away.argsort(dim=-1, stable=True).gather(1, rank[:, None])
        start = points.gather(1, far[..., None].expand(-1, -1, points.shape[2]))
        middles = torch.cat([middles, start], 1)
    names = torch.arange(groups, device=points.device)
    for _ in range(steps):
        member = (torch.cdist(points, middles).argmin(-1)[:, None] == names[:, None]).to(points)
        counted = member * weights[:, None]
        mass = counted.sum(-1, keepdim=True)
        middles = torch.where(mass > 0, counted @ points / mass.clamp_min(1e-9), middles)
    return member
