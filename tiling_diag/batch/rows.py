"""A row of a batch: one wall as a line of JSON, and what is read off it.

```
{"path", "status": "ok" or "error", "error", "mask", "ref", "fingerprint", "seconds", "summary"}
```

`summary` is that of `tiling-diag diag`, null where the picture could not be measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from tiling_diag.batch.row_shape import NOT_NUMBERS, RowError, check_row, no_constant
from tiling_diag.batch.work import Job
from tiling_diag.errors import InputError
from tiling_diag.findings.finding import SUSPECT_PROBABILITY, VERDICTS
from tiling_diag.report.measures import MEASURES
from tiling_diag.text import printable

# Numbers that pictures can be sorted by: every measure that is one number, and how much is wall.
NUMBERS = [
    ("input.mask_coverage", "share"),
    *((m.key, m.unit) for m in MEASURES if m.key not in NOT_NUMBERS),
]
# Whole numbers up to here are floats of 64 bits exactly.
_LARGEST_EXACT = 2**53
_RANK = {status: rank for rank, status in enumerate(("error", *VERDICTS))}


def status_of(row: dict[str, Any]) -> str:
    """The verdict of a row, ``error`` where there is none."""
    return str(row["summary"]["verdict"]) if row["status"] == "ok" else "error"


def found_codes(summary: dict[str, Any] | None) -> list[str]:
    """Codes of the findings that a wall has: those more likely than not."""
    findings = [] if summary is None else summary["findings"]
    return list(
        dict.fromkeys(f["code"] for f in findings if f["probability"] >= SUSPECT_PROBABILITY)
    )


def badness(row: dict[str, Any]) -> float:
    """How bad a picture is: its verdict first, then its surest finding, then how many it has."""
    findings = [] if row["summary"] is None else row["summary"]["findings"]
    chances = sorted((f["probability"] for f in findings if f["severity"] != "info"), reverse=True)
    return round(
        _RANK[status_of(row)] + 0.9 * max(chances, default=0.0) + 0.01 * min(len(chances), 9), 4
    )


def parsed(line: bytes) -> dict[str, Any]:
    """The row in a line.

    Raises:
        RowError: if there is none, or it lacks what others read off it; the message says what.
    """
    try:
        row = json.loads(line, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise RowError("it is not JSON") from None
    check_row(row)
    return cast("dict[str, Any]", row)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows that count of a file that may still be written to, in the order of their pictures.

    Raises:
        InputError: if the file can't be read, or a finished line is not a row.
    """
    places: dict[str, tuple[int, int]] = {}
    number = 0
    try:
        with open(path, "rb") as file:
            end = 0
            for line in file:
                number += 1
                offset, end = end, end + len(line)
                if line.endswith(b"\n"):
                    places[parsed(line)["path"]] = (offset, len(line))
            for offset, length in places.values():
                file.seek(offset)
                yield json.loads(file.read(length))
    except RowError as error:
        raise InputError(
            f"{printable(str(path))}, line {number} is not a row of results ({error}): run the "
            "batch again, which measures that picture anew"
        ) from error
    except OSError as error:
        raise InputError(f"{printable(str(path))}: can't be read ({error.strerror})") from error


def is_long(value: Any) -> bool:
    """Whether a value is a whole number that a float would round, such as a seed of 64 bits."""
    return isinstance(value, int) and abs(value) > _LARGEST_EXACT


def row_of(
    job: Job,
    fingerprint: str | None,
    seconds: float,
    error: str | None,
    summary: dict[str, Any] | None,
) -> dict[str, Any]:
    """The row of a job that was measured, or of one that could not be."""
    return {
        "path": job.path,
        "status": "error" if summary is None else "ok",
        "error": error,
        "mask": job.mask,
        "ref": job.ref,
        "fingerprint": fingerprint,
        "seconds": round(seconds, 4),
        "summary": summary,
        **({"columns": job.columns} if job.columns else {}),
    }


def to_line(row: dict[str, Any]) -> bytes:
    """A row as one line of strict JSON in UTF-8."""
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False)
        return (text + "\n").encode()
    except UnicodeEncodeError:  # file names may hold bytes that are no text
        return (json.dumps(row, allow_nan=False) + "\n").encode()
