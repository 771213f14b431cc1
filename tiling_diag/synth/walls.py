"""Walls drawn with a lattice that is known exactly.

A `Material` says what the wall is made of, a `View` how it is seen; `draw_wall` makes the
picture, `draw_reference` another one of the same material. The pictures are for testing and for
showing what the measurements mean: their lattice is exact, the rest is only meant to be as
untidy as a photograph (tone of each unit, worn edges, wandering joints, light, noise, JPEG).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d

from tiling_diag.errors import InputError
from tiling_diag.synth import noise
from tiling_diag.synth.bonds import BONDS, Bond, Cells, Layout, cells_at, depth_inside
from tiling_diag.synth.geometry import (
    Matrix3,
    apply_homography,
    homography_jacobian,
    pixel_grid,
    view_matrix,
)
from tiling_diag.synth.truth import LatticeTruth, lattice_truth

Color = tuple[float, float, float]

# Where the light comes from: left, above and a little in front of the wall.
_LIGHT = (-0.5, -0.8)
# Two directions in RGB that leave Rec. 709 luma as it is: warm to cold, and green to magenta.
_CHROMA = ((1.0, -0.2973, 0.0), (0.0, -0.1010, 1.0))


@dataclass(frozen=True)
class Material:
    """What a wall is made of; lengths in material px (image px at scale 1).

    Attributes:
        bond: how the units are laid.
        width_px: one unit with its joint along the course (see `bonds.Layout`).
        height_px: one course with its joint.
        offset: shift of each course as a share of `width_px`, running bond only.
        mortar_px: width of the joints.
        unit_color: mean RGB of the units in [0, 1].
        mortar_color: RGB of the joints.
        tone_variation: standard deviation of the units' brightness, relative.
        hue_variation: standard deviation of the units' colour at constant luma, in grey levels
            of [0, 1].
        roughness: standard deviation of the surface texture, relative brightness.
        relief: strength of light and shade on the units' edges.
        wear: how far edges are eaten away, as a share of `mortar_px`.
        jitter: standard deviation of each unit's place, as a share of `mortar_px`.
        wander: standard deviation of the joints' slow drift, as a share of `height_px`.
        radius_px: radius of the corners of rectangular units.
        seed: which particular units: tones, places, board ends.
    """

    bond: Bond = "running_bond"
    width_px: float = 72.0
    height_px: float = 24.0
    offset: float = 0.5
    mortar_px: float = 3.0
    unit_color: Color = (0.58, 0.30, 0.22)
    mortar_color: Color = (0.70, 0.67, 0.62)
    tone_variation: float = 0.12
    hue_variation: float = 0.012
    roughness: float = 0.10
    relief: float = 0.5
    wear: float = 0.12
    jitter: float = 0.10
    wander: float = 0.006
    radius_px: float = 1.5
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be laid."""
        if self.bond not in BONDS:
            raise InputError(f"bond={self.bond!r} is not known: use one of {', '.join(BONDS)}")
        endless = self.bond == "plank_1d" and self.width_px == 0
        shortest = self.height_px if endless else min(self.width_px, self.height_px)
        if not shortest >= 1:
            raise InputError(
                f"width_px={self.width_px} and height_px={self.height_px} must be at least 1 px "
                "(width_px=0 only for endless boards)"
            )
        if not 0 <= self.mortar_px < shortest:
            raise InputError(
                f"mortar_px={self.mortar_px} must be at least 0 and narrower than a unit, "
                f"here under {shortest}"
            )
        aspect = self.width_px / self.height_px
        if self.bond == "herringbone" and (aspect < 1.5 or abs(aspect - round(aspect)) > 1e-6):
            raise InputError(
                f"herringbone bricks must be a whole number of times as long as wide, from 2 on: "
                f"width_px={self.width_px} is {aspect:g} times height_px={self.height_px}, use "
                f"width_px={max(2, round(aspect)) * self.height_px:g}"
            )

    @property
    def layout(self) -> Layout:
        """The sizes of the bond alone."""
        return Layout(self.bond, self.width_px, self.height_px, self.offset)


@dataclass(frozen=True)
class View:
    """How a wall is seen.

    Attributes:
        size: ``(H, W)`` of the picture in px.
        scale: image px per material px.
        rotation_deg: turn of the courses, clockwise on the screen.
        shear: sideways shift per px of height, before the turn.
        origin_px: material position ``(x, y)`` at the centre of the picture: which crop.
        homography: from the picture to the flat wall, see `perspective_homography`.
        light: relative rise of brightness from left to right and from top to bottom.
        unevenness: standard deviation of soft blotches of light, relative.
        noise: standard deviation of the sensor noise in [0, 1] grey levels.
        jpeg_quality: quality of a JPEG round trip (1 to 100), None for none.
        supersample: samples per pixel along each axis.
        seed: noise, surface and light of this picture.
    """

    size: tuple[int, int] = (512, 512)
    scale: float = 1.0
    rotation_deg: float = 0.0
    shear: float = 0.0
    origin_px: tuple[float, float] = (0.0, 0.0)
    homography: Matrix3 | None = None
    light: tuple[float, float] = (0.0, 0.0)
    unevenness: float = 0.03
    noise: float = 0.008
    jpeg_quality: int | None = None
    supersample: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse views without pixels."""
        if min(self.size) < 1 or self.scale <= 0 or self.supersample < 1:
            raise InputError(
                f"size={self.size}, scale={self.scale} and supersample={self.supersample} must "
                "all be positive"
            )


@dataclass(frozen=True)
class WallPicture:
    """A drawn wall.

    Attributes:
        image: ``(3, H, W)`` float32 RGB in [0, 1].
        mask: ``(H, W)`` float32, 1 where the wall is.
        truth: its lattice.
        material: what was drawn.
        view: how it was seen.
    """

    image: Tensor = field(repr=False)
    mask: Tensor = field(repr=False)
    truth: LatticeTruth
    material: Material
    view: View


def draw_wall(
    material: Material, view: View | None = None, *, device: torch.device | str = "cpu"
) -> WallPicture:
    """Draw a wall; the same material and view give the same picture.

    Args:
        material: what the wall is made of.
        view: how it is seen, by default 512 x 512 px straight on.
        device: where the picture is drawn and lives.

    Returns:
        The picture, a mask of ones and the lattice.
    """
    view = view or View()
    to_picture = view_matrix(view.scale, view.rotation_deg, view.shear)
    surfaces = _surfaces(material, view, device)
    units, height, color = _lay_units(material, view, to_picture, surfaces[0])
    mortar = torch.tensor(material.mortar_color, device=device)[:, None, None]
    # The units take their surface in full, the joints are smoother.
    wall = color * (1 + material.roughness * surfaces[1]) + mortar * (1 - units) * (
        1 + 0.6 * material.roughness * surfaces[2]
    )
    image = (
        wall * _shade(material, view, height + 0.03 * surfaces[1] * units) * _light(view, device)
    )
    grain = torch.randn((1, *view.size), generator=noise.generator(view.seed, 4)).to(device)
    image = (image + view.noise * grain).clamp(0, 1)
    if view.jpeg_quality is not None:
        image = jpeg_round_trip(image, view.jpeg_quality)
    return WallPicture(
        image=image,
        mask=torch.ones(view.size, device=device),
        truth=lattice_truth(material.layout, to_picture, material.mortar_px, view.homography),
        material=material,
        view=view,
    )


def draw_reference(
    picture: WallPicture,
    size: tuple[int, int] = (384, 384),
    *,
    scale: float = 1.0,
    rotation_deg: float = 0.0,
) -> WallPicture:
    """Another piece of the same material, seen straight on.

    Args:
        picture: the wall whose material is drawn.
        size: ``(H, W)`` in px.
        scale: image px per material px.
        rotation_deg: turn of the courses.
    """
    away = 40 * max(picture.material.width_px, picture.material.height_px)
    view = View(
        size=size,
        scale=scale,
        rotation_deg=rotation_deg,
        origin_px=(picture.view.origin_px[0] + away, picture.view.origin_px[1] - away),
        unevenness=picture.view.unevenness,
        noise=picture.view.noise,
        jpeg_quality=picture.view.jpeg_quality,
        supersample=picture.view.supersample,
        seed=picture.view.seed + 1,
    )
    return draw_wall(picture.material, view, device=picture.image.device)


def jpeg_round_trip(image: Tensor, quality: int) -> Tensor:
    """The picture ``(3, H, W)`` after it was saved as JPEG, values in [0, 1]."""
    pixels = (image * 255).round().clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy()
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="JPEG", quality=quality)
    back = torch.from_numpy(np.array(Image.open(stream)))
    return back.permute(2, 0, 1).to(image) / 255


def _surfaces(material: Material, view: View, device: torch.device | str) -> Tensor:
    """Three rough fields ``(3, H, W)``: ragged edges, faces of the units, joints."""
    source = noise.generator(material.seed, view.seed, 1)
    fields = [
        noise.rough_surface(
            view.size,
            source,
            scale=view.scale,
            coarsest_px=coarsest * material.height_px,
            slope=slope,
            device=device,
        )
        # Edges are worn in larger pieces than faces are rough.
        for coarsest, slope in ((0.5, 2.0), (1.0, 1.2), (1.0, 1.2))
    ]
    return torch.cat(fields)


def _lay_units(
    material: Material, view: View, to_picture: Tensor, ragged: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Coverage by units ``(1, H, W)``, height over the joint, and their colours ``(3, H, W)``.

    Colours are multiplied by the coverage.
    """
    device = ragged.device
    points, footprint = _material_points(view, to_picture, material, device)
    cells = cells_at(
        material.layout, points, noise.UnitNoise.seeded(material.seed, 2, device=device)
    )
    numbers = noise.UnitNoise.seeded(material.seed, 3, device=device)
    shift = None
    if material.jitter > 0:
        place = torch.stack([numbers.normal(cells.x, cells.y, c) for c in (0, 1)], -1)
        shift = material.jitter * material.mortar_px * place
    joint = material.mortar_px / 2
    depth = depth_inside(material.layout, cells, joint, material.radius_px, shift)
    if material.wear > 0:
        worn = material.wear * material.mortar_px * ragged
        depth = depth + _repeat(worn, view.supersample)
    covered = 1 - _joint_share(depth + joint, joint, footprint)
    bevel = max(0.6 * material.mortar_px, 0.04 * material.height_px, 1e-3)
    height = covered * (1 - torch.exp(-depth.clamp_min(0) / bevel))
    pooled = _pool(
        torch.cat((covered[None], height[None], _unit_colors(material, cells, numbers) * covered)),
        view.supersample,
    )
    return pooled[:1], pooled[1:2], pooled[2:]


def _material_points(
    view: View, to_picture: Tensor, material: Material, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Where each sample lies in the material, and the width of a sample there, in material px."""
    seen = pixel_grid(view.size, view.supersample, device)
    back = torch.linalg.inv(to_picture).to(seen)
    flat = seen if view.homography is None else apply_homography(view.homography, seen)
    centre = seen.new_tensor([view.size[1] / 2, view.size[0] / 2])
    points = (flat - centre) @ back.T + seen.new_tensor(view.origin_px)
    if material.wander > 0:
        pixels = points[:: view.supersample, :: view.supersample]
        drift = noise.slow_field(
            pixels, noise.generator(material.seed, 5), 3 * material.height_px, 2
        ).permute(1, 2, 0)
        drift = _repeat(drift.permute(2, 0, 1), view.supersample).permute(1, 2, 0)
        points = points + material.wander * material.height_px * drift
    footprint = seen.new_full((), 1 / (view.supersample * view.scale))
    if view.homography is not None:
        stretch = torch.linalg.det(homography_jacobian(view.homography, seen)).abs().sqrt()
        footprint = footprint * stretch
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


def _shade(material: Material, view: View, height: Tensor) -> Tensor:
    """Brightness of a sloping surface: 1 where flat, more where it faces the light."""
    if material.relief == 0:
        return torch.ones_like(height)
    dy, dx = torch.gradient(height, dim=(1, 2))
    facing = dx * -_LIGHT[0] + dy * -_LIGHT[1]
    # A slope per material px, or the same wall would flatten as it is seen larger.
    return 1 + torch.tanh(facing * view.scale * material.relief)


def _light(view: View, device: torch.device | str) -> Tensor:
    """Brightness of the light over the picture ``(1, H, W)``, 1 in the middle."""
    height, width = view.size
    xy = pixel_grid(view.size, 1, device)
    place = xy / xy.new_tensor([width, height]) - 0.5
    light = 1 + place @ place.new_tensor(view.light)
    if view.unevenness > 0:
        blotches = noise.slow_field(xy, noise.generator(view.seed, 6), 0.5 * max(view.size), 1)
        light = light * (1 + view.unevenness * blotches[0])
    return light[None]


def _repeat(values: Tensor, times: int) -> Tensor:
    return values.repeat_interleave(times, -2).repeat_interleave(times, -1)


def _pool(values: Tensor, times: int) -> Tensor:
    return values if times == 1 else avg_pool2d(values[None], times)[0]
