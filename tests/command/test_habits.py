"""What a person tries first: a picture without an option, -m, dir(), colours, the schema."""

import inspect
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import tiling_diag as td
from tiling_diag.command import waiting
from tiling_diag.command.cli import app
from tiling_diag.report.console import as_text
from tiling_diag.report.schema import summary_schema

SAMPLES = Path(__file__).parents[2] / "sample_data"
REFERENCE = str(SAMPLES / "brick_reference.jpg")


def run(*arguments, **more):
    return CliRunner().invoke(app, list(arguments), **more)


def test_a_picture_needs_no_option():
    by_place, by_name = (
        run("diag", *how, "--json").stdout for how in ([REFERENCE], ["--pred", REFERENCE])
    )
    assert json.loads(by_place) == json.loads(by_name)


@pytest.mark.parametrize(
    ("pictures", "said"),
    [([], "tiling-diag diag wall.jpg"), ([REFERENCE, REFERENCE], "tiling-diag batch")],
)
def test_no_picture_and_two_are_told_what_works(pictures, said):
    result = run("diag", *pictures)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_python_runs_the_package_and_the_version_needs_no_torch():
    program = (
        "import sys, runpy; sys.argv = ['tiling-diag', '--version']\n"
        "import atexit; atexit.register(lambda: print('torch' in sys.modules))\n"
        "runpy.run_module('tiling_diag', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300
    )
    said, loaded = done.stdout.splitlines()
    assert said.startswith(f"tiling-diag {td.__version__} (torch 2.")
    assert loaded == "False"


def test_examples_of_the_help_fit_80_columns():
    commands = [get_command(app), *get_command(app).commands.values()]
    lines = [line for command in commands for line in command.epilog.splitlines()]
    assert len(lines) > 30
    assert not [line for line in lines if len(line) > 78]  # a blank on either side


def test_the_schema_is_printed():
    assert json.loads(run("schema").stdout) == summary_schema()


def test_dir_shows_the_public_names_and_nothing_else():
    assert dir(td) == sorted(td.__all__)


def test_a_diagnosis_is_a_line_that_says_the_verdict():
    d = td.diagnose(REFERENCE)
    assert repr(d).startswith(f"<Diagnosis of {REFERENCE}: {d.verdict.upper()}")
    assert repr(d).endswith(" px>")
    assert "\n" not in repr(d)


def test_help_says_what_comes_back():
    for function in (td.diagnose, td.diagnose_batch):
        assert "Returns:" in inspect.getdoc(function)


def test_colours_are_as_the_environment_asks(monkeypatch):
    def said():
        return as_text(lambda console: console.print("[red]wall[/]"))

    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert said() == "wall"
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31m" in said()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in said()


def test_forced_colours_reach_a_pipe():
    result = run("diag", REFERENCE, env={"FORCE_COLOR": "1", "TERM": "xterm"})
    assert "\x1b[" in result.stdout


def test_what_is_slow_is_said_on_a_terminal_only(monkeypatch, capsys):
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.0)
    with waiting.said_if_slow("measuring wall.jpg"):
        pass
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    said, started = [], threading.Event()
    monkeypatch.setattr(
        "rich.status.Status.start", lambda self: (said.append(self.status), started.set())
    )
    with waiting.said_if_slow("measuring [wall].jpg"):
        assert started.wait(120)
    assert said == ["measuring \\[wall].jpg"]
