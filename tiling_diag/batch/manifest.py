"""Lists of pictures in a file: CSV with a header, or one JSON object a line."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from typing import Any

from tiling_diag.batch.locations import check_local
from tiling_diag.errors import InputError

MANIFEST_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson")
COLUMNS = ("pred", "mask", "ref")


def is_manifest(location: str) -> bool:
    """Whether the name ends as lists of pictures do."""
    return location.lower().endswith(MANIFEST_ENDINGS)


def read_manifest(path: str) -> Iterator[dict[str, str | None]]:
    """The entries ``pred``, ``mask`` and ``ref`` of every line, as they are written.

    Other columns are left alone; an empty mask or reference is none.

    Raises:
        InputError: if the file can't be read or a line has no ``pred``; the message names the line.
    """
    reader = _csv_lines if path.lower().endswith((".csv", ".tsv")) else _json_lines
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            for number, entry in reader(file, path):
                yield _checked(entry, f"{path}, line {number}")
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: save it as UTF-8") from error


def _checked(entry: dict[str, Any], place: str) -> dict[str, str | None]:
    values: dict[str, str | None] = {}
    for column in COLUMNS:
        value = entry.get(column) or None
        if value is not None and not isinstance(value, str):
            raise InputError(f"{place}: {column} is {value!r}, not a path in quotes")
        values[column] = None if value is None else check_local(value.strip()) or None
    if values["pred"] is None:
        raise InputError(f"{place}: there is no pred, the picture to measure")
    return values


def _csv_lines(file: Any, path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    header = file.readline()
    delimiter = max(",;\t", key=header.count)
    columns = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])]
    if "pred" not in columns:
        raise InputError(
            f"{path}: its first line has no column pred; it needs one, and may have mask and ref"
        )
    reader = csv.DictReader(file, fieldnames=columns, delimiter=delimiter)
    for entry in reader:
        if any(entry.get(column) for column in columns):
            yield reader.line_num + 1, entry


def _json_lines(file: Any, path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise InputError(
                f'{path}, line {number} is not a JSON object such as {{"pred": "wall.png"}}'
            )
        yield number, entry


def resolve(manifest: str, written: str) -> str:
    """Where a path written in a manifest is: relative ones count from the manifest's folder."""
    return os.path.join(os.path.dirname(manifest), written)
