"""Locations on this machine and behind URLs, asked alike: what is there, and what is in it.

Requests that fail for a while are tried again by the store's own client, with growing waits: S3 by
botocore and s3fs. What still fails is an `OSError`, whatever the client raised.
"""

from __future__ import annotations

import errno
import glob
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tiling_diag.batch.locations import is_picture, is_url, join, list_pictures
from tiling_diag.errors import InputError

INSTALL = "pip install 'tiling-diag[remote]'"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Files:
    """What may be asked of a location.

    Attributes:
        options: of the store's client, such as ``endpoint_url``; see `parse_options`.
    """

    options: dict[str, Any] = field(default_factory=dict)

    def system(self, url: str) -> tuple[Any, str]:
        """The file system of a URL as fsspec has it, and the URL's path in it.

        Raises:
            InputError: if fsspec, or what it needs for this kind of URL, is not installed, or an
                option is unknown.
        """
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise InputError(f"{url} is a URL, which needs fsspec ({error}): {INSTALL}") from None
        try:
            # What a listing said before may have changed.
            system, path = url_to_fs(url, use_listings_cache=False, **self.options)
        except (ImportError, ValueError) as error:
            raise InputError(f"{url} can't be read ({_line(error)}): {INSTALL}") from None
        except Exception as error:
            raise InputError(f"{url} can't be read with these options ({_line(error)})") from None
        return system, str(path)

    def read(self, location: str) -> bytes:
        """The content of a file.

        Raises:
            OSError: if it can't be read.
        """
        if not is_url(location):
            with open(location, "rb") as file:
                return file.read()
        system, path = self.system(location)
        data: bytes = asked(location, lambda: system.cat_file(path))
        return data

    def is_folder(self, location: str) -> bool:
        """Whether something lies below it.

        Raises:
            OSError: if the store does not say.
        """
        return self._kind(location) == "directory"

    def is_file(self, location: str) -> bool:
        """Whether it is a file.

        Raises:
            OSError: if the store does not say.
        """
        return self._kind(location) == "file"

    def _kind(self, location: str) -> str | None:
        if not is_url(location):
            found = {"directory": os.path.isdir(location), "file": os.path.isfile(location)}
            return next((kind for kind, is_it in found.items() if is_it), None)
        system, path = self.system(location)
        try:
            return str(asked(location, lambda: system.info(path))["type"])
        except FileNotFoundError:
            return None

    def pictures(
        self, root: str, *, recursive: bool, unread: list[str], skip: frozenset[str]
    ) -> Iterator[str]:
        """Names of the pictures in a folder: see `locations.list_pictures`.

        Raises:
            InputError: if it can't be listed.
        """
        if not is_url(root):
            yield from list_pictures(root, recursive=recursive, unread=unread, skip=skip)
            return
        system, path = self.system(root)
        depth = None if recursive else 1
        try:
            found = asked(root, lambda: system.find(path, maxdepth=depth))
        except OSError as error:
            raise InputError(f"{root}: can't be listed ({error.strerror})") from error
        for name in sorted(one[len(path.rstrip("/")) + 1 :] for one in found):
            hidden = any(part.startswith(".") for part in name.split("/"))
            if is_picture(name) and not hidden and not _lies_in(join(root, name), skip):
                yield name

    def matching(self, pattern: str) -> list[str]:
        """Files that fit a pattern with ``*``, ``?`` or ``[]``, in order.

        Raises:
            OSError: if the store does not say.
        """
        if not is_url(pattern):
            return [one for one in sorted(glob.glob(pattern, recursive=True)) if self.is_file(one)]
        system, path = self.system(pattern)
        found = asked(pattern, lambda: system.glob(path, detail=True))
        head = pattern[: len(pattern) - len(path.lstrip("/"))]
        files = (name for name, one in found.items() if one["type"] == "file")
        return sorted(f"{head}{name.lstrip('/')}" for name in files)


def parse_options(written: list[str]) -> dict[str, Any]:
    """Options of a store from ``name=value``; a dot leads into options of an option.

    Values are read as JSON where they are JSON (``true``, ``5``), else as text.

    Raises:
        InputError: if one has no name or no ``=``.
    """
    options: dict[str, Any] = {}
    for one in written:
        name, equals, value = one.partition("=")
        *parents, last = name.split(".")
        if not equals or not all((*parents, last)):
            raise InputError(f"storage option {one!r}: write name=value, as in anon=true")
        place = options
        for parent in parents:
            place = place.setdefault(parent, {})
        try:
            place[last] = json.loads(value)
        except ValueError:
            place[last] = value
    return options


def asked(location: str, ask: Callable[[], _T]) -> _T:
    """What a store answers about a location; anything it raises becomes an `OSError`."""
    try:
        return ask()
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "there is no such object", location) from None
    except MemoryError:
        raise
    except Exception as error:
        number = error.errno if isinstance(error, OSError) and error.errno else errno.EIO
        raise OSError(number, _line(error), location) from error


def _lies_in(location: str, folders: frozenset[str]) -> bool:
    return any(location.startswith(f"{one.rstrip('/')}/") for one in folders)


def _line(error: BaseException) -> str:
    """What an exception says, on one line that is not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."
