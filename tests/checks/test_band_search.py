"""Bands in windows whose similarity is drawn by hand."""

import math

import pytest
import torch

from tiling_diag.checks.zones.band_search import DIRECTIONS, OCTAVES, PooledWindows, find_bands
from tiling_diag.checks.zones.similarity import STRETCHES, Similarity

BINS, WIDTH = 20, 10.0
EVERY = [True] * 3
# What a bin shows, as it is and stretched: four things that have nothing in common, each of which
# is the one before it stretched.
FINE, BASE, COARSE, WIDE = torch.eye(4, dtype=torch.float64)
STRETCHED = {0: BASE, 1: COARSE, 2: WIDE}


def pooled(direction, inside, zone, rest=BASE, stretch=0):
    """Windows that show `zone` in the bins `inside` of one direction, and `rest` elsewhere.

    In all other directions each bin holds as much of both as the wall does. Only under one of
    `STRETCHES` is a thing the one before it.
    """
    own = torch.stack([zone if k in inside else rest for k in range(BINS)])
    mixed = own.mean(0).expand(BINS, -1)
    bins = torch.stack([own if d == direction else mixed for d in range(DIRECTIONS)])
    # Stretched along other axes, nothing looks like anything that is there.
    products = []
    for number in range(len(STRETCHES)):
        wide = bins.roll(1, -1) if number == stretch else torch.zeros_like(bins)
        products.append((bins @ bins.mT, bins @ wide.mT, wide @ wide.mT))
    similarity = Similarity(*(torch.stack(kind) for kind in zip(*products, strict=True)))
    count = torch.ones(DIRECTIONS, BINS, dtype=torch.float64)
    low = torch.full((DIRECTIONS,), -BINS * WIDTH / 2, dtype=torch.float64)
    return PooledWindows(similarity, count, low, WIDTH)


@pytest.mark.parametrize("direction", [0, 3, DIRECTIONS // 2])
@pytest.mark.parametrize("stretch", range(3))
def test_a_band_of_the_stretched_rest_is_found(direction, stretch):
    found = find_bands(pooled(direction, range(4, 9), COARSE, stretch=stretch), EVERY)
    assert (found.direction, OCTAVES[found.kind]) == (direction, STRETCHES[stretch])
    # Unlike the rest, and just like it stretched: correlations of 0 and of 1.
    assert found.scores == [pytest.approx(1.0)]
    # Where that changes, half-way between the middles of two bins.
    assert found.places == [pytest.approx((-60.0, -10.0))]
    oblique = 1.0 if direction % (DIRECTIONS // 2) == 0 else 0.9
    assert found.contrast == pytest.approx(oblique * math.sqrt(5 / 20 * 15 / 20))


def test_a_band_of_what_the_rest_is_stretched_is_halved():
    found = find_bands(pooled(0, range(4, 9), FINE), EVERY)
    assert OCTAVES[found.kind] == (0.5, 0.5)
    assert found.places == [pytest.approx((-60.0, -10.0))]


def test_a_band_at_the_border_has_no_end_there():
    found = find_bands(pooled(0, range(5), COARSE), EVERY)
    assert found.places == [pytest.approx((-math.inf, -50.0))]


def test_two_bands_are_found_as_two():
    found = find_bands(pooled(0, [2, 3, 4, 5, 11, 12, 13], COARSE), EVERY)
    assert [place for place, _ in sorted(zip(found.places, found.scores, strict=True))] == [
        pytest.approx((-80.0, -40.0)),
        pytest.approx((10.0, 40.0)),
    ]


def test_stretches_that_cannot_be_seen_are_not_found():
    seen = pooled(0, range(4, 9), COARSE, stretch=1)
    assert STRETCHES[find_bands(seen, EVERY).kind] == (2.0, 1.0)
    other = find_bands(seen, [True, False, True])
    assert other is None or other.contrast <= 0
    assert find_bands(seen, [False] * 3) is None


def test_a_band_of_another_material_is_no_octave():
    """Neither side looks like the other one stretched."""
    found = find_bands(pooled(0, range(4, 9), WIDE), EVERY)
    assert found.contrast <= 1e-9


def test_a_band_of_one_bin_is_chance():
    found = find_bands(pooled(0, [9], COARSE), EVERY)
    # One bin of 20 is less than 6 % of the windows: all that holds it also holds some of the rest.
    assert found.contrast < 0.75 * math.sqrt(1 / 10 * 9 / 10)
