"""What stands around a wall in a photograph: sky, a sloping eave, a window; and the wall's mask."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.synth import noise
from tiling_diag.synth.geometry import pixel_grid
from tiling_diag.synth.material import Color
from tiling_diag.synth.walls import WallPicture

_FRAME: Color = (0.90, 0.90, 0.88)
_STONE: Color = (0.74, 0.72, 0.68)
_GLASS: Color = (0.16, 0.20, 0.25)
_SKY: Color = (0.62, 0.74, 0.88)


def house_front(picture: WallPicture) -> WallPicture:
    """The wall as a house front: cut off by a sloping eave, with one window in it.

    Args:
        picture: the wall, at least 128 px each way so that the window's frame can be seen.

    Returns:
        The same wall with `image` repainted outside it and `mask` 1 on the wall alone, soft over
        one pixel at its border.
    """
    height, width = picture.view.size
    if min(height, width) < 128:
        raise InputError(
            f"a house front needs at least 128 px each way, not {height} x {width} (H x W)"
        )
    xy = pixel_grid(picture.view.size, 1, picture.image.device)
    short = min(height, width)
    board = 0.035 * short
    # Distance below the eave's lower edge, which falls from the right to the left.
    below = (xy[..., 1] - (0.30 - 0.24 * xy[..., 0] / width) * height) * 0.97
    left, top, right, bottom = 0.56 * width, 0.36 * height, 0.80 * width, 0.80 * height
    frame = 0.022 * short
    opening = _box(xy, left, top, right, bottom)
    lintel = _box(xy, left - 3 * frame, top - 2.2 * frame, right + 3 * frame, top)
    sill = _box(xy, left - 2 * frame, bottom, right + 2 * frame, bottom + 2 * frame)

    image = picture.image
    eave_shadow = torch.exp(-below.clamp_min(0) / (0.05 * height))
    sill_shadow = _box(xy, left - frame, bottom, right + frame, bottom + 4 * frame)
    image = image * (1 - 0.45 * eave_shadow) * (1 - 0.35 * sill_shadow)
    image = _paint(image, lintel + sill + opening, _STONE, picture)
    image = _paint(image, opening, _FRAME, picture)
    for pane in _panes(xy, (left, top, right, bottom), frame):
        image = torch.lerp(image, _glass(xy, picture, (left, top), short), pane)
    image = _paint(image, (0.5 - below).clamp(0, 1), _FRAME, picture)
    sky = torch.tensor(_SKY, device=image.device)[:, None, None]
    brighter = 1 + 0.12 * xy[..., 1] / height
    image = torch.lerp(image, (sky * brighter).clamp(0, 1), (0.5 - below - board).clamp(0, 1))
    wall = (below + 0.5).clamp(0, 1) * (1 - opening - lintel - sill).clamp(0, 1)
    return replace(picture, image=image.clamp(0, 1), mask=wall)


def _box(xy: Tensor, left: float, top: float, right: float, bottom: float) -> Tensor:
    """Coverage of each pixel by a rectangle."""
    across = torch.minimum(xy[..., 0] - left, right - xy[..., 0])
    down = torch.minimum(xy[..., 1] - top, bottom - xy[..., 1])
    return (across + 0.5).clamp(0, 1) * (down + 0.5).clamp(0, 1)


def _panes(
    xy: Tensor, opening: tuple[float, float, float, float], frame: float
) -> tuple[Tensor, Tensor]:
    """The two casements' glass."""
    left, top, right, bottom = opening
    middle = (left + right) / 2
    return (
        _box(xy, left + frame, top + frame, middle - frame / 2, bottom - frame),
        _box(xy, middle + frame / 2, top + frame, right - frame, bottom - frame),
    )


def _paint(image: Tensor, coverage: Tensor, color: Color, picture: WallPicture) -> Tensor:
    """Cover with one colour under the picture's own sensor noise."""
    grain = torch.randn(
        (1, *picture.view.size), generator=noise.generator(picture.view.seed, 7)
    ).to(image)
    plain = torch.tensor(color, device=image.device)[:, None, None]
    return torch.lerp(image, plain + picture.view.noise * grain, coverage.clamp(0, 1))


def _glass(xy: Tensor, picture: WallPicture, corner: tuple[float, float], short: int) -> Tensor:
    """Dark glass with the sky's soft reflection running across it."""
    place = (xy - xy.new_tensor(corner)) / short
    shine = torch.exp(-((place[..., 0] + 0.8 * place[..., 1] - 0.32).square()) / 0.012)
    glass = torch.tensor(_GLASS, device=xy.device)[:, None, None]
    sky = torch.tensor(_SKY, device=xy.device)[:, None, None]
    return torch.lerp(glass.expand(3, *picture.view.size), sky, 0.35 * shine)
