"""From evidence to findings: probabilities from the shipped table, named causes, severities."""

import dataclasses
import json
from importlib.resources import files

import pytest
import torch
from torch.nn.functional import interpolate

import tiling_diag as td
from tiling_diag.findings.advice import ADVICE
from tiling_diag.findings.calibration import limit, probability
from tiling_diag.findings.evidence import EVIDENCE
from tiling_diag.findings.finding import severity_of
from tiling_diag.findings.judge import find
from tiling_diag.report.schema import finding_codes
from tiling_diag.synth import Material, View, draw_wall
from tiling_diag.synth.defects.catalogue import (
    rescaled_wall,
    resize_alias,
    transposed_convolution_grid,
    uneven_borders,
)

TABLE = json.loads((files("tiling_diag.findings") / "calibration.json").read_text())
BRICK = Material(width_px=48.3, height_px=16.1, mortar_px=2.2)


@pytest.fixture(scope="module")
def wall():
    return draw_wall(BRICK, View((256, 320))).image


def found(image, **extra):
    return {f.code: f for f in td.diagnose((image * 255).round() / 255, **extra).findings}


def test_the_table_has_a_map_for_every_kind_and_says_where_it_is_from():
    assert set(TABLE["maps"]) == set(EVIDENCE)
    script = TABLE["made_by"].split()[0]
    assert script == "benchmarks/findings.py"


@pytest.mark.parametrize("kind", EVIDENCE)
def test_more_evidence_is_no_less_probable(kind):
    weights = TABLE["maps"][kind]["weights"]
    first = TABLE["maps"].get(TABLE["maps"][kind].get("given"), {"weights": {}})["weights"]
    at_zero = dict.fromkeys([*first, *weights], 0.0)
    for feature, weight in weights.items():
        assert weight >= 0
        more = at_zero | {feature: 1.0}
        assert probability(kind, more) >= probability(kind, at_zero)
    assert 0 <= probability(kind, dict.fromkeys(at_zero, 1e9)) <= 1
    least = limit(kind)
    if least is not None:
        (feature,) = weights
        assert probability(kind, {feature: least}) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "sure,severity", [(0.49, "info"), (0.5, "suspect"), (0.89, "suspect"), (0.9, "defect")]
)
def test_severity_goes_with_the_probability(sure, severity):
    assert severity_of(sure) == severity


def test_a_good_wall_has_no_finding(wall):
    assert found(wall) == {}
    assert found(wall, ref=wall) == {}


@pytest.mark.parametrize("period_px", [8, 16])
def test_a_grid_is_named_by_its_period(wall, period_px):
    finding = found(transposed_convolution_grid(wall, period_px=period_px, strength=0.8).image)
    assert set(finding) == {"upsampling_grid"}
    assert f"a grid every {period_px} px" in finding["upsampling_grid"].title


def test_a_resize_without_a_low_pass_is_named_by_its_factor(wall):
    finding = found(resize_alias(wall, factor=2.0).image)["resize_alias"]
    assert finding.severity != "info"
    assert "about 2 times" in finding.title


@pytest.mark.parametrize("factor", [1.5, 2.3])
def test_a_good_enlargement_is_a_fact_and_no_defect(wall, factor):
    size = (round(factor * wall.shape[1]), round(factor * wall.shape[2]))
    finding = found(interpolate(wall[None], size=size, mode="bicubic")[0].clamp(0, 1))
    assert finding["enlarged"].severity == "info"
    assert f"{factor} " in finding["enlarged"].title
    assert not {f.severity for f in finding.values()} - {"info"}


def test_a_kind_of_another_kind_is_no_likelier_than_that():
    poor = {"near": 0.0, "far": 0.0, "coherence": -2.0}
    unsure = poor | {"trace": 0.5}
    assert 0.01 < probability("enlarged", unsure) < 0.5
    assert probability("resize_alias", unsure) <= probability("enlarged", unsure)
    assert probability("resize_alias", poor | {"trace": 3.0}) > 0.9


def test_uneven_borders_that_move_no_period_are_a_number_and_no_finding(wall):
    diagnosis = td.diagnose(uneven_borders(wall, strength=1.0).image)
    assert float(diagnosis.edge_cross.step) > 0.1
    assert "edge_cross" not in {finding.code for finding in diagnosis.findings}


@pytest.mark.parametrize(("moved_px", "codes"), [(16.2, []), (21.0, ["edge_cross"])])
def test_a_cross_is_a_finding_where_it_moves_the_period(wall, moved_px, codes):
    diagnosis = td.diagnose(uneven_borders(wall, strength=1.0).image)
    own = torch.tensor(16.1, dtype=torch.float64)
    cross = dataclasses.replace(
        diagnosis.edge_cross, split_period_px=own, period_px=own * (moved_px / 16.1)
    )
    findings = find(dataclasses.replace(diagnosis, edge_cross=cross))
    assert [finding.code for finding in findings] == codes
    for finding in findings:
        assert "21.0 px, with one 16.1 px" in finding.title


def test_every_code_says_what_to_do_and_no_line_is_long():
    for code in finding_codes():
        advice = ADVICE[code]
        assert advice.cause and advice.fix
        # Two kinds of finding need nothing to be done: perspective, and no period.
        assert bool(advice.remedy) == (code not in ("perspective_drift", "no_period"))
        assert max(map(len, (advice.cause, advice.fix, advice.remedy))) <= 150


@pytest.mark.parametrize(
    "factor,code",
    [(2.0, "period_doubled"), (0.5, "period_halved"), (1.25, "period_off")],
)
def test_a_period_is_judged_against_a_reference(wall, factor, code):
    changed = rescaled_wall(wall, factor=factor, lattice=((48.3, 0.0), (24.15, 16.1))).image
    finding = found(changed, ref=wall)
    assert code in finding
    assert finding[code].severity != "info"


def test_one_axis_alone_can_be_doubled(wall):
    expected = td.Settings(unit_px=48.3, course_px=16.1 / 2)
    finding = found(wall, settings=expected)["period_doubled"]
    assert "courses" in finding.title and "units" not in finding.title


def test_noise_has_no_period_and_says_why():
    noise = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(5))
    finding = found(noise)["no_period"]
    assert finding.severity == "info"
    assert "nothing repeats" in finding.title
