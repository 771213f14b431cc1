"""Ray without its messages: they stay in its log files, and what counts is said by rows and errors.

Its Python part speaks through loggers and, of workers that ended, to standard output; its native
part writes to the number of standard error.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

_STANDARD_ERROR = 2
# It prints "(raylet) A worker died..." where `--json` prints its one document.
RAY_THREAD = "ray_listen_error_messages"


class _Deaf:
    """A stream that takes nothing from Ray's thread for messages, and all else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if threading.current_thread().name == RAY_THREAD:
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing of Ray is seen within; what this program writes to `sys.stderr` is."""
    loggers = [logging.getLogger(name) for name in ("ray", "ray.data")]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL)
    out, sys.stdout = sys.stdout, cast("TextIO", _Deaf(sys.stdout))
    try:
        with _own_standard_error():
            yield
    finally:
        sys.stdout = out
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)


@contextmanager
def _own_standard_error() -> Iterator[None]:
    """`sys.stderr` under another number, and nothing under its own, where it is a plain stream."""
    stream: Any = sys.stderr
    if not _is_plain(stream):
        yield
        return
    stream.flush()
    kept, nothing = os.dup(_STANDARD_ERROR), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, _STANDARD_ERROR)
    os.close(nothing)
    # The same class, which may know what to do where nobody reads.
    sys.stderr = type(stream)(
        os.fdopen(kept, "wb", closefd=False),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=True,
    )
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = stream
        os.dup2(kept, _STANDARD_ERROR)
        os.close(kept)


def _is_plain(stream: Any) -> bool:
    try:
        return isinstance(stream, io.TextIOWrapper) and stream.fileno() == _STANDARD_ERROR
    except (OSError, ValueError):
        return False
