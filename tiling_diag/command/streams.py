"""Standard streams that can't be written to: no traceback, and the exit code stays what it is."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from tiling_diag.errors import TilingDiagError


class Results(io.TextIOWrapper):
    """Standard output; what can't be written is an error of one line, but for a closed pipe."""

    def write(self, text: str) -> int:
        """Write as any stream."""
        try:
            return super().write(text)
        except OSError as error:
            raise _refused(error) from None

    def flush(self) -> None:
        """Flush as any stream."""
        try:
            super().flush()
        except OSError as error:
            raise _refused(error) from None


class Messages(io.TextIOWrapper):
    """Standard error; what can't be written is lost: there is nowhere to say it."""

    def write(self, text: str) -> int:
        """Write as any stream, or not."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Flush as any stream, or not."""
        with suppress(OSError):
            super().flush()


def prepare_streams() -> None:
    """Make standard output and standard error what this module says."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The next file that is opened would get this number, and what is printed with it.
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = _wrapped(sys.stdout, 1, Results)
    sys.stderr = _wrapped(sys.stderr, 2, Messages)


def _wrapped(stream: TextIO | None, number: int, kind: type[io.TextIOWrapper]) -> TextIO:
    # A terminal that can't show a file's name should still show the rest.
    how: dict[str, Any] = {"errors": "backslashreplace"}
    if stream is None:
        return kind(open(number, "wb", closefd=False), encoding="utf-8", **how)
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    how |= {"encoding": stream.encoding, "line_buffering": stream.line_buffering}
    return kind(stream.detach(), **how)


def _refused(error: OSError) -> BaseException:
    if isinstance(error, BrokenPipeError):
        return error
    return TilingDiagError(
        f"standard output can't be written to ({error.strerror}): send it elsewhere"
    )
