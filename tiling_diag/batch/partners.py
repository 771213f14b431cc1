"""Masks and references, found by relative path and stem; what has none is said, not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tiling_diag.batch.locations import join, split_name

# Endings of a stem that say what the picture is, such as wall_mask or wall-ref.
_ENDINGS = {
    "mask": re.compile(r"[-_. ](masks?|msk|matte)$", re.IGNORECASE),
    "ref": re.compile(r"[-_. ](refs?|reference|target|gt)$", re.IGNORECASE),
    "pred": re.compile(
        r"[-_. ](preds?|prediction|out|output|gen|generated|result)$", re.IGNORECASE
    ),
}
_MOST_SHOWN = 10


def without_ending(stem: str, role: str) -> str:
    """The stem without an ending that names the role ``mask``, ``ref`` or ``pred``."""
    return _ENDINGS[role].sub("", stem)


@dataclass
class Partners:
    """The masks or references of a folder, by the names of the pictures they belong to.

    Attributes:
        role: ``mask`` or ``ref``.
        root: the folder.
        names: of the files in it.
        missing: pictures without a partner, with the reason.
    """

    role: str
    root: str
    names: Iterable[str]
    missing: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Sort the files by folder and stem."""
        self._exact: dict[tuple[str, str], list[str]] = {}
        self._bare: dict[tuple[str, str], list[str]] = {}
        self._unused: set[str] = set()
        for name in self.names:
            folder, stem = split_name(name)
            bare = without_ending(stem, self.role)
            self._exact.setdefault((folder, stem), []).append(name)
            if bare != stem:
                self._bare.setdefault((folder, bare), []).append(name)
            self._unused.add(name)

    def of(self, name: str, path: str) -> str | None:
        """The partner of a picture, None (and noted) where there is none or more than one.

        Equal stems go before stems with an ending, such as wall_mask; then the picture's own
        ending, such as wall_pred, is left out.
        """
        folder, stem = split_name(name)
        for wanted in dict.fromkeys((stem, without_ending(stem, "pred"))):
            for table in (self._exact, self._bare):
                found = [
                    one for one in table.get((folder, wanted), []) if join(self.root, one) != path
                ]
                if len(found) == 1:
                    self._unused.discard(found[0])
                    return join(self.root, found[0])
                if found:
                    self.missing.append(f"{name} ({' and '.join(found)} both fit)")
                    return None
        self.missing.append(name)
        return None

    def unused(self) -> list[str]:
        """Files that belong to no picture."""
        return sorted(self._unused)

    def messages(self) -> list[str]:
        """What could not be matched, one line for each side."""
        word = {"mask": "mask", "ref": "reference"}[self.role]
        lines = []
        if self.missing:
            done = "measured whole" if self.role == "mask" else "measured without"
            lines.append(f"{len(self.missing)} without a {word}, {done}: {_listed(self.missing)}")
        if left := self.unused():
            lines.append(f"{len(left)} {word}s without a picture: {_listed(left)}")
        return lines


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (
        f" and {more} more (all in batch.json)" if more > 0 else ""
    )
