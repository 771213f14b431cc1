"""`compare` of two pictures: ratios, octaves, what counts as a change."""

import json
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from typed_commands import typed

import tiling_diag as td
from tiling_diag.compare.pictures import PictureComparison

pytestmark = pytest.mark.usefixtures("remembered")

SAMPLES = Path(__file__).parents[2] / "sample_data"


command = partial(typed, "compare")


def test_two_pictures_have_ratios_findings_and_a_figure(tmp_path):
    a, b = SAMPLES / "brick_reference.jpg", SAMPLES / "brick_doubled.jpg"
    result = command(a, b, "--out", tmp_path, "--refs", a, "--fail-on-regression", "--json")
    assert result.exit_code == 1
    plain = json.loads(result.stdout)
    assert plain == json.loads((tmp_path / "compare.json").read_text())
    assert plain["change"] == "regressed"
    assert plain["period_ratios"]["unit"] == pytest.approx(2, rel=0.02)
    assert plain["period_ratios"]["course"] == pytest.approx(2, rel=0.02)
    assert plain["findings"]["new"] == ["period_doubled"]
    with Image.open(tmp_path / "compare.png") as figure:
        assert figure.width > 900
    page = (tmp_path / "compare.html").read_text()
    assert "regressed" in page
    assert "http://" not in page
    assert page.count("<image ") == 2  # the page's ground is between and below the walls
    turned = command(b, a, "--out", tmp_path, "--refs", a, "--fail-on-regression")
    assert turned.exit_code == 0
    assert "improved" in turned.stdout
    assert "in A only" in turned.stdout


@pytest.fixture(scope="module")
def brick():
    return {name: td.diagnose(SAMPLES / f"brick_{name}.jpg") for name in ("reference", "doubled")}


def test_a_period_that_moved_by_an_octave_is_a_change_and_with_a_as_reference_a_regression(brick):
    a, b = brick["reference"], brick["doubled"]
    doubled = PictureComparison(a, b)
    assert (doubled.change, doubled.is_regression) == ("regressed", True)
    assert doubled.octaves == pytest.approx({"unit": 1, "course": 1}, abs=0.03)
    halved = PictureComparison(b, a)
    assert halved.is_regression
    assert halved.octaves == pytest.approx({"unit": -1, "course": -1}, abs=0.03)
    same = PictureComparison(a, a)
    assert (same.change, same.is_regression, same.octaves) == ("unchanged", False, {})
    # What the sizes should be is said elsewhere: then the verdicts decide.
    judged = PictureComparison(a, b, is_a_reference=False)
    assert not judged.is_regression
    assert judged.change in ("changed", "regressed")
    said = judged.plain()
    assert (said["regression"], said["octaves"]) == (False, judged.octaves)


def test_a_wall_and_itself_turned_have_the_same_periods(brick, monkeypatch):
    a = brick["reference"]
    lattice = a.summary()["lattice"]
    turned = dict(
        lattice, unit_px=lattice["course_px"], course_px=lattice["unit_px"],
        angle_deg=lattice["angle_deg"] - 90,
    )  # fmt: skip
    comparison = PictureComparison(a, a)
    summaries = (a.summary(), dict(a.summary(), lattice=turned))
    comparison.__dict__["summaries"] = summaries
    assert comparison.moves == {}
    assert comparison.change == "unchanged"


@pytest.mark.parametrize(("factor", "change"), [(1.05, "unchanged"), (1.3, "changed")])
def test_a_period_that_is_off_is_a_change(brick, factor, change):
    a = brick["reference"]
    summary = a.summary()
    lattice = dict(summary["lattice"], unit_px=summary["lattice"]["unit_px"] * factor)
    comparison = PictureComparison(a, a)
    comparison.__dict__["summaries"] = (summary, dict(summary, lattice=lattice))
    assert (comparison.change, comparison.is_regression) == (change, False)
