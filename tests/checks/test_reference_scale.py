"""The scale of a wall over a reference where no lattice says it."""

import dataclasses

import pytest
import torch

from tiling_diag.checks.lattice.measure import measure_lattice
from tiling_diag.checks.reference.lattice_ratio import measure_reference, reference_lattice
from tiling_diag.checks.reference.texture_ratio import with_scale
from tiling_diag.checks.walls import Walls
from tiling_diag.synth import Material, View, draw_wall

torch.set_num_threads(1)


def brick(width_px, height_px, seed, size=(360, 440)):
    material = Material(width_px=width_px, height_px=height_px, mortar_px=3.0, seed=seed)
    return draw_wall(material, View(size, noise=0.02, seed=seed)).image


def compared(wall, reference, ref_scale=1.0):
    """What a comparison says of a wall whose lattice is taken away."""
    walls = Walls(wall[None], torch.ones_like(wall[:1]))
    lattice = measure_lattice(walls)
    known = measure_reference(lattice, reference_lattice(reference), reference, ref_scale)
    nan = torch.full_like(known.scale_ratio, torch.nan)
    lost = dataclasses.replace(known, scale_ratio=nan, scale_ratio_x=nan, scale_ratio_y=nan)
    return with_scale(lost, lattice, walls, ref_scale), known


@pytest.mark.parametrize(
    "factor,ref_scale", [((1.0, 1.0), 1.0), ((2.0, 2.0), 1.0), ((1.0, 1.5), 1.0), ((0.7, 0.7), 0.5)]
)
def test_the_scale_is_that_of_the_material(factor, ref_scale):
    reference = brick(48.0, 20.0, seed=3)
    found, _ = compared(brick(48.0 * factor[0], 20.0 * factor[1], seed=4), reference, ref_scale)
    # A step of 0.025 octaves, half of it either way, and as much for what the noise moves.
    for ratio, true in zip((found.scale_ratio_x, found.scale_ratio_y), factor, strict=True):
        assert float((ratio * ref_scale / true).log2().abs()) < 0.03


def test_what_a_lattice_says_stays():
    wall, reference = brick(60.0, 25.0, seed=5), brick(48.0, 20.0, seed=3)
    _, known = compared(wall, reference)
    walls = Walls(wall[None], torch.ones_like(wall[:1]))
    assert with_scale(known, measure_lattice(walls), walls, 1.0) is known


def test_nothing_is_said_of_noise_and_of_flat_pictures():
    generator = torch.Generator().manual_seed(2)
    for wall in (torch.rand(3, 200, 240, generator=generator), torch.full((3, 200, 240), 0.5)):
        found, _ = compared(wall, torch.rand(3, 200, 200, generator=generator))
        assert bool(found.scale_ratio.isnan().all())
