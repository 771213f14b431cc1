"""A folder of results behind a URL, where files are whole or not there but can't be added to.

Rows are made in a folder of this machine and go to the store in pieces, ``rows/*.jsonl``, each
after the thumbnails and pages of its pictures. A run that finishes writes `results.jsonl` and all
that is made of it, and takes the pieces away; one that is killed leaves them for the next one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from tiling_diag.batch.folder import (
    ABOUT_FILE,
    CSV_FILE,
    GALLERY_FILE,
    PAGES,
    PARQUET_FILE,
    PIECES,
    RESULTS_FILE,
    SHEET_FILE,
    THUMBS,
)
from tiling_diag.batch.places import picture_files
from tiling_diag.batch.storage.files import Files, asked
from tiling_diag.errors import InputError

# Rows, and seconds, after which a piece is sent: what a kill may lose is at most that much work.
PIECE_ROWS, PIECE_S = 500, 10.0
# Files that are on their way to the store at once.
UPLOADS = 8
WAITING = 64
# Stores in which a file that is written appears whole; elsewhere it is renamed when it is.
WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "memory", "abfs", "abfss", "az", "oss"})


class SpoolPlace:
    """A place for results behind a URL: see `batch.places.Place`.

    Raises:
        InputError: if what speaks to the store is not installed, or the store refuses.
    """

    def __init__(self, url: str, files: Files, *, restart: bool) -> None:
        """Ask nothing of the store yet."""
        self._url, self._restart = url, restart
        self._system, self._root = files.system(url)
        self._there: set[str] = set()
        self._pieces: list[str] = []
        self._run = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.urandom(4).hex()}"
        self._lines: list[bytes] = []
        self._sent = time.monotonic()
        self._uploads: deque[Future[None]] = deque()

    def __enter__(self) -> SpoolPlace:
        self._temporary = tempfile.TemporaryDirectory(prefix="tiling-diag-")
        self.folder = Path(self._temporary.name)
        self._pool = ThreadPoolExecutor(UPLOADS)
        try:
            with self._refusals():
                self._fetch()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            # However the run ends, what was measured is kept.
            with suppress(OSError) if kind is not None else self._refusals():
                self._send()
        finally:
            self._close()

    def _close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._temporary.cleanup()

    def inner(self) -> frozenset[str]:
        """See `Place`."""
        return frozenset({self._url.rstrip("/")})

    def has(self, name: str) -> bool:
        """See `Place`."""
        return name in self._there

    def write(self, name: str, data: bytes) -> None:
        """See `Place`: the file is on its way, and there before its row is."""
        with self._refusals():
            while len(self._uploads) >= WAITING:
                self._uploads.popleft().result()
        self._uploads.append(self._pool.submit(self._put, name, data))
        self._there.add(name)

    def read(self, name: str) -> bytes | None:
        """See `Place`: what is on its way arrives first."""
        with self._refusals():
            while self._uploads:
                self._uploads.popleft().result()
            try:
                data: bytes = self._do(lambda: self._system.cat_file(self._at(name)))
            except FileNotFoundError:
                return None
        return data

    def added(self, line: bytes) -> None:
        """See `Place`."""
        self._lines.append(line)
        if len(self._lines) >= PIECE_ROWS or time.monotonic() - self._sent >= PIECE_S:
            with self._refusals():
                self._send()

    def clear_pictures(self, paths: Iterable[str]) -> None:
        """See `Place`."""
        with self._refusals():
            self._remove(self._there - picture_files(paths))

    def finish(self) -> None:
        """See `Place`: the rows, then what is made of them, then away with the pieces."""
        with self._refusals():
            self._send()
            tables = (RESULTS_FILE, CSV_FILE, PARQUET_FILE)
            for name in (*tables, GALLERY_FILE, SHEET_FILE, ABOUT_FILE):
                if (self.folder / name).exists():
                    self._put_file(name)
            self._remove(self._pieces)

    def _fetch(self) -> None:
        """Learn what is there, and bring the rows here."""
        for name in (THUMBS, PAGES):
            self._there.update(self._list(name))
        self._pieces = sorted(self._list(PIECES))
        if self._restart:
            self._remove([RESULTS_FILE, *self._pieces])
            self._pieces = []
        # A store that takes nothing is known now, not after the first pictures.
        self._put_rows(b"")
        if self._restart:
            return
        part = self.folder / ".part"
        with open(self.folder / RESULTS_FILE, "wb") as rows:
            for name in (RESULTS_FILE, *self._pieces):
                with suppress(FileNotFoundError):
                    self._do(partial(self._system.get_file, self._at(name), str(part)))
                    with open(part, "rb") as lines:
                        shutil.copyfileobj(lines, rows)
        part.unlink(missing_ok=True)

    def _send(self) -> None:
        """Send the rows that are here only, after their files."""
        while self._uploads:
            self._uploads.popleft().result()
        if self._lines:
            self._put_rows(b"".join(self._lines))
            self._lines = []
        self._sent = time.monotonic()

    def _put_rows(self, rows: bytes) -> None:
        name = f"{PIECES}/{self._run}-{len(self._pieces):06}.jsonl"
        self._put(name, rows)
        self._pieces.append(name)

    def _put(self, name: str, data: bytes) -> None:
        self._whole(name, lambda path: self._system.pipe_file(path, data))

    def _put_file(self, name: str) -> None:
        self._whole(name, lambda path: self._system.put_file(str(self.folder / name), path))

    def _whole(self, name: str, write: Callable[[str], Any]) -> None:
        path = self._at(name)
        protocols = self._system.protocol
        if WHOLE.intersection((protocols,) if isinstance(protocols, str) else protocols):
            self._do(lambda: write(path))
            return
        folder, _, last = path.rpartition("/")
        temporary = f"{folder}/.{last}.{self._run}.tmp"
        self._do(lambda: self._system.makedirs(folder, exist_ok=True))
        self._do(lambda: write(temporary))
        self._do(lambda: self._system.mv(temporary, path))

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            with suppress(FileNotFoundError):
                self._do(partial(self._system.rm_file, self._at(name)))

    def _list(self, name: str) -> Iterator[str]:
        """Names of what lies in a folder of the store."""
        cut, folder = len(self._at("")), self._at(name)
        try:
            found: list[str] = self._do(lambda: self._system.find(folder))
        except FileNotFoundError:
            return
        # Where the first file comes while it looks, `find` may give the folder itself.
        yield from (path[cut:] for path in found if path.startswith(f"{folder}/"))

    def _at(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _do(self, ask: Callable[[], Any]) -> Any:
        return asked(self._url, ask)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """What the store refuses becomes one line."""
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{self._url}: can't hold the results ({error.strerror}); what was measured before "
                "is kept: run the same command again when the store answers"
            ) from error
