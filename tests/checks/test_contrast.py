"""The contrast of nested lattices, of heights that are drawn."""

import pytest
import torch
from drawn_autocorrelation import CHANNELS, drawn, points, ridges

from tiling_diag.checks.lattice.contrast import (
    COARSER,
    DENSER,
    compare,
    free_directions,
    mean_at_lattice,
    relative_contrast,
    strength,
)
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.kernels.lattice_algebra import sublattice_forms

STACK = torch.tensor([[[24.0, 0.0], [0.0, 16.0]]], dtype=torch.float64)


def even_columns(i, j):
    return i % 2 == 0


def index_of(steps, form):
    """Which relation is that with the sub- or super-lattice of this form."""
    forms = torch.cat([sublattice_forms(n) for n in steps])
    return int((forms == torch.tensor(form)).all(-1).all(-1).nonzero()[0, 0])


@pytest.mark.parametrize(("high", "low"), [(0.9, 0.3), (0.8, 0.8), (0.5, 0.0)])
def test_contrast_is_the_difference_over_the_higher_mean(high, low):
    maps = drawn([points((24, 0), (0, 16), high, even_columns), points((24, 0), (0, 16), low)])
    found, on = compare(maps, STACK, COARSER, doubt=0.0)
    # Columns twice as far apart: (2, 0), (0, 1).
    relation = index_of(LIMITS.coarser_steps, [[2.0, 0.0], [0.0, 1.0]])
    assert float(found[0, relation]) == pytest.approx((high - low) / high, abs=0.01)
    assert on[:, 0, relation].tolist() == pytest.approx([high] * CHANNELS, abs=0.01)


def test_points_that_a_denser_lattice_would_add_are_held_against_those_there_are():
    maps = drawn([points((24, 0), (0, 16), 0.8), points((12, 0), (0, 16), 0.2)])
    found, _ = compare(maps, STACK, DENSER, doubt=0.0)
    values = dict(
        zip(
            ("columns", "rows", "centred"),
            (
                float(found[0, index_of(LIMITS.denser_steps, form)])
                for form in (
                    [[1.0, 0.0], [0.0, 2.0]],
                    [[2.0, 0.0], [0.0, 1.0]],
                    [[1.0, 1.0], [0.0, 2.0]],
                )
            ),
            strict=True,
        )
    )
    # Of the three halved cells one adds the points at (12, 0), which have a quarter of the height.
    assert sorted(values.values()) == pytest.approx([0.75, 1.0, 1.0], abs=0.01)


def test_doubt_takes_more_off_where_points_are_few():
    """Heights that differ from point to point: the standard error of a mean grows with fewer."""

    def uneven(i, j):
        return 0.7 + 0.2 * ((i * 7 + j * 3) % 4 - 1.5)

    maps = drawn([points((24, 0), (0, 16), 1.0, uneven)])
    sure, _ = compare(maps, STACK, COARSER, doubt=0.0)
    doubted, _ = compare(maps, STACK, COARSER, doubt=1.0)
    proven, _ = compare(maps, STACK, COARSER, doubt=-1.0)
    assert (doubted < sure).all()
    assert (proven > sure).all()
    few = STACK * 2.5
    loss = (sure - doubted).mean()
    less = compare(maps, few, COARSER, doubt=0.0)[0] - compare(maps, few, COARSER)[0]
    assert less.nanmean() > loss


def test_a_contrast_needs_as_many_channels_as_votes_are_asked_for():
    odd = [points((24, 0), (0, 16), 0.9, even_columns)]
    maps = drawn([odd, odd, *[[points((24, 0), (0, 16), 0.9)]] * (CHANNELS - 2)])
    relation = index_of(LIMITS.coarser_steps, [[2.0, 0.0], [0.0, 1.0]])
    two, three = (
        float(compare(maps, STACK, COARSER, doubt=0.0, votes=n)[0][0, relation]) for n in (2, 3)
    )
    assert two == pytest.approx(1.0, abs=0.01)
    assert three == pytest.approx(0.0, abs=0.01)


def test_a_lattice_of_which_no_neighbour_is_in_view_has_no_contrast():
    far = torch.tensor([[[500.0, 0.0], [0.0, 500.0]]], dtype=torch.float64)
    found, _ = compare(drawn([points((24, 0), (0, 16), 0.9)]), far, COARSER)
    assert found.isnan().all()


def test_a_channel_that_hardly_repeats_says_little():
    on, off = torch.tensor([0.8, 0.2, 0.05]), torch.zeros(3)
    weight = torch.tensor([1.0, 1.0, 1.0])
    # The second has half of half the best mean, the third no more than noise.
    assert relative_contrast(on, off, weight).tolist() == pytest.approx([1.0, 0.5, 0.0])
    assert relative_contrast(on, off, weight * 0.5).tolist() == pytest.approx([0.5, 0.25, 0.0])


def test_strength_is_the_mean_of_the_four_best_channels():
    heights = [0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1]
    maps = drawn([[points((24, 0), (0, 16), h)] for h in heights])
    on, count = mean_at_lattice(maps, STACK)
    assert on[:, 0].tolist() == pytest.approx(heights, abs=0.01)
    assert float(strength(maps, on)[0]) == pytest.approx(0.6, abs=0.01)
    assert count[0] > 20


def test_along_ridges_nothing_changes():
    square = torch.tensor([[[20.0, 0.0], [0.0, 20.0]]], dtype=torch.float64)
    found = free_directions(drawn([ridges((0.0, 20.0), 0.8)]), square)
    assert found[0].tolist() == pytest.approx([0.0, 1.0], abs=0.01)


def test_around_points_everything_changes():
    found = free_directions(drawn([points((24, 0), (0, 16), 0.8)]), STACK)
    assert found[0].tolist() == pytest.approx([1.0, 1.0], abs=0.01)
