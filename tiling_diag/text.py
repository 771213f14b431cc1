"""Text that comes from outside, made fit to be shown."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` on one line that any terminal can show: odd characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
