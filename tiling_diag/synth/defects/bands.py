"""Zones, or a whole wall, whose material has another size: doubled, halved, anything between."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.synth.defects.defect import (
    DefectPicture,
    DefectTruth,
    Lattice,
    Orientation,
    Zone,
    check_picture,
    period_code,
    resample,
    wrap_by_lattice,
)
from tiling_diag.synth.geometry import pixel_grid
from tiling_diag.synth.noise import generator

_ANGLES: dict[Orientation, float] = {"rows": 0.0, "cols": 90.0}


def rescaled_wall(
    image: Tensor,
    *,
    factor: float | tuple[float, float] = 2.0,
    strength: float = 1.0,
    lattice: Lattice | None = None,
    seed: int = 0,
) -> DefectPicture:
    """The whole wall with its period changed.

    Args:
        image: ``(C, H, W)`` in [0, 1].
        factor: new period over the old one, one number or along x and y.
        strength: power of the factor that is really used: 1 all of it, 0.5 its square root.
        lattice: vectors (x, y) of the material in px, by which it is continued where a smaller
            material needs more wall than there is; without it the picture is mirrored.
        seed: which part is enlarged.

    Returns:
        The picture; `truth.factor` is what was done and `truth.code` the finding it deserves.
    """
    size = check_picture(image, strength)
    fx, fy = (f**strength for f in _pair(factor))
    start = torch.rand(2, generator=generator(seed, 201)).to(image)
    material = _rescaled(image, (fx, fy), lattice, torch.zeros_like(start), start)
    code = period_code((fx, fy))
    zone = Zone((0, 0, size[1], size[0]), "all", 0.0, (fx, fy))
    return DefectPicture(
        image=material,
        mask=torch.full(size, 0.0 if code is None else 1.0).to(image),
        truth=DefectTruth("rescaled_wall", code, strength, (zone,), (fx, fy)),
        local_scale=image.new_tensor([fx, fy])[:, None, None].expand(2, *size),
    )


def rescaled_bands(
    image: Tensor,
    *,
    factor: float | tuple[float, float] = 2.0,
    orientation: Orientation = "rows",
    angle_deg: float = 30.0,
    count: int = 1,
    share: float = 0.25,
    feather_px: float = 2.0,
    strength: float = 1.0,
    lattice: Lattice | None = None,
    seed: int = 0,
) -> DefectPicture:
    """Bands in which the material has another size, taken from other places of the picture.

    Args:
        image: ``(C, H, W)`` in [0, 1].
        factor: period in the bands over that outside, one number or along x and y
            ((2, 1) doubles along x only).
        orientation: "rows" for level bands, "cols" for upright ones, "oblique" for `angle_deg`.
        angle_deg: direction of oblique bands, clockwise from x.
        count: how many bands, one in each equal part of the picture.
        share: share of the picture, measured across the bands, that they take together.
        feather_px: width over which a band fades into the wall.
        strength: opacity of the bands: 1 replaces the wall, below 1 it shows through.
        lattice: as in `rescaled_wall`.
        seed: where the bands are and what they show.

    Raises:
        InputError: if the bands do not fit.
    """
    size = check_picture(image, strength)
    if not 0 < share < 1 or count < 1:
        raise InputError(f"share={share} must lie between 0 and 1, and count={count} be 1 or more")
    scale = _pair(factor)
    angle = _ANGLES.get(orientation, angle_deg)
    bands = _place_bands(size, angle, count, share, seed)
    across = _distance_across(size, angle, image)
    slot = ((across - bands.start) / bands.slot).floor().clamp(0, count - 1).long()
    low, high = (bands.edges[:, side].to(image)[slot] for side in (0, 1))
    inside = torch.minimum(across - low, high - across)
    opacity = (inside / max(feather_px, 1.0) + 0.5).clamp(0, 1)

    boxes = [_box(edges, angle, size) for edges in bands.edges.tolist()]
    starts = torch.rand(count, 2, generator=generator(seed, 202)).to(image)
    changed = image
    for number, (box, start) in enumerate(zip(boxes, starts, strict=True)):
        corner = image.new_tensor(box[:2])
        material = _rescaled(image, scale, lattice, corner, start, box)
        changed = torch.where(slot == number, material, changed)
    weight = opacity * strength
    zones = tuple(Zone(box, orientation, angle, scale) for box in boxes if strength > 0)
    octave = period_code(scale) in ("period_doubled", "period_halved")
    code = "doubling_bands" if octave and strength > 0 else None
    mask = (opacity >= 0.5).to(image) * float(strength > 0)
    local = torch.where(mask > 0, image.new_tensor(scale)[:, None, None], image.new_ones(()))
    return DefectPicture(
        image=torch.lerp(image, changed, weight),
        mask=mask,
        truth=DefectTruth("rescaled_bands", code, strength, zones),
        local_scale=local,
    )


class _Bands:
    """Where bands lie across the picture: slots of equal width with one band each."""

    def __init__(self, start: float, slot: float, edges: Tensor) -> None:
        self.start, self.slot, self.edges = start, slot, edges


def _place_bands(
    size: tuple[int, int], angle_deg: float, count: int, share: float, seed: int
) -> _Bands:
    turn = math.radians(angle_deg)
    height, width = size
    # The picture's extent along the normal of the bands, (-sin, cos).
    corners = [-x * math.sin(turn) + y * math.cos(turn) for x in (0, width) for y in (0, height)]
    start, extent = min(corners), max(corners) - min(corners)
    slot = extent / count
    room = (1 - share) * slot
    place = torch.rand(count, dtype=torch.float64, generator=generator(seed, 203))
    low = start + slot * torch.arange(count, dtype=torch.float64) + room * place
    edges = torch.stack((low, low + share * slot), -1)
    if angle_deg % 90 == 0:
        edges = edges.round()
    if (edges[:, 1] - edges[:, 0]).min() < 1:
        raise InputError(
            f"{count} bands of share={share} are under 1 px wide in {height} x {width} px: "
            "use fewer or wider ones"
        )
    return _Bands(start, slot, edges)


def _distance_across(size: tuple[int, int], angle_deg: float, image: Tensor) -> Tensor:
    turn = math.radians(angle_deg)
    xy = pixel_grid(size, 1, image.device).to(image.dtype)
    return xy[..., 1] * math.cos(turn) - xy[..., 0] * math.sin(turn)


def _box(edges: list[float], angle_deg: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Smallest box around the part of a band that lies in the picture."""
    inside = torch.zeros(1, *size)
    across = _distance_across(size, angle_deg, inside)
    rows, columns = torch.nonzero((across > edges[0]) & (across < edges[1]), as_tuple=True)
    if len(rows) == 0:
        return 0, 0, 0, 0
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def _rescaled(
    image: Tensor,
    factor: tuple[float, float],
    lattice: Lattice | None,
    corner: Tensor,
    start: Tensor,
    box: tuple[int, int, int, int] | None = None,
) -> Tensor:
    """The picture enlarged by `factor`, so that `corner` shows a place chosen by `start` (0 to 1).

    All of `box` comes from inside the picture where that is possible.
    """
    size = image.new_tensor([image.shape[2], image.shape[1]])
    scale = image.new_tensor(factor)
    wanted = size if box is None else image.new_tensor([box[2] - box[0], box[3] - box[1]])
    origin = start * (size - wanted / scale).clamp_min(0)
    wrap = None if lattice is None else wrap_by_lattice(lattice, (image.shape[1], image.shape[2]))

    def source_of(places: Tensor) -> Tensor:
        source = origin + (places - corner) / scale
        return source if wrap is None else wrap(source)

    return resample(image, source_of, shrink=1 / min(factor))


def _pair(factor: float | tuple[float, float]) -> tuple[float, float]:
    pair = factor if isinstance(factor, tuple) else (factor, factor)
    if min(pair) <= 0 or not all(math.isfinite(f) for f in pair):
        raise InputError(f"factor={factor} must be above 0: 2 doubles the period, 0.5 halves it")
    return pair
