"""What engines have in common: how many jobs go to a worker at once, and jobs that are given up."""

from __future__ import annotations

from tiling_diag.batch.rows import row_of, to_line
from tiling_diag.batch.work import Job, Outcome
from tiling_diag.text import printable

# Jobs that go to a worker at once, at most: enough for a batch on a GPU.
MOST_JOBS = 32


def handful(left: int, workers: int) -> int:
    """How many of the jobs that are left a worker gets: fewer towards the end.

    So that all workers end at about the same time.
    """
    return max(1, min(MOST_JOBS, left // (workers * 4)))


def given_up(job: Job) -> Outcome:
    """The outcome of a job that ends the process it runs in; the next run tries it again."""
    error = f"{printable(job.path)}: the process that measured it ended, twice: out of memory?"
    return Outcome(job.path, to_line(row_of(job, None, 0.0, error, None)), "error")
