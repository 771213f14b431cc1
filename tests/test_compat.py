"""Scripts of the original run with the names of its modules changed, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tiling_diag.training import ORIGINAL_KEYS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "guides" / "coming_from_diag_tiling.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=["diagnostics", "losses"])
def test_the_examples_of_the_page_run(example, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(example, "coming_from_diag_tiling.md", "exec"), names)
    if "numbers" in names:
        numbers = names["numbers"]
        assert set(ORIGINAL_KEYS) <= numbers.keys()
        for run in ("band_row_max_run", "band_col_max_run", "band_max_run"):
            assert type(numbers[run]) is int
        assert (tmp_path / "diag" / "summary.json").exists()
    else:
        assert names["pred"].grad.abs().max() > 0


def test_the_page_explains_every_number():
    assert len(EXAMPLES) == 2
    assert not [key for key in ORIGINAL_KEYS if f"`{key}`" not in PAGE]


@pytest.mark.slow
def test_the_command_line_of_the_original(tmp_path):
    command = [sys.executable, "-m", "tiling_diag.compat.diag_tiling", "--no-figures"]
    wall = str(ROOT / "sample_data" / "brick_doubled.jpg")
    done = subprocess.run(
        [*command, "--pred", wall, "--out", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "summary.json").exists()
