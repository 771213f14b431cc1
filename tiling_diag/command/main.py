"""How a command starts and ends without waiting for what nobody needs.

Importing torch makes about a million objects that live as long as the process. Looking for garbage
among them takes a sixth of the import, and taking them all down again at the end a quarter.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

# Of malloc.h: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_TOP_PAD, in bytes. With larger ones pictures
# of 1024 x 1024 px take as long, and workers grow more.
_MALLOPT = ((-3, 12 << 20), (-1, 128 << 20), (-2, 16 << 20))


@contextmanager
def heavy_imports() -> Iterator[None]:
    """Import torch within: no garbage is looked for meanwhile, nor later among what is imported."""
    if "torch" in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def keep_freed_memory() -> None:
    """Let this process keep large blocks that it frees, for the next picture.

    By default glibc gives them back to the system, which clears every page again before it hands
    them out: a sixth of the time that a picture takes. Elsewhere than under glibc nothing happens.
    """
    if os.name != "posix":
        return
    import ctypes

    with suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, number_of_bytes in _MALLOPT:
            mallopt(parameter, number_of_bytes)


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
