"""The command line: exit codes, messages, files, and what it must not import."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from bad_inputs import CASES, Refused, ordinary_user
from typer.testing import CliRunner

from tiling_diag.cli import app

SAMPLES = Path(__file__).parent.parent / "sample_data"
ZONES, REFERENCE = SAMPLES / "brick_zones.jpg", SAMPLES / "brick_reference.jpg"
SCHEMA = json.loads((files("tiling_diag") / "summary.schema.json").read_text())
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


@pytest.mark.parametrize(("limit", "code"), [("suspect", 1), ("defect", 1), (None, 0)])
def test_fail_on_sets_the_exit_code_for_a_defect(limit, code):
    extra = [] if limit is None else ["--fail-on", limit]
    assert run("--pred", ZONES, "--ref", REFERENCE, *extra).exit_code == code


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


def test_a_report_has_every_file_and_leaves_no_temporary_one(tmp_path):
    out = tmp_path / "отчёт с пробелом"
    assert run("--pred", ZONES, "--ref", REFERENCE, "--out", out).exit_code == 0
    expected = {f"{name}.png" for name in FIGURES}
    expected |= {"report.html", "summary.json", "local_period.npy"}
    assert {path.name for path in out.iterdir()} == expected
    page = (out / "report.html").read_text()
    assert page.index("doubling_bands") < page.index("E2f_over_Ef")
    for outside in ("http://", "https://", 'src="/', "<script src", "@import"):
        assert outside not in page


def test_without_figures_only_numbers_are_written(tmp_path):
    assert run("--pred", ZONES, "--no-figures", "--out", tmp_path).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"summary.json", "local_period.npy"}
    assert json.loads((tmp_path / "summary.json").read_text())["local_period"]["map"]


def test_without_out_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("--pred", ZONES).exit_code == 0
    assert not list(tmp_path.iterdir())


def test_names_with_tags_are_escaped_on_the_page(tmp_path):
    hostile = tmp_path / "<b>'\"&.jpg"
    hostile.write_bytes(REFERENCE.read_bytes())
    assert run("--pred", hostile, "--out", tmp_path / "out").exit_code == 0
    assert "<b>'" not in (tmp_path / "out" / "report.html").read_text()


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
        assert "Traceback" not in result.stderr
    else:
        assert result.exit_code == 0
        jsonschema.validate(json.loads(result.stdout), SCHEMA)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--unit-px", "-3"], "unit_px"),
        (["--course-px", "nan"], "course_px"),
        (["--ref-scale", "0"], "ref_scale"),
        (["--device", "abacus"], "use auto, cpu"),
        (["--device", "cuda:99"], "use auto or cpu"),
        (["--frobnicate"], "No such option"),
        (["--fail-on", "never"], "fail-on"),
        (["--unit-px", "wide"], "unit-px"),
        (["--mask", "nothing.png"], "nothing.png"),
        (["--ref", "nothing.png"], "nothing.png"),
        (["--out", "/dev/null/report"], "report"),
    ],
)
def test_bad_arguments_are_named_and_exit_with_2(arguments, message):
    result = run("--pred", REFERENCE, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["diag", "--help"]])
def test_help_imports_neither_torch_nor_matplotlib(arguments):
    code = (
        "import sys\nfrom tiling_diag.cli import app\n"
        f"try: app({arguments!r})\nexcept SystemExit: pass\n"
        "assert not {'torch', 'matplotlib'} & set(sys.modules), 'heavy import'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
