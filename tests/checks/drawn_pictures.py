"""Small pictures of walls drawn to the pixel, and their lattices."""

import math

import torch

from tiling_diag.checks.lattice.measure import measure_lattice
from tiling_diag.checks.walls import Walls
from tiling_diag.synth import Material, View, draw_wall

HEIGHT, WIDTH = 240, 320
JOINT_PX, JOINT, LIGHT, DARK = 2, 0.2, 0.65, 0.4


def measured(*pictures):
    """The lattices of pictures ``(3, H, W)``, as one batch."""
    with torch.no_grad():
        images = torch.stack(pictures)
        return measure_lattice(Walls(images, torch.ones_like(images[:, 0])))


def laid(width, height, tone, shift=0):
    """Units of one size, every row moved by `shift` px; `tone` of column and row."""
    y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    row = y // height
    along = x + shift * row
    joint = (along % width < JOINT_PX) | (y % height < JOINT_PX)
    picture = torch.where(joint, JOINT, tone(along // width, row))
    grain = torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    return (picture + 0.02 * grain).clamp(0, 1).expand(3, -1, -1)


def two_tones(odd):
    return torch.where(odd, DARK, LIGHT)


def material(bond, width_px, height_px, seed=0, **view):
    """A wall of `synth` as it is seen."""
    made = Material(bond=bond, width_px=width_px, height_px=height_px, mortar_px=2.0, seed=seed)
    return draw_wall(made, View(size=(HEIGHT, WIDTH), **view)).image


HEX_PX = 36.0
PICTURES = {
    "brick": (lambda: material("running_bond", 48.0, 16.0), ((48, 0), (24, 16))),
    "brick, turned": (
        lambda: material("running_bond", 48.0, 16.0, rotation_deg=90.0),
        ((0, 48), (16, 24)),
    ),
    "stack": (lambda: material("stack_bond", 48.0, 16.0), ((48, 0), (0, 16))),
    "square tiles": (lambda: material("stack_bond", 32.0, 32.0), ((32, 0), (0, 32))),
    "hexagons": (
        lambda: material("hex", HEX_PX, HEX_PX * math.sqrt(3) / 2),
        ((HEX_PX, 0), (HEX_PX / 2, HEX_PX * math.sqrt(3) / 2)),
    ),
    "a checkerboard of two tones": (
        lambda: laid(24, 24, lambda i, j: two_tones((i + j) % 2 == 1)),
        ((24, 24), (24, -24)),
    ),
    "columns of two tones": (
        lambda: laid(24, 24, lambda i, j: two_tones(i % 2 == 1)),
        ((48, 0), (0, 24)),
    ),
    "rows of two tones": (
        lambda: laid(36, 18, lambda i, j: two_tones(j % 2 == 1)),
        ((36, 0), (0, 36)),
    ),
    "rows of two tones in a running bond": (
        lambda: laid(48, 24, lambda i, j: two_tones(j % 2 == 1), shift=24),
        ((48, 0), (0, 48)),
    ),
}
