"""What maps show at lags, of heights that are drawn."""

import math

import pytest
import torch
from drawn_autocorrelation import drawn, points

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps, autocorrelation_maps
from tiling_diag.checks.channels import Channels

MY, MX = 6, 9


def numbered():
    """Maps of 2 walls and 3 channels in which every value tells its place."""
    count = (2 * MY + 1) * (2 * MX + 1)
    maps = torch.arange(2 * 3 * count).float().view(2, 3, 2 * MY + 1, 2 * MX + 1)
    return AutocorrelationMaps(maps.flip(-1), torch.ones(2, 3))


def test_a_lag_sees_the_best_of_its_neighbours():
    maps = numbered()
    lags = torch.tensor([[[[3.2, -2.4], [-8.0, 5.0]]], [[[0.0, 1.0], [7.6, -5.0]]]])
    values, inside = maps.at(lags)
    assert values.shape == (2, 3, 1, 2)
    assert inside.all()
    for wall in range(2):
        for point, (x, y) in enumerate(lags[wall, 0].tolist()):
            row, column = MY + round(y), MX + round(x)
            around = maps.maps[wall, :, row - 1 : row + 2, column - 1 : column + 2]
            assert torch.equal(values[wall, :, 0, point], around.amax((-2, -1)))


def test_outside_of_the_maps_is_the_value_at_zero_lag():
    maps = numbered()
    lags = torch.tensor([[8.0, 5.0], [8.1, 0.0], [0.0, -5.1], [400.0, 0.0]])
    values, inside = maps.at(lags.expand(2, 1, -1, -1))
    assert inside[:, 0].tolist() == [[True, False, False, False]] * 2
    zero, _ = maps.at(torch.zeros(2, 1, 1, 2))
    assert torch.equal(values[..., 1:], zero.expand(-1, -1, -1, 3))
    assert (values[..., 0] != zero[..., 0]).all()


def test_the_mean_goes_by_importance():
    layers = [[points((24, 0), (0, 16), height)] for height in (0.8, 0.4)]
    maps = drawn(layers, importance=[1.0, 0.5])
    my, mx = maps.max_lag_px
    assert float(maps.mean_map[0, my + 16, mx + 24]) == pytest.approx((0.8 + 0.5 * 0.4) / 1.5)
    both = maps.mean_and_rest
    assert torch.equal(both.maps[:, 0], maps.mean_map)
    assert both.importance.tolist() == [[1.0, 1.0]]


def test_lattices_look_at_the_maps_that_they_pick():
    maps = numbered()
    many = type(maps)(torch.cat([maps.maps, 2 * maps.maps]), maps.importance.repeat(2, 1))
    lags = torch.tensor([[[[3.0, 2.0], [0.0, 5.0]]] * 3])
    own, inside = maps.at(lags)
    pick = torch.tensor([[0, len(maps.maps), 0]])
    values, also_inside = many.picked(pick).at(lags)
    factors = torch.tensor([1.0, 2.0, 1.0])
    assert torch.equal(values, own[:1] * factors[:, None])
    assert torch.equal(also_inside, inside[:1])
    assert many.picked(pick).of_each(many.importance).shape == (1, maps.maps.shape[1], 3)


def test_far_lags_weigh_less():
    weights = numbered().nearness(torch.tensor([0.0, MY / 2, MY, 10.0 * MY]))
    assert weights.tolist() == pytest.approx([1.0, 1 / 2, 1 / 3, 1 / 21])


def test_a_cosine_is_as_like_itself_as_the_cosine_of_its_lag():
    x = torch.arange(160.0)
    wave = torch.cos(2 * math.pi * x / 20).expand(1, 1, 100, -1)
    maps = autocorrelation_maps(Channels(wave, torch.ones(1, 1)), torch.ones(1, 100, 160))
    my, mx = maps.max_lag_px
    assert (my, mx) == (70, 112)
    seen = maps.maps[0, 0, my, mx : mx + 41]
    expected = torch.cos(2 * math.pi * x[:41] / 20)
    # What overlaps is not a whole number of periods.
    torch.testing.assert_close(seen, expected, atol=0.06, rtol=0)
