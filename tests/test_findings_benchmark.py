"""The judge of the findings, judged: maps, ranks and overlaps whose values are known beforehand."""

import dataclasses
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tiling_diag.synth import Material, View, draw_wall

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import defect_cases
import findings
import findings_evidence
import logistic
import reference_halves
from corpus import load_corpus
from legacy_metrics import legacy_metrics


def test_a_map_finds_the_logistic_its_cases_come_from():
    rng = np.random.default_rng(1)
    x = rng.normal(0, 2, 20_000)
    labels = rng.random(len(x)) < 1 / (1 + np.exp(-(1.5 * x - 1.0)))
    cases = [
        {"x": float(v), "noise": float(n)} for v, n in zip(x, rng.normal(size=len(x)), strict=True)
    ]
    share = (~labels).sum() / labels.sum()
    fitted = logistic.fit(cases, labels.tolist(), clean_per_defect=share)
    # The ridge takes a little; 20000 cases leave a few percent.
    assert fitted["weights"]["x"] == pytest.approx(1.5, rel=0.1)
    assert fitted["intercept"] == pytest.approx(-1.0, abs=0.15)
    assert fitted["weights"]["noise"] < 0.1


def test_evidence_against_its_meaning_gets_no_weight():
    cases = [{"x": float(v), "wrong": -float(v)} for v in range(40)]
    fitted = logistic.fit(cases, [v >= 20 for v in range(40)], clean_per_defect=1.0)
    assert fitted["weights"]["wrong"] == 0.0 < fitted["weights"]["x"]
    assert logistic.apply(fitted, {"x": 19.5, "wrong": 0.0}) == pytest.approx(0.5, abs=0.02)


def test_more_clean_pictures_make_a_map_more_careful():
    rng = np.random.default_rng(2)
    cases = [
        {"x": float(v)} for v in np.concatenate([rng.normal(0, 1, 300), rng.normal(2, 1, 300)])
    ]
    labels = [False] * 300 + [True] * 300
    even, careful = (logistic.fit(cases, labels, clean_per_defect=n) for n in (1.0, 9.0))
    assert logistic.apply(careful, {"x": 1.0}) < logistic.apply(even, {"x": 1.0}) - 0.2


def test_auroc_counts_pairs():
    assert logistic.auroc([3.0, 1.0], [2.0, 1.0]) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert logistic.auroc([], [1.0]) is None


def test_reliability_of_probabilities_that_mean_what_they_say():
    rng = np.random.default_rng(3)
    p = rng.random(20_000)
    curve = logistic.reliability(p.tolist(), (rng.random(len(p)) < p).tolist(), [1.0] * len(p))
    assert len(curve) == 10
    for said, seen, _ in curve:
        assert seen == pytest.approx(said, abs=0.03)


def corners(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


@pytest.mark.parametrize(
    "found,expected",
    [
        ([corners(0, 20, 100, 60)], 1.0),
        ([corners(0, 40, 100, 80)], 20 / 60),
        ([corners(0, 20, 50, 60), corners(50, 20, 100, 60)], 1.0),
        ([[(0, 20), (100, 20), (100, 60), (math.nan, 60)]], 0.0),
        ([[(0, 20), (100, 60), (0, 60), (0, 60)]], 0.5),
    ],
)
def test_overlap_of_zones(found, expected):
    truth = np.zeros((90, 100), dtype=bool)
    truth[20:60] = True
    # Pillow draws the pixels on a polygon's edge, too.
    assert findings_evidence.overlap(truth, np.array(found)) == pytest.approx(expected, abs=0.05)
    assert findings_evidence.overlap(np.zeros_like(truth), np.array(found)) is None


@pytest.fixture
def corpus(tmp_path):
    """Two bricks, one made from the other, boards and a material without a period."""
    rng = np.random.default_rng(5)
    base = {"tol_pct": 1, "regularity": "regular"}
    kinds = {
        "a.png": ("running_bond", [32.0, 0.0], [16.0, 12.0], None),
        "b.png": ("running_bond", [32.0, 0.0], [16.0, 12.0], "a.png"),
        "c.png": ("plank_1d", [0.0, 12.0], None, None),
        "d.png": ("none", None, None, None),
    }
    entries = []
    for file, (kind, a, b, source) in kinds.items():
        Image.fromarray(rng.integers(0, 255, (96, 128, 3), dtype=np.uint8)).save(tmp_path / file)
        entry = base | {"file": file, "kind": kind, "a": a, "b": b}
        entry |= {"unit_px": None, "course_px": None}
        entries.append(entry | ({"source_file": source} if source else {}))
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    return tmp_path


def test_cases_are_seeded_named_once_and_split_by_source(corpus):
    rows, group = load_corpus(corpus), defect_cases.groups(corpus)
    once, again = (defect_cases.specs(rows, group) for _ in range(2))
    assert [s.key for s in once] == [s.key for s in again]
    assert len({s.key for s in once}) == len(once)
    assert {s.group for s in once if s.row.name in ("a", "b")} == {"a.png"}
    assert not [s for s in once if s.row.name == "d" and s.finding in ("period", "doubling_bands")]
    spec = next(s for s in once if s.finding == "upsampling_grid")
    first, second = defect_cases.make(spec), defect_cases.make(spec)
    assert torch.equal(first.image, second.image)
    levels = first.image * 255
    assert torch.equal(levels, levels.round())


def test_bands_show_two_of_their_units_and_what_boards_can_show(corpus):
    rows, group = load_corpus(corpus), defect_cases.groups(corpus)
    bands = [s for s in defect_cases.specs(rows, group) if s.finding == "doubling_bands"]
    # Level boards do not change where they are stretched along themselves.
    assert bands and not [s for s in bands if s.row.name == "c" and s.variant == "rows, along x"]
    # Beyond a half only a reference tells what the wall is.
    assert all(s.reference == (s.strength == "strong") for s in bands)

    def share(variant):
        spec = defect_cases.Spec(rows[0], "a.png", "doubling_bands", variant, "weak")
        return defect_cases.band_share(spec)

    # Two courses of 12 px of 96; two doubled ones would be half of the picture, and are too many.
    assert share("rows, along x") == pytest.approx(0.25)
    assert share("rows") is None


def test_no_picture_is_scored_by_a_map_it_was_fitted_on():
    rows = []
    for index, group in enumerate("abcdef"):
        for label in (False, True):
            # In every other group the evidence points the other way: a map that had seen its own
            # half would say so.
            sign = 1 if index % 2 else -1
            evidence = {"edge_cross": {"step": float(sign * (1 if label else -1)), "trend": 0.0}}
            rows.append(
                {
                    "group": group,
                    "finding": "edge_cross" if label else "clean",
                    "variant": "x",
                    "reference": False,
                    "material": "tile",
                    "evidence": evidence,
                }
            )
    findings.cross_fitted(rows, ["edge_cross"])
    odd = [r["probability"]["edge_cross"] for r in rows if r["group"] in "bdf"]
    even = [r["probability"]["edge_cross"] for r in rows if r["group"] in "ace"]
    # Fitted on the groups whose evidence is reversed, the weights are 0: all alike.
    assert max(odd) - min(odd) < 1e-6
    assert max(even) - min(even) > 0.5


def test_the_plain_script_sees_axes_and_doubled_rows():
    y, x = torch.meshgrid(torch.arange(256.0), torch.arange(256.0), indexing="ij")
    level = 0.5 + 0.2 * torch.cos(2 * math.pi * y / 16)
    tilted = 0.5 + 0.2 * torch.cos(2 * math.pi * (x + y) / 24)
    doubled = torch.where(y >= 160, 0.5 + 0.2 * torch.cos(2 * math.pi * y / 32), level)
    numbers = [legacy_metrics(p.expand(3, -1, -1), bands=True) for p in (level, tilted, doubled)]
    assert numbers[0]["axis_ratio_at_f"] > 0.9 > 0.1 > numbers[1]["axis_ratio_at_f"]
    assert numbers[0]["band_score"] == 0 and numbers[2]["band_score"] == 1
    assert numbers[0]["E2f_over_Ef"] < 0.01


def test_halves_of_a_picture_have_the_scale_they_were_resampled_by(tmp_path):
    image = draw_wall(
        Material(width_px=40.0, height_px=16.0, mortar_px=3.0), View((256, 512))
    ).image
    pixels = (image.movedim(0, -1).numpy() * 255).round().astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    entry = {"file": "a.png", "kind": "running_bond", "a": [40.0, 0.0], "b": [20.0, 16.0]}
    entry |= {"tol_pct": 1, "regularity": "regular", "unit_px": 40.0, "course_px": 16.0}
    (tmp_path / "manifest.json").write_text(json.dumps([entry]))
    scores = reference_halves.score(load_corpus(tmp_path)[0])
    assert [s.factor for s in scores] == list(reference_halves.FACTORS)
    assert all(s.lattices for s in scores)
    assert [s for s in scores if s.said and not s.right] == []
    assert sum(s.said for s in scores) >= 2
    wrong = dataclasses.replace(scores[0], octaves=(0.0, 0.2))
    assert scores[0].right and not wrong.right
