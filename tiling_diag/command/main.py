"""How a command starts and ends.

Taking down what torch made at the end of a process takes a quarter as long as importing it, and
nobody needs it: so the process leaves at once.
"""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and end the process."""
    try:
        from tiling_diag.command.cli import app

        for stream in (sys.stdout, sys.stderr):
            # A terminal that can't show a file's name should still show the rest.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        app()
    except SystemExit as end:
        leave(int(end.code or 0))
    except KeyboardInterrupt:
        # Wherever it comes: commands answer it themselves, but libraries take a while to load.
        print("tiling-diag: interrupted", file=sys.stderr)
        leave(130)
    leave(0)


def leave(code: int) -> NoReturn:
    """End the process with an exit code, after what was registered for its end; nothing is freed.

    mypy ends this way too (`mypy.util.hard_exit`).
    """
    # All is done: an interrupt that comes now changes nothing.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        # Who closed the other end of a pipe wants no more of it.
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
