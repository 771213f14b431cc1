"""The engine without processes of its own: for what only this process can see."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tiling_diag.batch.handfuls import handful
from tiling_diag.batch.work import Job, Outcome, Work


class HereEngine:
    """Runs jobs in this process, one batch after another.

    Args:
        device: as that of a diagnosis.
    """

    def __init__(self, device: str = "cpu") -> None:
        """Start nothing yet."""
        self._device = device

    def run(self, work: Work, jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        """Yield one outcome for every job; see `work.Engine`.

        Raises:
            InputError: if the device is unknown or absent.
        """
        import torch

        from tiling_diag.batch.measuring import work_through
        from tiling_diag.device import pick_device

        device = str(pick_device(self._device, torch.empty(0)))
        work = replace(work, settings=replace(work.settings, device=device))
        place = 0

        def source(waits: bool) -> Sequence[Job]:
            nonlocal place
            start, place = place, place + handful(len(jobs) - place, 1)
            return jobs[start:place]

        with ThreadPoolExecutor(2) as pool:
            for outcomes in work_through(work, source, pool):
                yield from outcomes
