"""Markdown tables and the pool of processes that the benchmarks share."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from statistics import median
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown, padded so that it also reads well as plain text."""
    cells = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def percent(part: int, whole: int) -> str:
    """``part / whole`` in percent, "-" of nothing."""
    return f"{100 * part / whole:.0f} %" if whole else "-"


def median_percent(values: Iterable[float | None]) -> str:
    """Median of relative errors in percent, "-" where none is known."""
    known = [v for v in values if v is not None]
    return f"{100 * median(known):.2f} %" if known else "-"


def run_tasks(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int
) -> list[Result]:
    """``function`` of every task, in their order, with progress on stderr.

    Args:
        function: a module's function; in the workers torch has one thread.
        tasks: what to call it with; they travel to the workers.
        workers: number of processes; 1 stays in this one.
    """
    results, start = [], time.monotonic()
    if workers <= 1:
        _one_thread()
        done = map(function, tasks)
        for result in done:
            results.append(result)
            _progress(len(results), len(tasks), start)
        return results
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread) as pool:
        for result in pool.map(function, tasks):
            results.append(result)
            _progress(len(results), len(tasks), start)
    return results


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _progress(done: int, total: int, start: float) -> None:
    if done % max(1, total // 10) == 0 or done == total:
        print(f"{done} of {total} after {time.monotonic() - start:.0f} s", file=sys.stderr)
