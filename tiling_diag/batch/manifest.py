"""Lists of pictures in a file: CSV with a header, or one JSON object a line."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from tiling_diag.batch.locations import is_picture, is_url, join
from tiling_diag.batch.storage.files import Files
from tiling_diag.errors import InputError
from tiling_diag.text import printable

MANIFEST_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson")
ROLES = ("pred", "mask", "ref")


@dataclass(frozen=True)
class Entry:
    """A line of a list.

    Attributes:
        paths: of ``pred``, ``mask`` and ``ref`` as they are written; None where there is none.
        columns: the other columns that have a value, such as ``prompt`` and ``seed``.
    """

    paths: dict[str, str | None]
    columns: dict[str, Any] = field(default_factory=dict)


def is_manifest(location: str) -> bool:
    """Whether the name ends as lists of pictures do."""
    return location.lower().endswith(MANIFEST_ENDINGS)


def read_manifest(path: str, files: Files) -> Iterator[Entry]:
    """The entries of a list, in order; an empty mask or reference is none.

    Args:
        path: or URL of the list.
        files: what reads URLs.

    Raises:
        InputError: if the file can't be read or a line can't be meant; the message names the line.
    """
    reader = _csv_lines if path.lower().endswith((".csv", ".tsv")) else _json_lines
    label = printable(path)
    try:
        with _opened(path, files) as file:
            for number, values in reader(file, label):
                yield _checked(values, f"{label}, line {number}")
    except OSError as error:
        raise InputError(f"{label}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{label} is not UTF-8 text: save it as UTF-8") from error


def _opened(path: str, files: Files) -> IO[str]:
    if is_url(path):
        return io.TextIOWrapper(io.BytesIO(files.read(path)), "utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def _checked(values: dict[str, Any], place: str) -> Entry:
    paths = {role: _path(values.get(role) or None, role, place) for role in ROLES}
    if paths["pred"] is None:
        raise InputError(f"{place}: there is no pred, the picture to measure")
    try:
        others = {_text(name): _plain(value) for name, value in values.items() if name not in ROLES}
    except RecursionError:
        raise InputError(f"{place}: a value is nested too deep") from None
    return Entry(
        paths, {name: value for name, value in others.items() if name and value not in (None, "")}
    )


def _path(value: Any, role: str, place: str) -> str | None:
    """A path as this system spells it."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InputError(f"{place}: {role} is {_short(repr(value))}, not a path in quotes")
    try:
        # A locale without UTF-8 spells other names than ASCII in its own way.
        path = os.fsdecode(value.strip().encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        path = "\0"
    if "\0" in path:
        raise InputError(f"{place}: {role} is {_short(ascii(value))}, which no file can be called")
    return path or None


def _plain(value: Any) -> Any:
    """A value of another column, as JSON and tables can hold it."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}..."


def _csv_lines(file: Any, label: str) -> Iterator[tuple[int, dict[str, Any]]]:
    header = file.readline()
    delimiter = max(",;\t", key=header.count)
    try:
        columns = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    except csv.Error as error:
        raise InputError(f"{label}, line 1: can't be taken apart ({error})") from error
    columns = [name.lower() if name.lower() in ROLES else name for name in columns]
    if "pred" not in columns:
        raise InputError(
            f"{label}: its first line has no column pred; it needs one, and may have mask and ref"
        )
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 2  # where this row begins; the header is line 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _stray_quote(label, number, str(error)) from error
        if cells is None:
            return
        if any(cells):
            _check_cells(cells, columns, delimiter, f"{label}, line {number}")
            yield number, dict(zip(columns, cells, strict=False))


def _check_cells(cells: list[str], columns: list[str], delimiter: str, place: str) -> None:
    """Refuse rows that a comma or a quote has torn apart or joined."""
    if any(cells[len(columns) :]):
        raise InputError(
            f"{place} has {len(cells)} cells and the first line {len(columns)}: put text that "
            f"holds {delimiter!r} in quotes"
        )
    at = columns.index("pred")
    for name, cell in zip(columns, cells, strict=False):
        for line in cell.splitlines()[1:]:
            inner = line.split(delimiter)
            swallowed = at < len(inner) and is_picture(inner[at].strip())
            if name in ROLES or swallowed:
                raise InputError(
                    f"{place}: {name} goes on over the next line: a quote is missing or too many"
                )


def _stray_quote(label: str, number: int, reason: str) -> InputError:
    return InputError(
        f"{label}, line {number}: a quote is missing or too many in the row that begins here "
        f"({reason}); a quote within quotes is written twice"
    )


def _json_lines(file: Any, label: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):  # the latter for thousands of brackets
            entry = None
        if not isinstance(entry, dict):
            raise InputError(
                f'{label}, line {number} is not a JSON object such as {{"pred": "wall.png"}}'
            )
        yield number, entry


def resolve(manifest: str, written: str) -> str:
    """Where a path written in a manifest is: relative ones count from the manifest's folder."""
    if is_url(written) or os.path.isabs(written):
        return written
    folder = os.path.dirname(manifest)
    return join(folder, written) if is_url(folder) else os.path.join(folder, written)
