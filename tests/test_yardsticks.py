"""Cases, counted operations and speed over the corpora: each measured on what is known."""

import json
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import cases
import operations
import speed_corpus

BOND = {"kind": "running_bond", "regularity": "regular", "ai_generated": False, "tol_pct": 1}
BOND |= {"a": [40, 0], "b": [20, 15], "unit_px": 40, "course_px": 15}


def summary(a=(40.0, 0.0), b=(20.0, 15.0), unit=40.0, course=15.0, angle=0.0, findings=()):
    lattice = {"a_px": a, "b_px": b, "unit_px": unit, "course_px": course, "angle_deg": angle}
    found = [{"code": c, "severity": s, "title": t} for c, s, t in findings]
    known = {"is_periodic": a is not None, "strength": 0.8, "probability": 0.9, "reason": None}
    return {"lattice": lattice if a else None, "periodicity": known, "findings": found}


def faults(kind, entry, told):
    return cases.faults(cases.Task(kind, Path("x.png"), entry), told)


BANDS = ("doubling_bands", "defect", "bands")
MESH = ("upsampling_grid", "defect", "a grid of 16 px, 1.7 grey levels")


@pytest.mark.parametrize(
    ("entry", "told", "number"),
    [
        ({"unit_px": 40, "course_px": 15}, summary(), 0),
        ({"unit_px": 40, "course_px": 15}, summary(unit=40.7), 0),
        ({"unit_px": 40, "course_px": 15}, summary(unit=41.0), 1),
        ({"unit_px": 40, "course_px": 15}, summary(unit=20.0, course=30.0), 2),
        ({"unit_px": 40, "course_px": 15}, summary(a=None), 1),
        ({"unit_px": 40, "course_px": 15}, summary(findings=[BANDS]), 1),
        ({"unit_px": 40, "course_px": 15}, summary(findings=[("edge_cross", "info", "")]), 0),
        ({"unit_px": 40, "course_px": 15, "angle_deg": 90}, summary(angle=-89.0), 0),
        ({"unit_px": 40, "course_px": 15, "angle_deg": 90}, summary(angle=1.0), 1),
        ({"lattice": None, "finding": None}, summary(), 1),
        ({"lattice": None, "finding": None}, summary(a=None), 0),
        ({"lattice": None, "finding": "upsampling_grid"}, summary(a=None), 1),
        (
            {"lattice": None, "finding": "upsampling_grid", "period_px": 16},
            summary(a=None, findings=[MESH]),
            0,
        ),
        (
            {"lattice": None, "finding": "upsampling_grid", "period_px": 8},
            summary(a=None, findings=[MESH]),
            1,
        ),
    ],
)
def test_cases_are_judged_by_their_manifest(entry, told, number):
    assert len(faults("cases", entry, told)) == number


PERSPECTIVE = {"kind": "perspective", "local_at_middle": [[40, 0], [20, 15]]}
ENGLISH = BOND | {"b": [20, 30], "course_px": 15}


@pytest.mark.parametrize(
    ("entry", "told", "number"),
    [
        (BOND, summary(), 0),
        (BOND, summary(findings=[BANDS]), 1),
        (BOND, summary(a=(80.0, 0.0)), 1),
        (BOND, summary(unit=15.0, course=40.0), 2),
        (ENGLISH, summary(b=(20.0, 30.0), course=30.0), 0),  # the lattice's rows, not the joints
        (ENGLISH, summary(b=(20.0, 30.0), course=20.0), 1),
        (PERSPECTIVE, summary(a=(42.0, 0.0), b=(21.0, 16.0), unit=9.0), 0),
        (PERSPECTIVE, summary(a=(48.0, 0.0)), 1),
        (PERSPECTIVE, summary(a=None), 1),
        ({"kind": "none"}, summary(), 1),
        ({"kind": "none"}, summary(a=None), 0),
        ({"kind": "ambiguous"}, summary(), 0),
        ({"kind": "ambiguous"}, summary(findings=[BANDS]), 1),
    ],
)
def test_pictures_from_the_field_are_judged_by_their_kind(entry, told, number):
    assert len(faults("field", entry, told)) == number


def test_every_finding_on_a_photograph_is_false():
    told = summary(findings=[BANDS, MESH, ("perspective_drift", "info", "")])
    assert faults("negatives", {}, told) == ["false doubling_bands", "false upsampling_grid"]


def test_the_report_counts_groups_and_names_what_is_wrong():
    row = {"set": "field", "group": "field, flat", "codes": [], "periodic": True, "seconds": 2.0}
    rows = [
        row | {"file": "good.png", "reasons": []},
        row | {"file": "bad.png", "reasons": ["no lattice"], "codes": ["edge_cross"]},
    ]
    text = cases.report(rows)
    assert "| field, flat | bad.png | no lattice |" in text
    counted = next(line for line in text.splitlines() if "50 %" in line)
    cells = [c.strip() for c in counted.strip("|").split("|")]
    assert cells[1:3] == ["2", "1"]
    assert cells[6:] == ["edge_cross 1", "2.00 s"]


def test_operations_waits_and_copies_are_counted_each():
    values = torch.arange(6.0)

    def work():
        total = (values * 2).sum()  # two operations
        if total.item() > 0:  # one, a wait
            chosen = values[values > 3]  # two, of which the mask as an index waits
            return chosen.tolist(), values.cpu()
        return None

    found = operations.count(work)
    assert (found["operations"], found["waits"], found["copies"]) == (5, 2, 2)
    assert found["most"]["mul"] == 1


def test_what_is_over_a_goal_is_said():
    row = {"what": "batch", "walls": 16, "goal": 6000, "operations": 5000, "waits": 41, "copies": 0}
    assert operations.report([row]).rstrip(" |").endswith("NO")
    assert operations.report([row | {"waits": 40}]).rstrip(" |").endswith("yes")
    sizes = [row | {"walls": w, "goal": None, "operations": n} for w, n in ((8, 100), (32, 121))]
    assert "1.21x" in operations.report(sizes)
    assert operations.report(sizes).endswith("within: NO")


def test_speed_names_the_slowest_and_holds_every_group_to_both_goals():
    rows = [
        {"group": g, "name": n, "ratio": r}
        for g, n, r in (("hex", "a", 9.0), ("hex", "b", 41.0), ("none", "c", 14.0))
    ]
    lines = speed_corpus.corpus_table(rows, {"name": "batch", "ratio": 8.1}).splitlines()
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines[2:5]]
    assert [c[5] for c in cells] == ["NO", "yes", "NO"]
    assert cells[0][2:5] == ["25.0x", "41.0x", "1"]
    assert cells[2][6] == "b 41x, c 14x, a 9x"
    assert lines[-1].endswith("within: NO")


@pytest.fixture
def shared(tmp_path):
    """Two corpora of one picture each, and a photograph."""
    for folder in ("corpus", "corpus2", "negatives"):
        (tmp_path / folder).mkdir()
        picture = Image.effect_noise((64, 32), 60).convert("RGB")
        picture.save(tmp_path / folder / f"{folder}.jpg")
        entry = [{"file": f"{folder}.jpg", "kind": "hex"}]
        if folder != "negatives":
            (tmp_path / folder / "manifest.json").write_text(json.dumps(entry))
    return tmp_path


def test_corpora_are_timed_at_one_size_and_photographs_as_they_are(shared):
    found = list(speed_corpus.pictures(shared, None))
    sizes = [(group, tuple(image.shape)) for group, _, image in found]
    assert sizes == [("hex", (3, 512, 1024))] * 2 + [("negatives", (3, 32, 64))]
    assert [name for _, name, _ in speed_corpus.pictures(shared, "neg")] == ["negatives.jpg"]


def test_a_mixed_batch_holds_photographs(shared):
    walls = operations.mixed_batch(shared, 8, 48)
    assert walls.shape == (8, 3, 48, 48)
    assert torch.equal(walls[0], walls[5])
    assert not torch.equal(walls[5], walls[6])  # the last quarter
