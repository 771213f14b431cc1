"""Does a change of the code leave every number of every picture as it was?

    python benchmarks/same_numbers.py measure FOLDER... --out build/before
    (change the code)
    python benchmarks/same_numbers.py measure FOLDER... --out build/after
    python benchmarks/same_numbers.py compare build/before build/after

`measure` writes the summary of every picture of the folders as `FOLDER__PICTURE.json`. `compare`
lists by key how many pictures differ, and how far; numbers that differ by rounding alone are the
same. Its exit code is 1 if any number, text, or picture differs.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tables import markdown_table, run_tasks

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
# Numbers are the same within this share of the larger one. Summaries have six significant digits,
# of which the last may turn over: 1e-5 at the most, between 1.00000 and 1.00001.
ROUNDING = 1.1e-5
# Numbers of a summary below this are of no interest.
SMALLEST = 1e-3
ABSENT = "<absent>"


@dataclass(frozen=True)
class Difference:
    """One value of one picture's summary that is another one afterwards."""

    picture: str
    key: str
    before: object
    after: object

    @property
    def share(self) -> float:
        """How far two numbers differ, over the larger one; infinite for anything else."""
        if not (_is_number(self.before) and _is_number(self.after)):
            return math.inf
        one, other = float(self.before), float(self.after)  # type: ignore[arg-type]
        return abs(one - other) / max(SMALLEST, abs(one), abs(other))


def measure(folders: list[Path], out: Path, workers: int) -> int:
    """Write the summary of every picture of the folders; their number."""
    paths = [p for folder in folders for p in sorted(folder.iterdir()) if p.suffix in PICTURES]
    out.mkdir(parents=True, exist_ok=True)
    for path, summary in zip(paths, run_tasks(_summary, paths, workers), strict=True):
        text = json.dumps(summary, indent=1, ensure_ascii=False)
        (out / f"{path.parent.name}__{path.name}.json").write_text(text, encoding="utf-8")
    return len(paths)


def _summary(path: Path) -> dict[str, Any]:
    import tiling_diag

    return tiling_diag.diagnose(path).summary()


def compare(before: Path, after: Path) -> list[Difference]:
    """All differences between two folders of summaries, but for rounding."""
    names = sorted({path.name for folder in (before, after) for path in folder.glob("*.json")})
    found = []
    for name in names:
        values = [_values(folder / name) for folder in (before, after)]
        for key in sorted(values[0].keys() | values[1].keys()):
            pair = [one.get(key, ABSENT) for one in values]
            difference = Difference(name.removesuffix(".json"), key, *pair)
            same_kind = type(pair[0]) is type(pair[1]) and pair[0] == pair[1]
            if not same_kind and difference.share > ROUNDING:
                found.append(difference)
    return found


def _values(path: Path) -> dict[str, object]:
    """Every value of a summary by its place; of a missing file none."""
    if not path.exists():
        return {}
    return dict(_leaves(json.loads(path.read_text(encoding="utf-8")), ""))


def _leaves(value: object, place: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        yield f"{place}.length", len(value)
        for index, one in enumerate(value):
            yield from _leaves(one, f"{place}[{index}]")
    else:
        yield place, value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def table(differences: list[Difference]) -> str:
    """One row a key: in how many pictures it differs, how far at most, and where."""
    rows = []
    for key in sorted({d.key for d in differences}):
        mine = [d for d in differences if d.key == key]
        worst = max(mine, key=lambda d: d.share)
        far = f"{worst.share:.2g}" if math.isfinite(worst.share) else "-"
        rows.append((key, len(mine), far, worst.before, worst.after, worst.picture))
    header = ("key", "pictures", "largest difference, relative", "before", "after", "in")
    return markdown_table(header, rows)


def main(arguments: list[str] | None = None) -> int:
    """Run the script; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("measure", help="write the summaries of folders of pictures")
    measuring.add_argument("folders", nargs="+", type=Path)
    measuring.add_argument("--out", required=True, type=Path)
    measuring.add_argument("--workers", type=int, default=1)
    comparing = commands.add_parser("compare", help="compare two folders of summaries")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    options = parser.parse_args(arguments)
    if options.command == "measure":
        print(f"{measure(options.folders, options.out, options.workers)} summaries", flush=True)
        return 0
    for folder in (options.before, options.after):
        if not any(folder.glob("*.json")):
            parser.error(f"{folder} holds no summaries: write them with `measure`")
    differences = compare(options.before, options.after)
    pictures = len(list(options.before.glob("*.json")))
    if differences:
        print(table(differences))
    print(f"{len({d.picture for d in differences})} of {pictures} pictures differ")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
