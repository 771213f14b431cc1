"""Doubtful lattices at an angle are searched again with level rows."""

import dataclasses
import math

import pytest
import torch

from tiling_diag.checks.lattice.measure import assumed, by_probability, measure_lattice
from tiling_diag.checks.plane.measure import _levelled
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import same_lattice
from tiling_diag.synth import Material, View, draw_wall

BRICK = Material(bond="running_bond", width_px=48, height_px=20, mortar_px=2.5, seed=3)
STRAIGHT = torch.zeros(1, 2, dtype=torch.float64)


def doubted(angle_deg, probability):
    """A wall, and its lattice as if it were as likely as that."""
    view = View(size=(300, 400), noise=0.01, seed=3, rotation_deg=angle_deg)
    image = draw_wall(BRICK, view).image[None]
    walls = Walls(image, torch.ones_like(image[:, 0]))
    found = measure_lattice(walls)
    assert float(found.angle_deg) == pytest.approx(angle_deg, abs=1)
    number = torch.full_like(found.probability, probability)
    return walls, dataclasses.replace(found, probability=number)


def test_doubtful_rows_at_an_angle_are_searched_as_level_ones_and_turned_back():
    walls, found = doubted(30.0, 0.3)
    level = _levelled(found, walls, STRAIGHT, math.inf)
    assert float(level.probability) > 0.8
    assert bool(same_lattice(level.basis_px, found.basis_px, 0.02, steps=0))
    assert float(level.angle_deg) == pytest.approx(30, abs=1)
    assert float(level.unit_px) == pytest.approx(48, rel=0.01)


@pytest.mark.parametrize("angle_deg,probability", [(1.0, 0.3), (30.0, 0.9), (30.0, 0.01)])
def test_level_rows_and_those_that_are_sure_or_hopeless_are_left(angle_deg, probability):
    walls, found = doubted(angle_deg, probability)
    assert _levelled(found, walls, STRAIGHT, math.inf) is found


def test_what_was_assumed_is_claimed_only_if_it_is_likely():
    _, found = doubted(30.0, 0.3)
    assert not bool(by_probability(assumed(found)).is_periodic)
    _, found = doubted(30.0, 0.7)
    assert bool(by_probability(found).is_periodic)
