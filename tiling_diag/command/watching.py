"""`tiling-diag batch --watch`: checkpoints measured as they come, and their trend."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tiling_diag.batch.options import BatchOptions
from tiling_diag.errors import InputError
from tiling_diag.language import said
from tiling_diag.settings import Settings

_TREND_FROM = 3


@dataclass
class _Checkpoints:
    """Results in folders of the checkpoints' names, the trend of all of them beside them."""

    out: Path
    settings: Settings
    options: BatchOptions
    say: Callable[[str], None]
    done: set[Path] = field(default_factory=set)
    trend_is_old: bool = False

    def measure(self, checkpoint: str) -> None:
        """Measure a folder; what it says of one that was measured before is soon said."""
        from tiling_diag.batch.run import run_batch
        from tiling_diag.batch.totals import STATUSES
        from tiling_diag.findings.finding import VERDICT_WORDS

        name = os.path.basename(checkpoint)
        place = self.out / name
        totals = run_batch([checkpoint], place, self.settings, self.options, say=self.say)
        counts = ", ".join(
            f"{said(VERDICT_WORDS[status])}: {totals.verdicts[status]}"
            for status in STATUSES
            if totals.verdicts[status]
        )
        self.say(f"{name}: {totals.pictures} pictures ({counts}), {totals.done} measured now")
        self.done.add(place)
        self.trend_is_old = True
        # Checkpoints that an earlier run measured pass by fast: their trend is written once.
        if totals.done:
            self.write_trend()

    def write_trend(self) -> None:
        """Write the trend as `compare` does, if there are enough checkpoints and it is old."""
        if len(self.done) < _TREND_FROM or not self.trend_is_old:
            return
        from tiling_diag.compare.report import write_comparison
        from tiling_diag.compare.run import compare

        self.trend_is_old = False
        of_groups = BatchOptions(group_by=self.options.group_by)
        places = [str(place) for place in sorted(self.done)]
        try:
            trend = compare(places, self.out, self.settings, of_groups)
            self.say(f"trend: {write_comparison(trend, self.out)[-1]}")
        except InputError as error:
            self.say(f"{said('no trend:')} {said(str(error))}")


def watch_checkpoints(
    inputs: list[str],
    out: str,
    settings: Settings,
    options: BatchOptions,
    *,
    say: Callable[[str], None],
) -> NoReturn:
    """Measure every folder below one as it comes, into a folder of its name, until interrupted.

    From three checkpoints on, their trend is written to `out` as well, as `compare` does.

    Args:
        inputs: the folder, alone.
        out: folder for the folders of results.
        settings: of the diagnosis.
        options: of each batch.
        say: called with a line for people.

    Raises:
        InputError: if there is not one folder to watch, or an option makes no sense for many.
    """
    from tiling_diag.batch.locations import is_url
    from tiling_diag.batch.watch import EVERY_S, Watch, watch

    if len(inputs) != 1 or is_url(inputs[0]) or is_url(out):
        raise InputError("--watch takes one folder of this machine, and --out another")
    if options.junit is not None or options.fail_on is not None or options.restart:
        raise InputError("--watch never ends by itself: leave out --junit, --fail-on and --restart")
    options.check()
    found = Watch(inputs[0], Path(out), recursive=options.recursive)
    checkpoints = _Checkpoints(Path(out), settings, options, say)

    def wait() -> None:
        checkpoints.write_trend()
        time.sleep(EVERY_S)

    say(f"watching {inputs[0]} every {EVERY_S:.0f} s; Ctrl-C ends it")
    watch(found, checkpoints.measure, wait, say=say)
    raise AssertionError("watch ends by an exception only")
