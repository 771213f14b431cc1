"""The part of a picture that looks alike: mostly the wall, without what stands before or beside it.

Windows, people, sky and other walls have another colour, or more or fewer edges. Where they take
much of a picture they hide its lattice; the largest part that looks alike shows it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from tiling_diag.checks.channels import colours
from tiling_diag.checks.limits import LIMITS
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.clusters import k_means
from tiling_diag.kernels.luma import luma
from tiling_diag.kernels.tapers import gaussian_blur

_EDGES_LEAST = 0.01


def alike(walls: Walls) -> Tensor:
    """``(B, H, W)`` 1 where walls look like their largest part, else 0."""
    small = walls.small
    step = max(1, min(small.size) // LIMITS.alike_cells)
    here = avg_pool2d(small.mask[:, None], step, ceil_mode=True)
    looks = _looks(small.image, small.mask[:, None], step)
    weights = (here > 0.5).to(looks).flatten(1)
    points = looks.flatten(2).mT
    member = k_means(points, weights, min(LIMITS.alike_groups, points.shape[1]))
    part = _like_the_largest(points, member * weights[:, None])
    part = (part[:, None] @ member)[:, 0].view(-1, 1, *here.shape[-2:])
    # Stray cells are smoothed away, and cells whose looks are blurred with something else's.
    near = gaussian_blur(part, LIMITS.alike_blur_cells, here.clamp_min(1e-3))
    inside = near > LIMITS.alike_inside
    full = interpolate(
        inside.to(looks)
        .repeat_interleave(step, -2)
        .repeat_interleave(step, -1)[..., : small.size[0], : small.size[1]],
        size=walls.size,
        mode="bilinear",
    )
    return (full[:, 0] > 0.5).to(walls.mask.dtype)


def tones_apart(image: Tensor, one: Tensor, other: Tensor) -> float:
    """How far two parts of a picture are apart in mean colour and tone, in units that tell apart.

    Args:
        image: ``(1, C, H, W)``.
        one: ``(H, W)`` bool, not empty.
        other: the same.
    """
    tone = luma(image)[:, None]
    tones = _tones(image, tone, gaussian_blur(tone, 1.0) + LIMITS.dark)[0]
    means = [tones[:, part].mean(-1) for part in (one, other)]
    return float(((means[0] - means[1]) / tones.new_tensor(_units()[:3])).norm())


def _units() -> tuple[float, float, float, float]:
    return LIMITS.alike_colour, LIMITS.alike_colour, LIMITS.alike_tone, LIMITS.alike_edges


def _tones(image: Tensor, tone: Tensor, level: Tensor) -> Tensor:
    """``(B, 3, H, W)`` two colours and the logarithm of the tone."""
    return torch.cat([colours(image, tone, level), (tone + LIMITS.dark).log()], dim=1)


def _looks(image: Tensor, mask: Tensor, step: int) -> Tensor:
    """``(B, 4, h, w)`` two colours, tone and edges around each cell, in units that tell apart."""
    tone = luma(image)[:, None]
    level = gaussian_blur(tone, 1.0) + LIMITS.dark
    dy, dx = torch.gradient(gaussian_blur(image, LIMITS.edge_sigma_px), dim=(-2, -1))
    edges = (dx.square() + dy.square()).sum(1, keepdim=True).sqrt() / level
    raw = torch.cat([_tones(image, tone, level), edges], dim=1)
    share = avg_pool2d(mask, step, ceil_mode=True)
    cells = avg_pool2d(raw * mask, step, ceil_mode=True) / share.clamp_min(1e-6)
    around = gaussian_blur(cells, LIMITS.alike_blur_cells, share.clamp_min(1e-3))
    units = around.new_tensor(_units())
    seen = torch.cat([around[:, :3], (around[:, 3:].clamp_min(0) + _EDGES_LEAST).log()], dim=1)
    return seen / units[:, None, None]


def _like_the_largest(points: Tensor, counted: Tensor) -> Tensor:
    """``(B, groups)`` 1 for the largest group and those that can't be told from it.

    Args:
        points: ``(B, N, C)``.
        counted: ``(B, groups, N)`` weights of the points in their groups.
    """
    mass = counted.sum(-1)
    share = counted / mass.clamp_min(1e-9)[..., None]
    middles = share @ points
    largest = mass.argmax(-1)[:, None, None]
    ahead = middles - middles.gather(1, largest.expand(-1, 1, middles.shape[2]))
    distance = ahead.norm(dim=-1)
    # Both groups seen along the line through their middles.
    line = (ahead / distance.clamp_min(1e-6)[..., None]) @ points.mT
    of_largest = share.gather(1, largest.expand(-1, 1, share.shape[2]))
    wide = _deviation(line, share) + _deviation(line, of_largest)
    apart = (distance > LIMITS.alike_distance) & (distance > LIMITS.alike_separation * wide)
    together: Tensor = (~apart).to(points)
    return together


def _deviation(values: Tensor, share: Tensor) -> Tensor:
    mean = (values * share).sum(-1)
    variance: Tensor = (values.square() * share).sum(-1) - mean.square()
    return variance.clamp_min(0).sqrt()
