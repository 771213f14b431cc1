"""What the score of lattices is fitted on: pictures, their truth, and trees written as lists."""

import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import fit_lattice_score
import score_nothing
import score_pictures
import score_tilted

from tiling_diag.checks.lattice.fitted_score import Trees
from tiling_diag.checks.lattice.measure import measure_lattice
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import same_lattice
from tiling_diag.synth import Material, View, draw_wall

needs_sklearn = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="needs the bench extra"
)


@pytest.fixture(scope="module")
def wall():
    """Running bond of 40 x 16 px at an angle: its mirror images are other lattices."""
    view = View(size=(256, 352), rotation_deg=12)
    drawn = draw_wall(Material(width_px=40, height_px=16), view)
    return score_pictures.Wall("drawn", drawn.image, drawn.truth.a_px, drawn.truth.b_px)


def shows_its_lattice(picture, mask=None):
    mask = torch.ones_like(picture.image[0]) if mask is None else mask
    with torch.no_grad():
        found = measure_lattice(Walls(picture.image[None].contiguous(), mask[None]))
    truth = torch.tensor([picture.a, picture.b], dtype=torch.float64)
    return bool(same_lattice(found.basis_px[0], truth, 0.03))


# --- pictures


def test_the_wall_that_is_changed_shows_its_lattice_and_no_other(wall):
    assert shows_its_lattice(wall)
    doubled = tuple(2 * v for v in wall.a)
    other = score_pictures.Wall(wall.name, wall.image, doubled, wall.b)
    assert not shows_its_lattice(other)


@pytest.mark.parametrize(
    "change",
    [
        lambda wall: score_pictures._turned(wall, 90.0),
        lambda wall: score_pictures._turned(wall, 33.0),
        lambda wall: score_pictures._cropped(wall, np.random.default_rng(1)),
        lambda wall: score_pictures._scaled(wall, 0.8),
    ],
    ids=["upright", "turned", "cropped", "scaled"],
)
def test_the_truth_is_carried_along(wall, change):
    changed = change(wall)
    assert changed.size != wall.size
    assert shows_its_lattice(changed)


def test_a_wall_seen_at_an_angle_and_laid_flat_has_its_lattice_at_the_middle(wall):
    # Not every third seed is laid flat.
    flat, mask = score_tilted.tilted(wall, 1, [wall])
    assert mask.shape == flat.size
    assert shows_its_lattice(flat, mask)


def test_pictures_are_decided_by_name_and_seed(wall):
    def looks(seed):
        return score_pictures.changed(wall, seed, [wall]).image

    assert score_pictures.changed(wall, 0, []) is wall
    assert torch.equal(looks(3), looks(3))
    assert looks(3).shape != looks(4).shape or not torch.equal(looks(3), looks(4))
    nothing = [score_nothing.without_lattice(seed, [wall]) for seed in (5, 5, 12)]
    assert torch.equal(nothing[0].image, nothing[1].image)
    assert nothing[0].a is None
    # Of one kind, but not the same.
    assert not torch.equal(nothing[0].image.mean(), nothing[2].image.mean())


@pytest.mark.parametrize("seed", range(7))
def test_every_kind_of_nothing_is_a_picture(wall, seed):
    image = score_nothing.without_lattice(seed, [wall]).image
    assert image.isfinite().all()
    assert 0 <= image.min() < image.max() <= 1
    assert image.std() > 0.01


# --- what is fitted


def test_the_best_candidate_of_each_picture():
    table = fit_lattice_score.Table(
        np.zeros((4, 1)), np.array([False, True, True, False]), np.array([0, 0, 2, 2]), 1.0
    )
    top, right = table.best(np.array([-1.0, 0.5, -2.0, 3.0]), 3)
    assert top.tolist() == [0.5, fit_lattice_score.NO_CANDIDATE, 3.0]
    assert right.tolist() == [True, False, False]


def test_the_calibration_error_is_the_mean_gap():
    probability = np.array([0.92, 0.98, 0.94, 0.96, 0.15, 1.0])
    right = np.array([True, True, True, False, False, True])
    # From 0.9 on five, of mean 0.96, four right; below 0.2 one.
    error = (5 * abs(0.96 - 0.8) + 1 * 0.15) / 6
    assert fit_lattice_score.calibration_error(probability, right) == pytest.approx(error)


@needs_sklearn
def test_trees_as_lists_say_what_the_fitted_ones_say():
    # Limits lie halfway between values: these are written with all their digits.
    numbers = np.random.default_rng(0).integers(-8, 9, (600, 4)) / 4
    truth = numbers[:, 0] * numbers[:, 1] + np.abs(numbers[:, 2]) > 0.5
    table = fit_lattice_score.Table(numbers, truth, np.arange(600) // 3, 2.0)
    model = table.fitted(np.arange(200), 12)
    plain = fit_lattice_score.plain_trees(model)
    kinds = {name: torch.int64 for name in ("feature", "left", "right")}
    trees = Trees(
        **{
            name: torch.tensor(plain[name], dtype=kinds.get(name, torch.float32))
            for name in ("feature", "limit", "left", "right", "value")
        },
        start=plain["start"],
        depth=plain["depth"],
    )
    found = trees(torch.from_numpy(numbers).float()).numpy()
    expected = model.decision_function(numbers)
    assert np.ptp(expected) > 1
    # Values are written with six digits, and there are twelve.
    assert np.abs(found - expected).max() < 12 * 1e-5
    assert math.isfinite(plain["start"])
