"""Names of places, as text: paths on this machine, and URLs.

A *name* is a location relative to the input it came from, with ``/`` between its parts; pictures,
masks and references are matched by names, and so are two batches.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tiling_diag.errors import InputError

PICTURE_ENDINGS = (
    ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".pgm", ".pnm",
    ".avif", ".heic", ".heif",
)  # fmt: skip
# Two letters at least: one is a drive.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_url(location: str) -> bool:
    """Whether it is a URL, such as ``s3://bucket/walls``."""
    return _URL.match(location) is not None


def check_local(location: str) -> str:
    """`location` itself, if it is a path.

    Raises:
        InputError: if it is a URL.
    """
    if is_url(location):
        raise InputError(
            f"{location} is a URL, and only paths are read: copy the pictures to a folder first"
        )
    return location


def real(location: str) -> str:
    """The one location of a place that has several, by links; that of a URL is itself."""
    return location.rstrip("/") if is_url(location) else os.path.realpath(location)


def tidy(location: str) -> str:
    """The same place without ``.`` and doubled separators, so that it has one name.

    What holds ``..`` stays as it is: behind a link that would lead elsewhere.
    """
    if is_url(location):
        return location.rstrip("/")
    if not location or ".." in re.split(r"[\\/]", location):
        return location
    plain = os.path.normpath(location)
    return "" if plain == os.curdir else plain


def is_picture(location: str) -> bool:
    """Whether the name ends as picture files do."""
    return location.lower().endswith(PICTURE_ENDINGS)


def join(root: str, name: str) -> str:
    """The location of `name` below `root`."""
    if is_url(root):
        return f"{root.rstrip('/')}/{name}"
    return os.path.join(root, *name.split("/")) if root else name


def name_below(location: str, root: str) -> str | None:
    """The name of `location` relative to folder `root`; None if it does not lie below it."""
    separator = "/" if is_url(root) else os.sep
    head = root if not root or root.endswith(("/", separator)) else root + separator
    if not location.startswith(head):
        return None
    return location[len(head) :].replace(separator, "/")


def name_of(path: str, roots: list[str]) -> str:
    """The name of a picture: relative to the deepest root that it lies in, else its path."""
    names = [name for root in roots if (name := name_below(path, root)) is not None]
    return min(names, key=len) if names else path.replace(os.sep, "/")


def split_name(name: str) -> tuple[str, str]:
    """Folder and stem of a name: ``a/b/wall.png`` is ``("a/b", "wall")``."""
    folder, _, file = name.rpartition("/")
    stem, dot, _ = file.rpartition(".")
    return folder, stem if dot else file


def list_pictures(
    root: str, *, recursive: bool, unread: list[str], skip: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Names of the pictures in folder `root`, in order, hidden ones left out.

    Args:
        root: the folder.
        recursive: whether folders in it are gone through too; links to folders are not.
        unread: folders below it that can't be listed are appended, with the reason.
        skip: real paths of folders to leave out.

    Raises:
        InputError: if `root` can't be listed.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(join(root, folder) if folder else root or os.curdir) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise InputError(f"{root}: can't be listed ({error.strerror})") from error
            unread.append(f"{join(root, folder)} ({error.strerror})")
            continue
        below = []
        for entry in found:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if recursive and os.path.realpath(entry.path) not in skip:
                    below.append(name)
            elif is_picture(entry.name):
                yield name
        waiting += reversed(below)
