"""Put the tables of benchmarks that were run here into docs/how_good_it_is (`make tables`).

    python benchmarks/page_tables.py [--bench build/bench] [--docs docs/how_good_it_is]

A page has ``<!-- table: NAME -->`` and ``<!-- end of table -->`` around a table. The table is made
anew from the rows that benchmark NAME left, or is its text where it keeps no rows.
A benchmark that was not run leaves its table as it is.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


class Source(NamedTuple):
    """What a benchmark leaves below build/bench, and the function that makes tables of rows."""

    file: str
    module: str = ""
    function: str = ""


SOURCES = {
    "lattice": Source("lattice/rows.json", "lattice_report", "report"),
    "drawn_walls": Source("drawn_walls/rows.json", "drawn_walls", "report"),
    "scenes": Source("scenes/corpus.json", "scene_scores", "table"),
    "stability": Source("stability/rows.json", "stability", "report"),
    "reference_ratio": Source("reference_ratio/rows.json", "reference_ratio", "table"),
    "lattice_score": Source("lattice_score/score.md"),
    "calibration": Source("calibration/table.md"),
    "local_field": Source("local_field/table.md"),
    "findings": Source("findings/table.md"),
    "findings_resizes": Source("findings_resizes/table.md"),
    "false_claims": Source("false_claims.md"),
    "losses": Source("losses/losses.md"),
    "training": Source("training/table.md"),
    "batch": Source("batch/table.md"),
}


def tables(bench: Path) -> dict[str, str]:
    """The tables of all benchmarks that were run, by name; headings are one level lower."""
    found = {}
    for name, (file, module, function) in SOURCES.items():
        path = bench / file
        if not path.exists():
            continue
        text = path.read_text(encoding="utf-8")
        if module:
            text = getattr(import_module(module), function)(json.loads(text))
        found[name] = re.sub(r"(?m)^#", "##", text.strip())
    return found


def replaced(page: str, made: Mapping[str, str]) -> str:
    """The page with the tables that were made in their places."""

    def block(old: re.Match[str]) -> str:
        head, name, end = old.groups()
        return f"{head}\n{made[name]}\n\n{end}" if name in made else old[0]

    return BLOCK.sub(block, page)


def main() -> None:
    """Write every page whose tables changed, and say which."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs" / "how_good_it_is")
    options = parser.parse_args()
    made = tables(options.bench)
    for path in sorted(options.docs.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        if (new := replaced(page, made)) != page:
            path.write_text(new, encoding="utf-8")
            print(
                f"{path}: {', '.join(name for _, name, _ in BLOCK.findall(page) if name in made)}"
            )
    left = sorted(SOURCES.keys() - made.keys())
    print(f"not run here, left as they are: {', '.join(left) or 'none'}")


if __name__ == "__main__":
    main()
