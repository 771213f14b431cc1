"""TilingMonitor: every so many steps, what the walls that a model paints look like."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import distributed

from tiling_diag.diagnosis import Diagnosis, diagnose_batch
from tiling_diag.errors import InputError
from tiling_diag.numerics import plain_numerics
from tiling_diag.report.summary import summarize
from tiling_diag.settings import Settings
from tiling_diag.training.numbers import (
    Numbers,
    is_octave_error,
    mean_numbers,
    octaves_off,
    period_error,
)
from tiling_diag.training.pictures import Pictures, one_reference
from tiling_diag.training.ranking import badness
from tiling_diag.training.sinks import Sink, as_sink
from tiling_diag.training.tensors import figure, tagged
from tiling_diag.training.value_range import ValueRange, checked_range, to_unit

log = logging.getLogger("tiling_diag")


@dataclass
class _Spent:
    """Seconds since the monitor was made, and those of its own."""

    clock: Callable[[], float]
    began: float = field(init=False)
    own: float = 0.0

    def __post_init__(self) -> None:
        self.began = self.clock()

    def left(self, share: float) -> float:
        """Seconds that may be spent now for `share` of the whole run not to be exceeded."""
        if share == 1:
            return math.inf
        return share * (self.clock() - self.began) - self.own


class TilingMonitor:
    """Diagnose what a model paints every so many steps, and log it.

    On rank 0 only. It never raises into the training loop: the first failure is logged with its
    traceback, later ones are counted in `failures`. A wall is begun only while the time lasts:
    `max_seconds` for one call, and `max_share` of all the time since the monitor was made, however
    slow the machine. What it left out is said in ``walls_left_out``.

    Args:
        value_range: of the pictures it is given, ``(0, 1)`` or ``(-1, 1)``.
        sinks: where numbers and pictures go, see `tiling_diag.training.sinks.as_sink`.
        every: steps from one diagnosis to the next.
        max_seconds: for one call, without what the pictures cost to make.
        max_share: of the run's time; 1 for no limit.
        worst: the overviews of so many walls are logged as pictures, the worst first.
        prefix: first part of every tag.
        settings: options of `diagnose`.
        rank: None asks `torch.distributed`, else the environment's RANK.
        clock: seconds that only rise.

    Attributes:
        failures: calls that failed.

    Raises:
        InputError: if an option is out of its range.
    """

    def __init__(
        self,
        *,
        value_range: ValueRange,
        sinks: Sequence[object] = (),
        every: int = 500,
        max_seconds: float = 60.0,
        max_share: float = 0.02,
        worst: int = 2,
        prefix: str = "tiling",
        settings: Settings | None = None,
        rank: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Check and keep the options."""
        if every < 1 or worst < 0 or max_seconds <= 0 or not 0 < max_share <= 1:
            raise InputError(
                f"every={every}, worst={worst}, max_seconds={max_seconds}, max_share={max_share}: "
                "use at least 1, 0, above 0, and a share in (0, 1]"
            )
        self.value_range, self.every, self.worst = checked_range(value_range), every, worst
        self.sinks: list[Sink] = [as_sink(one) for one in sinks]
        self.max_seconds, self.max_share = max_seconds, max_share
        self.prefix, self.settings, self.rank = prefix, settings, rank
        self.failures = 0
        self._spent, self._wall_seconds = _Spent(clock), 0.0

    def due(self, step: int) -> bool:
        """Whether this step is diagnosed, on this rank: every so many, not the very first."""
        return step > 0 and step % self.every == 0 and self._rank() == 0

    def __call__(self, step: int, pictures: Pictures | Callable[[], Pictures]) -> Numbers | None:
        """Diagnose, if the step is due, and log.

        Args:
            step: of the optimizer.
            pictures: what to diagnose, or what makes it when it is due. It is called on rank 0
                alone: it must not wait for other ranks.

        Returns:
            Numbers as of `run_diagnostics_from_tensors` over the walls that were diagnosed, and
            ``walls``, ``walls_left_out``; with a reference ``octave_error_rate`` (share of the
            walls that could be compared whose period is nearer to its double or half) and
            ``median_period_error``. None on steps that are not due, or after a failure.
        """
        if not self.due(step):
            return None
        try:
            return self._diagnose(step, pictures() if callable(pictures) else pictures)
        except Exception:
            self.failures += 1
            if self.failures == 1:
                log.exception("TilingMonitor failed at step %d; later failures are counted", step)
            return None

    def _rank(self) -> int:
        if self.rank is not None:
            return self.rank
        if distributed.is_available() and distributed.is_initialized():
            return distributed.get_rank()
        return int(os.environ.get("RANK", "0"))

    @plain_numerics()
    def _diagnose(self, step: int, pictures: Pictures) -> Numbers:
        found, left_out = self._walls(pictures)
        numbers: Numbers = {}
        shown = {}
        began = self._spent.clock()
        if found:
            summaries = [summarize(one) for one in found]
            numbers = mean_numbers(found, summaries)
            octaves = [o for o in map(octaves_off, summaries) if o is not None]
            if octaves:
                wrong = sum(map(is_octave_error, octaves))
                numbers["octave_error_rate"] = wrong / len(octaves)
                errors = torch.tensor([period_error(o) for o in octaves])
                numbers["median_period_error"] = float(errors.median())
            ranked = sorted(found, key=badness, reverse=True)[: self.worst]
            shown = {
                f"{self.prefix}/worst_{place}": figure(one, "overview")
                for place, one in enumerate(ranked)
            }
        numbers |= {"walls": float(len(found)), "walls_left_out": float(left_out)}
        for sink in self.sinks:
            sink(step, tagged(numbers, self.prefix), shown)
        self._spent.own += self._spent.clock() - began
        return numbers

    def _walls(self, pictures: Pictures) -> tuple[list[Diagnosis], int]:
        """The walls there was time for, and how many were left out."""
        pred = to_unit(pictures.pred.detach(), self.value_range).clamp(0, 1)
        began, found = self._spent.clock(), []
        for index in range(len(pred)):
            used = self._spent.clock() - began
            left = min(self.max_seconds, self._spent.left(self.max_share)) - used
            if left < self._wall_seconds or left <= 0:
                break
            mask = None if pictures.mask is None else pictures.mask[index : index + 1]
            ref = one_reference(pictures.ref, index)
            if ref is not None:
                ref = to_unit(ref.detach(), self.value_range).clamp(0, 1)
            found += diagnose_batch(pred[index : index + 1], mask, ref, self.settings)
            self._wall_seconds = self._spent.clock() - began - used
        self._spent.own += self._spent.clock() - began
        return found, len(pred) - len(found)
