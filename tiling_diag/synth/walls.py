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

from tiling_diag.synth import noise
from tiling_diag.synth.geometry import pixel_grid, view_matrix
from tiling_diag.synth.masonry import lay_units
from tiling_diag.synth.material import Material, View
from tiling_diag.synth.truth import LatticeTruth, lattice_truth

# Where the light comes from: left, above and a little in front of the wall.
_LIGHT = (-0.5, -0.8)


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
    units, height, color = lay_units(material, view, to_picture, surfaces[0])
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
