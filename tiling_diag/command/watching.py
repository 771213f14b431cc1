"""`tiling-diag batch --watch`: checkpoints measured as they come, and their trend."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from tiling_diag.batch.options import BatchOptions
from tiling_diag.errors import InputError
from tiling_diag.settings import Settings

# Results lie in folders of the checkpoints' names, the trend beside them.
_TREND_FROM = 3


def watch_checkpoints(
    inputs: list[str],
    out: str,
    settings: Settings,
    options: BatchOptions,
    *,
    say: Callable[[str], None],
    wait: Callable[[], None] | None = None,
) -> NoReturn:
    """Measure every folder below one as it comes, into a folder of its name, until interrupted.

    From three checkpoints on, their trend is written to `out` as well, as `compare` does.

    Args:
        inputs: the folder, alone.
        out: folder for the folders of results.
        settings: of the diagnosis.
        options: of each batch.
        say: called with a line for people.
        wait: called between two looks; waits for `EVERY_S` seconds without it.

    Raises:
        InputError: if there is not one folder to watch, or an option makes no sense for many.
    """
    from tiling_diag.batch.locations import is_url
    from tiling_diag.batch.run import run_batch
    from tiling_diag.batch.watch import EVERY_S, Watch, watch

    if len(inputs) != 1 or is_url(inputs[0]) or is_url(out):
        raise InputError("--watch takes one folder of this machine, and --out another")
    if options.junit is not None or options.fail_on is not None or options.restart:
        raise InputError("--watch never ends by itself: leave out --junit, --fail-on and --restart")
    folder = Path(out)
    done: set[Path] = set()

    def measure(checkpoint: str) -> None:
        place = folder / os.path.basename(checkpoint)
        totals = run_batch([checkpoint], place, settings, options, say=say)
        counts = ", ".join(
            f"{count} {verdict}" for verdict, count in sorted(totals.verdicts.items()) if count
        )
        say(f"{os.path.basename(checkpoint)}: {totals.pictures} pictures ({counts})")
        done.add(place)
        if len(done) >= _TREND_FROM:
            _write_trend(sorted(done), folder, settings, options, say)

    found = Watch(inputs[0], folder, recursive=options.recursive)
    say(f"watching {inputs[0]} every {EVERY_S:.0f} s; Ctrl-C ends it")
    watch(found, measure, wait or (lambda: time.sleep(EVERY_S)), say=say)
    raise AssertionError("watch ends by an exception only")


def _write_trend(
    places: list[Path],
    out: Path,
    settings: Settings,
    options: BatchOptions,
    say: Callable[[str], None],
) -> None:
    from tiling_diag.compare.report import write_comparison
    from tiling_diag.compare.run import compare

    of_groups = replace(BatchOptions(), group_by=options.group_by)
    files = write_comparison(compare([str(p) for p in places], out, settings, of_groups), out)
    say(f"trend: {files[-1]}")
