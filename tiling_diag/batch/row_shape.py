"""Whether a line of JSON is a row: what tables, gallery and comparisons read off it is there."""

from __future__ import annotations

import json
from typing import Any, NoReturn, get_args

from tiling_diag.findings.finding import Verdict
from tiling_diag.report.measures import MEASURES
from tiling_diag.report.values import look_up


class RowError(Exception):
    """What is wrong with a row, in words."""


_TEXT_OR_NULL = ("error", "mask", "ref", "fingerprint")
_VECTORS = ("lattice.a_px", "lattice.b_px")
# Measures that are no single number.
NOT_NUMBERS = (*_VECTORS, "band_axis_hint")
_NUMBERS = [m.key for m in MEASURES if m.key not in NOT_NUMBERS]
_OBJECTS = ("input", "wall", "lattice", "periods", "periodicity", "reference", "local_period")


def no_constant(name: str) -> NoReturn:
    """Refuse NaN and infinities, which Python reads and JSON does not know."""
    raise ValueError(f"{name} is not JSON")


def check_row(row: Any) -> None:
    """Check the fields of a row.

    Raises:
        RowError: if one is missing or of another kind.
    """
    if not isinstance(row, dict):
        raise RowError("it is not an object")
    path = row.get("path")
    _need(isinstance(path, str) and path != "" and "\0" not in path, "path names no file")
    _need(_is_text(row), "it holds text that UTF-8 can't")
    for name in _TEXT_OR_NULL:
        _need(name in row and isinstance(row[name], (str, type(None))), f"{name} is not text")
    _need(_is_number(row.get("seconds")), "seconds is not a number")
    columns = row.get("columns", {})
    _need(isinstance(columns, dict), "columns is not an object")
    _need(all(map(_is_cell, columns.values())), "a column is neither text, number nor null")
    status, summary = row.get("status"), row.get("summary")
    if status == "error":
        _need(summary is None and row["error"] is not None, "an error has text and no summary")
        return
    _need(status == "ok", "status is neither ok nor error")
    if not isinstance(summary, dict):
        raise RowError("there is no summary")
    _check_summary(summary)


def _check_summary(summary: dict[str, Any]) -> None:
    _need(summary.get("verdict") in get_args(Verdict), "the verdict is none")
    for name in _OBJECTS:
        _need(isinstance(summary.get(name, {}), (dict, type(None))), f"{name} is not an object")
    size = summary.get("input") or {}
    _need(_is_number(size.get("width_px")) and _is_number(size.get("height_px")), "no size")
    hint, periodic = summary.get("band_axis_hint"), look_up(summary, "periodicity.is_periodic")
    _need(isinstance(hint, (str, type(None))), "band_axis_hint is not text")
    _need(isinstance(periodic, (bool, type(None))), "is_periodic is not true or false")
    for key in ("input.mask_coverage", *_NUMBERS):
        value = look_up(summary, key)
        _need(value is None or _is_number(value), f"{key} is not a number")
    for key in _VECTORS:
        value = look_up(summary, key)
        is_vector = isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
        _need(value is None or is_vector, f"{key} is not a vector")
    findings = summary.get("findings")
    if not isinstance(findings, list):
        raise RowError("there are no findings")
    for finding in findings:
        whole = (
            isinstance(finding, dict)
            and all(isinstance(finding.get(k), str) for k in ("code", "severity", "title"))
            and _is_number(finding.get("probability"))
        )
        _need(whole, "a finding lacks its code, severity, title or probability")


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise RowError(what)


def _is_number(value: Any) -> bool:
    is_one = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_one and -1e300 < value < 1e300


def _is_cell(value: Any) -> bool:
    return value is None or isinstance(value, (str, int)) or _is_number(value)


def _is_text(row: dict[str, Any]) -> bool:
    """Whether files can hold all text of it; bytes in names that are no text can be written."""
    try:
        json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
