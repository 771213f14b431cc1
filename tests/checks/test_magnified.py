"""Fine units, and rows that say nothing of each other: where a first look alone would be wrong."""

import pytest
import torch

import tiling_diag as td
from tiling_diag.checks.lattice.contrast import mean_at_lattice
from tiling_diag.checks.lattice.magnified import search_magnified
from tiling_diag.checks.lattice.search import search_wall
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import same_lattice
from tiling_diag.synth import Material, View, draw_wall, random_wall


@pytest.mark.parametrize(("seed", "size"), [(45, (600, 800)), (136, (600, 800))])
def test_fine_units_that_blur_into_stripes_are_found_from_nearby(seed, size):
    wall = draw_wall(*random_wall(seed, size=size))
    walls = Walls(wall.image[None], wall.mask[None])
    far = search_wall(walls.small, 0)
    assert far.is_rank_1  # or the case tests nothing
    near = search_magnified(walls, 0, far)
    step = torch.tensor(walls.small_step_px, dtype=torch.float64)
    truth = torch.tensor([wall.truth.a_px, wall.truth.b_px], dtype=torch.float64)
    assert bool(same_lattice(near.basis_small_px * step, truth, 0.01))
    assert near.support > far.support


@pytest.mark.parametrize(("seed", "size"), [(110, (512, 512)), (189, (600, 800))])
def test_many_faint_cells_are_a_lattice(seed, size):
    wall = draw_wall(*random_wall(seed, size=size))
    walls = Walls(wall.image[None], wall.mask[None])
    assert not search_wall(walls.small, 0).repeats  # or the case tests nothing
    found = td.diagnose(wall.image).lattice
    truth = torch.tensor([wall.truth.a_px, wall.truth.b_px], dtype=torch.float64)
    assert bool(same_lattice(found.basis_px, truth, 0.01))


@pytest.mark.parametrize(("seed", "size"), [(53, (1024, 1024)), (293, (512, 512))])
def test_boards_of_like_tones_keep_the_pitch_of_their_joints(seed, size):
    wall = draw_wall(*random_wall(seed, size=size))
    found = td.diagnose(wall.image).lattice.basis_px
    pitch = torch.tensor(wall.truth.a_px, dtype=torch.float64).norm()
    assert bool(found[1].isnan().all())
    assert float(found[0].norm()) == pytest.approx(float(pitch), rel=0.01)


def test_a_move_after_which_the_wall_repeats_worse_is_refused():
    wall = draw_wall(*random_wall(181, size=(512, 512)))
    found = td.diagnose(wall.image).lattice
    truth = torch.tensor([wall.truth.a_px, wall.truth.b_px], dtype=torch.float64)
    assert bool(same_lattice(found.basis_px, truth, 0.002))


def test_a_part_without_any_start_is_no_crash():
    wall = draw_wall(*random_wall(443, size=(600, 800)))
    found = td.diagnose(wall.image).lattice.basis_px[0]
    assert found.tolist() == pytest.approx(wall.truth.a_px, abs=0.05)


def test_a_clear_lattice_is_not_looked_at_again():
    wall = draw_wall(Material(width_px=80.0, height_px=30.0), View(size=(512, 512)))
    walls = Walls(wall.image[None], wall.mask[None])
    far = search_wall(walls.small, 0)
    assert far.repeats
    assert search_magnified(walls, 0, far) is far


def test_one_row_of_dense_points_is_no_evidence_of_a_lattice():
    noise = torch.rand((1, 1, 256, 256), generator=torch.Generator().manual_seed(0))
    autocorrelation = Walls(noise, torch.ones(1, 256, 256)).channel_autocorrelations[0]
    line = torch.tensor([[4.0, 0.0], [-2.0, 140.0]], dtype=torch.float64)
    square = torch.tensor([[20.0, 0.0], [0.0, 20.0]], dtype=torch.float64)
    _, points = mean_at_lattice(autocorrelation, torch.stack([line, square]))
    assert points[0] == 0
    assert points[1] > 30


def test_noise_has_no_period():
    noise = torch.rand((3, 512, 512), generator=torch.Generator().manual_seed(1))
    assert not td.diagnose(noise).summary()["periodicity"]["is_periodic"]
