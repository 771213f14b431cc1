"""Maps without their strongest family of parallel lines, on maps drawn by hand."""

import math

import pytest
import torch
from drawn_autocorrelation import drawn, points, ridges

from tiling_diag.checks.lattice.nested import mean_at_points

TILES = ((22.0, 0.0), (0.0, 18.0))


def rest_of(maps):
    """The mean map without its strongest lines, as maps of a single channel."""
    rest = maps.mean_and_rest.maps[:, 1:]
    return type(maps)(rest, torch.ones(len(rest), 1))


def at_points(maps, basis):
    on, _ = mean_at_points(maps, torch.tensor([[basis]], dtype=torch.float64))
    return float(on[0, 0, 0])


@pytest.mark.parametrize("angle_deg", [0.0, 35.0, 90.0, 118.0])
def test_lines_alone_leave_next_to_nothing(angle_deg):
    turn = math.radians(angle_deg)
    lines = drawn([ridges((15 * math.cos(turn), 15 * math.sin(turn)), 0.8)])
    before, after = lines.mean_map.std(), rest_of(lines).mean_map.std()
    assert float(after) < 0.5 * float(before)


def test_what_has_points_keeps_them_under_lines():
    lines = [ridges((9.0, 14.0), 0.9)]
    both = rest_of(drawn([[points(*TILES, 0.8), *lines]] * 8))
    alone = rest_of(drawn([lines] * 8))
    assert at_points(both, TILES) > 0.2
    assert at_points(alone, TILES) < 0.5 * at_points(both, TILES)


def test_every_map_loses_its_own_lines():
    maps = [drawn([ridges(pitch, 0.8)]) for pitch in ((0.0, 16.0), (12.0, 5.0))]
    together = type(maps[0])(
        torch.cat([one.maps for one in maps]), torch.cat([one.importance for one in maps])
    )
    alone = torch.cat([rest_of(one).maps for one in maps])
    torch.testing.assert_close(rest_of(together).maps, alone, atol=1e-5, rtol=0)
