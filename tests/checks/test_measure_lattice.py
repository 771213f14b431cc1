"""The lattice of small pictures: alone and side by side, claimed and assumed."""

import pytest
import torch
from drawn_pictures import HEIGHT, PICTURES, WIDTH, laid, material, measured
from torch.utils._python_dispatch import TorchDispatchMode

from tiling_diag.checks.batches import item
from tiling_diag.checks.lattice.measure import assumed, claimed
from tiling_diag.checks.results import Reason
from tiling_diag.kernels.lattice_algebra import same_lattice

NUMBERS = ("strength", "unit_px", "course_px", "fundamental_px")
BRICK, BOARDS = PICTURES["brick"][0](), material("plank_1d", 0.0, 30.0)
FLAT = torch.full((3, HEIGHT, WIDTH), 0.5)
NOISE = torch.rand((3, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def batch():
    return measured(BRICK, BOARDS, FLAT, NOISE)


def test_a_wall_is_measured_alike_alone_and_in_a_batch(batch):
    for number, picture in enumerate((BRICK, BOARDS, FLAT, NOISE)):
        together, alone = item(batch, number), item(measured(picture), 0)
        assert int(together.reason) == int(alone.reason)
        assert float(together.probability) == pytest.approx(float(alone.probability), abs=1e-3)
        if not bool(alone.is_periodic):
            continue
        torch.testing.assert_close(
            together.basis_px, alone.basis_px, atol=1e-3, rtol=0, equal_nan=True
        )
        for name in (*NUMBERS, "angle_deg", "wave_vector"):
            torch.testing.assert_close(
                getattr(together, name), getattr(alone, name), atol=1e-3, rtol=0, equal_nan=True
            )


class Count(TorchDispatchMode):
    """Counts operations."""

    def __init__(self):
        super().__init__()
        self.number = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.number += 1
        return func(*args, **(kwargs or {}))


def operations(pictures):
    with Count() as count:
        measured(*pictures)
    return count.number


def test_operations_do_not_grow_with_the_batch():
    walls = [material("running_bond", 40.0 + 3 * k, 14.0 + k, seed=k) for k in range(4)]
    operations(walls[:1])  # tables that are made once
    assert operations(walls) == pytest.approx(operations(walls[:1]), rel=0.05)


def test_why_a_picture_has_no_lattice(batch):
    expected = [Reason.FOUND, Reason.FOUND, Reason.FLAT, Reason.NOTHING_REPEATS]
    assert batch.reason.tolist() == expected
    assert measured(BRICK[:, :20]).reason.tolist() == [Reason.TOO_SMALL]
    assert batch.probability[2] == 0
    assert batch.probability[3] < 0.2
    assert batch.basis_px[2].isnan().all()


def test_boards_have_a_pitch_alone(batch):
    basis = batch.basis_px[1]
    assert basis[0].abs().tolist() == pytest.approx([0.0, 30.0], abs=0.3)
    assert basis[1].isnan().all()
    assert float(batch.course_px[1]) == pytest.approx(30.0, rel=0.01)
    assert batch.unit_px[1].isnan()


def test_unlikely_lattices_are_not_claimed_but_may_be_assumed(batch):
    sure, guess = claimed(batch), assumed(batch)
    for number in (0, 1):
        for name in (*NUMBERS, "basis_px", "angle_deg", "wave_vector"):
            torch.testing.assert_close(
                getattr(sure, name)[number], getattr(batch, name)[number], equal_nan=True
            )
    for number in (2, 3):
        for name in (*NUMBERS, "basis_px", "angle_deg", "wave_vector"):
            assert getattr(sure, name)[number].isnan().all()
    # Of noise there is a likeliest one, of a flat picture none.
    assert guess.is_periodic.tolist() == [True, True, False, True]
    assert guess.reason.tolist() == [Reason.FOUND, Reason.FOUND, Reason.FLAT, Reason.FOUND]
    assert guess.basis_px[3, 0].isfinite().all()
    assert torch.equal(guess.probability, batch.probability)


def test_the_next_best_lattice_is_another_one(batch):
    """Of any that differ, also of boards; of a flat picture there is none."""
    for number in (0, 1):
        best = torch.stack([batch.unit_px[number], batch.course_px[number]])
        second = torch.stack([batch.second_unit_px[number], batch.second_course_px[number]])
        assert second.isfinite().any()
        alike = (second / best - 1).abs() < 0.02
        assert not alike.all()
    assert batch.second_unit_px[2].isnan() and batch.second_course_px[2].isnan()


@pytest.mark.parametrize(
    ("turn", "unit", "course"), [(0.0, 48.0, 16.0), (46.0, 48.0, 16.0), (90.0, 48.0, 16.0)]
)
def test_the_unit_of_a_running_bond_is_a_brick_however_it_is_turned(turn, unit, course):
    found = measured(material("running_bond", unit, course, rotation_deg=turn))
    assert float(found.unit_px) == pytest.approx(unit, rel=0.005)
    assert float(found.course_px) == pytest.approx(course, rel=0.005)
    assert (float(found.angle_deg) - turn + 90) % 180 - 90 == pytest.approx(0.0, abs=0.3)


def test_fine_units_are_found_in_windows_of_a_larger_wall():
    """Courses of 10 px in a picture that is searched at 40 % of its size."""
    fine = laid(24, 10, lambda i, j: torch.tensor(0.6).expand(i.shape), shift=12)
    found = measured(fine.repeat(1, 2, 2))
    assert bool(found.is_periodic[0])
    truth = torch.tensor([[24.0, 0.0], [12.0, 10.0]], dtype=torch.float64)
    assert bool(same_lattice(found.basis_px[0], truth, 0.01))
