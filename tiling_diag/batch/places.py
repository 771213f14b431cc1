"""The folders of a batch: made before it, cleared of what runs that were killed left behind."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tiling_diag.batch.folder import PAGES, RESULTS_FILE, THUMBS, page_file, thumb_file
from tiling_diag.batch.whole_files import clear_leftovers
from tiling_diag.errors import InputError


def make_places(folder: Path) -> tuple[Path, ...]:
    """The folder of the results and those in it, made if they are not there.

    Raises:
        InputError: if they can't be made.
    """
    places = (folder, folder / THUMBS, folder / PAGES)
    try:
        for place in places:
            place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: can't hold the results ({error.strerror}); name a folder, or a new one"
        ) from error
    return places


def clear_places(places: Iterable[Path], *, restart: bool) -> None:
    """Take away temporary files, and with `restart` the rows of earlier runs.

    Raises:
        InputError: if the rows can't be taken away.
    """
    for place in places:
        clear_leftovers(place)
    rows = next(iter(places)) / RESULTS_FILE
    if restart:
        try:
            rows.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"{rows}: can't be taken away to start again ({error.strerror}); choose another "
                "folder"
            ) from error


def clear_pictures(folder: Path, paths: Iterable[str]) -> None:
    """Take away thumbnails and pages of pictures that are not among `paths`."""
    paths = list(paths)
    thumbs = {os.path.basename(thumb_file(path)) for path in paths}
    pages = {os.path.basename(page_file(path)) for path in paths}
    for name, wanted, pattern in ((THUMBS, thumbs, "*.jpg"), (PAGES, pages, "*.html")):
        for path in (folder / name).glob(pattern):
            if path.name not in wanted:
                with suppress(OSError):  # a folder of that name is not ours
                    path.unlink()
