"""Standard streams that are closed, full or not UTF-8, and faults of the program itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tiling_diag.command.main import fault_line
from tiling_diag.text import json_text

pytest.importorskip("fcntl", reason="POSIX streams")
NEEDS_FULL = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="needs a device that is always full"
)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A small picture that is measured quickly, with a name that is not ASCII."""
    path = tmp_path_factory.mktemp("walls") / "стена é.png"
    tones = np.kron(np.arange(12).reshape(3, 4) * 20, np.ones((8, 8)))
    Image.fromarray(tones.astype(np.uint8)).save(path)
    return path


def shell(line, *arguments, **environment):
    """Run `tiling-diag` with arguments in place of ``RUN`` in a line of sh."""
    code = "from tiling_diag.command.main import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(
        ["sh", "-c", line.replace("RUN", '"$@"'), "sh", *command],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=300,
    )


@NEEDS_FULL
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["diag", "--help"], []])
def test_a_full_standard_output_is_one_line_and_exit_code_2(arguments):
    # Click writes past a stream that claims to be ASCII.
    ascii_only = {} if arguments == ["--help"] else {"PYTHONIOENCODING": "ascii"}
    done = shell("RUN >/dev/full", *arguments, **ascii_only)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert b"standard output can't be written to" in done.stderr


@pytest.mark.parametrize("line", ["RUN >&-", "RUN 2>&-", "RUN >&- 2>&-", "RUN <&- >&- 2>&-"])
def test_closed_streams_leave_the_exit_code_as_it_is(line):
    assert shell(line, "--version").returncode == 0
    done = shell(line, "diag", "--pred", "nothing.png")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr


@NEEDS_FULL
def test_a_full_standard_error_loses_its_lines_only(picture, tmp_path):
    assert shell("RUN 2>/dev/full", "frobnicate").returncode == 2
    done = shell("RUN 2>/dev/full", "diag", "--pred", picture, "--out", tmp_path, "--no-figures")
    assert done.returncode == 0
    assert (tmp_path / "summary.json").exists()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1251", "utf-8"])
def test_json_is_valid_on_any_standard_output(picture, encoding):
    done = shell("RUN", "diag", "--pred", picture, "--json", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode())["input"]["pred"] == str(picture)


def test_a_name_of_any_bytes_is_measured_and_reported(picture, tmp_path):
    odd = os.fsencode(tmp_path) + b"/wall-\xff\xfe.png"
    Path(os.fsdecode(odd)).write_bytes(picture.read_bytes())
    out = tmp_path / "out"
    for extra in ({}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        done = shell("RUN", "diag", "--pred", os.fsdecode(odd), "--json", "--out", out, **extra)
        assert done.returncode == 0, done.stderr
        name = json.loads(done.stdout)["input"]["pred"]
        assert json.loads((out / "summary.json").read_text())["input"]["pred"] == name
        assert os.fsencode(name) == odd
        assert "wall-" in (out / "report.html").read_text()


def test_a_fault_of_the_program_has_its_own_code_and_one_line():
    code = (
        "import sys, tiling_diag.command.cli as cli\n"
        "def app(): raise KeyError('no\\nkey')\n"
        "cli.app = app\n"
        "from tiling_diag.command.main import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 70
    (line,) = done.stderr.splitlines()
    assert "KeyError" in line and "please report" in line
    assert "(ValueError: a b)" in fault_line(ValueError("a\nb"))


def test_json_text_escapes_what_utf_8_can_not_hold():
    document = {"a": "é", "b": ["\udcff"]}
    assert json_text({"a": "é"}) == '{"a": "é"}'
    assert json_text({"a": "é"}, ascii_only=True).isascii()
    assert json.loads(json_text(document).encode()) == document
