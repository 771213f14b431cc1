"""The measuring tools measured: pictures in closed form, whose answers are known beforehand."""

import importlib.util
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import baselines
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
from scoring import Answer, AxisPeriods, OnePeriod, Truth, judge, known_periods, vector_error

from tiling_diag.checks.lattice.nested import coarser, denser
from tiling_diag.checks.walls import Walls

A, B = (33.0, 4.0), (-9.0, 24.0)  # skew, so that no transform can be mistaken for another
ANCHOR = (40.0, 51.0)
SIZE = (300, 420)
# One level is worth 1 / 255; three cosines of these amplitudes stay within [0, 1].
AMPLITUDES = (0.15, 0.15, 0.08)


def waves(a, b):
    """Wave vectors of the three cosines: the reciprocal basis and its sum."""
    f, g = np.linalg.inv(np.array([a, b])).T
    return np.array([f, g, f + g])


def cosines(size, a, b, anchor=(0.0, 0.0)):
    """``(H, W)`` picture with lattice a, b; crests of all waves meet at `anchor`, in
    coordinates where the centre of the first pixel is (0.5, 0.5)."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    phases = [fx * (x - anchor[0]) + fy * (y - anchor[1]) for fx, fy in waves(a, b)]
    return 0.5 + sum(m * np.cos(2 * np.pi * p) for m, p in zip(AMPLITUDES, phases, strict=True))


def as_tensor(grey):
    return torch.from_numpy(np.repeat(grey[None], 3, 0)).float()


@pytest.fixture
def folder(tmp_path):
    """A corpus of a lattice, boards, and a material without a period."""
    rng = np.random.default_rng(3)
    y = np.arange(SIZE[0])[:, None] + 0.5
    boards = 0.5 + 0.3 * np.cos(2 * np.pi * y / 25) * np.ones(SIZE)
    pictures = {"lattice": cosines(SIZE, A, B, ANCHOR), "boards": boards, "none": rng.random(SIZE)}
    known = {
        "lattice": {"kind": "hex", "a": A, "b": B, "unit_px": 33, "course_px": 24, "tol_pct": 1},
        "boards": {"kind": "plank_1d", "a": [0, 25], "b": None, "course_px": 25, "tol_pct": 1},
        "none": {"kind": "none", "a": None, "b": None, "tol_pct": None},
    }
    rows = []
    for name, grey in pictures.items():
        pixels = np.repeat((grey * 255).round().astype(np.uint8)[..., None], 3, -1)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        regularity = None if name == "none" else "regular"
        base = {"file": f"{name}.png", "unit_px": None, "course_px": None, "anchor": ANCHOR}
        rows.append(base | {"regularity": regularity} | known[name])
    (tmp_path / "manifest.json").write_text(json.dumps(rows))
    return tmp_path


# --- verdicts


LATTICE = Truth(a=A, b=B, tolerance=0.01)
BOARDS = Truth(a=(0.0, 25.0), course_px=25.0, tolerance=0.01)
NOTHING = Truth(a=None, is_periodic=False)


def said(a, b=None):
    return Answer(a=a, b=b, is_periodic=True)


def combine(i, j):
    return (i * A[0] + j * B[0], i * A[1] + j * B[1])


@pytest.mark.parametrize(
    ("truth", "answer", "verdict"),
    [
        (LATTICE, said(A, B), "right"),
        (LATTICE, said(combine(1, 1), combine(2, 1)), "right"),  # another basis
        (LATTICE, said(combine(1.008, 0), B), "right"),
        (LATTICE, said(combine(1.012, 0), B), "wrong"),
        (LATTICE, said(combine(2, 0), B), "octave"),
        (LATTICE, said(combine(1, 1), combine(1, -1)), "octave"),  # a checkerboard's colours
        (LATTICE, said(combine(0.5, 0), B), "octave"),
        (LATTICE, said(combine(0.5, 0.5), B), "octave"),
        (LATTICE, said(combine(2, 0), combine(0, 2)), "octave"),
        (LATTICE, said(combine(5, 0), B), "wrong"),
        (LATTICE, said(A), "wrong"),
        (LATTICE, Answer(), "missed"),
        (BOARDS, said((0.0, -25.1)), "right"),
        (BOARDS, said((0.0, 50.0)), "octave"),
        (BOARDS, said((25.0, 0.0)), "wrong"),
        (BOARDS, said((0.0, 25.0), (40.0, 0.0)), "wrong"),
        (NOTHING, Answer(strength=0.1), "right"),
        (NOTHING, said(A, B), "false alarm"),
        (Truth(a=None), said(A, B), "right"),  # perspective: only whether it repeats
        (Truth(a=None), Answer(), "missed"),
        (BOARDS, OnePeriod(25.9), "right"),
        (BOARDS, OnePeriod(12.4), "octave"),
        (BOARDS, OnePeriod(34.0), "wrong"),
        (BOARDS, OnePeriod(None), "missed"),
        (BOARDS, AxisPeriods(123.0, 25.0), "right"),  # along the boards anything goes
        (BOARDS, AxisPeriods(25.0, 75.0), "octave"),
        (NOTHING, AxisPeriods(None, 9.0), "false alarm"),
    ],
)
def test_verdicts(truth, answer, verdict):
    assert judge(truth, answer) == verdict


def test_the_periods_of_running_bond_include_brick_course_and_fundamental():
    truth = Truth(a=(100.0, 0.0), b=(50.0, 30.0), unit_px=100.0, course_px=30.0)
    periods = known_periods(truth)
    for period in (100.0, 30.0, math.hypot(50, 30)):
        assert min(abs(p - period) for p in periods) < 1e-9
    # Means over columns see two courses on top of each other: half a brick.
    assert judge(truth, AxisPeriods(50.0, 30.0)) == "right"
    assert judge(truth, AxisPeriods(100.0, 30.0)) == "right"
    assert judge(truth, AxisPeriods(200.0, 30.0)) == "octave"


def test_vector_error_is_relative_and_only_between_lattices_of_as_many_points():
    assert vector_error(LATTICE, said(combine(1.002, 0), B)) == pytest.approx(0.002, rel=0.01)
    assert vector_error(LATTICE, said(combine(2, 0), B)) is None
    assert vector_error(LATTICE, said(A)) is None
    assert vector_error(BOARDS, said((0.0, -25.5))) == pytest.approx(0.02)


# --- stresses


def fit(case, truth_a, truth_b):
    """Explained variance of the picture by the waves of a lattice, and their phases at the
    anchor, by least squares under the mask."""
    grey = case.image.mean(0).numpy().astype(np.float64)
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]] + 0.5
    inside = np.ones_like(grey, bool) if case.mask is None else case.mask.numpy() > 0
    # A plane takes up most of a fall of light.
    columns = [np.ones(inside.sum()), x[inside], y[inside]]
    for fx, fy in waves(truth_a, truth_b):
        phase = 2 * np.pi * (fx * (x - case.anchor[0]) + fy * (y - case.anchor[1]))[inside]
        columns += [np.cos(phase), np.sin(phase)]
    basis, values = np.stack(columns, 1), grey[inside]
    weights = np.linalg.lstsq(basis, values, rcond=None)[0]
    left = values - basis @ weights
    return 1 - left.var() / values.var(), np.arctan2(weights[4::2], weights[3::2])


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


# --- baselines


def stack_bond(size=(256, 320), unit=32, course=16):
    """Bins of the transform: 10 units and 16 courses fit exactly."""
    y, x = np.mgrid[: size[0], : size[1]]
    return as_tensor(
        0.5 + 0.1 * np.cos(2 * np.pi * x / unit) + 0.2 * np.cos(2 * np.pi * y / course)
    )


def test_the_strongest_bin_is_the_stronger_cosine():
    assert baselines.fft_bin(stack_bond(), None).period_px == pytest.approx(16)


def test_the_strongest_bin_under_a_mask():
    mask = torch.zeros(256, 320)
    mask[30:200, 40:290] = 1
    # Zero-padded bins are one cycle per picture apart: at 16 cycles 1 / 16 of the period.
    assert baselines.fft_bin(stack_bond(), mask).period_px == pytest.approx(16, rel=1 / 16)


def test_the_first_peak_of_the_autocorrelation_is_the_shortest_vector():
    image = as_tensor(cosines((256, 320), A, B))
    # Lags are whole pixels.
    assert baselines.acf_peak(image, None).period_px == pytest.approx(math.hypot(*B), abs=0.75)
    mask = torch.ones(256, 320)
    mask[60:140, 100:220] = 0
    assert baselines.acf_peak(image, mask).period_px == pytest.approx(math.hypot(*B), abs=0.75)


def test_noise_has_no_peak_of_autocorrelation():
    noise = torch.rand(3, 200, 200, generator=torch.Generator().manual_seed(0))
    assert baselines.acf_peak(noise, None).period_px is None


def test_the_soft_argmax_of_a_flat_spectrum_is_the_middle_of_its_range():
    noise = torch.rand(1, 256, 256, generator=torch.Generator().manual_seed(0))
    # Rings 2 to 128: 65. The rings' geometric means of white noise scatter by a few percent, and
    # the least, with few bins, lie 10 % off.
    assert baselines.soft_argmax(noise, None).period_px == pytest.approx(256 / 65, rel=0.05)


@pytest.mark.skipif(importlib.util.find_spec("librosa") is None, reason="needs the bench extra")
def test_yin_finds_unit_and_course_of_an_upright_wall():
    found = baselines.yin_means(stack_bond(), None)
    # YIN interpolates its difference function by a parabola.
    assert found.x_px == pytest.approx(32, rel=0.01)
    assert found.y_px == pytest.approx(16, rel=0.01)


# --- the benchmark as a whole


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


# --- the others


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
