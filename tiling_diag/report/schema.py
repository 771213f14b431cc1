"""The JSON Schema of a summary, and what can be read off it without measuring anything."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def summary_schema() -> dict[str, Any]:
    """The schema that every summary follows."""
    text = (files("tiling_diag.report") / "summary.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def finding_codes() -> list[str]:
    """The codes of all findings there are."""
    finding = summary_schema()["properties"]["findings"]["items"]["properties"]
    return list(finding["code"]["enum"])
