"""Where results go: a folder of this machine, made and locked for a run.

What a run that was killed left behind is cleared away. A folder behind a URL is `storage.spool`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol

from tiling_diag.batch.folder import PAGES, RESULTS_FILE, THUMBS, page_file, thumb_file
from tiling_diag.batch.lock import FolderLock
from tiling_diag.batch.whole_files import clear_leftovers
from tiling_diag.errors import InputError
from tiling_diag.report.write import write_atomically


class Place(Protocol):
    """A place for results, held from entry to exit.

    Attributes:
        folder: of this machine, where rows and tables are made.
    """

    folder: Path

    def __enter__(self) -> Place:
        """Hold the place and bring what lies there into `folder`."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of it."""
        ...

    def inner(self) -> frozenset[str]:
        """Folders that are no inputs, for the results are there."""
        ...

    def has(self, name: str) -> bool:
        """Whether a thumbnail or page is there."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write a thumbnail or page."""
        ...

    def read(self, name: str) -> bytes | None:
        """A thumbnail or page; None if it is not there."""
        ...

    def added(self, line: bytes) -> None:
        """A row was added to the file of rows in `folder`."""
        ...

    def clear_pictures(self, paths: Iterable[str]) -> None:
        """Take away thumbnails and pages of pictures that are not among `paths`."""
        ...

    def finish(self) -> None:
        """All that is made of the rows lies in `folder`."""
        ...


class FolderPlace:
    """A folder of this machine: see `Place`.

    Raises:
        InputError: if it can't be made; on entry, if another run holds it.
    """

    def __init__(self, folder: Path, *, restart: bool) -> None:
        """Make the folder and those in it."""
        self.folder, self._restart = folder, restart
        self._places = (folder, folder / THUMBS, folder / PAGES)
        self._lock = FolderLock(folder)
        for place in self._places:
            try:
                place.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(
                    f"{place}: can't hold results ({error.strerror}); name a folder, or a new one"
                ) from error

    def __enter__(self) -> FolderPlace:
        self._lock.__enter__()
        try:
            for place in self._places:
                clear_leftovers(place)
            if self._restart:
                self._forget()
        except BaseException:
            self._lock.__exit__()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.__exit__()

    def _forget(self) -> None:
        rows = self.folder / RESULTS_FILE
        try:
            rows.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"{rows}: can't be taken away to start again ({error.strerror}); choose another "
                "folder"
            ) from error

    def inner(self) -> frozenset[str]:
        """See `Place`."""
        return frozenset(os.path.realpath(place) for place in self._places)

    def has(self, name: str) -> bool:
        """See `Place`."""
        return (self.folder / name).is_file()

    def write(self, name: str, data: bytes) -> None:
        """See `Place`."""
        write_atomically(self.folder / name, data)

    def read(self, name: str) -> bytes | None:
        """See `Place`."""
        try:
            return (self.folder / name).read_bytes()
        except OSError:  # somebody took it away
            return None

    def added(self, line: bytes) -> None:
        """See `Place`: the file of rows is where it belongs."""

    def clear_pictures(self, paths: Iterable[str]) -> None:
        """See `Place`."""
        wanted = picture_files(paths)
        for name, pattern in ((THUMBS, "*.jpg"), (PAGES, "*.html")):
            for path in (self.folder / name).glob(pattern):
                if f"{name}/{path.name}" not in wanted:
                    with suppress(OSError):  # a folder of that name is not ours
                        path.unlink()

    def finish(self) -> None:
        """See `Place`: all is where it belongs."""


def picture_files(paths: Iterable[str]) -> set[str]:
    """Names of the thumbnails and pages that pictures may have."""
    return {name for path in paths for name in (thumb_file(path), page_file(path))}
