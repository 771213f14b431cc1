"""The engine of one machine: processes that decode and measure, one for each core or GPU.

Each process has a pipe of its own, over which it gets handfuls of jobs, two at a time, and sends
outcomes back. When this process goes, the pipes close and the others end by themselves; when one of
them goes, what it was at is tried again alone, and given up if that brings down another.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import Any

from tiling_diag.batch.handfuls import given_up, handful
from tiling_diag.batch.station import Report, serve, usable_cores
from tiling_diag.batch.work import Job, Outcome, Work
from tiling_diag.errors import InputError, TilingDiagError

# Handfuls that a process holds: one is decoded while the other is measured.
HELD = 2
# Workers in a row that end before they can begin and are started again.
MOST_FALSE_STARTS = 5


class LocalEngine:
    """Runs jobs on this machine.

    Args:
        workers: processes; by default as many as there are cores or GPUs.
        device: ``auto`` takes every GPU, or the CPU where there is none; ``cuda`` every GPU;
            ``cpu``, ``cuda:N`` and ``mps`` that one.
    """

    def __init__(self, workers: int | None = None, device: str = "auto") -> None:
        """Start nothing yet."""
        self._workers = workers or usable_cores()
        self._device = device

    def run(self, work: Work, jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        """Yield one outcome for every job; see `work.Engine`.

        Raises:
            InputError: if the device is unknown or absent.
            TilingDiagError: if worker processes can't be started.
        """
        count = max(1, min(self._workers, len(jobs)))
        crew = _Crew(work, jobs, self._device, count)
        try:
            yield from crew.outcomes()
        finally:
            crew.dismiss()


class _Worker:
    """A process, the parent's end of its pipe, and the handfuls of jobs it has not done yet."""

    def __init__(self, work: Work, device: str, index: int, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.index = index
        self.pipe, theirs = context.Pipe()
        self.held: deque[list[Job]] = deque()
        self.ready = False
        self.process = context.Process(
            target=serve, args=(theirs, work, device, index, count), daemon=True
        )
        with _no_interrupts():
            self.process.start()
        theirs.close()

    def give(self, jobs: list[Job]) -> None:
        self.held.append(jobs)
        # If it is gone, that is noticed when its end of the pipe is read.
        with suppress(OSError):
            self.pipe.send(jobs)

    def take(self, outcomes: list[Outcome]) -> None:
        """Strike off what was done."""
        done = {outcome.path for outcome in outcomes}
        self.held = deque([[j for j in jobs if j.path not in done] for jobs in self.held])
        while self.held and not self.held[0]:
            self.held.popleft()

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class _Crew:
    """The workers of one run, and the jobs that they have not got yet."""

    def __init__(self, work: Work, jobs: Sequence[Job], device: str, count: int) -> None:
        self._work, self._device, self._count = work, device, count
        self._jobs, self._next = jobs, 0
        # Jobs whose worker went down: each goes alone to a worker that holds nothing else.
        self._suspects: deque[Job] = deque()
        self._lost: set[str] = set()
        self._false_starts = 0
        self._workers: list[_Worker] = []

    def dismiss(self) -> None:
        for worker in self._workers:
            worker.end()

    def outcomes(self) -> Iterator[Outcome]:
        for index in range(self._count):
            self._hire(index)
        while any(worker.held for worker in self._workers):
            pipes: dict[Any, _Worker] = {worker.pipe: worker for worker in self._workers}
            for pipe in wait(list(pipes)):
                yield from self._heard(pipes[pipe])

    def _hire(self, index: int) -> None:
        """Start a worker, again if it goes down at once."""
        while True:
            try:
                worker = _Worker(self._work, self._device, index, self._count)
            except OSError as error:  # it was gone before it had read what to do
                if self._tries_again(error.strerror or str(error)):
                    continue
                return
            self._workers.append(worker)
            self._feed(worker)
            return

    def _tries_again(self, reason: str) -> bool:
        """Whether a worker that could not begin is replaced; where others work, they are enough.

        Raises:
            TilingDiagError: if no other works.
        """
        self._false_starts += 1
        if self._false_starts <= MOST_FALSE_STARTS:
            return True
        if not any(worker.ready for worker in self._workers):
            raise TilingDiagError(
                f"worker processes ended before they could begin, {self._false_starts} times (the "
                f"last one: {reason}); try fewer --workers, or free some memory"
            )
        return False

    def _heard(self, worker: _Worker) -> Iterator[Outcome]:
        """Take what a worker says, and give it more to do."""
        try:
            report: Report = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._replace(worker)
            return
        if report.kind == "refused":
            raise InputError(report.text)
        if report.kind == "surplus":
            self._workers.remove(worker)
            worker.end()
            self._put_back(worker)
            return
        worker.ready, self._false_starts = True, 0
        worker.take(report.outcomes)
        yield from report.outcomes
        self._feed(worker)

    def _put_back(self, worker: _Worker) -> None:
        """Jobs of a worker that never began go to others."""
        jobs = [job for held in worker.held for job in held]
        self._jobs = [*jobs, *self._jobs[self._next :]]
        self._next = 0
        for other in self._workers:
            self._feed(other)

    def _feed(self, worker: _Worker) -> None:
        while len(worker.held) < HELD and not (worker.held and self._is_alone(worker.held[0])):
            if self._suspects:
                if not worker.held:
                    worker.give([self._suspects.popleft()])
                return
            left = len(self._jobs) - self._next
            if left == 0:
                return
            size = handful(left, self._count)
            worker.give(list(self._jobs[self._next : self._next + size]))
            self._next += size

    def _is_alone(self, jobs: list[Job]) -> bool:
        return any(job.path in self._lost for job in jobs)

    def _replace(self, worker: _Worker) -> Iterator[Outcome]:
        """A worker went down: start another, and sort out what it was at."""
        worker.end()
        self._workers.remove(worker)
        if not worker.ready:
            again = self._tries_again(_end_of(worker.process.exitcode))
            self._put_back(worker)
            if again:
                self._hire(worker.index)
            return
        for job in [job for held in worker.held for job in held]:
            if job.path in self._lost:
                yield given_up(job)
            else:
                self._lost.add(job.path)
                self._suspects.append(job)
        if self._suspects or self._next < len(self._jobs):
            self._hire(worker.index)


def _end_of(exit_code: int | None) -> str:
    """How a process ended, in words."""
    if exit_code is not None and exit_code < 0:
        with suppress(ValueError):
            return f"killed by {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Ctrl-C goes to every process of a terminal; those started within do not hear it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
