"""The command as a process of its own: streams, interrupts, completion, what it imports."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from processes import start_program
from typer.testing import CliRunner

from tiling_diag.command.cli import app

SAMPLES = Path(__file__).parents[2] / "sample_data"
SCHEMA = json.loads((files("tiling_diag.report") / "summary.schema.json").read_text())
ZONES, REFERENCE = SAMPLES / "brick_zones.jpg", SAMPLES / "brick_reference.jpg"


def program(*arguments):
    return [
        sys.executable,
        "-c",
        "from tiling_diag.command.main import main; main()",
        *map(str, arguments),
    ]


def test_the_program_prints_all_and_ends_with_its_exit_code():
    done = subprocess.run(
        program("diag", "--pred", ZONES, "--ref", REFERENCE, "--json", "--fail-on", "defect"),
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (1, b"")
    jsonschema.validate(json.loads(done.stdout), SCHEMA)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_can_not_be_written_to_is_one_line():
    for extra in ([], ["--json"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                program("diag", "--pred", REFERENCE, *extra), stdout=full, stderr=subprocess.PIPE
            )
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_closed_pipe_ends_quietly():
    started = start_program(program("diag", "--pred", REFERENCE))
    started.stdout.close()
    assert started.stderr.read() == ""
    assert started.wait() == 141


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("after_s", [0.01, 0.5, 1.0, 1.5, 2.0])
def test_an_interrupt_exits_with_130_and_leaves_no_half_written_file(after_s, tmp_path):
    # Python itself is not to be interrupted while it starts.
    python, option, code, *arguments = program("diag", "--pred", ZONES, "--out", tmp_path / "out")
    code = code.replace("; main()", "; print('up', flush=True); main()")
    started = start_program([python, option, code, *arguments])
    assert started.stdout.readline() == "up\n"
    time.sleep(after_s)
    started.send_signal(signal.SIGINT)
    _, errors = started.communicate()
    if started.returncode == 0:
        pytest.skip("this machine is done before")
    assert started.returncode == 130
    assert errors == "tiling-diag: interrupted\n"
    assert not list(tmp_path.glob("out/.*"))


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_an_interrupt_amid_an_import_comes_when_the_import_is_done(tmp_path):
    (tmp_path / "imported.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nprint('imported', flush=True)\n"
    )
    code = (
        "from tiling_diag.command import cli, main\n"
        "def app():\n import time, imported\n time.sleep(60)\n print('not interrupted')\n"
        "cli.app = app\nmain.main()"
    )
    started = start_program([sys.executable, "-c", code], cwd=tmp_path)
    assert started.communicate() == ("imported\n", "tiling-diag: interrupted\n")
    assert started.returncode == 130


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("co", "compare"), ("diag --un", "--unit-px"), ("batch --f", "--figures")],
)
def test_a_shell_completes_commands_and_options(typed, completed):
    asked = {
        "_TILING_DIAG_COMPLETE": "complete_bash",
        "COMP_WORDS": f"tiling-diag {typed}",
        "COMP_CWORD": str(typed.count(" ") + 1),
    }
    result = CliRunner().invoke(app, [], prog_name="tiling-diag", env=asked)
    assert completed in result.stdout.split()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["diag", "--help"]])
def test_help_imports_neither_torch_nor_matplotlib(arguments):
    code = (
        "import sys\nfrom tiling_diag.command.cli import app\n"
        f"try: app({arguments!r})\nexcept SystemExit: pass\n"
        "assert not {'torch', 'matplotlib'} & set(sys.modules), 'heavy import'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
