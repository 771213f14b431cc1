"""Lattices that drawn autocorrelations propose, and those that windows agree on."""

import pytest
import torch
from drawn_autocorrelation import drawn, points, side_by_side
from drawn_looks import ONE, SIZE, WINDOWS, families_of, level_of

from tiling_diag.checks.lattice.candidates import candidates, families
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.proposals import in_view, starts
from tiling_diag.kernels.lattice_algebra import (
    cell_area,
    same_lattice,
    sublattices,
    superlattices,
)

STACK, OBLIQUE = ((20, 0), (0, 14)), ((17, 5), (-6, 16))


def falling(i, j):
    """Neighbours are more alike than units far apart."""
    return 1 - 0.01 * (i.abs() + j.abs())


BRICKS, TILES = [points(*STACK, 0.8, falling)], [points(*OBLIQUE, 0.8, falling)]


def tensor(basis):
    return torch.tensor(basis, dtype=torch.float64)


def same(found, basis):
    return same_lattice(found, tensor(basis), 0.03)


def test_starts_hold_the_lattice_that_is_drawn_and_are_ordered():
    maps = side_by_side([drawn(BRICKS, size=SIZE), drawn(TILES, size=SIZE)])
    basis, score = starts(maps, LIMITS.peaks, LIMITS.starts, SIZE)
    assert basis.shape == (2, LIMITS.starts, 2, 2)
    assert (score.diff(dim=-1) <= 0).all()
    for wall, lattice in enumerate((STACK, OBLIQUE)):
        good = same(basis[wall], lattice) & (score[wall] > 0)
        assert good.any()
        # A bump's height, less for few points.
        assert 0.6 < score[wall][good].max() < 0.8


def test_few_starts_are_of_about_one_size():
    basis, score = starts(drawn(BRICKS, size=SIZE), LIMITS.peaks, LIMITS.starts, SIZE)
    octaves = cell_area(basis)[score > 0].log2().floor()
    assert octaves.unique(return_counts=True)[1].max() <= LIMITS.starts_per_octave
    assert len(octaves) > LIMITS.starts_per_octave


def test_without_maxima_all_starts_are_stand_ins():
    basis, score = starts(drawn([]), LIMITS.peaks, LIMITS.starts, SIZE)
    assert (score < 0).all()
    assert (cell_area(basis) > 1).all()


@pytest.mark.parametrize(
    ("basis", "seen"),
    [
        (((90, 0), (0, 90)), True),
        (((120, 0), (0, 30)), False),  # two periods across are not in view
        (((108, 0), (0, 108)), False),  # fewer than four cells are
    ],
)
def test_about_two_periods_are_in_view(basis, seen):
    assert bool(in_view(tensor(basis), SIZE)) == seen


def test_windows_that_agree_are_one_family():
    found, *_ = families_of(BRICKS)
    number = same(found.basis_px[0], STACK) & found.is_there[0]
    assert number.sum() == 1
    assert bool(number[0])  # the first one
    # Every window and the whole wall propose it.
    assert found.votes[0, 0] >= WINDOWS + 1
    assert found.windows[0, 0] == WINDOWS
    assert found.support[0, 0, :WINDOWS].min() > 0.5
    assert (found.support[0, 0, WINDOWS:] == 0).all()
    order = found.mass[0][found.is_there[0]]
    assert (order.diff() <= 0).all()


def test_windows_of_two_materials_are_two_families_with_maps_of_their_own():
    shown = [BRICKS] * 5 + [TILES] * 4
    found, *_ = families_of(BRICKS, shown)
    maps = found.maps.maps.unflatten(0, (1, -1))[0]
    middle = LIMITS.window_max_lag_px
    for lattice, mine in ((STACK, slice(0, 5)), (OBLIQUE, slice(5, 9))):
        (which,) = (same(found.basis_px[0], lattice) & found.is_there[0]).nonzero()[:, 0]
        support = found.support[0, which, :WINDOWS]
        others = torch.ones(WINDOWS, dtype=torch.bool)
        others[mine] = False
        assert support[mine].min() > 0.5 > 2 * support[others].max()
        x, y = lattice[1]
        assert maps[which, 0, middle + y, middle + x] > 0.7


def test_windows_that_lie_beside_the_wall_have_no_say():
    whole = drawn(BRICKS, size=SIZE)
    coverage = [1.0] * 5 + [0.9 * LIMITS.least_coverage] * 4
    level = level_of([BRICKS] * 5 + [TILES] * 4, coverage=torch.tensor([coverage]))
    found = families(whole, ONE, SIZE, [level])
    assert (found.windows == 5).all()
    assert (found.support[..., 5:] == 0).all()
    assert not (same(found.basis_px[0], OBLIQUE) & found.is_there[0]).any()


def test_candidates_are_families_and_what_is_nested_in_them_once_each():
    found, whole, _ = families_of(BRICKS)
    tried = candidates(found, whole, ONE, SIZE)
    basis = tried.basis_px[0][tried.is_there[0]]
    stack = tensor(STACK)
    denser = [one for n in (2, 3) for one in superlattices(stack, n)]
    # Those with vectors too short or too flat a cell are left out.
    denser = [one for one in denser if one.norm(dim=-1).min() > 6]
    coarser = [one for n in (2, 3) for one in sublattices(stack, n) if in_view(one, SIZE)]
    assert len(denser) > 2 and len(coarser) == 7
    for one in [stack, *denser, *coarser]:
        assert same_lattice(basis, one, 0.03).sum() == 1
    twice = same_lattice(basis[:, None], basis, 0.02, steps=0).tril(-1)
    assert not twice.any()
    assert int(tried.family.max()) < LIMITS.families
