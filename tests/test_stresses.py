"""Pictures that are turned, cut, blurred and shaded keep their truth."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_corpus import ANCHOR, SIZE, A, B, cosines, fit, waves, write_corpus

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import corpus
import stresses


@pytest.fixture
def folder(tmp_path):
    return write_corpus(tmp_path)


# The light ramp adds a plane of its own; its test is below.
@pytest.mark.parametrize("stress", [name for name in stresses.STRESSES if name != "ramp"])
def test_the_truth_follows_the_picture(folder, stress):
    row = corpus.load_corpus(folder, "lattice")[0]
    case = stresses.make_case(row, stress)
    explained, phases = fit(case, case.truth.a, case.truth.b)
    # Noise of 0.05 in three channels is 5 % of the variance of the cosines (0.0257); nothing
    # else takes as much.
    assert explained > 0.93
    # A pixel off would turn the wave of 24 px by 0.26.
    assert np.abs(phases).max() < 0.13
    wrong = tuple(2 * v for v in case.truth.a)
    assert fit(case, wrong, case.truth.b)[0] < 0.5


@pytest.mark.parametrize("degrees", [0.0, 20.0, 45.0, 90.0])
def test_turned_pictures_keep_their_truth_at_any_angle(folder, degrees):
    row = corpus.load_corpus(folder, "lattice")[0]
    turned = stresses.turned(stresses._View(row.pixels(), row.base_map()), degrees)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    # Clockwise on the screen, where y points down: x turns towards y.
    assert turned.carry((1.0, 0.0)) == pytest.approx((cos, sin))
    grey = turned.pixels.mean(-1) / 255
    a, b = turned.carry(A), turned.carry(B)
    anchor = turned.carry(ANCHOR)
    anchor = (anchor[0] + turned.shift[0], anchor[1] + turned.shift[1])
    expected = cosines(grey.shape, a, b, anchor)
    # 8-bit levels and bicubic interpolation of periods of 24 px and more: under 2 % of the range.
    assert np.abs(grey - expected)[4:-4, 4:-4].max() < 0.02


def test_stresses_do_what_they_say(folder):
    row = corpus.load_corpus(folder, "lattice")[0]
    cases = {name: stresses.make_case(row, name) for name in stresses.STRESSES}
    height, width = SIZE
    assert cases["half"].image.shape == (3, height // 2, width // 2)
    assert cases["double"].image.shape == (3, 2 * height, 2 * width)
    assert float(cases["mask"].mask.mean()) == pytest.approx(0.4, abs=0.005)
    difference = (cases["noise"].image - cases["as-is"].image).std()
    assert float(difference) == pytest.approx(0.05, rel=0.05)
    # The slowest of the three cosines keeps exp(-2 (pi sigma f)^2) of its amplitude.
    slow = min(np.hypot(*f) for f in waves(A, B))
    kept = cases["blur"].image.std() / cases["as-is"].image.std()
    assert float(kept) < math.exp(-2 * (math.pi * 2 * slow) ** 2) + 0.01
    light = cases["ramp"].image.mean(0) / cases["as-is"].image.mean(0)
    assert float(light.max()) == pytest.approx(1.0, abs=0.05)
    assert float(light.min()) == pytest.approx(0.2, abs=0.05)
    # No vector runs along an axis: three of the longer reduced vector, (-9, 24) + (33, 4) or A.
    side = round(3 * math.hypot(*A))
    assert cases["crop3"].image.shape == (3, side, side)
    again = stresses.make_case(row, "mask")
    assert torch.equal(again.mask, cases["mask"].mask)
    assert not torch.equal(stresses.make_case(row, "mask", seed=1).mask, again.mask)


def test_a_crop_may_miss_by_what_its_fewer_periods_add(folder):
    row = corpus.load_corpus(folder, "lattice")[0]
    longest = math.hypot(*A)
    few, many = round(3 * longest) / longest, SIZE[0] / longest
    expected = 0.01 + 0.03 * (1 / few - 1 / many)
    assert stresses.make_case(row, "crop3").truth.tolerance == pytest.approx(expected)
    for stress in ("as-is", "double", "noise"):
        assert stresses.make_case(row, stress).truth.tolerance == pytest.approx(0.01, rel=0.01)


def test_walls_with_zones_are_left_out_where_the_zone_prevails(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    box = {"scale": 2.0, "anchor": [0, 0]}
    manifest[0] |= {"kind": "zones", "zones": [box | {"box": [0, 0, SIZE[1], 120]}]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    row = corpus.load_corpus(folder, "lattice")[0]
    assert stresses.make_case(row, "as-is").truth.a == A  # 60 % of it is the base
    assert stresses.make_case(row, "crop3") is None  # the middle may be the zone
    manifest[0]["zones"][0]["box"] = [0, 0, SIZE[1], 150]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert stresses.make_case(corpus.load_corpus(folder, "lattice")[0], "as-is") is None
