"""Files that are written piece by piece and yet appear whole or not at all."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tiling_diag.errors import InputError


class _Tried(Exception):
    """Ends the trial of a file."""


class WholeFile:
    """A file under a temporary name, renamed at the end if nothing went wrong.

    Attributes:
        binary: to write bytes to.

    Raises:
        InputError: on entry or exit, if it can't be written.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is written yet."""
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        self._text: io.TextIOWrapper | None = None

    def __enter__(self) -> WholeFile:
        try:
            self.binary = open(self._temporary, "wb")
        except OSError as error:
            raise self._refused(error) from error
        return self

    def try_out(self) -> None:
        """Find out now whether it can be written; nothing is left, and what is there stays.

        Raises:
            InputError: if it can't.
        """
        with suppress(_Tried), self:
            raise _Tried

    def text(self, errors: str = "strict") -> io.TextIOWrapper:
        """The same file for text in UTF-8; line ends are written as they are."""
        self._text = io.TextIOWrapper(self.binary, "utf-8", errors=errors, newline="")
        return self._text

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            (self._text or self.binary).close()
            if kind is None:
                self._temporary.replace(self._path)
        except OSError as failed:
            raise self._refused(failed) from failed
        finally:
            with suppress(OSError):
                self._temporary.unlink()
        if isinstance(error, OSError):
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> InputError:
        return InputError(
            f"{self._path}: can't be written ({error.strerror}); make room or choose another "
            "folder, and run the same command again"
        )


def clear_leftovers(folder: Path) -> None:
    """Take away temporary files of runs that were killed."""
    for path in folder.glob(".*.tmp"):
        with suppress(OSError):  # a folder of such a name is not ours
            path.unlink()
