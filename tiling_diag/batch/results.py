"""`results.jsonl`: rows appended one by one, whole or not at all, whatever ends the process.

The last row of a picture counts. What another row or a later choice of inputs has made void stays
in the file until a run is finished, and is then taken out at one stroke.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tiling_diag.batch.folder import RESULTS_FILE
from tiling_diag.batch.row_shape import RowError
from tiling_diag.batch.rows import parsed, status_of, to_line
from tiling_diag.errors import InputError


class Entry(NamedTuple):
    """Where a row lies in the file, and what is asked of it most.

    Attributes:
        offset, length: bytes.
        fingerprint: None where the row has to be done again in any case.
        status: the verdict, or ``error``.
        columns: what a list said of the picture.
    """

    offset: int
    length: int
    fingerprint: str | None
    status: str
    columns: dict[str, Any] | None = None


class ResultsFile:
    """The rows of a folder, open for appending; one process at a time (see `lock`).

    Attributes:
        path: of the file.
        entries: by the picture's path, in the order in which they came first.
        damaged: lines that are no rows and were left out, with the reason.
        void: rows that no longer count but are still in the file.
    """

    def __init__(self, folder: Path) -> None:
        """Read what is there and cut off a last line that was not finished.

        Raises:
            InputError: if the file can't be read or written.
        """
        self.path = folder / RESULTS_FILE
        self.entries: dict[str, Entry] = {}
        self.damaged: list[str] = []
        self.void = 0
        try:
            # 0o644 less what the user's mask takes, as for any file.
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            self._end = self._scan()
            os.ftruncate(self._handle, self._end)
        except OSError as error:
            raise _refused(self.path, error) from error

    def __enter__(self) -> ResultsFile:
        return self

    def __exit__(self, *_: object) -> None:
        # An append that was interrupted may have left a part of a line.
        os.ftruncate(self._handle, self._end)
        os.close(self._handle)

    def _scan(self) -> int:
        """Note every whole line; the end of the last one."""
        end = 0
        with open(self.path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                offset, end = end, end + len(line)
                try:
                    row = parsed(line)
                except RowError as error:
                    self.damaged.append(f"line {number}: {error}")
                    self.void += 1
                    continue
                self._note(
                    row["path"],
                    Entry(
                        offset, len(line), row["fingerprint"], status_of(row), row.get("columns")
                    ),
                )
        return end

    def _note(self, path: str, entry: Entry) -> None:
        self.void += path in self.entries
        self.entries[path] = entry

    def append(self, path: str, line: bytes, status: str) -> None:
        """Add a row.

        Raises:
            InputError: if it can't be written; the file then ends with the row before it.
        """
        try:
            _write(self._handle, line, self._end)
        except OSError as error:
            os.ftruncate(self._handle, self._end)
            raise _refused(self.path, error) from error
        # The fingerprint matters to later runs only, which read it from the file.
        self._note(path, Entry(self._end, len(line), None, status))
        self._end += len(line)

    def set_columns(self, path: str, columns: dict[str, Any] | None) -> None:
        """Bring what a list says of a picture up to date in its row, which is kept otherwise.

        Raises:
            InputError: as `append`.
        """
        entry = self.entries[path]
        if entry.columns == columns:
            return
        (row,) = self.rows([path])
        row.pop("columns", None)
        if columns:
            row["columns"] = columns
        self.append(path, to_line(row), entry.status)

    def keep_only(self, paths: Iterable[str]) -> int:
        """Rows of other pictures no longer count; how many those are."""
        wanted = set(paths)
        gone = [path for path in self.entries if path not in wanted]
        for path in gone:
            del self.entries[path]
        self.void += len(gone)
        return len(gone)

    def rows(self, paths: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The rows that count, in the order of `paths`, read one by one."""
        with open(self.path, "rb") as file:
            for path in paths:
                entry = self.entries[path]
                file.seek(entry.offset)
                yield json.loads(file.read(entry.length))

    def finish(self) -> None:
        """Make sure that the rows are on the disk, and take out those that no longer count.

        Raises:
            InputError: if they can't be written; the file is then as it was.
        """
        try:
            os.fsync(self._handle)
            if self.void:
                self._rewrite()
        except OSError as error:
            raise _refused(self.path, error) from error

    def _rewrite(self) -> None:
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
        entries, end = {}, 0
        try:
            with open(self.path, "rb") as file:
                for path, entry in self.entries.items():
                    file.seek(entry.offset)
                    line = file.read(entry.length)
                    _write(handle, line, end)
                    entries[path] = entry._replace(offset=end)
                    end += len(line)
            os.fsync(handle)
            temporary.replace(self.path)
        except OSError:
            os.close(handle)
            temporary.unlink(missing_ok=True)
            raise
        os.close(self._handle)
        self._handle, self._end, self.entries, self.void = handle, end, entries, 0


def _write(handle: int, data: bytes, offset: int) -> None:
    os.lseek(handle, offset, os.SEEK_SET)
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def _refused(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path}: can't be written ({error.strerror}); what is in it is whole: make room or choose "
        "another folder, and run the same command again"
    )
