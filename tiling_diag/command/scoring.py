"""Results of a batch against the truth that `synth` writes: found and false for each finding."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiling_diag.batch.folder import RESULTS_FILE, folder_of, is_results, read_about
from tiling_diag.batch.locations import name_of
from tiling_diag.batch.rows import found_codes, read_rows
from tiling_diag.compare.share_text import percent, range_text
from tiling_diag.compare.shares import wilson
from tiling_diag.errors import InputError
from tiling_diag.report.schema import finding_codes
from tiling_diag.text import printable

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class CodeScore:
    """One finding.

    Attributes:
        code: of it.
        expected: pictures that have it by the truth.
        found: those of them in which it was found.
        others: pictures that do not have it.
        false: those of them in which it was found as suspect or defect.
        told: those of them in which it was found as information only.
    """

    code: str
    expected: int
    found: int
    others: int
    false: int
    told: int

    def plain(self) -> dict[str, Any]:
        """As numbers, for JSON; what nothing can be said of is None."""
        shares = {"found": (self.found, self.expected), "false": (self.false, self.others)}
        values: dict[str, Any] = {"code": self.code, "expected": self.expected}
        values |= {"found": self.found, "others": self.others, "false": self.false}
        values["only_information"] = self.told
        for name, (count, of) in shares.items():
            interval = wilson(count, of) if of else (None, None, None)
            values |= dict(
                zip((f"{name}_{k}" for k in ("share", "low", "high")), interval, strict=True)
            )
        return values


@dataclass(frozen=True)
class Score:
    """Results against the truth.

    Attributes:
        codes: every finding that was expected or found.
        pictures: that are in both.
        clean: pictures without an expected finding.
        alarms: those of them that were called suspect or defect.
        missing: pictures of the truth without a row.
        unreadable: pictures whose row is an error; they count as not found.
        unknown: rows of pictures that are not in the truth.
    """

    codes: list[CodeScore]
    pictures: int
    clean: int
    alarms: int
    missing: list[str]
    unreadable: int
    unknown: int

    def plain(self) -> dict[str, Any]:
        """As numbers and text, for JSON."""
        return {
            "pictures": self.pictures,
            "clean": self.clean,
            "clean_called_suspect_or_defect": self.alarms,
            "without_row": self.missing,
            "unreadable": self.unreadable,
            "rows_not_in_truth": self.unknown,
            "codes": [code.plain() for code in self.codes],
        }


def score(results: str, truth: Path) -> Score:
    """Hold results against the truth.

    Args:
        results: of `batch`, a folder or its file of rows.
        truth: the `truth.json` that `synth` wrote beside the pictures.

    Raises:
        InputError: if one of them can't be read, or they have no picture in common.
    """
    if not is_results(results):
        raise InputError(f"{printable(results)} is no folder of results: run tiling-diag batch")
    expected = _read_truth(truth)
    folder = folder_of(results)
    roots = read_about(folder).get("roots") or [os.fspath(truth.parent)]
    rows, unknown = {}, 0
    home = os.path.realpath(truth.parent)
    for row in read_rows(folder / RESULTS_FILE):
        name = name_of(row["path"], roots)
        if name not in expected:
            name = os.path.relpath(os.path.realpath(row["path"]), home).replace(os.sep, "/")
        if name in expected:
            rows[name] = row
        else:
            unknown += 1
    if not rows:
        raise InputError(
            f"{printable(os.fspath(truth))} and {printable(results)} have no picture in common: "
            "measure the pictures beside truth.json"
        )
    return _scored(rows, expected, unknown)


def _read_truth(path: Path) -> dict[str, list[str]]:
    """The expected codes of every picture."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["pictures"]
        expected = {entry["file"]: list(entry["expected_codes"]) for entry in entries}
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{printable(os.fspath(path))}: can't be read ({reason})") from error
    except (ValueError, KeyError, TypeError, RecursionError):
        expected = {}
    known = set(finding_codes())
    if not expected or not all(set(codes) <= known for codes in expected.values()):
        raise InputError(
            f"{printable(os.fspath(path))} is no truth.json as tiling-diag synth writes it: it "
            "lists pictures, each with file and expected_codes"
        )
    return expected


def _scored(rows: dict[str, Any], expected: dict[str, list[str]], unknown: int) -> Score:
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("found", "false", "told")}
    wanted: Counter[str] = Counter()
    clean = alarms = 0
    for name, row in rows.items():
        codes = expected[name]
        wanted.update(set(codes))
        found, serious = set(found_codes(row["summary"])), set(_serious(row["summary"]))
        counts["found"].update(found & set(codes))
        counts["false"].update(serious - set(codes))
        counts["told"].update(found - serious - set(codes))
        clean += not codes
        alarms += bool(serious) and not codes
    some = {code for each in (wanted, *counts.values()) for code in each}
    return Score(
        codes=[
            CodeScore(
                code, wanted[code], counts["found"][code], len(rows) - wanted[code],
                counts["false"][code], counts["told"][code],
            )
            for code in finding_codes()
            if code in some
        ],
        pictures=len(rows),
        clean=clean,
        alarms=alarms,
        missing=sorted(expected.keys() - rows.keys()),
        unreadable=sum(row["status"] == "error" for row in rows.values()),
        unknown=unknown,
    )  # fmt: skip


def _serious(summary: dict[str, Any] | None) -> Iterable[str]:
    """Codes of findings that make a wall suspect or a defect."""
    found = set(found_codes(summary))
    for finding in [] if summary is None else summary["findings"]:
        if finding["severity"] != "info" and finding["code"] in found:
            yield finding["code"]


def render_score(result: Score, console: Console) -> None:
    """Print a score; nothing is wider than the console."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("finding", no_wrap=True)
    for name in ("found", "", "95 %", "false", "", "95 %"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in result.codes:
        cells = [one.code]
        for count, of in ((one.found, one.expected), (one.false, one.others)):
            interval = wilson(count, of)
            cells += [f"{count}/{of}", percent(interval.estimate), range_text(interval)]
        table.add_row(*cells)
    console.print(table)
    console.print(
        f"{result.pictures} pictures; of {result.clean} without a defect {result.alarms} were "
        "called suspect or defect"
    )
    for count, what in (
        (len(result.missing), "pictures of the truth have no row"),
        (result.unreadable, "pictures could not be read and count as not found"),
        (result.unknown, "rows are of pictures that the truth does not know"),
    ):
        if count:
            console.print(f"{count} {what}")
