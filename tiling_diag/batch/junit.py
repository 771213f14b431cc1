"""Rows as JUnit XML, which CI systems show as tests: a picture is a test case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from tiling_diag.batch.rows import status_of
from tiling_diag.batch.totals import Totals
from tiling_diag.batch.whole_files import WholeFile
from tiling_diag.findings.finding import SUSPECT_PROBABILITY, VERDICTS, reaches

# What XML 1.0 has no way to say.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(
    path: Path, rows: Iterable[dict[str, Any]], totals: Totals, fail_on: str | None
) -> None:
    """Write the file.

    Args:
        path: of it.
        rows: of `results.jsonl`.
        totals: what they come to.
        fail_on: from which verdict on a picture fails, ``defect`` if None.

    Raises:
        InputError: if it can't be written.
    """
    failing = tuple(v for v in VERDICTS if reaches(v, fail_on or "defect"))
    counts = totals.verdicts
    with WholeFile(path) as file:
        xml = XMLGenerator(file.text(), "utf-8")
        xml.startDocument()
        suite = {
            "name": "tiling-diag batch",
            "tests": str(totals.pictures),
            "failures": str(sum(counts[status] for status in failing)),
            "errors": str(counts["error"]),
            "skipped": str(0 if "unjudged" in failing else counts["unjudged"]),
            "time": f"{totals.seconds:.3f}",
        }
        xml.startElement("testsuite", AttributesImpl(suite))
        for row in rows:
            _case(xml, row, failing)
        xml.endElement("testsuite")
        xml.endDocument()


def _case(xml: XMLGenerator, row: dict[str, Any], failing: tuple[str, ...]) -> None:
    status = status_of(row)
    attributes = {
        "classname": "tiling-diag",
        "name": _clean(row["path"]),
        "time": f"{row['seconds']:.3f}",
    }
    xml.characters("\n  ")
    xml.startElement("testcase", AttributesImpl(attributes))
    if status == "error":
        xml.startElement("error", AttributesImpl({"message": _clean(row["error"])}))
        xml.endElement("error")
    elif status in failing:
        found = [f for f in row["summary"]["findings"] if f["severity"] != "info"]
        codes = ", ".join(dict.fromkeys(f["code"] for f in found)) or _why(row)
        xml.startElement("failure", AttributesImpl({"type": status, "message": codes}))
        lines = [
            f"{f['code']} ({f['probability']:.2f}): {f['title']}"
            for f in found
            if f["probability"] >= SUSPECT_PROBABILITY
        ]
        xml.characters(_clean("\n".join(lines)))
        xml.endElement("failure")
    elif status == "unjudged":
        xml.startElement("skipped", AttributesImpl({"message": _why(row)}))
        xml.endElement("skipped")
    xml.endElement("testcase")


def _why(row: dict[str, Any]) -> str:
    """Why what was asked of a picture could not be judged."""
    return _clean(row["summary"].get("unjudged") or "")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
