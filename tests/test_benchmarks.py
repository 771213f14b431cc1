"""The measuring tools measured: pictures in closed form, whose answers are known beforehand."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_corpus import LATTICE, A, B, as_tensor, combine, cosines, fit, write_corpus

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import calibration
import contact_sheet
import corpus
import estimators
import lattice
import lattice_report
import method_figures
import reference_ratio
import score_rows
import speed
import stresses
from scoring import Answer

from tiling_diag.checks.lattice.nested import coarser, denser
from tiling_diag.checks.walls import Walls


@pytest.fixture
def folder(tmp_path):
    return write_corpus(tmp_path)


def knows_lattice(image, mask):
    """Right about `cosines` as they are; says the same of everything else."""
    return Answer(a=combine(1, 1), b=B, is_periodic=True, strength=0.9)


def fails(image, mask):
    raise ValueError("no such luck")


def test_a_summary_is_read_as_the_contract_has_it():
    periodicity = {"is_periodic": True, "probability": 0.9, "strength": 0.7, "reason": None}
    sizes = {"a_px": [1.0, 2.0], "b_px": None, "unit_px": None, "course_px": 2.2, "angle_deg": 0.0}
    answer = estimators.from_summary({"periodicity": periodicity, "lattice": sizes})
    assert answer == Answer((1.0, 2.0), None, None, 2.2, True, 0.7, 0.9)
    none = {"is_periodic": False, "probability": 0.2, "strength": 0.1, "reason": "too small"}
    answer = estimators.from_summary({"periodicity": none, "lattice": None})
    assert answer == Answer(is_periodic=False, strength=0.1, probability=0.2)


def test_a_crash_is_counted_and_told():
    row = estimators.measure(f"{__name__}:fails", as_tensor(np.zeros((8, 8))), None, LATTICE)
    assert row["verdict"] == "crash"
    assert row["failure"] == "ValueError: no such luck"


def test_the_benchmark_scores_and_draws(folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    command = ["lattice.py", "--corpus", folder, "--out", out, "--workers", 1, "--no-baselines"]
    command += ["--estimator", f"{__name__}:knows_lattice", "--stress", "as-is,half"]
    monkeypatch.setattr(sys, "argv", [str(part) for part in command])
    lattice.main()
    rows = json.loads((out / "rows.json").read_text())
    verdicts = {(r["stress"], r["file"]): r["verdict"] for r in rows}
    assert verdicts == {
        ("as-is", "lattice.png"): "right",
        ("as-is", "boards.png"): "wrong",
        ("as-is", "none.png"): "false alarm",
        ("half", "lattice.png"): "octave",
        ("half", "boards.png"): "wrong",
        ("half", "none.png"): "false alarm",
    }
    table = next(line for line in (out / "table.md").read_text().splitlines() if "as-is" in line)
    cells = [cell.strip() for cell in table.strip("|").split("|")]
    # Name, pictures, right, octave, wrong, missed, crash, negatives and perspective right.
    assert cells[:9] == ["as-is", "2", "50 %", "0 %", "50 %", "0 %", "0 %", "0 %", "-"]
    printed = capsys.readouterr().out
    assert "half, lattice.png: octave, true (16.5, 2.0) (-4.5, 12.0)" in printed
    assert [path.name for path in sorted(out.glob("*.png"))] == ["failures_01.png"]


def test_a_picture_only_a_baseline_gets_right_is_named():
    truth = {"is_periodic": True, "a": A}
    rows = [
        {"file": f, "stress": "as-is", "method": m, "verdict": v, "truth": truth}
        for f, m, v in (
            ("one.png", lattice_report.OURS_NAME, "wrong"),
            ("one.png", "yin", "right"),
            ("two.png", lattice_report.OURS_NAME, "right"),
            ("two.png", "yin", "right"),
        )
    ]
    assert lattice_report.baseline_wins(rows) == ["- as-is, one.png: yin"]


def test_both_lattices_are_drawn_where_they_are(tmp_path):
    failure = contact_sheet.Failure(
        image=torch.full((3, 200, 200), 0.5),
        mask=None,
        true=[(50.0, 0.0), (0.0, 50.0)],
        seen=[(25.0, 0.0), (0.0, 25.0)],
        anchor=(10.0, 10.0),
        caption="twice as dense",
    )
    pixels = np.asarray(contact_sheet.draw_failure(failure))
    zoom = contact_sheet.TILE_PX / 200
    row = pixels[round(122 * zoom)]  # between two horizontal lines of either lattice
    green = np.flatnonzero((row == contact_sheet.TRUE_COLOR).all(-1)) / zoom
    magenta = np.flatnonzero((row == contact_sheet.SEEN_COLOR).all(-1)) / zoom
    # The point nearest to the middle is (110, 110): one cell before it, two behind. Lines are at
    # most 4 px wide in the drawing, and drawn over each other.
    for found, expected in ((green, (60, 160)), (magenta, (85, 110, 135, 160))):
        for place in expected:
            assert np.abs(found - place).min() <= 3 / zoom
    first = contact_sheet.write_sheets([failure] * 25, tmp_path)
    assert [path.name for path in first] == ["failures_01.png", "failures_02.png"]
    contact_sheet.write_sheets([failure], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["failures_01.png"]


def test_reliability_counts_what_was_right():
    rows = [
        {
            "verdict": verdict,
            "answer": {"is_periodic": said_so, "probability": probability},
            "truth": {"is_periodic": verdict != "false alarm", "a": A},
        }
        for verdict, said_so, probability in (
            ("right", True, 0.95),
            ("right", True, 0.85),
            ("octave", True, 0.75),
            ("false alarm", True, 0.3),
            ("missed", False, 0.1),
        )
    ]
    low, high = calibration.reliability(rows, np.array([0.0, 0.5, 1.0]))
    assert (low["count"], low["right"]) == (1, 0)
    assert (high["count"], high["right"], high["octave"]) == (3, 2, 1)
    assert high["mean_probability"] == pytest.approx(0.85)
    error = (1 * abs(0 - 0.3) + 3 * abs(2 / 3 - 0.85)) / 4
    assert calibration.expected_error([low, high]) == pytest.approx(error)
    # Wilson's interval of 8 in 10, as statsmodels and others give it.
    assert calibration.interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=2e-4)


def test_contrasts_that_are_drawn_are_large_against_denser_lattices_alone():
    image = as_tensor(cosines((240, 240), A, B))[None]
    maps = Walls(image, torch.ones_like(image[:, 0])).autocorrelation_maps
    basis = torch.tensor([A, B], dtype=torch.float64)
    added = method_figures.contrasts(maps, basis, denser((7, 4)))
    left_out = method_figures.contrasts(maps, basis, coarser((10, 6)))
    assert len(added) == len(method_figures.index_names((2, 3), over=True)) == 7
    assert min(added) > 0.5
    assert max(left_out) < 0.1


def test_candidates_that_are_fitted_on_are_true_where_they_are_the_lattice(folder):
    rows = {
        name: score_rows.run_task(score_rows.Task("corpus", name, 0, (folder,)))
        for name in ("lattice", "boards", "none")
    }
    kinds = [row["kind"] for row in rows.values()]
    assert kinds == ["pictures, rank 2", "pictures, rank 1", "pictures, none"]
    counts = [[row["true_lattice"].sum(), row["true_stripe"].sum()] for row in rows.values()]
    assert (np.array(counts) > 0).tolist() == [[True, False], [False, True], [False, False]]
    assert len(rows["lattice"]["true_lattice"]) == len(rows["lattice"]["lattices"]) > counts[0][0]


@pytest.mark.parametrize("number", [0, 1])
def test_reference_pairs_are_as_far_apart_as_their_truth_says(folder, number):
    row = corpus.load_corpus(folder, "lattice")[0]
    pair = reference_ratio.make_pair(row, number)
    x, y = pair.truth["scale_ratio_x"], pair.truth["scale_ratio_y"]
    assert 0.4 * 0.98 < min(x, y) <= max(x, y) < 2.5 * 1.02
    if number == 0:
        # Sizes are whole pixels, so equal scales may differ by half a pixel.
        assert x == pytest.approx(y, rel=0.01)
        assert pair.truth["scale_ratio"] == pytest.approx(math.sqrt(x * y))
    else:
        assert abs(math.log(x / y)) > 0.1
        assert "scale_ratio" not in pair.truth
    for image, scale in ((pair.prediction, (x, y)), (pair.reference, (1.0, 1.0))):
        case = stresses.Case(row, "", image, None, row.truth, (0.0, 0.0))
        a, b = ((v[0] * scale[0], v[1] * scale[1]) for v in (A, B))
        assert fit(case, a, b)[0] > 0.9
        # The wave along the other vector is still there: 44 % of the variance.
        assert fit(case, a, (2 * b[0], 2 * b[1]))[0] < 0.5


@pytest.mark.parametrize(
    ("measured", "verdict"), [(1.03, "near"), (1.95, "octave"), (0.35, "octave"), (None, "missed")]
)
def test_ratios_nearest_to_a_multiple_are_octave_errors(measured, verdict):
    assert reference_ratio.judge_ratio(measured, 1.0) == verdict


def test_speed_compares_medians_with_limits():
    calls = []
    contest = speed.Contest(
        "both", lambda: calls.append("run"), "base", lambda: calls.append("base"), limit=1.0
    )
    results = speed.time_contests([contest], repeats=3)
    assert calls == ["base", "run"] * 4  # in turn; the first round warms up
    assert results[0]["ratio"] == results[0]["seconds"] / results[0]["base_seconds"]
    late = results[0] | {"ratio": 1.2}
    assert speed.speed_table([late]).splitlines()[-1].rstrip(" |").endswith("NO")
    assert speed.speed_table([late | {"ratio": 0.9}]).splitlines()[-1].rstrip(" |").endswith("yes")
