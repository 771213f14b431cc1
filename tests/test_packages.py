"""The wheel and the sdist: built, the wheel installed into a clean environment, and used there."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def run(*command, cwd):
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=1500
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_wheel_works_outside_the_tree(tmp_path):
    run(sys.executable, "-m", "build", "--outdir", tmp_path / "dist", ROOT, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    (sdist,) = (tmp_path / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"losses/__init__.py", "tests/test_packages.py", "sample_data/truth.json"} <= names
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    binaries = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    constraints = ROOT / "constraints.txt"
    pip = [binaries / "python", "-m", "pip", "install", "--quiet", "-c", constraints]
    run(*pip, wheel, cwd=tmp_path)
    run(binaries / "python", "-c", "import tiling_diag.losses", cwd=tmp_path)
    run(binaries / "tiling-diag", "synth", "--walls", "1", "--out", "walls", cwd=tmp_path)
    assert (tmp_path / "walls" / "truth.json").exists()
    wall = ROOT / "sample_data" / "brick_zones.jpg"
    printed = run(
        binaries / "tiling-diag", "diag", "--pred", wall, "--out", "report", "--json", cwd=tmp_path
    )
    assert json.loads(printed)["verdict"] == "defect"
    assert (tmp_path / "report" / "report.html").stat().st_size > 10_000
