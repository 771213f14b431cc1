"""Three hundred hostile command lines; `python tests/fuzz.py` runs three thousand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = 300


@pytest.mark.skipif(not hasattr(os, "fork"), reason="cases run in forks of one process")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_hostile_inputs_end_in_one_line_and_a_documented_exit_code():
    script = Path(__file__).with_name("fuzz.py")
    done = subprocess.run(
        [sys.executable, script, "--cases", str(CASES)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{CASES} cases, 0 faults" in done.stdout
