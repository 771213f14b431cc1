"""From picture to verdict: the sample walls against their truth, invariances, strict JSON."""

import json
import math
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import remembered
import torch
from PIL import Image

import tiling_diag as td

SAMPLES = Path(__file__).parent.parent / "sample_data"
TRUTH = {p["file"]: p for p in json.loads((SAMPLES / "truth.json").read_text())["pictures"]}
FLAT = [name for name, truth in TRUTH.items() if truth["homography"] is None]
SCHEMA = json.loads((files("tiling_diag.report") / "summary.schema.json").read_text())


@pytest.fixture(scope="module")
def diagnoses():
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        remembered.use(patch)
        for name, truth in TRUTH.items():
            extra = {key: SAMPLES / truth[key] for key in ("mask", "ref") if truth[key]}
            found[name] = td.diagnose(SAMPLES / name, **extra)
    return found


def wall(name="brick_reference.jpg"):
    pixels = np.asarray(Image.open(SAMPLES / name).convert("RGB"))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255


def half_size(image):
    return torch.nn.functional.interpolate(
        image[None], scale_factor=0.5, antialias=True, mode="bilinear"
    )[0]


@pytest.mark.parametrize("name", FLAT)
def test_sample_walls_meet_their_truth_within_one_percent(diagnoses, name):
    lattice, truth = diagnoses[name].summary()["lattice"], TRUTH[name]
    assert lattice["unit_px"] == pytest.approx(truth["unit_px"], rel=0.01)
    assert lattice["course_px"] == pytest.approx(truth["course_px"], rel=0.01)
    assert lattice["angle_deg"] == pytest.approx(truth["angle_deg"], abs=0.3)


@pytest.mark.parametrize("name", FLAT)
def test_sample_walls_have_the_expected_findings_and_no_other(diagnoses, name):
    found = {f.code for f in diagnoses[name].findings if f.severity != "info"}
    assert found == set(TRUTH[name]["expected_codes"])


def test_doubled_zones_are_found_where_they_are(diagnoses):
    (finding,) = (f for f in diagnoses["brick_zones.jpg"].findings if f.code == "doubling_bands")
    (truth,) = TRUTH["brick_zones.jpg"]["zones"]
    top, bottom = finding.where[0].box_px[1], finding.where[0].box_px[3]
    low, high = truth["box_px"][1], truth["box_px"][3]
    union = max(bottom, high) - min(top, low)
    assert (min(bottom, high) - max(top, low)) / union >= 0.7


@pytest.mark.parametrize("name", TRUTH)
def test_summaries_follow_the_schema_and_are_strict_json(diagnoses, name):
    summary = diagnoses[name].summary()
    jsonschema.validate(summary, SCHEMA)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def periods(image, **extra):
    summary = td.diagnose(image, **extra).summary()
    lattice = summary["lattice"]
    return lattice["unit_px"], lattice["course_px"]


@pytest.mark.parametrize("size", [(8, 8), (64, 96), (257, 255)])
def test_a_flat_picture_has_no_period(size):
    summary = td.diagnose(torch.full((3, *size), 0.5)).summary()
    assert summary["lattice"] is None
    assert summary["periodicity"]["is_periodic"] is False
    assert summary["verdict"] == "unjudged"
    jsonschema.validate(summary, SCHEMA)


@pytest.mark.parametrize(("seed", "size"), [(0, (256, 320)), (1, (160, 200)), (2, (120, 160))])
def test_noise_has_no_period(seed, size):
    noise = torch.rand(3, *size, generator=torch.Generator().manual_seed(seed))
    assert td.diagnose(noise).summary()["lattice"] is None


def test_a_batch_says_what_its_walls_say_alone():
    small = half_size(wall())
    noise = torch.rand(small.shape, generator=torch.Generator().manual_seed(0))
    batch = torch.stack([small, small.flip(-1), noise])
    together = [d.summary() for d in td.diagnose_batch(batch)]
    for picture, summary in zip(batch, together, strict=True):
        alone = td.diagnose(picture).summary()
        assert alone["verdict"] == summary["verdict"]
        for key in ("fundamental_radius_bin", "E2f_over_Ef", "resize_mse_downUp"):
            if alone[key] is None:
                assert summary[key] is None
            else:
                assert math.isclose(alone[key], summary[key], rel_tol=1e-4)


def test_an_expected_unit_half_as_long_is_a_doubled_period():
    unit, _ = periods(wall())
    diagnosis = td.diagnose(wall(), settings=td.Settings(unit_px=unit / 2))
    assert diagnosis.findings[0].code == "period_doubled"
    assert diagnosis.verdict == "defect"


def test_a_reference_of_another_size_counts_by_its_scale():
    half = half_size(wall())
    alone = td.diagnose(wall(), ref=wall()).summary()
    for scale in (1.0, 2.0):
        found = td.diagnose(wall(), ref=half, settings=td.Settings(ref_scale=scale)).summary()
        assert found["reference"]["scale_ratio"] == pytest.approx(2.0 / scale, rel=0.01)
        assert found["reference"]["scale_ratio_x"] == pytest.approx(2.0 / scale, rel=0.01)
        assert found["reference"]["scale_ratio_y"] == pytest.approx(2.0 / scale, rel=0.01)
        # Cycles per N px of the wall, whatever the reference's size.
        wanted = alone["fundamental_radius_bin"] * 2.0 / scale
        assert found["ref_radius_bin"] == pytest.approx(wanted, rel=0.01)
        codes = {f["code"] for f in found["findings"] if f["severity"] != "info"}
        assert codes == ({"period_doubled"} if scale == 1.0 else set())


def test_an_unknown_device_says_what_would_work():
    with pytest.raises(td.InputError, match="use auto, cpu"):
        td.diagnose(wall(), settings=td.Settings(device="abacus"))
