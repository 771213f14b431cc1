"""What is said of a zone's size."""

import math
from types import SimpleNamespace

import pytest
import torch

from tiling_diag.findings.zones import _periods


@pytest.mark.parametrize(
    ("zone", "rest", "said"),
    [
        ((140.9, 46.8), (70.5, 23.4), ": here 140.9 x 46.8 px, there 70.5 x 23.4 px"),
        # What shows one period alone is compared by that one.
        ((math.nan, 49.7), (119.2, 25.0), ": here 49.7 px, there 25.0 px"),
        ((math.nan, math.nan), (119.2, 25.0), ""),
        ((math.nan, 49.7), (119.2, math.nan), ""),
    ],
)
def test_sizes_are_those_that_both_sides_show(zone, rest, said):
    banding = SimpleNamespace(zone_px=torch.tensor(zone), rest_px=torch.tensor(rest))
    assert _periods(SimpleNamespace(banding=banding)) == said
