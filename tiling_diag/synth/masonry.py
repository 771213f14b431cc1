"""Lays the units of a wall: their share of each pixel, their height and their colour."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from tiling_diag.synth import noise
from tiling_diag.synth.bonds import Cells, cells_at, depth_inside
from tiling_diag.synth.geometry import apply_homography, pixel_grid
from tiling_diag.synth.material import Material, View

# Two directions in RGB that leave Rec. 709 luma as it is: warm to cold, and green to magenta.
_CHROMA = ((1.0, -0.2973, 0.0), (0.0, -0.1010, 1.0))
# Samples drawn at a time: few enough to stay in a processor's cache and out of the way of memory.
_STRIP_SAMPLES = 1 << 18


@dataclass(frozen=True)
class _Chance:
    """The random tables of one material: ends of boards, and what differs between units."""

    ends: noise.UnitNoise
    units: noise.UnitNoise


def lay_units(
    material: Material, view: View, to_picture: Tensor, ragged: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw the units of a wall.

    Args:
        material: what the wall is made of.
        view: how it is seen.
        to_picture: ``(2, 2)`` from material to flat picture.
        ragged: ``(H, W)`` roughness of the units' edges, standard deviation 1.

    Returns:
        Share of each pixel that units cover ``(1, H, W)``, their height over the joints
        ``(1, H, W)`` from 0 to 1, and their colour times their share ``(3, H, W)``.
    """
    device = ragged.device
    chance = _Chance(
        noise.UnitNoise.seeded(material.seed, 2, device=device),
        noise.UnitNoise.seeded(material.seed, 3, device=device),
    )
    rows = max(1, _STRIP_SAMPLES // (view.size[1] * view.supersample**2))
    strips = [
        _lay_strip(material, view, to_picture, ragged[first : first + rows], first, chance)
        for first in range(0, view.size[0], rows)
    ]
    drawn = torch.cat(strips, dim=1)
    return drawn[:1], drawn[1:2], drawn[2:]


def _lay_strip(
    material: Material,
    view: View,
    to_picture: Tensor,
    ragged: Tensor,
    first_row: int,
    chance: _Chance,
) -> Tensor:
    """Coverage, height and colour of some rows: ``(5, rows, W)``."""
    points, footprint = _material_points(view, to_picture, material, ragged, first_row)
    cells = cells_at(material.layout, points, chance.ends)
    shift = None
    if material.jitter > 0:
        place = torch.stack([chance.units.normal(cells.x, cells.y, c) for c in (0, 1)], -1)
        shift = material.jitter * material.mortar_px * place
    joint = material.mortar_px / 2
    depth = depth_inside(material.layout, cells, joint, material.radius_px, shift)
    if material.wear > 0:
        worn = material.wear * material.mortar_px * ragged
        depth = depth + _repeat(worn, view.supersample)
    covered = 1 - _joint_share(depth + joint, joint, footprint)
    bevel = max(0.6 * material.mortar_px, 0.04 * material.height_px, 1e-3)
    height = covered * (1 - torch.exp(-depth.clamp_min(0) / bevel))
    color = _unit_colors(material, cells, chance.units) * covered
    samples = torch.cat((covered[None], height[None], color))
    return samples if view.supersample == 1 else avg_pool2d(samples[None], view.supersample)[0]


def _material_points(
    view: View, to_picture: Tensor, material: Material, ragged: Tensor, first_row: int
) -> tuple[Tensor, Tensor]:
    """Where each sample lies in the material, and the width of a sample there, in material px."""
    size = (ragged.shape[0], ragged.shape[1])
    seen = pixel_grid(size, view.supersample, ragged.device)
    seen[..., 1] += first_row
    back = torch.linalg.inv(to_picture).to(seen)
    flat = seen if view.homography is None else apply_homography(view.homography, seen)
    centre = seen.new_tensor([view.size[1] / 2, view.size[0] / 2])
    points = (flat - centre) @ back.T + seen.new_tensor(view.origin_px)
    if material.wander > 0:
        pixels = points[:: view.supersample, :: view.supersample]
        source = noise.generator(material.seed, 5)
        drift = noise.slow_field(pixels, source, 3 * material.height_px, 2)
        step = material.wander * material.height_px * _repeat(drift, view.supersample)
        points = points + step.permute(1, 2, 0)
    footprint = seen.new_full((), 1 / (view.supersample * view.scale))
    if view.homography is not None:
        # The area that one px shows: the determinant of the homography over depth cubed.
        matrix = seen.new_tensor(view.homography)
        depth = seen @ matrix[2, :2] + matrix[2, 2]
        footprint = footprint * (torch.linalg.det(matrix) / depth**3).abs().sqrt()
    return points, footprint


def _joint_share(distance: Tensor, joint: float, footprint: Tensor) -> Tensor:
    """Share of a sample that the joint covers, `distance` px from the joint's middle line.

    The overlap of the sample with the joint on both sides of that line, so that joints thinner
    than a sample keep their weight.
    """
    distance = distance.clamp_min(0)
    near = torch.clamp_min(distance - footprint / 2, -joint)
    far = torch.clamp_max(distance + footprint / 2, joint)
    return ((far - near) / footprint).clamp(0, 1)


def _unit_colors(material: Material, cells: Cells, numbers: noise.UnitNoise) -> Tensor:
    """Colour of the unit at every sample: ``(3, ...)``."""
    base = torch.tensor(material.unit_color, device=cells.offset.device)
    color = base.view(3, *(1,) * cells.x.dim()).expand(3, *cells.x.shape)
    if material.tone_variation > 0:
        color = color * (1 + material.tone_variation * numbers.normal(cells.x, cells.y, 2))
    if material.hue_variation > 0:
        for channel, direction in enumerate(_CHROMA, start=3):
            way = torch.tensor(direction, device=color.device).view(3, *(1,) * cells.x.dim())
            amount = material.hue_variation * numbers.normal(cells.x, cells.y, channel)
            color = color + way * amount
    return color


def _repeat(values: Tensor, times: int) -> Tensor:
    """Each pixel as `times` x `times` equal samples, over the last two axes."""
    return values.repeat_interleave(times, -2).repeat_interleave(times, -1)
