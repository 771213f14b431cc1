"""What goes on in a worker process of the engine of one machine."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Literal

from tiling_diag.batch.work import Job, Outcome, Work
from tiling_diag.errors import InputError


@dataclass(frozen=True)
class Report:
    """What a worker process says: that it is ready or not needed, a mistake, or outcomes."""

    kind: Literal["ready", "surplus", "refused", "outcomes"]
    text: str = ""
    outcomes: list[Outcome] = field(default_factory=list)


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def serve(pipe: Connection, work: Work, device: str, index: int, count: int) -> None:
    """A worker process: do jobs until there are none, or nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        Station(pipe, work, device, index, count).work()
    except (EOFError, OSError):
        # The parent is gone, and nobody waits for an orderly end.
        sys.stderr.flush()
    os._exit(0)


class Station:
    """The place of a worker: it gets jobs over a pipe and sends outcomes back."""

    def __init__(self, pipe: Connection, work: Work, device: str, index: int, count: int) -> None:
        self._pipe, self._work, self._count = pipe, work, count
        self._device, self._index = device, index

    def work(self) -> None:
        """Do jobs for as long as there are any."""
        from concurrent.futures import ThreadPoolExecutor
        from dataclasses import replace

        from tiling_diag.process import heavy_imports, keep_freed_memory, quiet_libraries

        keep_freed_memory()
        quiet_libraries()
        with heavy_imports():
            from tiling_diag.batch.measuring import work_through

        place = self._place()
        if place is None:
            return
        work = replace(self._work, settings=replace(self._work.settings, device=place))
        self._pipe.send(Report("ready"))
        # A GPU waits for several cores that decode; a core is its own.
        threads = 1 if place == "cpu" else max(1, min(8, usable_cores() // self._count))
        with ThreadPoolExecutor(threads) as pool:
            for outcomes in work_through(work, self._jobs, pool):
                self._pipe.send(Report("outcomes", outcomes=outcomes))

    def _jobs(self, waits: bool) -> list[Job] | None:
        """The next handful; None if there is none yet and `waits` is false."""
        if not waits and not self._pipe.poll():
            return None
        jobs: list[Job] = self._pipe.recv()
        return jobs

    def _place(self) -> str | None:
        """The device of this process; None (and said) where it is not needed or there is none."""
        import torch

        from tiling_diag.device import pick_device

        try:
            device = pick_device(self._device, torch.empty(0))
        except InputError as error:
            self._pipe.send(Report("refused", str(error)))
            return None
        if device.type == "cpu":
            # As diagnosis does: what is read depends on the files alone, not on the workers.
            torch.set_num_threads(1)
            return "cpu"
        several = torch.cuda.device_count() if self._device in ("auto", "cuda") else 1
        if self._index >= several:
            self._pipe.send(Report("surplus"))
            return None
        return f"cuda:{self._index}" if several > 1 else str(device)
