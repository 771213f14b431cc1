"""Lattices that parts of a wall share."""

import dataclasses

import pytest
import torch
from known_lattice import known, none
from torch.testing import assert_close

from tiling_diag.checks.batches import items
from tiling_diag.checks.lattice import parts
from tiling_diag.checks.lattice.parts import fit_into_parts, measure_parts
from tiling_diag.checks.walls import Walls
from tiling_diag.synth import Material, View, draw_wall

BRICK = Material(bond="running_bond", width_px=48, height_px=20, mortar_px=2.5, seed=3)
BOARDS = Material(bond="plank_1d", width_px=0, height_px=36, mortar_px=3, seed=5)
SIZE = (300, 400)


def drawn(material):
    return draw_wall(material, View(size=SIZE, noise=0.01, seed=3)).image


def parts_of(*images):
    walls = torch.stack(images)
    return measure_parts(Walls(walls, torch.ones_like(walls[:, 0])))


def test_a_wall_with_two_corners_hidden_shares_its_lattice_in_the_others():
    image = drawn(BRICK)
    noise = torch.rand(image.shape, generator=torch.Generator().manual_seed(2))
    image[:, :140, :] = noise[:, :140, :]
    found = parts_of(image)
    assert bool(found.is_periodic)
    assert float(found.probability) >= 0.6
    assert_close(found.unit_px, torch.tensor([48.0], dtype=torch.float64), rtol=0.02, atol=0)
    assert_close(found.course_px, torch.tensor([20.0], dtype=torch.float64), rtol=0.02, atol=0)


def test_a_lattice_of_one_part_alone_is_none():
    image = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(2))
    image[:, 175:, 235:] = drawn(BRICK)[:, 175:, 235:]
    found = parts_of(image)
    assert not bool(found.is_periodic)
    assert float(found.probability) == 0


def test_boards_are_shared_as_boards():
    found = parts_of(drawn(BOARDS))
    assert bool(found.is_periodic)
    assert bool(found.basis_px[0, 1].isnan().all())
    assert_close(found.course_px, torch.tensor([36.0], dtype=torch.float64), rtol=0.02, atol=0)


def test_walls_of_a_batch_are_as_they_are_alone():
    nothing = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(4))
    images = [drawn(BRICK), nothing, drawn(BOARDS)]
    together, alone = parts_of(*images), [parts_of(image) for image in images]
    assert together.is_periodic.tolist() == [True, False, True]
    for index, one in enumerate(alone):
        assert_close(together.probability[index], one.probability[0], atol=1e-3, rtol=0)
        assert_close(together.basis_px[index], one.basis_px[0], atol=1e-2, rtol=0, equal_nan=True)


def test_a_lattice_fits_into_parts_that_show_two_and_a_half_periods():
    # Parts of 100 x 200 px are 62 x 124 px.
    assert fit_into_parts(known((20.0, 0.0), (0.0, 49.0)), (100, 200)).tolist() == [True]
    assert fit_into_parts(known((20.0, 0.0), (0.0, 51.0)), (100, 200)).tolist() == [False]
    assert fit_into_parts(known((60.0, 0.0)), (100, 200)).tolist() == [False]
    assert fit_into_parts(none(), (100, 200)).tolist() == [True]


@pytest.mark.parametrize(
    ("vectors", "probability", "counts"),
    [
        (((20.0, 0.0), (0.0, 30.0)), 0.7, True),
        (((20.0, 0.0),), 0.7, False),
        (((20.0, 0.0),), 0.9, True),
    ],
)
def test_lines_that_parts_share_must_be_likelier(monkeypatch, vectors, probability, counts):
    own = items(known(*vectors), torch.zeros(parts.PARTS, dtype=torch.int64))
    own = dataclasses.replace(own, probability=torch.full_like(own.probability, probability))
    monkeypatch.setattr(parts, "measure_lattice", lambda _: own)
    found = parts_of(torch.rand(3, *SIZE))
    assert bool(found.is_periodic) == counts
