"""Bands in lag maps that are drawn by hand."""

import math

import pytest
import torch

from tiling_diag.checks.zones.band_search import DIRECTIONS, OCTAVES, find_bands, normals
from tiling_diag.checks.zones.lag_maps import LagMaps, lags

CELLS, CELL_PX = 40, 10.0
HALF = CELLS * CELL_PX / 2
UNIT = torch.full((len(OCTAVES), DIRECTIONS), 40.0, dtype=torch.float64)
EVEN = (1.0, 1.0)


def places():
    at = (torch.arange(CELLS, dtype=torch.float64) + 0.5) * CELL_PX - HALF
    return torch.stack([at.expand(CELLS, -1), at[:, None].expand(-1, CELLS)], -1).flatten(0, 1)


def repeats(stretch, *, rank_1=False):
    """``(L,)`` how a material of joints and tones repeats, its units stretched."""
    u, v = (2 * math.pi * lags(rank_1=rank_1) / torch.tensor(stretch)).cos().unbind(-1)
    return v if rank_1 else 0.4 * u + 0.4 * v + 0.2 * u * v


def maps(inside, zone, rest, *, rank_1=False, missing=None):
    """Maps that show `zone` ``(L,)`` in cells `inside` ``(n,)`` and `rest` in all others."""
    products = torch.where(inside, zone[:, None], rest[:, None])
    energies = torch.ones_like(products)
    if missing is not None:
        products[missing] = 0
        energies[missing] = 0
    return LagMaps(products, energies, places(), CELL_PX, rank_1)


def between(direction, low, high):
    across = places() @ normals()[direction]
    return (across > low) & (across < high)


@pytest.mark.parametrize("direction", [0, 3, DIRECTIONS // 2])
@pytest.mark.parametrize("octave", OCTAVES)
def test_a_band_of_another_octave_is_found_with_its_edges(direction, octave):
    inside = between(direction, -100, 20)
    found = find_bands(maps(inside, repeats(octave), repeats(EVEN)), UNIT)
    assert (found.direction, OCTAVES[found.kind]) == (direction, octave)
    # Oblique bins hold parts of cells on both sides.
    assert found.places == [pytest.approx((-100, 20), abs=CELL_PX)]
    # Just like the rest stretched, and rather unlike it as it is.
    assert found.clarity > 0.6 and found.scores[0] > 0.4


def test_a_band_at_the_border_has_no_end_there():
    found = find_bands(maps(between(0, -999, -50), repeats((2.0, 2.0)), repeats(EVEN)), UNIT)
    assert found.places == [pytest.approx((-math.inf, -50.0))]


def test_two_bands_are_found_as_two():
    inside = between(6, -150, -80) | between(6, 30, 100)
    found = find_bands(maps(inside, repeats((2.0, 1.0)), repeats(EVEN)), UNIT)
    assert sorted(found.places) == [
        pytest.approx((-150, -80), abs=1.0),
        pytest.approx((30, 100), abs=1.0),
    ]


def test_boards_have_bands_across_them_only():
    wide, plain = (repeats((1.0, s), rank_1=True) for s in (2.0, 1.0))
    found = find_bands(maps(between(0, -60, 60), wide, plain, rank_1=True), UNIT)
    assert found.direction == 0 and OCTAVES[found.kind] == (2.0, 2.0)
    assert found.clarity > 0.6


@pytest.mark.parametrize("zone", [repeats(EVEN), 0 * repeats(EVEN), repeats((1.37, 1.37))])
def test_what_is_no_octave_is_no_clear_band(zone):
    """The wall itself, what does not repeat, and another material."""
    found = find_bands(maps(between(0, -60, 60), zone, repeats(EVEN)), UNIT)
    assert found is None or found.clarity < 0.3


def test_bands_are_as_wide_as_some_units():
    found = find_bands(maps(between(0, -20, 20), repeats((2.0, 2.0)), repeats(EVEN)), 2 * UNIT)
    assert found is None or all(high - low > 100 for low, high in found.places)


def test_where_too_few_lags_are_known_nothing_is_compared():
    inside = between(0, -60, 60)
    every = torch.arange(len(lags(rank_1=False)))
    few = maps(inside, repeats((2.0, 2.0)), repeats(EVEN), missing=every % 3 > 0)
    assert find_bands(few, UNIT) is None
    some = maps(inside, repeats((2.0, 2.0)), repeats(EVEN), missing=every % 9 == 0)
    assert find_bands(some, UNIT).direction == 0
