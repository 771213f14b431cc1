"""The scale of a wall over a reference where no lattice says it."""

import pytest
import torch
from known_lattice import known, none

from tiling_diag.checks.lattice.measure import measure_lattice
from tiling_diag.checks.reference.lattice_ratio import measure_reference
from tiling_diag.checks.reference.texture_ratio import with_texture_ratio
from tiling_diag.checks.walls import Walls
from tiling_diag.synth import Material, View, draw_wall


def brick(width_px, height_px, seed, size=(360, 440)):
    material = Material(width_px=width_px, height_px=height_px, mortar_px=3.0, seed=seed)
    return draw_wall(material, View(size, noise=0.02, seed=seed)).image


def compared(wall, reference, ref_scale=1.0, lattice=None):
    """What is said of a wall beside a reference; neither shows a lattice, unless one is given."""
    walls = Walls(wall[None], torch.ones_like(wall[:1]))
    lattice = lattice or none()
    blank = measure_reference(none(), none(), reference, ref_scale)
    return with_texture_ratio(blank, lattice, walls, ref_scale)


@pytest.mark.parametrize(
    "factor,ref_scale", [((1.0, 1.0), 1.0), ((2.0, 2.0), 1.0), ((1.0, 1.5), 1.0), ((0.7, 0.7), 0.5)]
)
def test_the_scale_is_that_of_the_material(factor, ref_scale):
    reference = brick(48.0, 20.0, seed=3)
    found = compared(brick(48.0 * factor[0], 20.0 * factor[1], seed=4), reference, ref_scale)
    # A step of 0.025 octaves, half of it either way, and as much for what the noise moves.
    for ratio, true in zip((found.scale_ratio_x, found.scale_ratio_y), factor, strict=True):
        assert float((ratio * ref_scale / true).log2().abs()) < 0.03


def test_what_a_lattice_says_stays():
    wall = torch.rand(3, 64, 80, generator=torch.Generator().manual_seed(1))
    lattice, own = known((60.0, 0.0), (30.0, 25.0)), known((40.0, 0.0), (20.0, 25.0))
    said = measure_reference(lattice, own, wall, 1.0)
    assert (
        with_texture_ratio(said, lattice, Walls(wall[None], torch.ones_like(wall[:1])), 1.0) is said
    )
    assert float(said.scale_ratio_x[0]) == pytest.approx(1.5)


def test_nothing_is_said_of_noise_and_of_flat_pictures():
    generator = torch.Generator().manual_seed(2)
    reference = torch.rand(3, 200, 200, generator=generator)
    noise, flat = torch.rand(3, 200, 240, generator=generator), torch.full((3, 200, 240), 0.5)
    assert bool(compared(noise, reference).scale_ratio.isnan().all())
    lattice = measure_lattice(Walls(flat[None], torch.ones_like(flat[:1])))
    assert bool(compared(flat, reference, lattice=lattice).scale_ratio.isnan().all())


def waves(frequencies, size=(300, 340)):
    """Waves of equal height that share no period: no lattice, but a texture with a scale."""
    x, y = torch.arange(size[1]), torch.arange(size[0])[:, None]
    phases = [2 * torch.pi * (fx * x + fy * y) + 0.7 * n for n, (fx, fy) in enumerate(frequencies)]
    return (0.5 + 0.08 * torch.stack(phases).cos().sum(0)).expand(3, -1, -1)


# Cycles per px, in ratios that are no small whole numbers.
TEXTURE = ((0.051, 0.008), (0.013, 0.043), (-0.037, 0.031), (0.0294, 0.0671), (0.0713, -0.0224))


@pytest.mark.parametrize(("across", "down"), [(1.0, 1.0), (1.5, 1.0), (0.8, 1.3), (1.7, 1.7)])
def test_a_texture_without_a_lattice_is_as_large_as_its_waves_are_long(across, down):
    reference = waves(TEXTURE)
    wall = waves([(fx / across, fy / down) for fx, fy in TEXTURE])
    found = compared(wall, reference)
    for ratio, true in ((found.scale_ratio_x, across), (found.scale_ratio_y, down)):
        assert float(ratio[0]) == pytest.approx(true, rel=0.05)
    both = (found.scale_ratio_x * found.scale_ratio_y).sqrt()
    assert float(found.scale_ratio[0]) == pytest.approx(float(both[0]))


def test_textures_of_unlike_directions_have_no_ratio():
    # A stretch along x and y takes no wave that leans to the right to one that leans to the left.
    found = compared(waves([(0.05, 0.05)]), waves([(0.05, -0.05)]))
    assert bool(found.scale_ratio.isnan().all())
