"""Running out of memory, which says nothing about a picture: what was needed, what would work."""

from __future__ import annotations

import re

ADVICE = "close other programs, use --workers 1 or a smaller picture, and run it again"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory could not be had, on a CPU or a GPU."""
    if isinstance(error, MemoryError):
        return True
    # torch raises RuntimeError for main memory, and a subclass of it for a GPU's.
    return isinstance(error, RuntimeError) and bool(
        re.search("can't allocate memory|not enough memory|out of memory", str(error))
    )


def out_of_memory(error: BaseException) -> str:
    """One line: that memory ran out, how much was asked for if that is known, what would work."""
    asked = re.search(r"allocate (\d+) bytes", str(error))
    amount = f" (another {int(asked[1]) / 2**20:.0f} MiB were needed)" if asked else ""
    # What this package says of a picture begins with its name.
    said = f", {error}" if isinstance(error, MemoryError) and str(error).strip() else ""
    return f"out of memory{amount}{said}: {ADVICE}"
