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
from typing import Any

from tiling_diag.batch.work import Job
from tiling_diag.errors import InputError
from tiling_diag.findings.finding import SUSPECT_PROBABILITY
from tiling_diag.report.measures import MEASURES

# Numbers that pictures can be sorted by: every measure that is one number, and how much is wall.
NUMBERS = [
    ("input.mask_coverage", "share"),
    *(
        (m.key, m.unit)
        for m in MEASURES
        if m.key not in ("lattice.a_px", "lattice.b_px", "band_axis_hint")
    ),
]
_RANK = {"error": 0, "ok": 1, "suspect": 2, "defect": 3}


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


def parsed(line: bytes) -> dict[str, Any] | None:
    """The row in a line, None where there is none."""
    try:
        row = json.loads(line)
        status_of(row)
        return row if isinstance(row["path"], str) and "fingerprint" in row else None
    except (ValueError, KeyError, TypeError):
        return None


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows that count of a file that may still be written to, in the order of their pictures.

    Raises:
        InputError: if the file can't be read.
    """
    places: dict[str, tuple[int, int]] = {}
    try:
        with open(path, "rb") as file:
            end = 0
            for line in file:
                offset, end = end, end + len(line)
                if line.endswith(b"\n") and (row := parsed(line)) is not None:
                    places[row["path"]] = (offset, len(line))
            for offset, length in places.values():
                file.seek(offset)
                yield json.loads(file.read(length))
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from error


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
    }


def to_line(row: dict[str, Any]) -> bytes:
    """A row as one line of strict JSON in UTF-8."""
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False)
        return (text + "\n").encode()
    except UnicodeEncodeError:  # file names may hold bytes that are no text
        return (json.dumps(row, allow_nan=False) + "\n").encode()
