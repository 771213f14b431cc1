"""The tilt of a wall from the directions of its edges: what is parallel on it runs apart in it.

On a flat wall the edges of units and joints have few directions, whatever their lattice. Seen at an
angle, each of these fans out. Of many tilts the one is taken that gathers the directions best: laid
flat under it, they stand furthest above those of edges that run anywhere. No repetition is asked
for, so that three tiles or a few boards show a tilt too.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.grid_search import grid_search
from tiling_diag.kernels.homography import LEAST_DEPTH
from tiling_diag.kernels.luma import luma
from tiling_diag.kernels.tapers import gaussian_blur

# Chosen on corpus pictures seen at an angle.
SIGMA_PX = 0.6
# Edges are weighed against those around, over this share of the shorter side, and over a part of
# those of the whole wall; none counts for more than so much.
AROUND_SHARE = 1 / 8
OVERALL = 0.3
LARGEST_WEIGHT = 3.0
# The clearest edges of a wall: so many, and no more than this share of its pixels.
MOST_EDGES, EDGE_SHARE = 8192, 1 / 6
# Directions over half a turn, and the cells along the longer side in which edges are taken together
# for what is expected of them.
BINS = 180
CELLS = 16
# Tilts as the change of scale from the middle to a border: how far from the best one before grids
# of them reach, and in what steps.
STAGES = ((0.5, 0.1), (0.05, 0.05), (0.025, 0.025))
# One family of lines leaves a tilt along them open: the smaller of equal ones is taken.
SMALLER = 0.05
# Plain differences turn edges away from the axes; these do not: Farid and Simoncelli,
# "Differentiation of discrete multidimensional signals", IEEE TIP 13(4), 2004, 5 taps.
SMOOTH = (0.037659, 0.249153, 0.426375, 0.249153, 0.037659)
DERIVE = (-0.109604, -0.276691, 0.0, 0.276691, 0.109604)


def line_tilt(walls: Walls) -> Tensor:
    """Tilts ``(B, 2)`` in 1/px about the picture's middle, float64 on the CPU."""
    places, along, weights = _edges(walls.small)
    height, width = walls.small.size
    corner = places.new_tensor([width, height]) / max(height, width)

    def score(tilts: Tensor) -> Tensor:
        gathered = _gathered(places, along, weights, tilts)
        gathered = gathered * (1 - SMALLER * tilts.square().sum(-1))
        return gathered.masked_fill(tilts.abs() @ corner >= 1 - LEAST_DEPTH, -torch.inf)

    straight = places.new_zeros(len(places), 2)
    found = grid_search(score, straight, STAGES, between=True).place
    return found.double().cpu() * (2 / max(walls.size))


def _edges(walls: Walls) -> tuple[Tensor, Tensor, Tensor]:
    """The clearest edges of each wall.

    Returns:
        Places ``(B, n, 2)`` from the picture's middle in halves of its longer side, vectors along
        the edges ``(B, n, 2)`` of any length, and weights ``(B, n)`` of sum 1.
    """
    tone = gaussian_blur(luma(walls.image)[:, None], SIGMA_PX)
    height, width = tone.shape[-2:]
    smooth, derive = tone.new_tensor(SMOOTH), tone.new_tensor(DERIVE)
    kernels = torch.stack([torch.outer(smooth, derive), torch.outer(derive, smooth)])[:, None]
    gradient = F.conv2d(F.pad(tone, (2, 2, 2, 2), mode="replicate"), kernels)
    size = gradient.norm(dim=1) * walls.mask
    overall = size.square().mean((-2, -1), keepdim=True)
    around = gaussian_blur(size.square()[:, None], AROUND_SHARE * min(height, width))[:, 0]
    weight = size / (around.clamp_min(0).sqrt() + OVERALL * overall.sqrt() + 1e-9)
    count = min(MOST_EDGES, max(1, round(EDGE_SHARE * height * width)))
    weight, index = weight.flatten(1).topk(count, dim=-1)
    weight = weight.clamp_max(LARGEST_WEIGHT)
    x, y = index % width, index.div(width, rounding_mode="floor")
    places = torch.stack([2 * x + 1 - width, 2 * y + 1 - height], dim=-1).to(tone)
    places = places / max(height, width)
    across = torch.gather(gradient.flatten(2), -1, index[:, None].expand(-1, 2, -1)).mT
    along = torch.stack([-across[..., 1], across[..., 0]], dim=-1)
    return places, along, weight / weight.sum(-1, keepdim=True).clamp_min(1e-12)


def _gathered(places: Tensor, along: Tensor, weights: Tensor, tilts: Tensor) -> Tensor:
    """How far directions on the flat wall are from those of edges that run anywhere ``(B, T)``."""
    # Up to a length, `tilt.jacobian` of a direction.
    depth = 1 + places @ tilts.mT
    pulled = along @ tilts.mT
    flat = along[:, :, None] * depth[..., None] - places[:, :, None] * pulled[..., None]
    place = torch.atan2(flat[..., 1], flat[..., 0]) * (BINS / math.pi)
    low = place.floor()
    share = place - low
    seen = weights.new_zeros(len(tilts), tilts.shape[1], BINS)
    for step, part in ((0, 1 - share), (1, share)):
        index = (low.long() + step).remainder(BINS).mT
        seen = seen.scatter_add(-1, index, (part * weights[..., None]).mT)
    seen = 0.25 * seen.roll(1, -1) + 0.5 * seen + 0.25 * seen.roll(-1, -1)
    expected = _expected(places, weights, tilts)
    return BINS * (seen - expected).square().sum(-1)


def _expected(places: Tensor, weights: Tensor, tilts: Tensor) -> Tensor:
    """Share of edges ``(B, T, BINS)`` in each direction of the flat wall if they run anywhere.

    Evenly spread directions are not even where a linear map A back to the picture stretches: their
    density is det A / |A u|^2, with A = 1 + x p^T under the tilt p at x.
    """
    places, weights = _gathered_in_cells(places, weights)
    turn = torch.arange(BINS).to(places) * (math.pi / BINS)
    unit = torch.stack([turn.cos(), turn.sin()], dim=-1)
    depth = 1 + places @ tilts.mT
    back = unit + places[:, :, None, None] * (tilts @ unit.mT)[:, None, ..., None]
    density = depth[..., None] / back.square().sum(-1)
    total = (density * weights[..., None, None]).sum(1)
    return total / total.sum(-1, keepdim=True)


def _gathered_in_cells(places: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Mean places ``(B, CELLS ** 2, 2)`` and summed weights of edges in square cells."""
    column, row = ((places + 1) * (CELLS / 2)).long().clamp(0, CELLS - 1).unbind(-1)
    index = row * CELLS + column
    total = weights.new_zeros(len(weights), CELLS**2).scatter_add(-1, index, weights)
    moment = places.new_zeros(len(weights), CELLS**2, 2)
    moment = moment.scatter_add(1, index[..., None].expand_as(places), places * weights[..., None])
    return moment / total[..., None].clamp_min(1e-12), total
