"""The engine that runs on a Ray cluster: a table of jobs through a pool of actors.

Ray Data gives handfuls of jobs to actors and hands on what they return. A handful whose actor goes
down is dropped there (`max_errored_blocks`), not tried for ever; its jobs are those that have no
outcome at the end. They are then given out one by one, and one that goes down alone is given up.
When a node goes down, what it had done and not yet handed over is done again.
"""

from __future__ import annotations

import os
import pickle
import warnings
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from tiling_diag._version import __version__
from tiling_diag.batch.cluster.actor import Measurer, Place, pack
from tiling_diag.batch.cluster.connection import Cluster, cluster, import_ray
from tiling_diag.batch.handfuls import given_up, handful
from tiling_diag.batch.work import Job, Outcome, Work
from tiling_diag.errors import InputError, TilingDiagError

# A job whose actor or node goes down is tried again once where it was, then once alone.
RETRIES = 1
# Handfuls that an actor holds: one waits while the other is measured.
HELD = 2
# Actors in a row that end before they can begin and are started again.
FALSE_STARTS = 3
# Runs over what is left that break down one after another and bring nothing.
MOST_BREAKDOWNS = 3
# Longer than that nothing comes back from a cluster that has no free processors, in seconds.
PATIENCE_S = 1800.0
MOST_THREADS = 8


class RayEngine:
    """Runs jobs on a Ray cluster.

    Args:
        workers: actors; by default as many as the cluster has processors, or GPUs.
        device: ``auto`` takes GPUs where the cluster has some; ``cuda`` them, ``cpu`` none.
        address: of the cluster: see `connection.cluster`.
    """

    def __init__(
        self, workers: int | None = None, device: str = "auto", address: str | None = None
    ) -> None:
        """Start nothing yet."""
        self._workers, self._device, self._address = workers, device, address

    def run(self, work: Work, jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        """Yield one outcome for every job; see `work.Engine`.

        Raises:
            InputError: if Ray, the cluster or the device is not there.
            TilingDiagError: if the actors can't begin, or the cluster breaks down again and again.
        """
        if self._device not in ("auto", "cpu", "cuda"):
            raise InputError(f"device={self._device!r}: with engine ray use auto, cpu or cuda")
        left = {job.path: job for job in jobs}
        with cluster(self._address, self._workers) as found:
            crew = self._crew(work, found, len(jobs))
            alone, breakdowns = False, 0
            while left:
                before = len(left)
                try:
                    for outcome in crew.outcomes(list(left.values()), alone):
                        if left.pop(outcome.path, None) is not None:
                            yield outcome
                except Exception as error:  # Ray Data raises whatever went wrong within it
                    breakdowns = breakdowns + 1 if len(left) == before else 0
                    crew.check(error, breakdowns)
                    continue
                if alone:
                    break
                alone = True
        for job in left.values():
            yield given_up(job)

    def _crew(self, work: Work, found: Cluster, jobs: int) -> _Crew:
        on_gpus = self._device == "cuda" or (self._device == "auto" and found.gpus > 0)
        if on_gpus and found.gpus == 0:
            raise InputError("device='cuda': the cluster has no GPU; use auto or cpu")
        there = found.gpus if on_gpus else found.cpus
        count = max(1, min(self._workers or there, jobs))
        threads = max(1, min(MOST_THREADS, found.cpus // count)) if on_gpus else 1
        place = Place("cuda" if on_gpus else "cpu", threads, os.getcwd(), __version__)
        return _Crew(work, place, count)


class _Crew:
    """A pool of actors, made anew for every run over a list of jobs."""

    def __init__(self, work: Work, place: Place, count: int) -> None:
        self._ray = import_ray()
        self._work, self._place, self._count = work, place, count

    def outcomes(self, jobs: list[Job], alone: bool) -> Iterator[Outcome]:
        """Outcomes of jobs as they come, those of actors that went down left out."""
        data = self._ray.data
        context = data.DataContext.get_current().copy()
        context.max_errored_blocks = -1
        context.max_consecutive_actor_init_deaths = FALSE_STARTS
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        context.execution_no_progress_timeout_s = PATIENCE_S
        with data.DataContext.current(context):
            table = data.from_arrow(list(_tables(jobs, self._count, alone)))
            done = self._measured(table, held=1 if alone else HELD)
            for batch in done.iter_batches(batch_size=None, batch_format="pyarrow"):
                for packed in batch["outcome"]:
                    yield pickle.loads(packed.as_py())

    def _measured(self, table: Any, held: int) -> Any:
        """The data set of outcomes, of which nothing is made yet."""
        with warnings.catch_warnings():
            # Ray means to rename how it is told of retries, and has no other name yet.
            warnings.simplefilter("ignore", DeprecationWarning)
            return table.map_batches(
                Measurer,
                fn_constructor_args=(self._work, self._place),
                batch_size=None,
                batch_format="pyarrow",
                compute=self._ray.data.ActorPoolStrategy(
                    min_size=1,
                    max_size=self._count,
                    initial_size=self._count,
                    max_tasks_in_flight_per_actor=held,
                ),
                num_cpus=1,
                num_gpus=1 if self._place.device == "cuda" else 0,
                max_restarts=-1,
                max_task_retries=RETRIES,
            )

    def check(self, error: Exception, breakdowns: int) -> None:
        """Give up after a breakdown that another run would meet again.

        Args:
            error: how it broke down.
            breakdowns: how many there were, one after another, in which nothing came back; actors
                that can't begin after others could were on a node that went down.

        Raises:
            TilingDiagError: if actors can't begin, or there were too many breakdowns.
        """
        reason = _reason(error)
        died = isinstance(error, self._ray.exceptions.ActorDiedError)
        if breakdowns and died and "__init__" in str(error):
            raise TilingDiagError(f"workers of the cluster can't begin ({reason})") from error
        if breakdowns >= MOST_BREAKDOWNS:
            raise TilingDiagError(
                f"the cluster broke down {breakdowns} times ({reason}); what is done is kept: run "
                "the same command again"
            ) from error


def _tables(jobs: list[Job], count: int, alone: bool) -> Iterator[Any]:
    """Jobs in handfuls, fewer towards the end, or one by one."""
    start = 0
    while start < len(jobs):
        size = 1 if alone else handful(len(jobs) - start, count)
        yield pack("job", jobs[start : start + size])
        start += size


def _reason(error: BaseException) -> str:
    """The last line of what Ray says, which names the exception within."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[-1] if lines else type(error).__name__
    return text if len(text) <= 300 else f"{text[:300]}..."
