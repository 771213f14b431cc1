"""From two names to a comparison: pictures are diagnosed, folders measured, results read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tiling_diag.batch import BatchOptions, run_batch
from tiling_diag.batch.folder import is_results
from tiling_diag.batch.locations import check_local
from tiling_diag.compare.batches import BatchComparison, compare_batches
from tiling_diag.compare.pictures import PictureComparison
from tiling_diag.compare.sides import Side, read_side
from tiling_diag.errors import InputError
from tiling_diag.settings import Settings


def compare(
    a: str,
    b: str,
    out: Path,
    settings: Settings | None = None,
    options: BatchOptions | None = None,
    *,
    say: Callable[[str], None] = lambda line: None,
) -> BatchComparison | PictureComparison:
    """Compare two pictures, or two folders of pictures or results of `batch` in any mixture.

    Args:
        a: a picture, a folder of pictures, or results.
        b: what it is compared with.
        out: folders of pictures are measured into ``a`` and ``b`` below it.
        settings: of the diagnosis.
        options: for folders of pictures.
        say: called with a line for people.

    Raises:
        InputError: if something is missing, can't be used, or is not of the same kind.
    """
    settings = settings or Settings()
    pictures = [_is_picture(check_local(one)) for one in (a, b)]
    if all(pictures):
        from tiling_diag.diagnosis import diagnose

        ref = None if options is None else options.refs
        before, after = (diagnose(one, None, ref, settings) for one in (a, b))
        said = (ref, settings.unit_px, settings.course_px)
        return PictureComparison(before, after, is_a_reference=said == (None, None, None))
    if any(pictures):
        raise InputError(
            f"{a} and {b}: compare two pictures, or two folders of pictures or of results"
        )
    sides = [
        _side(one, out / letter, settings, options or BatchOptions(), say)
        for letter, one in (("a", a), ("b", b))
    ]
    return compare_batches(*sides)


def _is_picture(location: str) -> bool:
    if not os.path.lexists(location):
        raise InputError(f"there is no file or folder {location}")
    return not os.path.isdir(location) and not is_results(location)


def _side(
    location: str,
    out: Path,
    settings: Settings,
    options: BatchOptions,
    say: Callable[[str], None],
) -> Side:
    if not is_results(location):
        run_batch([location], out, settings, replace(options, figures="none"), say=say)
        location = os.fspath(out)
    return read_side(location)
