"""How a command starts and ends.

Taking down what torch made at the end of a process takes a quarter as long as importing it, and
nobody needs it: so the process leaves at once.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from tiling_diag.command.streams import prepare_streams
from tiling_diag.errors import TilingDiagError
from tiling_diag.process import plain_plots, quiet_libraries

# As sysexits.h calls an internal error; 1 would be read as `--fail-on`.
FAULT = 70
# 128 and SIGINT, as shells report it.
INTERRUPTED = 130
# How soon an interrupt that came amid an import is tried again.
AGAIN_S = 0.02


def main() -> NoReturn:
    """Run the command line and end the process."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    leave(run())


def run() -> int:
    """Run the command line that `sys.argv` holds; the exit code, whatever happens."""
    try:
        prepare_streams()
        quiet_libraries()
        plain_plots()
        from tiling_diag.command.cli import app

        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            # What typer ends with at an interrupt, wherever it comes, without a word.
            print("tiling-diag: interrupted", file=sys.stderr)
        return end.code if isinstance(end.code, int) else 0 if end.code is None else FAULT
    except KeyboardInterrupt:
        print("tiling-diag: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return 141  # as shells report a program that SIGPIPE ended
    except TilingDiagError as error:
        print(f"tiling-diag: {error}", file=sys.stderr)
        return 2
    except Exception as error:
        print(fault_line(error), file=sys.stderr)
        return FAULT
    return 0


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, but not before an import that is going on is done.

    Libraries do not expect it there: numpy goes on and fails later at something else, torch ends
    the process from C++.
    """
    inner = frame
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            again = threading.Timer(AGAIN_S, signal.raise_signal, [number])
            again.daemon = True
            again.start()
            return
        frame = frame.f_back
    signal.default_int_handler(number, inner)


def fault_line(error: Exception) -> str:
    """One line that says what went wrong in the program itself, and asks for a report."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return (
        f"tiling-diag: a fault of the program ({what}{place}): please report this line, the "
        "command and the picture"
    )


def leave(code: int) -> NoReturn:
    """End the process with an exit code, after what was registered for its end; nothing is freed.

    mypy ends this way too (`mypy.util.hard_exit`).
    """
    # All is done: an interrupt that comes now changes nothing.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        # Who closed the other end of a pipe wants no more of it.
        with suppress(OSError, ValueError, TilingDiagError):
            stream.flush()
    os._exit(code)
