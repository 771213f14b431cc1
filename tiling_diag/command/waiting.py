"""A line on a terminal while something takes long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# What takes less is over before a line about it is read.
PATIENCE_S = 2.0


@contextmanager
def said_if_slow(text: str) -> Iterator[None]:
    """Say `text` on a terminal's standard error if what is within takes over two seconds."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.markup import escape

    status = Console(stderr=True).status(escape(text))
    timer = threading.Timer(PATIENCE_S, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()
