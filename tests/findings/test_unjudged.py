"""A wall that could not be judged is not called good, and the reason is said."""

import json

import pytest
import torch

import tiling_diag as td
from tiling_diag.findings.finding import VERDICT_WORDS, VERDICTS, reaches
from tiling_diag.report.console import rendered
from tiling_diag.synth import Material, View, draw_wall

BRICK = Material(width_px=48.3, height_px=16.1, mortar_px=2.2)
NOISE = torch.rand(3, 120, 160, generator=torch.Generator().manual_seed(5))


@pytest.fixture(scope="module")
def wall():
    return draw_wall(BRICK, View((192, 240))).image


@pytest.mark.parametrize(
    "picture,reason",
    [
        (torch.zeros(3, 96, 96), "flat"),
        (torch.full((3, 96, 96), 0.4), "flat"),
        (torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1)), "too small"),
        (torch.rand(3, 30, 400, generator=torch.Generator().manual_seed(1)), "too thin"),
    ],
)
def test_what_can_not_be_measured_is_not_judged(picture, reason):
    d = td.diagnose(picture)
    assert d.verdict == "unjudged"
    assert reason in d.unjudged


def test_a_picture_in_which_nothing_repeats_is_judged_unless_its_period_is_asked_for():
    assert td.diagnose(NOISE).verdict == "ok"
    d = td.diagnose(NOISE, settings=td.Settings(unit_px=24.0, course_px=12.0))
    assert d.verdict == "unjudged"
    assert "unit: not measured" in d.unjudged and "course: not measured" in d.unjudged
    assert "24 px" in d.unjudged and "12 px" in d.unjudged


def test_a_wall_whose_reference_shows_nothing_is_not_judged(wall):
    d = td.diagnose(wall, ref=torch.full((3, 64, 64), 0.5))
    assert d.verdict == "unjudged"
    assert "reference" in d.unjudged
    assert td.diagnose(wall, ref=wall).verdict == "ok"


def test_a_size_that_the_wall_has_in_no_direction_is_not_judged():
    # Stripes have courses and no units.
    y = torch.arange(192.0)
    stripes = 0.5 + 0.3 * torch.sign(torch.sin(2 * torch.pi * y / 16.3))
    picture = stripes[:, None].expand(3, 192, 240) + 0.02 * torch.rand(
        3, 192, 240, generator=torch.Generator().manual_seed(2)
    )
    d = td.diagnose(picture.clamp(0, 1), settings=td.Settings(unit_px=48.0, course_px=16.3))
    assert d.verdict == "unjudged"
    assert d.unjudged.startswith("unit: not measured") and "course" not in d.unjudged


def test_a_defect_counts_for_more_than_what_could_not_be_judged(wall):
    d = td.diagnose(wall, ref=torch.full((3, 64, 64), 0.5), settings=td.Settings(unit_px=97.0))
    assert d.unjudged is not None
    assert d.verdict in ("suspect", "defect")


def test_verdicts_have_an_order_and_words():
    assert VERDICTS == ("ok", "unjudged", "suspect", "defect")
    assert [v for v in VERDICTS if reaches(v, "unjudged")] == ["unjudged", "suspect", "defect"]
    assert not any(reaches(v, None) for v in VERDICTS)
    assert [VERDICT_WORDS[v] for v in VERDICTS] == ["ok", "not judged", "suspect", "defect"]


def test_every_output_says_why(tmp_path):
    d = td.diagnose(torch.zeros(3, 96, 96))
    d.save(tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["verdict"] == "unjudged" and summary["unjudged"] == d.unjudged
    text = " ".join(rendered(d, summary).split())
    assert "NOT JUDGED" in text and d.unjudged in text
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "not judged" in html and d.unjudged in html
