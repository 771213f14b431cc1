"""From jobs to outcomes in one process: decode, measure in batches of equal size, draw.

Every engine's workers run this.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from typing import TypeAlias

from tiling_diag.batch.folder import has_page, page_file, thumb_file
from tiling_diag.batch.reading import Read, read_job
from tiling_diag.batch.rows import row_of, to_line
from tiling_diag.batch.work import Job, Outcome, Work
from tiling_diag.diagnosis import Diagnosis, diagnose_walls
from tiling_diag.errors import InputError
from tiling_diag.inputs.picture_files import size_in_header
from tiling_diag.language import speaking
from tiling_diag.memory import BATCH_ADVICE, is_out_of_memory, out_of_memory
from tiling_diag.report.gallery import draw_page, draw_thumbnail
from tiling_diag.text import printable

# Pixels that are measured at once; a picture with more is measured alone. On a CPU more than this
# gains nothing: it no longer fits the caches.
CPU_PIXELS, GPU_PIXELS = 300_000, 36_000_000
MOST_AT_ONCE = 64
# Pictures behind URLs are not asked for their size first.
MOST_UNKNOWN = 4

Source: TypeAlias = Callable[[bool], Sequence[Job] | None]


def work_through(work: Work, source: Source, pool: Executor) -> Iterator[list[Outcome]]:
    """Do jobs for as long as there are any; outcomes come in lists as they are ready.

    Args:
        work: what to do.
        source: called with whether to wait, gives a handful of jobs; None if there are none yet,
            an empty one if there are no more.
        pool: threads that decode, one batch ahead of the measurement.
    """
    limit = CPU_PIXELS if work.settings.device == "cpu" else GPU_PIXELS
    planned: deque[list[Job]] = deque()
    ahead: deque[list[Future[Read]]] = deque()
    while True:
        while len(ahead) < 2:
            if not planned:
                jobs = source(not ahead)
                if jobs is None or (not jobs and ahead):
                    break
                if not jobs:
                    return
                planned.extend(_planned(jobs, limit))
            ahead.append([pool.submit(read_job, job, work) for job in planned.popleft()])
        yield finish_batch(work, [future.result() for future in ahead.popleft()])


def _planned(jobs: Sequence[Job], limit: int) -> Iterator[list[Job]]:
    """Jobs of like size together, as far as their headers tell, within `limit` pixels."""
    waiting: dict[tuple[int, int], list[Job]] = {}
    for job in jobs:
        size = size_in_header(job.path) or (0, 0)
        together = waiting.setdefault(size, [])
        together.append(job)
        most = MOST_UNKNOWN if size == (0, 0) else MOST_AT_ONCE
        if (len(together) + 1) * size[0] * size[1] > limit or len(together) == most:
            yield waiting.pop(size)
    yield from waiting.values()


def finish_batch(work: Work, batch: list[Read]) -> list[Outcome]:
    """Measure what was read, and put rows and pictures in words and bytes."""
    outcomes = [Outcome(one.job.path, None) for one in batch if one.fresh]
    outcomes += [_failed(one, one.error) for one in batch if one.error is not None]
    groups: dict[tuple[int, ...], list[Read]] = {}
    for one in batch:
        if one.wall is not None:
            groups.setdefault(tuple(one.wall.image.shape), []).append(one)
    for group in groups.values():
        outcomes += _measured(work, group)
    return outcomes


def _measured(work: Work, group: list[Read]) -> list[Outcome]:
    """Outcomes of walls of one shape; one that can't be measured does not take others along."""
    start = time.perf_counter()
    try:
        walls = [one.wall for one in group if one.wall is not None]
        diagnoses = diagnose_walls(walls, work.settings)
        share = (time.perf_counter() - start) / len(group)
        return [
            _row(work, one, diagnosis, share)
            for one, diagnosis in zip(group, diagnoses, strict=True)
        ]
    except Exception as error:
        if len(group) > 1:
            return [outcome for one in group for outcome in _measured(work, [one])]
        short = is_out_of_memory(error)
        if isinstance(error, InputError) and not short:
            return [_failed(group[0], str(error))]
        reason = (
            out_of_memory(error, BATCH_ADVICE)
            if short
            else " ".join(f"{type(error).__name__}: {error}".split())
        )
        kept = Read(group[0].job, group[0].seconds)
        return [_failed(kept, f"{printable(kept.job.path)} can't be measured ({reason})")]


def _row(work: Work, one: Read, diagnosis: Diagnosis, seconds: float) -> Outcome:
    summary = diagnosis.summary()
    files = {thumb_file(one.job.path): draw_thumbnail(diagnosis)}
    if has_page(diagnosis.verdict, work.figures):
        with speaking(work.language):
            files[page_file(one.job.path)] = draw_page(diagnosis, summary)
    line = to_line(row_of(one.job, one.fingerprint, one.seconds + seconds, None, summary))
    return Outcome(one.job.path, line, diagnosis.verdict, files)


def _failed(one: Read, error: str | None) -> Outcome:
    return Outcome(
        one.job.path, to_line(row_of(one.job, one.fingerprint, one.seconds, error, None)), "error"
    )
