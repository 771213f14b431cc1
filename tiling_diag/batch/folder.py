"""What lies in a folder of results, and under which names: the contract with who reads it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, Literal

RESULTS_FILE = "results.jsonl"
CSV_FILE, PARQUET_FILE = "results.csv", "results.parquet"
GALLERY_FILE = "index.html"
SHEET_FILE = "contact_sheet.jpg"
# What the batch was: version, roots, settings, totals. Written last, so a folder without it holds
# rows of a run that was not finished.
ABOUT_FILE = "batch.json"
# Small pictures of walls, and their pages.
THUMBS, PAGES = "thumbs", "pages"

# Rows of a run that is not finished, in a store in which files can't be added to.
PIECES = "rows"

# Which pictures get a page.
Figures = Literal["none", "flagged", "all"]


def is_results(location: str) -> bool:
    """Whether it is a folder of results, or the file of rows in one."""
    return os.path.isfile(os.path.join(location, RESULTS_FILE)) or (
        os.path.isfile(location) and os.path.basename(location) == RESULTS_FILE
    )


def folder_of(location: str) -> Path:
    """The folder of results that `location` is, or lies in."""
    return Path(location if os.path.isdir(location) else os.path.dirname(location) or ".")


def read_about(folder: Path) -> dict[str, Any]:
    """What the batch was; empty where it was not finished, whose rows count all the same."""
    try:
        about = json.loads((folder / ABOUT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(about, dict) or not isinstance(about.get("settings"), dict):
        return {}
    roots = about.get("roots")
    is_whole = isinstance(roots, list) and all(isinstance(root, str) for root in roots)
    return about if is_whole else {}


def file_stem(path: str) -> str:
    """A name for a picture's own files that any file system and URL takes, different for each.

    It is the same under every locale, so that a folder can be read on another machine.
    """
    base = os.path.splitext(os.path.basename(path))[0]
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", base).strip("-")[:40]
    return f"{plain}-{hashlib.blake2b(_plain_bytes(path), digest_size=6).hexdigest()}".lstrip("-")


def _plain_bytes(path: str) -> bytes:
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a name on Windows may hold halves of a character
        return path.encode("utf-8", "surrogatepass")


def thumb_file(path: str) -> str:
    """Where the small picture of a wall lies in the folder of the results."""
    return f"{THUMBS}/{file_stem(path)}.jpg"


def page_file(path: str) -> str:
    """Where the page of a wall lies in the folder of the results."""
    return f"{PAGES}/{file_stem(path)}.html"


def has_page(verdict: str, figures: Figures) -> bool:
    """Whether a wall of this verdict gets a page."""
    if verdict == "error":
        return False
    return figures == "all" or (figures == "flagged" and verdict in ("suspect", "defect"))
