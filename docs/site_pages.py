"""What MkDocs puts into pages while it builds the site: text that the program itself has.

A page has a marker, such as ``<!-- generated: cli -->``, where the text goes. So the command line,
the keys of `summary.json` and what helps against a finding are written once, in the code.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tiling_diag.findings.advice import ADVICE
from tiling_diag.report.measures import MEASURES
from tiling_diag.report.schema import summary_schema

MARKER = re.compile(r"<!-- generated: (\w+)(?: (\w+))? -->")
HEADING = ("key", "unit", "meaning, and how to read it")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with its markers replaced; an unknown marker is an error."""
    return MARKER.sub(lambda found: _GENERATED[found[1]](found[2]), markdown)


def command_line(_: str | None = None) -> str:
    """Every command with its options, as Typer writes them down."""
    command = [sys.executable, "-m", "typer", "tiling_diag.command.cli", "utils", "docs"]
    done = subprocess.run(
        [*command, "--name", "tiling-diag"], capture_output=True, text=True, check=True
    )
    text = done.stdout.partition("\n")[2]  # the page has a title of its own
    # Examples are set off by two blanks; Markdown wants four.
    return re.sub(r"(?m)^  (tiling-diag .*)$", r"    \1", text)


def summary_keys(_: str | None = None) -> str:
    """A table of every key: what it is by the schema, how it is read by the report."""
    measures = {measure.key: measure for measure in MEASURES}
    rows = []
    for key, part in _leaves(summary_schema(), ""):
        measure = measures.get(key)
        unit = (measure.unit if measure else "px" if key.endswith("_px") else "") or "-"
        reading = f"<br>*{measure.reading}*" if measure else ""
        # Long names may break where a word ends.
        name = key.replace("_", "_<wbr>").replace(".", ".<wbr>")
        meaning = f"{part['description']} ({_kind(part)}){reading}"
        rows.append((f"<code>{name}</code>", unit, meaning))
    lines = [HEADING, ("---",) * len(HEADING), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _leaves(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Keys that hold a value, by their dotted path; ``[]`` is any item of a list."""
    for name, part in schema.get("properties", {}).items():
        key = f"{path}.{name}" if path else name
        items = part.get("items", {})
        if "properties" in part:
            yield from _leaves(part, key)
        elif isinstance(items, dict) and "properties" in items:
            yield from _leaves(items, f"{key}[]")
        else:
            yield key, part


def _kind(part: dict[str, Any]) -> str:
    if "const" in part:
        return f"always {part['const']}"
    if "enum" in part:
        return ", ".join("null" if value is None else f"`{value}`" for value in part["enum"])
    kinds = part.get("type", "-")
    return ", ".join(kinds) if isinstance(kinds, list) else str(kinds)


def advice(code: str | None) -> str:
    """Cause and fix of a finding, and what helps who has only the picture."""
    known = ADVICE[str(code)]
    parts = (
        ("Likely cause", known.cause),
        ("Usual fix", known.fix),
        ("For this picture", known.remedy),
    )
    return "\n\n".join(f"**{name}:** {text}." for name, text in parts if text not in ("", "-"))


def sample(_: str | None = None) -> str:
    """What the terminal says of the first picture, as the README has it."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```text\n.*?```", readme, flags=re.DOTALL)[-1]


_GENERATED = {"cli": command_line, "summary": summary_keys, "advice": advice, "sample": sample}
