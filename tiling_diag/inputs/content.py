"""The content of a picture file, wherever it came from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class PictureFile:
    """What is in a picture file that lies where no path leads, such as in an object store.

    Attributes:
        data: the file's bytes.
        name: what messages and results call it.
    """

    data: bytes
    name: str
