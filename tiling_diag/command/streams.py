"""Standard streams that can't be written to: no traceback, and the exit code stays what it is."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from tiling_diag.errors import TilingDiagError


class Checked(io.RawIOBase):
    """The bytes of a standard stream on their way out, whatever text is laid over them.

    Click lays text of its own over a stream that claims to be ASCII: what must not fail has to be
    caught below the text.
    """

    def __init__(self, stream: io.TextIOWrapper) -> None:
        """Write where `stream` writes; it is kept, for its end would close what it writes to."""
        self._stream = stream
        # Unbuffered streams have no buffer below their text.
        self._raw: Any = getattr(stream.buffer, "raw", stream.buffer)

    def _write(self, data: Any) -> int | None:
        count: int | None = self._raw.write(data)
        return count

    def writable(self) -> bool:
        """It is there for nothing else."""
        return True

    def fileno(self) -> int:
        """The number of the stream."""
        return int(self._raw.fileno())

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return bool(self._raw.isatty())


class Results(Checked):
    """Standard output; what can't be written is an error of one line, but for a closed pipe."""

    def write(self, data: Any) -> int | None:
        """Write as any stream."""
        try:
            return self._write(data)
        except OSError as error:
            raise _refused(error) from None


class Messages(Checked):
    """Standard error; what can't be written is lost: there is nowhere to say it."""

    def write(self, data: Any) -> int | None:
        """Write as any stream, or not."""
        try:
            return self._write(data)
        except OSError:
            return len(data)


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


def _wrapped(stream: TextIO | None, number: int, kind: type[Checked]) -> TextIO:
    # A terminal that can't show a file's name should still show the rest.
    if stream is None:
        # To a file that was closed: whatever is said is lost.
        stream = io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(number, "wb", closefd=False)), encoding="utf-8"
        )
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    with suppress(OSError):
        stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(kind(stream)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
    )


def _refused(error: OSError) -> BaseException:
    if isinstance(error, BrokenPipeError):
        return error
    return TilingDiagError(
        f"standard output can't be written to ({error.strerror}): send it elsewhere"
    )
