"""Two folders of summaries, written or drawn by hand, compared number by number."""

import json
import sys
from pathlib import Path

import pytest
from batch_walls import save_wall

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import same_numbers

SUMMARY = {
    "verdict": "ok",
    "lattice": {"a_px": [70.5, 0.0], "b_px": None},
    "findings": [{"code": "no_period", "probability": 0.25}],
    "wide": True,
}


def changed(**changes):
    """A copy of the summary with the values at some places replaced."""
    copy = json.loads(json.dumps(SUMMARY))
    copy.update(changes)
    return copy


def differences(tmp_path, after, before=SUMMARY):
    for name, summary in (("before", before), ("after", after)):
        (tmp_path / name).mkdir()
        if summary is not None:
            (tmp_path / name / "walls__a.png.json").write_text(json.dumps(summary))
    return same_numbers.compare(tmp_path / "before", tmp_path / "after")


@pytest.mark.parametrize("b_px", [70.5, 70.5 * (1 + 1e-5)])
def test_rounding_is_no_difference(tmp_path, b_px):
    assert not differences(tmp_path, changed(lattice={"a_px": [b_px, 1e-12], "b_px": None}))


@pytest.mark.parametrize(
    ("changes", "key", "before", "after"),
    [
        ({"lattice": {"a_px": [70.6, 0.0], "b_px": None}}, "lattice.a_px[0]", 70.5, 70.6),
        ({"lattice": {"a_px": [70.5, 0.0], "b_px": 1.0}}, "lattice.b_px", None, 1.0),
        ({"verdict": "defect"}, "verdict", "ok", "defect"),
        ({"wide": 1}, "wide", True, 1),
        ({"more": 3}, "more", same_numbers.ABSENT, 3),
    ],
)
def test_every_other_change_is_named_by_its_key(tmp_path, changes, key, before, after):
    (found,) = differences(tmp_path, changed(**changes))
    assert (found.picture, found.key) == ("walls__a.png", key)
    assert (found.before, found.after) == (before, after)


def test_a_picture_that_is_missing_differs_in_all_it_has(tmp_path):
    found = differences(tmp_path, None)
    assert {d.key for d in found} >= {"verdict", "lattice.a_px[0]", "findings.length"}
    assert {d.after for d in found} == {same_numbers.ABSENT}


def test_the_table_has_one_row_a_key_with_the_worst_picture(tmp_path):
    for picture, probability in (("a", 0.5), ("b", 0.75)):
        for name, value in (("before", 0.25), ("after", probability)):
            (tmp_path / name).mkdir(exist_ok=True)
            summary = changed(findings=[{"code": "no_period", "probability": value}])
            (tmp_path / name / f"{picture}.json").write_text(json.dumps(summary))
    found = same_numbers.compare(tmp_path / "before", tmp_path / "after")
    (row,) = same_numbers.table(found).splitlines()[2:]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == ["findings[0].probability", "2", "0.67", "0.25", "0.75", "b"]


def test_pictures_measured_twice_are_the_same_and_a_changed_one_is_not(tmp_path, capsys):
    walls = tmp_path / "walls"
    for seed in range(2):
        save_wall(walls / f"{seed}.png", seed, size=(48, 60), period=(8, 12))
    (walls / "notes.txt").write_text("no picture")
    for name in ("before", "after"):
        assert same_numbers.main(["measure", str(walls), "--out", str(tmp_path / name)]) == 0
    folders = [str(tmp_path / name) for name in ("before", "after")]
    assert same_numbers.main(["compare", *folders]) == 0
    save_wall(walls / "1.png", 7, size=(48, 60), period=(8, 12))
    same_numbers.main(["measure", str(walls), "--out", folders[1]])
    assert same_numbers.main(["compare", *folders]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 of 2 pictures differ"


def test_a_folder_without_summaries_is_an_error(tmp_path):
    with pytest.raises(SystemExit) as end:
        same_numbers.main(["compare", str(tmp_path), str(tmp_path)])
    assert end.value.code == 2
