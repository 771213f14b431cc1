"""Contrast of nested lattices: which points belong to whom, and heights that are drawn."""

import itertools

import pytest
import torch
from drawn_autocorrelation import CHANNELS, drawn, points

from tiling_diag.checks.lattice.nested import (
    COARSER_INDICES,
    DENSER_INDICES,
    coarser,
    contrast,
    denser,
    forms,
    half_plane,
    in_line,
    looked_at,
    mean_at_points,
    relative_contrast,
    shifted,
    strength,
)

A, B = (24.0, 0.0), (0.0, 16.0)
STACK = torch.tensor([[[A, B]]], dtype=torch.float64)
COARSER, DENSER, SHIFTED = coarser((6, 4)), denser((4, 3)), shifted((6, 5))


def contrast_of(maps, basis, relations, **doubt):
    seen = looked_at(maps, basis, relations.multiples)
    return contrast(seen, maps.importance[..., None], relations, **doubt)


def even_columns(i, j):
    return i % 2 == 0


def index_of(indices, form):
    """Which relation is that with the sub- or super-lattice of this form."""
    same = (forms(indices) == torch.tensor(form)).all(-1).all(-1)
    return int(same.nonzero()[0, 0])


def spanned(basis, order=40):
    """All whole-number sums of two vectors, near zero, by brute force."""
    (ax, ay), (bx, by) = basis
    return {
        (round(i * ax + j * bx, 6), round(i * ay + j * by, 6))
        for i, j in itertools.product(range(-order, order + 1), repeat=2)
    }


@pytest.mark.parametrize("parts", [1, 3])
def test_the_half_plane_has_one_of_each_pair_of_opposites(parts):
    found = {tuple(p) for p in (half_plane((3, 2), parts) * parts).round().int().tolist()}
    wide, high = 3 * parts, 2 * parts
    everything = set(itertools.product(range(-wide, wide + 1), range(-high, high + 1))) - {(0, 0)}
    assert not found & {(-i, -j) for i, j in found}
    assert found | {(-i, -j) for i, j in found} == everything


def test_coarser_lattices_keep_their_own_points_and_leave_out_the_rest():
    steps = forms(COARSER_INDICES)
    # 3, 4 and 6 sub-lattices of index 2, 3 and 5.
    assert len(steps) == len(COARSER.on) == 13
    for form, on, off in zip(steps.tolist(), COARSER.on, COARSER.off, strict=True):
        own = spanned(form)
        for (i, j), kept, left in zip(COARSER.multiples.tolist(), on, off, strict=True):
            assert bool(kept) == ((i, j) in own)
            assert bool(left) != bool(kept)


def test_denser_lattices_add_the_points_that_are_no_whole_sums():
    steps = torch.linalg.inv(forms(DENSER_INDICES)).mT
    assert len(steps) == len(DENSER.on) == 7
    for form, on, off in zip(steps.tolist(), DENSER.on, DENSER.off, strict=True):
        held = spanned(form)
        for (i, j), own, added in zip(DENSER.multiples.tolist(), on, off, strict=True):
            whole = i == round(i) and j == round(j)
            assert bool(own) == whole
            assert bool(added) == ((round(i, 6), round(j, 6)) in held and not whole)


def test_copies_are_moved_by_part_of_one_vector():
    moves = [(0.25, 0), (0.375, 0), (0.5, 0), (0, 0.25), (0, 0.375), (0, 0.5)]
    whole = (SHIFTED.multiples == SHIFTED.multiples.round()).all(-1)
    for move, on, off in zip(moves, SHIFTED.on, SHIFTED.off, strict=True):
        assert torch.equal(on.bool(), whole)
        back = SHIFTED.multiples[off.bool()] - torch.tensor(move)
        assert torch.equal(back, back.round())
        assert len(back) == 13 * 11


@pytest.mark.parametrize(("high", "low"), [(0.9, 0.3), (0.8, 0.8), (0.5, 0.0)])
def test_contrast_is_the_difference_over_the_higher_mean(high, low):
    maps = drawn([points(A, B, high, even_columns), points(A, B, low)])
    found, missing, on = contrast_of(maps, STACK, COARSER, doubt=0.0)
    # Columns twice as far apart: (2, 0), (0, 1).
    relation = index_of(COARSER_INDICES, [[2.0, 0.0], [0.0, 1.0]])
    assert not missing[0, 0, relation]
    assert float(found[0, 0, 0, relation]) == pytest.approx((high - low) / high, abs=0.01)
    assert on[0, :, 0, relation].tolist() == pytest.approx([high] * CHANNELS, abs=0.01)


def test_points_that_a_denser_lattice_would_add_are_held_against_those_there_are():
    maps = drawn([points(A, B, 0.8), points((12, 0), B, 0.2)])
    found, _, _ = contrast_of(maps, STACK, DENSER, doubt=0.0)
    halved = [
        float(found[0, 0, 0, index_of(DENSER_INDICES, form)])
        for form in ([[1.0, 0.0], [0.0, 2.0]], [[2.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [0.0, 2.0]])
    ]
    # Of the three halved cells one adds the points at (12, 0), which have a quarter of the height.
    assert sorted(halved) == pytest.approx([0.75, 1.0, 1.0], abs=0.01)


@pytest.mark.parametrize(("between", "expected"), [(0.0, 1.0), (0.8, 0.0)])
def test_a_copy_moved_by_half_a_vector_lies_on_the_points_of_a_denser_lattice(between, expected):
    maps = drawn([points(A, B, 0.8), points((12, 0), B, between)])
    found, _, _ = contrast_of(maps, STACK, SHIFTED, doubt=0.0)
    across, down = found[0, 0, 0, 2], found[0, 0, 0, 5]
    assert float(across) == pytest.approx(expected, abs=0.01)
    assert float(down) == pytest.approx(1.0, abs=0.01)


def test_doubt_takes_more_off_where_points_are_few():
    """Heights that differ from point to point: the standard error of a mean grows with fewer."""

    def uneven(i, j):
        return 0.7 + 0.2 * ((i * 7 + j * 3) % 4 - 1.5)

    maps = drawn([points(A, B, 1.0, uneven)])
    sure, doubted, proven = (
        contrast_of(maps, STACK, COARSER, doubt=doubt)[0] for doubt in (0.0, 1.0, -1.0)
    )
    assert (doubted < sure).all()
    assert (proven > sure).all()
    few, missing, _ = contrast_of(maps, STACK * 2.5, COARSER, doubt=0.0)
    less = (few - contrast_of(maps, STACK * 2.5, COARSER)[0])[:, 0][~missing]
    assert less.mean() > (sure - doubted).mean()


def test_each_channel_and_each_wall_has_its_own_contrast_of():
    odd, even = [points(A, B, 0.9, even_columns)], [points(A, B, 0.9)]
    maps = drawn([odd, odd, *[even] * (CHANNELS - 2)])
    found, _, _ = contrast_of(maps, STACK.expand(-1, 3, -1, -1), COARSER, doubt=0.0)
    relation = index_of(COARSER_INDICES, [[2.0, 0.0], [0.0, 1.0]])
    expected = [1.0, 1.0] + [0.0] * (CHANNELS - 2)
    for same in range(3):
        assert found[0, :, same, relation].tolist() == pytest.approx(expected, abs=0.01)


def test_a_lattice_of_which_no_neighbour_is_in_view_has_no_contrast_of():
    far = torch.tensor([[[[500.0, 0.0], [0.0, 500.0]]]], dtype=torch.float64)
    _, missing, _ = contrast_of(drawn([points(A, B, 0.9)]), far, COARSER)
    assert missing.all()


def test_a_channel_that_hardly_repeats_says_little():
    on, off = torch.tensor([[[0.8], [0.2], [0.02]]]), torch.zeros(1, 3, 1)
    weight = torch.ones(1, 3)
    # The second has half of half the best mean, the third no more than noise.
    for share in (1.0, 0.5):
        found = relative_contrast(on, off, weight * share)[0, :, 0]
        assert found.tolist() == pytest.approx([share, 0.5 * share, 0.0])


def test_strength_is_the_mean_of_the_four_best_channels():
    heights = [0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1]
    maps = drawn([[points(A, B, h)] for h in heights])
    on, count = mean_at_points(maps, STACK)
    assert on[0, :, 0].tolist() == pytest.approx(heights, abs=0.01)
    assert float(strength(on, maps.importance)) == pytest.approx(0.6, abs=0.01)
    assert float(strength(on, 0.5 * maps.importance)) == pytest.approx(0.3, abs=0.01)
    assert count[0, 0] > 20


def test_one_row_of_dense_points_is_no_evidence_of_a_lattice():
    line = torch.tensor([[4.0, 0.0], [-2.0, 190.0]], dtype=torch.float64)
    both = torch.stack([line, STACK[0, 0]])[None]
    _, count = mean_at_points(drawn([points(A, B, 0.9)]), both)
    assert count[0, 0] == 0
    assert count[0, 1] > 20


def test_points_along_one_vector_are_compared_alone():
    """Every second point of a row is missing, whatever the rows beside it show."""
    rows = points(A, (9.0, 16.0), 0.8, lambda i, j: ((i % 2 == 0) | (j != 0)).double())
    along = contrast_of(drawn([rows]), torch.tensor([[[A, (9.0, 16.0)]]]).double(), in_line(6))[0]
    evens, thirds, halves = along[0, 0, 0].unflatten(-1, (4, 3)).unbind(-1)
    assert float(evens[0]) > 0.9
    assert evens[1:].max() < 0.2
    # Half of the row's own points are missing.
    assert halves.tolist() == pytest.approx([0.4, 1.0, 1.0, 1.0], abs=0.05)
    assert thirds[1:].max() < 0.2
