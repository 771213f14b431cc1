"""Walls for `benchmarks/training.py`: a reference tile of a material, and the wall to paint.

The same material is drawn at its own scale and at twice it, on pictures larger than what is
painted: crops of them begin anywhere, so that only the wall itself says where its joints are.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tiling_diag.synth import Material, View, draw_wall

SIDE_PX = 96
DRAWN_PX = 144  # crops of SIDE_PX are taken from it
TILE_PX = 48
HELD_OUT = 10_000  # seeds of materials from here on are not trained on
COURSE_PX = (8.0, 11.0)


@dataclass(frozen=True)
class Walls:
    """Materials as pictures.

    Attributes:
        tiles: ``(N, 3, TILE_PX, TILE_PX)`` the reference.
        right: ``(N, 3, DRAWN_PX, DRAWN_PX)`` the wall at the reference's scale.
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
    aspect = chance.uniform(1.0, 1.3)
    base, joint = chance.uniform(0.3, 0.5), chance.uniform(0.65, 0.85)
    if chance.random() < 0.3:
        base, joint = joint, base
    units = [min(max(base + chance.uniform(-0.1, 0.1), 0), 1) for _ in range(3)]
    joints = [joint + chance.uniform(-0.04, 0.04) for _ in range(3)]
    return Material(
        bond="stack_bond",
        width_px=course * aspect,
        height_px=course,
        mortar_px=course * chance.uniform(0.16, 0.24),
        unit_color=(units[0], units[1], units[2]),
        mortar_color=(joints[0], joints[1], joints[2]),
        tone_variation=0.03,
        roughness=0.02,
        relief=0.2,
        wear=0.05,
        jitter=0.0,
        wander=0.0,
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
        right=torch.stack([drawn(seed, 1.0, DRAWN_PX, 2) for seed in seeds]),
        doubled=torch.stack([drawn(seed, 2.0, DRAWN_PX, 3) for seed in seeds]),
        sizes_px=torch.tensor([[one.width_px, one.height_px] for one in made]),
    )
    if file is not None:
        torch.save(vars(walls), file)
    return walls


def cropped(pictures: Tensor, side: int) -> Tensor:
    """A crop of `side` px of each picture, anywhere."""
    room = pictures.shape[-1] - side + 1
    places = torch.randint(0, room, (len(pictures), 2)).tolist()
    return torch.stack(
        [one[:, y : y + side, x : x + side] for one, (x, y) in zip(pictures, places, strict=True)]
    )
