"""Folders that a trainer writes, measured as they come: one checkpoint at a time.

A folder is measured when two looks in a row find it the same: then nobody writes to it. When
pictures come to it later, or change, it is measured again, which does only what is new.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tiling_diag.batch.locations import is_picture
from tiling_diag.errors import InputError
from tiling_diag.language import said

# Seconds from one look to the next.
EVERY_S = 5.0

# Names, sizes and times of the pictures in a folder.
Snapshot = tuple[tuple[str, int, int], ...]


class Watch:
    """Looks at the folders below one, and says which of them are ready to be measured.

    Args:
        root: the folder in which checkpoints appear.
        skip: a folder that is none, such as that of the results.
        recursive: whether pictures below a checkpoint's folder count as well.

    Raises:
        InputError: if `root` is no folder.
    """

    def __init__(self, root: str, skip: Path, *, recursive: bool = False) -> None:
        """Look at nothing yet."""
        if not os.path.isdir(root):
            raise InputError(
                f"{root} is not a folder: --watch takes one, in which folders of checkpoints appear"
            )
        self._root, self._recursive = root, recursive
        self._skip = os.path.realpath(skip)
        self._seen: dict[str, Snapshot] = {}
        self._measured: dict[str, Snapshot] = {}

    def ready(self) -> Iterator[str]:
        """Folders in which something is new since they were measured, and that have settled.

        A folder counts as measured once the next one is asked for.

        Raises:
            InputError: if the root can't be listed.
        """
        before, self._seen = self._seen, dict(self._look())
        for folder, snapshot in sorted(self._seen.items()):
            if snapshot and before.get(folder) == snapshot != self._measured.get(folder):
                yield folder
                self._measured[folder] = snapshot

    def _look(self) -> Iterator[tuple[str, Snapshot]]:
        try:
            names = sorted(os.listdir(self._root))
        except OSError as error:
            raise InputError(f"{self._root}: can't be listed ({error.strerror})") from error
        for name in names:
            folder = os.path.join(self._root, name)
            hidden = name.startswith(".")
            if not hidden and os.path.isdir(folder) and os.path.realpath(folder) != self._skip:
                yield folder, tuple(sorted(self._pictures(folder)))

    def _pictures(self, folder: str) -> Iterator[tuple[str, int, int]]:
        """What there is of pictures; one that goes meanwhile is not there."""
        for place, below, files in os.walk(folder):
            below[:] = [name for name in below if self._recursive and not name.startswith(".")]
            for name in filter(is_picture, files):
                path = os.path.join(place, name)
                with suppress(OSError):
                    about = os.stat(path)
                    yield path, about.st_size, about.st_mtime_ns


def watch(
    found: Watch,
    measure: Callable[[str], None],
    wait: Callable[[], None],
    *,
    say: Callable[[str], None],
) -> None:
    """Measure what is ready, wait, and look again; ends by an exception only.

    Args:
        found: what to look at.
        measure: called with each folder that is ready.
        wait: called between two looks.
        say: called with a line for people. What can't be measured is said, and tried again once
            something changes there.
    """
    while True:
        for folder in found.ready():
            try:
                measure(folder)
            except InputError as error:
                say(f"{folder}: {said(str(error))}")
        wait()
