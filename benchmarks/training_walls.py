"""Walls for `benchmarks/training.py`: a reference tile of a material, and the wall to paint.

Walls are laid from the upper left corner of the picture, so that a reference and a place say which
pixel is right; what differs is the material. The same material is drawn at its own scale and at
twice it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tiling_diag.synth import Material, View, draw_wall

SIDE_PX = 96
TILE_PX = 48
HELD_OUT = 10_000  # seeds of materials from here on are not trained on
COURSE_PX = (7.0, 12.0)


@dataclass(frozen=True)
class Walls:
    """Materials as pictures.

    Attributes:
        tiles: ``(N, 3, TILE_PX, TILE_PX)`` the reference.
        right: ``(N, 3, SIDE_PX, SIDE_PX)`` the wall at the reference's scale.
        doubled: likewise, at twice the reference's scale.
        sizes_px: ``(N, 2)`` unit and course of the right wall.
    """

    tiles: Tensor
    right: Tensor
    doubled: Tensor
    sizes_px: Tensor


def material(seed: int) -> Material:
    """A wall's material, everything about it chosen by `seed`."""
    chance = random.Random(seed)
    course = chance.uniform(*COURSE_PX)
    running = chance.random() < 0.5
    aspect = chance.uniform(1.6, 2.2) if running else chance.uniform(1.0, 1.4)
    base, joint = chance.uniform(0.3, 0.5), chance.uniform(0.65, 0.85)
    if chance.random() < 0.3:
        base, joint = joint, base
    units = [min(max(base + chance.uniform(-0.1, 0.1), 0), 1) for _ in range(3)]
    joints = [joint + chance.uniform(-0.04, 0.04) for _ in range(3)]
    return Material(
        bond="running_bond" if running else "stack_bond",
        width_px=course * aspect,
        height_px=course,
        mortar_px=course * chance.uniform(0.16, 0.24),
        unit_color=(units[0], units[1], units[2]),
        mortar_color=(joints[0], joints[1], joints[2]),
        tone_variation=0.06,
        roughness=0.04,
        relief=0.2,
        seed=seed,
    )


def drawn(seed: int, scale: float, side: int, of: int) -> Tensor:
    """``(3, side, side)`` of a material, laid from the upper left corner."""
    middle = side / 2 / scale
    view = View(
        size=(side, side),
        scale=scale,
        origin_px=(middle, middle),
        noise=0.004,
        supersample=1,
        seed=7 * seed + of,
    )
    return draw_wall(material(seed), view).image


def draw_walls(first: int, count: int, cache: Path | None = None) -> Walls:
    """The materials of `count` seeds from `first` on; kept in the folder `cache`."""
    file = None if cache is None else cache / f"walls_{first}_{count}.pt"
    if file is not None and file.exists():
        return Walls(**torch.load(file))
    seeds = range(first, first + count)
    made = [material(seed) for seed in seeds]
    walls = Walls(
        tiles=torch.stack([drawn(seed, 1.0, TILE_PX, 1) for seed in seeds]),
        right=torch.stack([drawn(seed, 1.0, SIDE_PX, 2) for seed in seeds]),
        doubled=torch.stack([drawn(seed, 2.0, SIDE_PX, 3) for seed in seeds]),
        sizes_px=torch.tensor([[one.width_px, one.height_px] for one in made]),
    )
    if file is not None:
        torch.save(vars(walls), file)
    return walls
