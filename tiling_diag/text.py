"""Text that comes from outside, made fit to be shown and written."""

from __future__ import annotations

import json
from typing import Any


def printable(text: str) -> str:
    """`text` on one line that any terminal can show: odd characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_text(document: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """`document` as strict JSON that UTF-8 can hold.

    Names of files may hold bytes that are no text: then all but ASCII is escaped, as with
    `ascii_only`.
    """
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(document, indent=indent, allow_nan=False)
    return text


def encoded(text: str) -> bytes:
    """`text` in UTF-8; what is no text in it (bytes in names of files) is escaped."""
    return text.encode("utf-8", "backslashreplace")
