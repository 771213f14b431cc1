"""Running out of memory, which says nothing about a picture: what was needed, what would work."""

from __future__ import annotations

import re
from collections.abc import Iterator

ADVICE = "close other programs, use --workers 1 or a smaller picture, and run it again"
# For one picture of many, which has its own row.
BATCH_ADVICE = "try fewer --workers or a smaller picture; the next run tries again"
_IN_WORDS = "can't allocate memory|not enough memory|out of memory|bad_alloc"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception, or one that it was made of, means that memory could not be had."""
    return _cause(error) is not None


def out_of_memory(error: BaseException, advice: str = ADVICE) -> str:
    """One line: that memory ran out, how much was asked for if that is known, what would work."""
    cause = _cause(error) or error
    asked = re.search(r"allocate (\d+) bytes", str(cause))
    amount = f" (another {int(asked[1]) / 2**20:.0f} MiB were needed)" if asked else ""
    # What this package says of a picture begins with its name.
    said = f", {cause}" if isinstance(cause, MemoryError) and str(cause).strip() else ""
    return f"out of memory{amount}{said}: {advice}"


def _cause(error: BaseException) -> BaseException | None:
    """The exception of a chain that is about memory, on a CPU or a GPU."""
    for one in _chain(error):
        if isinstance(one, MemoryError):
            return one
        # torch raises RuntimeError for main memory, and a subclass of it for a GPU's.
        if isinstance(one, RuntimeError) and re.search(_IN_WORDS, str(one), re.IGNORECASE):
            return one
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
