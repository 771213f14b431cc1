"""The tilt of a wall from its edges: lines that are parallel on it converge in the picture.

On a flat wall the edges of units and joints have few directions, whatever their lattice. Seen at an
angle, each of these fans out. Of many tilts the one is taken that gathers the directions best:
rectified under it, they stand furthest above those of edges that run anywhere. No repetition is
needed, so that three tiles or a few boards show a tilt too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from tiling_diag.checks.plane.limits import LIMITS
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.grid_search import grid_search
from tiling_diag.kernels.homography import LEAST_DEPTH
from tiling_diag.kernels.luma import luma
from tiling_diag.kernels.tapers import gaussian_blur

# Plain differences turn edges away from the axes; these do not: Farid and Simoncelli,
# "Differentiation of discrete multidimensional signals", IEEE TIP 13(4), 2004, 5 taps.
SMOOTH = (0.037659, 0.249153, 0.426375, 0.249153, 0.037659)
DERIVE = (-0.109604, -0.276691, 0.0, 0.276691, 0.109604)


@dataclass(frozen=True, eq=False)
class EdgeTilt:
    """Tilts of a batch of walls, float64 on the CPU.

    Attributes:
        tilt: ``(B, 2)`` in 1/px about the picture's middle.
        change: ``(B, 2)`` of scale from the middle to the right and the lower border.
        gain: ``(B,)`` how far directions stand out under it over how far they do without a tilt.
    """

    tilt: Tensor
    change: Tensor
    gain: Tensor


def tilt_from_edges(walls: Walls) -> EdgeTilt:
    """The tilts under which edges have the fewest directions."""
    places, along, weights = _edges(walls.small)
    height, width = walls.small.size
    corner = places.new_tensor([width, height]) / max(height, width)

    def score(changes: Tensor) -> Tensor:
        gathered = _gathered(places, along, weights, changes / corner)
        gathered = gathered * (1 - LIMITS.small_tilts * changes.square().sum(-1))
        return gathered.masked_fill(changes.abs().sum(-1) >= 1 - LEAST_DEPTH, -torch.inf)

    straight = places.new_zeros(len(places), 2)
    found = grid_search(score, straight, LIMITS.edge_stages, between=True)
    without = score(straight[:, None])[:, 0].clamp_min(1e-9)
    return EdgeTilt(
        tilt=2 * found.place.double().cpu() / found.place.new_tensor(walls.size).flip(-1).cpu(),
        change=found.place.double().cpu(),
        gain=(found.score / without).double().cpu(),
    )


def _edges(walls: Walls) -> tuple[Tensor, Tensor, Tensor]:
    """The clearest edges of each wall.

    Returns:
        Places ``(B, n, 2)`` from the picture's middle in halves of its longer side, vectors along
        the edges ``(B, n, 2)`` of any length, and weights ``(B, n)`` of sum 1.
    """
    tone = gaussian_blur(luma(walls.image)[:, None], LIMITS.edge_sigma_px)
    height, width = tone.shape[-2:]
    smooth, derive = tone.new_tensor(SMOOTH), tone.new_tensor(DERIVE)
    kernels = torch.stack([torch.outer(smooth, derive), torch.outer(derive, smooth)])[:, None]
    gradient = F.conv2d(F.pad(tone, (2, 2, 2, 2), mode="replicate"), kernels)
    size = gradient.norm(dim=1) * walls.mask
    overall = size.square().mean((-2, -1), keepdim=True)
    sigma_px = LIMITS.edge_around_share * min(height, width)
    around = gaussian_blur(size.square()[:, None], sigma_px)[:, 0]
    weight = size / (around.clamp_min(0).sqrt() + LIMITS.edge_overall * overall.sqrt() + 1e-9)
    count = min(LIMITS.most_edges, max(1, round(LIMITS.edge_share * height * width)))
    weight, index = weight.flatten(1).topk(count, dim=-1)
    weight = weight.clamp_max(LIMITS.largest_edge_weight)
    x, y = index % width, index.div(width, rounding_mode="floor")
    places = torch.stack([2 * x + 1 - width, 2 * y + 1 - height], dim=-1).to(tone)
    places = places / max(height, width)
    across = torch.gather(gradient.flatten(2), -1, index[:, None].expand(-1, 2, -1)).mT
    along = torch.stack([-across[..., 1], across[..., 0]], dim=-1)
    return places, along, weight / weight.sum(-1, keepdim=True).clamp_min(1e-12)


def _gathered(places: Tensor, along: Tensor, weights: Tensor, tilts: Tensor) -> Tensor:
    """How far directions on the flat wall are from those of edges that run anywhere ``(B, T)``."""
    # Up to a length, `homography.jacobian` of a direction.
    bins = LIMITS.direction_bins
    depth = 1 + tilts @ places.mT
    pulled = tilts @ along.mT
    x, y = (along[:, None, :, k] * depth - places[:, None, :, k] * pulled for k in range(2))
    place = torch.atan2(y, x) * (bins / math.pi)
    low = place.floor()
    upper = (place - low) * weights[:, None]
    index = low.long().remainder(bins)
    seen = weights.new_zeros(*tilts.shape[:2], bins)
    # A direction between two bins counts for both.
    seen = seen.scatter_add(-1, index, weights[:, None] - upper) + seen.scatter_add(
        -1, index, upper
    ).roll(1, -1)
    seen = 0.25 * seen.roll(1, -1) + 0.5 * seen + 0.25 * seen.roll(-1, -1)
    expected = _expected(places, weights, tilts)
    return bins * (seen - expected).square().sum(-1)


def _expected(places: Tensor, weights: Tensor, tilts: Tensor) -> Tensor:
    """Share of edges ``(B, T, bins)`` by direction on the flat wall if they run anywhere.

    Evenly spread directions are not even where a linear map A back to the picture stretches: their
    density is det A / |A u|^2, with A = 1 + x p^T under the tilt p at x.
    """
    places, weights = _gathered_in_cells(places, weights)
    bins = LIMITS.direction_bins
    turn = torch.arange(bins).to(places) * (math.pi / bins)
    unit = torch.stack([turn.cos(), turn.sin()])
    pulled, radial = tilts @ unit, (places @ unit)[:, None]
    square = places.square().sum(-1)[:, None, :, None] * pulled.square()[:, :, None]
    stretch = square.add_(1).addcmul_(radial, pulled[:, :, None], value=2)
    share = weights[:, None] * (1 + tilts @ places.mT)
    total = (share[:, :, None] @ stretch.reciprocal_())[:, :, 0]
    return total / total.sum(-1, keepdim=True)


def _gathered_in_cells(places: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Mean places ``(B, cells, 2)`` and summed weights of edges in square cells."""
    cells = LIMITS.edge_cells
    column, row = ((places + 1) * (cells / 2)).long().clamp(0, cells - 1).unbind(-1)
    index = row * cells + column
    total = weights.new_zeros(len(weights), cells**2).scatter_add(-1, index, weights)
    moment = places.new_zeros(len(weights), cells**2, 2)
    moment = moment.scatter_add(1, index[..., None].expand_as(places), places * weights[..., None])
    return moment / total[..., None].clamp_min(1e-12), total
