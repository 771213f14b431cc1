"""The README does what it says: its commands run, its output and its table are the real ones."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tiling_diag.cli import app
from tiling_diag.report.measures import MEASURES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = [
    line
    for kind, text in BLOCKS
    if kind == "sh"
    for line in text.splitlines()
    if line.startswith("tiling-diag")
]
PROGRAMS = [text for kind, text in BLOCKS if kind == "python"]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_print_what_the_readme_shows(command, monkeypatch):
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, shlex.split(command)[1:], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    shown = [text for kind, text in BLOCKS if kind == "text"]
    printed = [line.rstrip() for line in result.stdout.splitlines()]
    # Figures may differ in the last digit from machine to machine; words may not.
    words = re.compile(r"[\d.]+")
    assert [words.sub("#", line) for line in printed] == [
        words.sub("#", line) for line in shown[0].splitlines()
    ]


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_run(program, monkeypatch, tmp_path):
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "README.md", "exec"), {})


def test_the_table_is_that_of_the_report():
    for measure in MEASURES:
        assert f"| `{measure.key}` | {measure.unit or '-'} | {measure.reading} |" in README


@pytest.mark.parametrize("target", ["demo", "test", "test-slow", "check", "bench", "clean", "help"])
def test_the_makefile_has_every_target(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
