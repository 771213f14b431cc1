"""The command line: exit codes, messages, files, and what it must not import."""

import dataclasses
import json
import re
import shutil
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from bad_inputs import CASES, Refused, ordinary_user
from PIL import Image
from typer.testing import CliRunner

import tiling_diag as td
from tiling_diag.command.cli import app
from tiling_diag.report import summary

pytestmark = pytest.mark.usefixtures("remembered")

SAMPLES = Path(__file__).parents[2] / "sample_data"
ZONES, REFERENCE = SAMPLES / "brick_zones.jpg", SAMPLES / "brick_reference.jpg"
SCHEMA = json.loads((files("tiling_diag.report") / "summary.schema.json").read_text())
FIGURES = {
    "overview", "pred", "radial_profile", "fft_log_hann", "fft_log_nohann", "acf", "cepstrum",
    "local_period_px", "local_mask_coverage", "local_period_bands",
}  # fmt: skip


def run(*arguments, columns=80):
    result = CliRunner().invoke(
        app, ["diag", *map(str, arguments)], env={"COLUMNS": str(columns), "TERM": "dumb"}
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_json_is_one_document_that_follows_the_schema():
    result = run("--pred", ZONES, "--ref", REFERENCE, "--json")
    assert result.exit_code == 0
    summary = json.loads(result.stdout)
    jsonschema.validate(summary, SCHEMA)
    assert summary["verdict"] == "defect"
    assert summary["input"]["pred"].endswith("brick_zones.jpg")


@pytest.mark.parametrize(
    "extra", [[], ["--json"], ["--out", "report"], ["--out", "o", "--json", "--no-figures"]]
)
def test_the_summary_is_built_once(extra, monkeypatch, tmp_path):
    built, once = [], summary.lattice_dict
    monkeypatch.setattr(summary, "lattice_dict", lambda found: built.append(1) or once(found))
    monkeypatch.chdir(tmp_path)
    assert run("--pred", REFERENCE, *extra).exit_code == 0
    assert len(built) == 1


@pytest.mark.parametrize(("limit", "code"), [("suspect", 1), ("defect", 1), (None, 0)])
def test_fail_on_sets_the_exit_code_for_a_defect(limit, code):
    extra = [] if limit is None else ["--fail-on", limit]
    assert run("--pred", ZONES, "--ref", REFERENCE, *extra).exit_code == code


@pytest.mark.parametrize(("limit", "code"), [("suspect", 1), ("defect", 0)])
def test_a_suspect_wall_fails_from_suspect_on_only(limit, code, monkeypatch):
    diagnosis = td.diagnose(SAMPLES / "brick_reference.jpg")
    finding = td.Finding("period_off", 0.7, "suspect", "a title", (), (), "a cause", "a fix")
    suspect = dataclasses.replace(diagnosis, findings=(finding,))
    monkeypatch.setattr("tiling_diag.diagnosis.diagnose", lambda *_: suspect)
    result = run("--pred", REFERENCE, "--fail-on", limit)
    assert result.exit_code == code
    assert result.stdout.startswith("SUSPECT  worth a look")


@pytest.mark.parametrize(("limit", "code"), [("unjudged", 1), ("suspect", 0), ("defect", 0)])
def test_a_wall_that_is_not_judged_fails_only_if_the_user_says_so(limit, code, tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "black.png")
    result = run("--pred", tmp_path / "black.png", "--fail-on", limit)
    assert result.exit_code == code
    assert result.stdout.startswith("NOT JUDGED")


def test_a_good_wall_passes_fail_on():
    mask = SAMPLES / "brick_mask.png"
    assert (
        run("--pred", SAMPLES / "brick.jpg", "--mask", mask, "--fail-on", "suspect").exit_code == 0
    )


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_terminal_summary_keeps_to_the_width(columns):
    result = run("--pred", ZONES, "--ref", REFERENCE, columns=columns)
    lines = result.stdout.splitlines()
    assert lines[0].startswith("DEFECT")
    assert any("doubling_bands" in line for line in lines)
    assert max(map(len, lines)) <= columns


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The folder of a whole report, drawn once, of a picture with tags in its name."""
    folder = tmp_path_factory.mktemp("report")
    hostile = folder / "<b>'\"&.jpg"
    hostile.write_bytes(ZONES.read_bytes())
    out = folder / "отчёт с пробелом"
    assert run("--pred", hostile, "--ref", REFERENCE, "--out", out).exit_code == 0
    return out


def test_a_report_has_every_file_and_leaves_no_temporary_one(report):
    expected = {f"{name}.png" for name in FIGURES}
    expected |= {"report.html", "summary.json", "local_period.npy", "wall_map.npy"}
    assert {path.name for path in report.iterdir()} == expected
    page = (report / "report.html").read_text()
    assert page.index("doubling_bands") < page.index("E2f_over_Ef")
    for outside in ("http://", "https://", 'src="/', "<script src", "@import"):
        assert outside not in page


def test_without_figures_only_numbers_are_written(tmp_path):
    assert run("--pred", ZONES, "--no-figures", "--out", tmp_path).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "summary.json",
        "local_period.npy",
        "wall_map.npy",
    }
    assert json.loads((tmp_path / "summary.json").read_text())["local_period"]["map"]


def test_a_folder_keeps_no_page_of_an_earlier_wall(report, tmp_path):
    shutil.copytree(report, tmp_path, dirs_exist_ok=True)
    mine = tmp_path / "notes.txt"
    mine.write_text("keep me")
    assert (tmp_path / "report.html").exists()
    assert run("--pred", REFERENCE, "--no-figures", "--out", tmp_path).exit_code == 0
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"summary.json", "local_period.npy", "wall_map.npy", "notes.txt"}


def test_without_out_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("--pred", ZONES).exit_code == 0
    assert not list(tmp_path.iterdir())


def test_names_with_tags_are_escaped_on_the_page(report):
    page = (report / "report.html").read_text()
    assert "<b>'" not in page
    assert "&lt;b&gt;" in page


# No command line can carry a null character.
@pytest.mark.parametrize(
    "case", [c for c in CASES if "null" not in c.name], ids=lambda case: case.name
)
def test_bad_and_odd_pictures_get_an_answer_or_one_line(case, tmp_path):
    path = case.build(tmp_path)
    if case.as_ordinary_user:
        with ordinary_user():
            result = run("--pred", path, "--json")
    else:
        result = run("--pred", path, "--json")
    if isinstance(case.expect, Refused):
        assert result.exit_code == 2
        assert result.stdout == ""
        assert len(result.stderr.strip().splitlines()) == 1
        assert re.search(case.expect.message, result.stderr.strip())
        assert "Traceback" not in result.stderr
    else:
        assert result.exit_code == 0
        jsonschema.validate(json.loads(result.stdout), SCHEMA)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--unit-px", "-3"], "unit_px=-3.0 must be a positive"),
        (["--unit-px", "0"], "unit_px=0.0 must be a positive"),
        (["--course-px", "nan"], "course_px=nan must be a positive"),
        (["--course-px", "inf"], "course_px=inf must be a positive"),
        (["--ref-scale", "0"], "ref_scale=0.0 must be a positive"),
        (["--unit-px", "1e308"], "unit_px=1e+308 can't be meant: give 1 to 100000 px"),
        (["--course-px", "0.5"], "course_px=0.5 can't be meant: give 1 to 100000 px"),
        (["--ref-scale", "1e9"], "ref_scale=1e+09 can't be meant: give 0.001 to 1000 px"),
        (["--out", ""], "Invalid value for '--out' / '-o': it is empty"),
        (["--device", "abacus"], "use auto, cpu"),
        (["--device", "cuda:99"], "use auto or cpu"),
        (["--frobnicate"], "No such option"),
        (["--fail-on", "never"], "fail-on"),
        (["--unit-px", "wide"], "unit-px"),
        (["--mask", "nothing.png"], "nothing.png"),
        (["--ref", "nothing.png"], "nothing.png"),
        (["--mask", SAMPLES], "is a folder: name one picture"),
        (["--ref", SAMPLES], "is a folder: name one picture"),
        (["--mask", REFERENCE.parent / "brick_mask.png"], "the mask needs the picture's size"),
        (["--out", "/dev/null/report"], "can't hold the report"),
        (["--out", REFERENCE], "can't hold the report"),
        (["--device"], "requires an argument"),
        (["stray.jpg"], "2 pictures are named and diag measures one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_arguments_are_named_on_one_line_and_exit_with_2(arguments, message):
    result = run("--pred", REFERENCE, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_a_missing_option_and_an_unknown_command_are_one_line():
    for command, message in (
        (["synth"], "Missing option '--out'"),
        (["frobnicate"], "No such command"),
    ):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 2
        assert message in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_a_mask_that_marks_nothing_is_refused(tmp_path):
    Image.new("L", (768, 544), 0).save(tmp_path / "black.png")
    result = run("--pred", ZONES, "--mask", tmp_path / "black.png")
    assert result.exit_code == 2
    assert "paint the wall white" in result.stderr


def test_a_folder_that_can_not_be_written_to_is_named(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    with ordinary_user():
        result = run("--pred", REFERENCE, "--no-figures", "--out", folder)
    assert result.exit_code == 2
    assert "locked" in result.stderr
    assert len(result.stderr.splitlines()) == 1
