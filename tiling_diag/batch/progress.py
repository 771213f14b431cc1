"""How a batch is getting on, on stderr: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType
from typing import Any

from tiling_diag.findings.finding import VERDICT_WORDS, VERDICTS
from tiling_diag.language import said

# Without a terminal, a line at most this often.
PLAIN_EVERY_S = 10.0


class Progress:
    """Shows done and total, pictures per second, time left, errors and counts by verdict."""

    def __init__(self, total: int) -> None:
        """Show nothing yet."""
        self._total = total
        self._done = 0
        self._measured = self._printed = 0
        self._counts: Counter[str] = Counter()
        self._start = self._said = self._first = time.monotonic()
        self._live: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Live

            self._live = Live(
                TextColumn("{task.completed:.0f}/{task.total:.0f}"),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[text]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._live.add_task("", total=self._total, text=said("starting"))
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
        elif self._printed not in (0, self._done):
            self._print()

    def step(self, status: str, *, measured: bool) -> None:
        """One more picture is done."""
        if measured and not self._measured:
            self._first = time.monotonic()
        self._measured += measured
        self._done += 1
        self._counts[status] += 1
        if self._live is not None:
            self._live.update(self._task, completed=self._done, text=self._text())
        elif time.monotonic() - self._said >= PLAIN_EVERY_S:
            self._said = time.monotonic()
            self._print()

    def _print(self) -> None:
        self._printed = self._done
        print(f"{self._done}/{self._total}  {self._text()}", file=sys.stderr, flush=True)

    def _text(self) -> str:
        spent = time.monotonic() - self._first
        # The first one's time is mostly that of starting.
        rate = (self._measured - 1) / spent if spent > 0 and self._measured > 1 else 0.0
        counts = ", ".join(
            f"{said(VERDICT_WORDS[status])}: {self._counts[status]}"
            for status in (*reversed(VERDICTS), "error")
            if self._counts[status]
        )
        if not rate:  # the first one says nothing of the time that others take
            return f"{said('- pictures/s  - left')}  {counts}"
        left = _clock((self._total - self._done) / rate)
        speed = f"{rate:.{1 if rate >= 0.1 else 3}f} pictures/s  {left} left"
        return f"{said(speed)}  {counts}"


def _clock(seconds: float) -> str:
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole:02}" if hours else f"{minutes}:{whole:02}"
