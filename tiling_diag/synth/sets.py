"""Many different walls from whole numbers, for tests and benchmarks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from tiling_diag.errors import InputError
from tiling_diag.synth.bonds import BONDS, Bond, Layout, lattice_vectors
from tiling_diag.synth.material import Color, Material, View
from tiling_diag.synth.noise import generator

# Units, joints, brightness variation, colour variation at constant luma.
_PALETTES: tuple[tuple[Color, Color, float, float], ...] = (
    ((0.58, 0.30, 0.22), (0.70, 0.67, 0.62), 0.14, 0.01),  # red brick, light mortar
    ((0.45, 0.24, 0.19), (0.28, 0.26, 0.25), 0.16, 0.01),  # red brick, dark mortar
    ((0.70, 0.66, 0.58), (0.50, 0.48, 0.45), 0.08, 0.01),  # sand-lime
    ((0.80, 0.82, 0.83), (0.52, 0.52, 0.52), 0.02, 0.00),  # white tile
    ((0.25, 0.26, 0.28), (0.42, 0.42, 0.42), 0.08, 0.00),  # dark tile
    ((0.50, 0.50, 0.48), (0.60, 0.60, 0.58), 0.06, 0.00),  # concrete block, faint joints
    ((0.45, 0.48, 0.50), (0.68, 0.67, 0.66), 0.02, 0.08),  # coloured tiles of one luma
)
_WOOD: tuple[Color, Color, float, float] = ((0.55, 0.40, 0.25), (0.12, 0.09, 0.06), 0.10, 0.01)
# Unit length over course height.
_ASPECTS: dict[Bond, tuple[float, ...]] = {
    "running_bond": (2.0, 3.0, 4.0),
    "stack_bond": (1.0, 1.5, 3.0),
    "flemish_bond": (4.0,),
    "hex": (2 / math.sqrt(3),),
    "herringbone": (2.0, 3.0),
    "plank_1d": (8.0, 0.0),
}


def random_wall(
    seed: int,
    *,
    bond: Bond | None = None,
    size: tuple[int, int] = (512, 512),
    period_px: tuple[float, float] = (8.0, 200.0),
    rotation_deg: tuple[float, float] = (0.0, 90.0),
    min_periods: float = 4.0,
) -> tuple[Material, View]:
    """A wall to draw with `draw_wall`, everything about it chosen by `seed`.

    Args:
        seed: the same number gives the same wall.
        bond: the bond, or None for `BONDS` in turn (`seed` modulo their number).
        size: ``(H, W)`` of the picture in px.
        period_px: shortest and longest length that the two shortest lattice vectors may have.
        rotation_deg: least and greatest turn.
        min_periods: how many times the longer of these two vectors must fit in the shorter side.

    Raises:
        InputError: if no wall of these periods fits.
    """
    chance = _Chance(seed)
    bond = bond or BONDS[seed % len(BONDS)]
    aspect = chance.choose(_ASPECTS[bond])
    offset = chance.choose((0.5, 0.5, 1 / 3, 0.25, chance.uniform(0.15, 0.45)))
    layout = Layout(bond, aspect, 1.0, offset)
    short, long = _reduced_lengths(layout)
    lowest, highest = period_px[0] / short, min(period_px[1], min(size) / min_periods) / long
    if lowest > highest:
        raise InputError(
            f"a {bond} whose periods are {long / short:.2g} to 1 does not fit {min_periods:g} "
            f"times in {size[0]} x {size[1]} px with periods from {period_px[0]:g} to "
            f"{period_px[1]:g} px: use a size of at least "
            f"{math.ceil(min_periods * period_px[0] * long / short)} px"
        )
    height = math.exp(chance.uniform(math.log(lowest), math.log(highest)))
    material = _material(chance, layout, height)
    return material, _view(chance, size, rotation_deg, height)


class _Chance:
    """Numbers drawn one after the other, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._source = generator(seed, 101)

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=self._source))

    def choose(self, options: Sequence[float]) -> float:
        return options[int(torch.randint(len(options), (), generator=self._source))]


def _material(chance: _Chance, layout: Layout, height: float) -> Material:
    """A material of that layout, for a course of 1, at courses of `height` px."""
    uniform, boards = chance.uniform, layout.bond == "plank_1d"
    palette = _WOOD if boards else _PALETTES[int(uniform(0, len(_PALETTES)))]
    unit, joint, tone, hue = palette
    mortar = height * (uniform(0.03, 0.06) if boards else uniform(0.06, 0.14))
    return Material(
        bond=layout.bond,
        width_px=layout.width_px * height,
        height_px=height,
        offset=layout.offset,
        mortar_px=mortar,
        unit_color=unit,
        mortar_color=joint,
        tone_variation=tone,
        hue_variation=hue,
        roughness=uniform(0.03, 0.12),
        relief=uniform(0.0, 0.6),
        wander=uniform(0.0, 0.012),
        radius_px=uniform(0.0, 0.5) * mortar,
        seed=chance.seed,
    )


def _view(
    chance: _Chance, size: tuple[int, int], rotation_deg: tuple[float, float], height: float
) -> View:
    """How a wall with courses of `height` px is seen and lit."""
    uniform = chance.uniform
    return View(
        size=size,
        rotation_deg=uniform(*rotation_deg),
        origin_px=(uniform(-5, 5) * height, uniform(-5, 5) * height),
        light=(uniform(-0.3, 0.3), uniform(-0.3, 0.3)),
        unevenness=uniform(0.0, 0.06),
        noise=uniform(0.0, 0.02),
        jpeg_quality=int(chance.choose((0, 75, 90))) or None,
        seed=chance.seed,
    )


def _reduced_lengths(layout: Layout) -> tuple[float, float]:
    """Lengths of the two shortest independent lattice vectors; twice the only one for boards."""
    a, b = lattice_vectors(layout)
    if b is None:
        return math.hypot(*a), math.hypot(*a)
    sums = [(i * a[0] + j * b[0], i * a[1] + j * b[1]) for i in range(-8, 9) for j in range(-8, 9)]
    ordered = sorted((v for v in sums if v != (0.0, 0.0)), key=lambda v: math.hypot(*v))
    first = ordered[0]
    area = abs(a[0] * b[1] - a[1] * b[0])
    second = next(v for v in ordered if abs(first[0] * v[1] - first[1] * v[0]) > 0.5 * area)
    return math.hypot(*first), math.hypot(*second)
