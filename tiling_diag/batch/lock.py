"""One run at a time in a folder: a lock that ends with the process that holds it."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from tiling_diag.errors import InputError

LOCK_FILE = ".lock"


class FolderLock:
    """Holds a folder from entry to exit; a killed process lets go of it at once.

    Raises:
        InputError: on entry, if another process holds the folder, or the lock can't be written.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is locked yet."""
        self._path = folder / LOCK_FILE
        self._handle = -1

    def __enter__(self) -> FolderLock:
        try:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise self._refused(error) from error
        try:
            _lock(self._handle)
            os.ftruncate(self._handle, 0)
            os.write(self._handle, f"{os.getpid()}\n".encode())
        except OSError as error:
            held = error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
            holder = os.read(self._handle, 20).decode(errors="replace").strip() if held else ""
            os.close(self._handle)
            if not held:
                raise self._refused(error) from error
            raise InputError(
                f"{self._path.parent} is in use by another run (process {holder or 'unknown'}): "
                "wait for it or choose another folder"
            ) from None
        return self

    def _refused(self, error: OSError) -> InputError:
        return InputError(
            f"{self._path}: can't be locked ({error.strerror}), so that another run could write "
            "there too: take it away or choose another folder"
        )

    def __exit__(self, *_: object) -> None:
        # The file stays: taking it away could take it from a run that waits for it.
        os.close(self._handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        # A byte far behind the text, which others may read meanwhile.
        os.lseek(handle, 4096, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
