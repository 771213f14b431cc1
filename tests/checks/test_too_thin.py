"""Long thin pictures: measured where that is right, else said to be too thin; never a traceback."""

import math

import pytest
import torch

import tiling_diag as td

SENTENCE = "too thin to measure: crop it to at most 10 times as long as it is wide"


def grating(size, periods):
    """``(3, H, W)`` waves of `periods` (x, y) px; None leaves one out."""
    places = torch.meshgrid(*(torch.arange(side) * 1.0 for side in size), indexing="ij")[::-1]
    waves = [torch.cos(2 * math.pi * at / p) for at, p in zip(places, periods, strict=True) if p]
    return (0.5 + 0.2 * sum(waves)).expand(3, *size).contiguous()


def reason(picture, **extra):
    return td.diagnose(picture, **extra).summary()["periodicity"]["reason"]


@pytest.mark.parametrize("size", [(8, 1500), (24, 3000), (40, 4096), (33, 350)])
@pytest.mark.parametrize("upright", [False, True])
def test_beyond_ten_to_one_a_picture_is_too_thin(size, upright):
    picture = grating(size, (17, 5))
    assert SENTENCE in reason(picture.mT if upright else picture)


@pytest.mark.parametrize(
    "size",
    [(24, 240), (24, 160), (60, 600)],
)
def test_up_to_ten_to_one_boards_are_measured(size):
    found = td.diagnose(grating(size, (17, None))).summary()["lattice"]
    assert found and abs(found["a_px"][0]) == pytest.approx(17, rel=0.01)


def test_a_thin_reference_is_no_lattice_and_a_thin_wall_takes_a_reference():
    wall, thin = grating((96, 128), (17, 9)), grating((20, 2000), (17, 5))
    reference = td.diagnose(wall, ref=thin).summary()["reference"]
    assert reference["lattice"] is None and reference["scale_ratio"] is None
    assert SENTENCE in reason(thin, ref=wall, mask=torch.ones(20, 2000))


def test_a_report_of_a_thin_picture_is_written(tmp_path):
    td.diagnose(grating((8, 900), (17, 5))).save(tmp_path)
    assert SENTENCE in (tmp_path / "report.html").read_text()
