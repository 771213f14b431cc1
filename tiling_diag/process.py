"""How a process loads torch and keeps memory without waiting for what nobody needs.

Importing torch makes about a million objects that live as long as the process. Looking for garbage
among them takes a sixth of the import.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Of malloc.h: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_TOP_PAD, in bytes. With larger ones pictures
# of 1024 x 1024 px take as long, and workers grow more.
_MALLOPT = ((-3, 12 << 20), (-1, 128 << 20), (-2, 16 << 20))


def plain_plots() -> None:
    """Let matplotlib draw with its own fonts and settings in this process, if it is not loaded.

    Looking for the fonts of a system takes up to minutes when it is done first, and a user's own
    settings are for the user's own plots. Processes that this one starts do the same.
    """
    if "matplotlib" in sys.modules:
        return
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    os.environ.setdefault("MPLCONFIGDIR", os.path.join(caches, "tiling-diag", "matplotlib"))
    os.environ.setdefault("MPL_IGNORE_SYSTEM_FONTS", "1")
    # Where nothing can be written it works all the same, and would say so on standard error.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)


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


def quiet_libraries() -> None:
    """Show no warnings of libraries, which are for who writes programs, unless asked with -W."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


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
