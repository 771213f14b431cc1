"""Which of these nested lattices does this autocorrelation have?

Every row of the tables is an autocorrelation drawn by hand, and the lattice that a person would
read from it. How the search comes there is the business of the two functions below.
"""

import math

import pytest
import torch
from drawn_autocorrelation import CHANNELS, drawn, points, ridges

from tiling_diag.checks.lattice.octaves import select_sublattices
from tiling_diag.checks.lattice.search import search
from tiling_diag.kernels.lattice_algebra import lattice_index, same_lattice

# A bump's place is read to a fraction of a px.
TOLERANCE = 0.02


def lattice_of(autocorrelation, parts=()):
    """``(2, 2)`` the lattice that is found; NaN where there is none, in both rows or the second."""
    return search(autocorrelation, lambda: list(parts)).basis_small_px


def lattice_from(autocorrelation, start):
    """``(2, 2)`` the lattice that is chosen of those that hold `start` or lie in it."""
    return select_sublattices(autocorrelation, start[None])[0]


def even_columns(i, j):
    return i % 2 == 0


def checker(i, j):
    return (i + j) % 2 == 0


def third_columns(i, j):
    return i % 3 == 0


def pinwheel(i, j):
    return (i + 2 * j) % 5 == 0


def bricks(columns, height=0.9):
    """Points of bricks of 24 x 16 px, or of those that `columns` names, in every channel."""
    return [points((24, 0), (0, 16), height, columns)]


def mixed(number, of_some, of_the_rest):
    """So many channels drawn one way and the rest another way."""
    return [of_some] * number + [of_the_rest] * (CHANNELS - number)


STACK = ((24, 0), (0, 16))
TWO_COLUMNS = ((48, 0), (0, 16))
CHECKER = ((24, 16), (24, -16))

# What is drawn, and the lattice it has.
TABLE = {
    "every point alike": (bricks(None), STACK),
    "every point alike, oblique": ([points((22, 9), (-7, 20), 0.8)], ((22, 9), (-7, 20))),
    "a running bond": ([points((48, 0), (24, 16), 0.8)], ((48, 0), (24, 16))),
    "odd columns half as high": (
        [*bricks(even_columns), points((24, 0), (0, 16), 0.4)],
        TWO_COLUMNS,
    ),
    "odd columns nearly as high": ([*bricks(even_columns), points((24, 0), (0, 16), 0.75)], STACK),
    "odd columns missing": (bricks(even_columns), TWO_COLUMNS),
    "every third column higher": (
        [*bricks(third_columns), points((24, 0), (0, 16), 0.3)],
        ((72, 0), (0, 16)),
    ),
    "every fifth point, as in a pinwheel": (
        [points((14, 0), (0, 14), 0.9, pinwheel), points((14, 0), (0, 14), 0.3)],
        ((14, 28), (28, -14)),
    ),
    "a checkerboard": ([*bricks(checker), points((24, 0), (0, 16), 0.2)], CHECKER),
    "a checkerboard in tones, a grid in its edges": (
        mixed(3, bricks(checker), bricks(None)),
        CHECKER,
    ),
    "odd columns missing in one channel": (
        mixed(1, bricks(even_columns), bricks(None)),
        TWO_COLUMNS,
    ),
    "odd columns missing in one channel that hardly repeats": (
        mixed(1, bricks(even_columns, height=0.05), bricks(None)),
        STACK,
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_lattice_is_the_densest_whose_points_repeat_alike(case):
    channels, expected = TABLE[case]
    found = lattice_of(drawn(channels))
    assert_same(found, expected)


@pytest.mark.parametrize("case", TABLE)
@pytest.mark.parametrize("start", ["itself", "halved", "doubled", "tripled across"])
def test_the_octave_does_not_depend_on_where_the_search_starts(case, start):
    channels, expected = TABLE[case]
    true = torch.tensor(expected, dtype=torch.float64)
    forms = {
        "itself": [[1.0, 0.0], [0.0, 1.0]],
        "halved": [[0.5, 0.0], [0.0, 1.0]],
        "doubled": [[1.0, 0.0], [1.0, 2.0]],
        "tripled across": [[1.0, 0.0], [0.0, 3.0]],
    }
    found = lattice_from(drawn(channels), torch.tensor(forms[start], dtype=torch.float64) @ true)
    assert_same(found, expected)


def test_a_channel_that_does_not_count_decides_nothing():
    channels = mixed(1, bricks(even_columns), bricks(None))
    unimportant = [0.0] + [1.0] * (CHANNELS - 1)
    assert_same(lattice_of(drawn(channels, importance=unimportant)), STACK)


# A wall with a zone of twice the size has the points of both, and odd columns look odd.
ZONED = [*bricks(even_columns), points((24, 0), (0, 16), 0.4)]


def test_a_part_that_repeats_as_well_proves_the_denser_lattice():
    third = drawn(bricks(None), size=(200, 200))
    assert_same(lattice_of(drawn(ZONED), [third]), STACK)


@pytest.mark.parametrize(
    "part", [ZONED, bricks(None, height=0.2)], ids=["with odd columns too", "that hardly repeats"]
)
def test_other_parts_prove_nothing(part):
    assert_same(lattice_of(drawn(ZONED), [drawn(part)]), TWO_COLUMNS)


def test_rows_shifted_by_no_fixed_amount_have_the_period_along_the_rows():
    """Within a row only whole bricks repeat; from row to row halves do as often as wholes."""

    def in_rows(i, j):
        return (j != 0) | (i % 2 == 0)

    def loose(i, j):
        return 0.6 * in_rows(i, j) + 0.3 * (j == 0) * (i % 2 == 0)

    found = lattice_of(drawn([points((20, 0), (0, 16), 1.0, loose)]))
    assert lattice_index(found, torch.tensor([[20.0, 0.0], [0.0, 16.0]]).double()) == 2
    # A whole brick along the row is a step of the lattice, half a brick none.
    steps = torch.tensor([[40.0, 0.0], [20.0, 0.0]]).double() @ torch.linalg.inv(found)
    assert steps[0].tolist() == pytest.approx(steps[0].round().tolist(), abs=0.02)
    assert (steps[1] - steps[1].round()).abs().max() > 0.4


def test_where_columns_tell_as_much_as_rows_nothing_is_longer():
    """So it is in a zone of another size, or in a lattice that is wrong altogether."""

    def cross(i, j):
        along, down = (j == 0) & (i % 2 == 1), (i == 0) & (j % 2 == 1)
        on_axes = 0.9 * ((j == 0) | (i == 0))
        return torch.where(along, 0.3, torch.where(down, 0.45, on_axes.clamp_min(0.6)))

    found = lattice_of(drawn([points((20, 0), (0, 16), 1.0, cross)]))
    assert_same(found, ((20, 0), (0, 16)))


@pytest.mark.parametrize("pitch", [(0.0, 20.0), (17.0, 0.0), (12.0, 12.0)])
def test_ridges_repeat_in_one_direction(pitch):
    found = lattice_of(drawn([ridges(pitch, 0.8)]))
    assert found[1].isnan().all()
    length = float(found[0].norm())
    assert length == pytest.approx(math.hypot(*pitch), rel=0.01)
    assert abs(float(found[0] @ torch.tensor(pitch).double())) == pytest.approx(
        length * math.hypot(*pitch), rel=0.001
    )


def test_nothing_drawn_is_no_lattice():
    assert lattice_of(drawn([])).isnan().all()


def assert_same(found, expected):
    true = torch.tensor(expected, dtype=torch.float64)
    assert bool(same_lattice(found, true, TOLERANCE)), f"{found.tolist()} is not {expected}"
