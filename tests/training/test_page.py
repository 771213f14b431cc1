"""The programs of the page about training run as they stand."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "training.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("program", PROGRAMS, ids=["one call", "loss", "monitor"])
def test_programs_run(program):
    names = {}
    exec(compile(program, "training.md", "exec"), names)
    if "loss" in names:
        assert names["output"].grad.abs().max() > 0
        assert 0 < float(names["terms"]["gate"]) <= 1
    elif "numbers" in names:
        assert "fundamental_radius_bin" in names["numbers"]
    else:
        assert names["monitor"].failures == 0
