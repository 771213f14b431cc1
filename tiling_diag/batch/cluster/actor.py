"""What goes on in a worker of a Ray cluster: handfuls of jobs in, their outcomes out."""

from __future__ import annotations

import os
import pickle
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from tiling_diag.batch.work import Job, Outcome, Work


@dataclass(frozen=True)
class Place:
    """What an actor has to work with.

    Attributes:
        device: ``cpu`` or ``cuda``.
        threads: that decode and wait for files.
        folder: that relative names count from, as in the process that gave the job.
        version: of this package in that process.
    """

    device: str
    threads: int
    folder: str
    version: str


class Measurer:
    """Measures handfuls of pictures by the same code as every other engine."""

    def __init__(self, work: Work, place: Place) -> None:
        """Load what measuring takes, once for the life of the actor.

        Raises:
            RuntimeError: if this node has another version of the package.
        """
        from concurrent.futures import ThreadPoolExecutor

        from tiling_diag._version import __version__
        from tiling_diag.process import heavy_imports, keep_freed_memory

        if __version__ != place.version:
            raise RuntimeError(
                f"tiling-diag is {__version__} on a node and {place.version} where the run began: "
                "install one version on all"
            )
        # Elsewhere there may be no such folder; then relative names are not found, as rows say.
        with suppress(OSError):
            os.chdir(place.folder)
        keep_freed_memory()
        with heavy_imports():
            import torch

            import tiling_diag.batch.measuring  # noqa: F401 - before the first picture
        # Ray gave this process one core.
        torch.set_num_threads(1)
        self._work = replace(work, settings=replace(work.settings, device=place.device))
        self._pool = ThreadPoolExecutor(place.threads)

    def __call__(self, table: Any) -> Any:
        """Outcomes, as `pack` has them, of the jobs in a table."""
        from tiling_diag.batch.measuring import work_through

        handfuls = [[pickle.loads(job) for job in table["job"].to_pylist()]]
        done = work_through(
            self._work, lambda waits: handfuls.pop() if handfuls else [], self._pool
        )
        return pack("outcome", [one for outcomes in done for one in outcomes])


def pack(column: str, values: list[Job] | list[Outcome]) -> Any:
    """A table of one column that holds any values, names of any bytes among them."""
    import pyarrow

    packed = [pickle.dumps(value) for value in values]
    return pyarrow.table({column: pyarrow.array(packed, pyarrow.large_binary())})
