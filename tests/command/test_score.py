"""`synth`, `batch` and `score` one after another: the list is read, the counts are right."""

import json
from functools import partial

import pytest
from batch_walls import HereEngine, rows_in
from typed_commands import typed

import tiling_diag as td
from tiling_diag.batch import run_batch
from tiling_diag.batch.rows import to_line
from tiling_diag.command.synthesis import write_pictures
from tiling_diag.compare.shares import wilson

command = partial(typed, "score")


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    folder = tmp_path_factory.mktemp("score")
    defects = ["grid_8", "wall_doubled"]
    write_pictures(folder / "check", walls=2, defects=defects, size=(256, 256), seed=3)
    sources = [str(folder / "check" / "pictures.csv")]
    run_batch(sources, folder / "out", td.Settings(), engine=HereEngine())
    return folder


def test_the_list_has_every_picture_with_its_reference_and_what_was_done(check):
    rows = {row["path"].rpartition("/")[2]: row for row in rows_in(check / "out")}
    truth = json.loads((check / "check" / "truth.json").read_text())
    assert rows.keys() == {entry["file"] for entry in truth["pictures"]}
    for entry in truth["pictures"]:
        row = rows[entry["file"]]
        assert (row["ref"] or "").endswith(entry["ref"] or "")
        assert bool(row["ref"]) == bool(entry["ref"])
        name = "none" if entry["defect"] is None else entry["defect"]["name"]
        assert row["columns"]["defect"] == name


def test_found_and_false_are_counted_for_every_finding(check, tmp_path):
    """On rows whose findings are set by hand."""
    rows = rows_in(check / "out")
    finding = {"severity": "defect", "probability": 0.95, "title": "t"}
    said = {
        "wall_000.png": [("upsampling_grid", "defect"), ("edge_cross", "info")],
        "wall_001.png": [("perspective_drift", "info")],
        "wall_000_grid_8.png": [("upsampling_grid", "defect")],
        "wall_001_grid_8.png": [],
        "wall_000_wall_doubled.png": [("period_doubled", "suspect")],
    }
    out = tmp_path / "out"
    out.mkdir()
    lines = []
    for row in rows:
        name = row["path"].rpartition("/")[2]
        if name in said:
            findings = [{**finding, "code": c, "severity": s} for c, s in said[name]]
            row = {**row, "summary": {**row["summary"], "findings": findings}}
            lines.append(to_line(row))
    lines.append(to_line({**row, "path": "elsewhere/x.png"}))
    (out / "results.jsonl").write_bytes(b"".join(lines))
    (out / "batch.json").write_bytes((check / "out" / "batch.json").read_bytes())
    result = command(out, check / "check" / "truth.json", "--json")
    assert result.exit_code == 0
    plain = json.loads(result.stdout)
    assert (plain["pictures"], plain["clean"], plain["clean_called_suspect_or_defect"]) == (5, 2, 1)
    assert plain["without_row"] == ["wall_001_wall_doubled.png"]
    assert plain["rows_not_in_truth"] == 1
    codes = {one["code"]: one for one in plain["codes"]}
    grid = codes["upsampling_grid"]
    assert (grid["expected"], grid["found"], grid["others"], grid["false"]) == (2, 1, 3, 1)
    assert (grid["found_share"], grid["found_low"], grid["found_high"]) == wilson(1, 2)
    assert (codes["period_doubled"]["found"], codes["period_doubled"]["expected"]) == (1, 1)
    drift = codes["perspective_drift"]
    assert (drift["expected"], drift["false"], drift["only_information"]) == (0, 0, 1)
    assert drift["found_share"] is None
    text = command(out, check / "check" / "truth.json").stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "of 2 without a defect 1 were" in " ".join(text.split())


def test_what_can_not_be_scored_is_said(check, tmp_path):
    truth = check / "check" / "truth.json"
    (tmp_path / "a.json").write_text('{"pictures": [{"file": "a.png"}]}')
    (tmp_path / "b.json").write_text('{"pictures": [{"file": "a.png", "expected_codes": []}]}')
    for results, path, message in [
        (tmp_path, truth, "is no folder of results"),
        (check / "out", tmp_path / "nothing.json", "nothing.json: can't be read"),
        (check / "out", tmp_path / "a.json", "is no truth.json"),
        (check / "out", tmp_path / "b.json", "have no picture in common"),
    ]:
        result = command(results, path)
        assert result.exit_code == 2
        assert message in " ".join(result.stderr.split())
