"""Groups of pictures, such as those of one prompt: by a column of a list or a pattern of names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tiling_diag.errors import InputError
from tiling_diag.text import printable

_BRACES = re.compile(r"\{([^{}]*)\}")
# What stands for something else in a pattern.
_SPECIAL = re.compile(r"\{[^{}]*\}|\*\*/?|\*|\?")
NONE = "(no group)"


@dataclass(frozen=True)
class Grouping:
    """Which group a picture belongs to.

    Attributes:
        key: a column of a list, such as ``prompt``, or a pattern of the picture's name relative to
            its input, in which braces mark what makes the group and ``*`` stands for anything
            within a folder: ``{material}/*`` or ``{prompt}_seed*``.

    Raises:
        InputError: if braces in `key` do not close or hold nothing.
    """

    key: str

    def __post_init__(self) -> None:
        """Refuse what can't be meant."""
        rest = _BRACES.sub("", self.key)
        empty = any(not name.strip() for name in _BRACES.findall(self.key))
        if not self.key.strip() or "{" in rest or "}" in rest or empty:
            raise InputError(
                f"group_by={self.key!r}: name a column of the list, such as prompt, or a pattern "
                "of the pictures' names, such as '{material}/*'"
            )

    @property
    def is_pattern(self) -> bool:
        """Whether groups are read from names."""
        return "{" in self.key

    @property
    def title(self) -> str:
        """What the groups are, in a word or a few."""
        return ", ".join(_BRACES.findall(self.key)) if self.is_pattern else self.key

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        text, end = "", 0
        for found in _SPECIAL.finditer(self.key):
            text += re.escape(self.key[end : found.start()]) + _meaning(found.group())
            end = found.end()
        text += re.escape(self.key[end:])
        # The ending of a file may be left out.
        return re.compile(text + r"(?:\.[^/.]*)?")

    def of(self, name: str, columns: dict[str, Any] | None) -> str | None:
        """The group of a picture; None where it has none.

        Args:
            name: of the picture, relative to its input.
            columns: what a list says of it.
        """
        if not self.is_pattern:
            value = (columns or {}).get(self.key)
            return None if value is None else printable(_text(value))
        found = self._pattern.fullmatch(name)
        return " / ".join(printable(part) for part in found.groups()) if found else None

    def check(self, groups: Iterable[str | None], name: str, columns: Iterable[str]) -> None:
        """Refuse a key that puts no picture into a group.

        Args:
            groups: of all pictures.
            name: of one of them.
            columns: that lists have.

        Raises:
            InputError: if there is no group; the message says what there is.
        """
        if any(group is not None for group in groups):
            return
        known = ", ".join(sorted(columns))
        reason = (
            f"no picture's name fits it, such as {printable(name)}"
            if self.is_pattern
            else f"no list has that column ({f'there are {known}' if known else 'there is none'})"
        )
        raise InputError(
            f"group_by={self.key!r}: {reason}. Name a column of the list, or a pattern of the "
            "names with braces around what makes the group, such as '{material}/*'"
        )


def groups_of(
    pictures: Iterable[tuple[str, str, dict[str, Any] | None]], key: str | None
) -> dict[str, str]:
    """The group of every picture by its path; nothing without a key.

    Args:
        pictures: path, name and what a list says of each.
        key: see `Grouping`.

    Raises:
        InputError: if no picture has a group.
    """
    if key is None:
        return {}
    grouping, pictures = Grouping(key), list(pictures)
    groups = {path: grouping.of(name, columns) for path, name, columns in pictures}
    columns = {column: None for _, _, some in pictures for column in some or {}}
    grouping.check(groups.values(), pictures[0][1], columns)
    return {path: group or NONE for path, group in groups.items()}


def _meaning(special: str) -> str:
    """The regular expression for a part of a pattern."""
    if special.startswith("{"):
        return r"([^/]+?)"
    return {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}[special]


def _text(value: Any) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)
