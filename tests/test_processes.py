"""The way the suite was started does not decide what its programs do."""

import signal
import sys

import pytest
from processes import start_program

pytest.importorskip("fcntl", reason="POSIX signals")

WAITS = "import time; print('up', flush=True); time.sleep(600)"


def test_a_program_is_interrupted_even_if_the_suite_ignores_interrupts():
    here = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        started = start_program([sys.executable, "-c", WAITS])
        assert started.stdout.readline() == "up\n"
        started.send_signal(signal.SIGINT)
        _, errors = started.communicate(timeout=300)
    finally:
        signal.signal(signal.SIGINT, here)
        started.kill()
    assert started.returncode == -signal.SIGINT
    assert errors.endswith("KeyboardInterrupt\n")
