"""Files that are not there: why, and the nearest name that is."""

from __future__ import annotations

import difflib
import os

from tiling_diag.text import printable


def nearest_name(path: str, label: str) -> str:
    """Why there is nothing at `path`, and the nearest name that exists."""
    folder, wanted = os.path.split(path)
    if not path:
        return "the file name is empty: name a picture"
    if os.path.islink(path):
        return f"{label} is a link to {printable(os.readlink(path))}, which does not exist"
    if not os.path.isdir(folder or "."):
        return f"there is no file {label}: there is no folder {printable(folder)}"
    try:
        names = {entry.lower(): entry for entry in os.listdir(folder or ".")}
    except OSError:
        names = {}
    near = [
        name
        for name in difflib.get_close_matches(wanted.lower(), names, n=5)
        if os.path.isfile(os.path.join(folder, names[name]))
    ]
    hint = f"did you mean {printable(names[near[0]])}?" if near else "no name there is like it"
    return f"there is no file {label}: {hint}"
