"""Is the period right? Scores `tiling_diag` and simple baselines on pictures of real materials.

    python benchmarks/lattice.py
    python benchmarks/lattice.py --only brick --stress as-is,rotation --no-baselines

Every picture of a corpus (a folder with `manifest.json`) is measured as it is and under each
stress of `stresses.py`. `right`, `octave`, `wrong` and `missed` count the periodic pictures with a
known lattice, `none right` the materials without a period that were called so, `perspective` the
walls seen at an angle that were called periodic. One-period baselines cannot be right about a
lattice; they are called right when their period is any of the periods the lattice has
(`scoring.known_periods`, within 5 %), `yin` when both its periods are. The tables, the raw rows and
a contact sheet of every failure are written to a folder.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from baselines import BASELINES
from contact_sheet import Failure, write_sheets
from corpus import DEFAULT_CORPUS, Row, load_corpus
from estimators import OURS, measure
from lattice_report import OURS_NAME, caption, report
from scoring import Vector
from stresses import STRESSES, make_case
from tables import run_tasks

DEFAULT_OUT = Path("build") / "bench" / "lattice"


@dataclasses.dataclass(frozen=True)
class Task:
    """One picture under one stress, for all methods."""

    row: Row
    stress: str
    methods: dict[str, str]
    seed: int


def run_task(task: Task) -> list[dict]:
    """The raw rows of a task; none where the case has no known answer."""
    case = make_case(task.row, task.stress, task.seed)
    if case is None:
        return []
    labels = {
        "file": case.row.path.name,
        "kind": case.row.kind,
        "stress": case.stress,
        "detail": case.detail,
    }
    return [
        labels | {"method": name} | measure(estimator, case.image, case.mask, case.truth)
        for name, estimator in task.methods.items()
    ]


def failures(rows: list[dict], corpus: list[Row], seed: int) -> list[Failure]:
    """What the contact sheets show: the pictures of our failures, made again."""
    by_file = {row.path.name: row for row in corpus}
    found = []
    for row in rows:
        if row["method"] != OURS_NAME or row["verdict"] == "right":
            continue
        case = make_case(by_file[row["file"]], row["stress"], seed)
        if case is not None:
            found.append(
                Failure(
                    image=case.image,
                    mask=case.mask,
                    true=_vectors(row["truth"]),
                    seen=_vectors(row["answer"]),
                    anchor=case.anchor,
                    caption=caption(row),
                )
            )
    return found


def _vectors(lattice: dict) -> list[Vector]:
    return [v for v in (lattice.get("a"), lattice.get("b")) if v is not None]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=DEFAULT_CORPUS, help="folder to score")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    parser.add_argument("--only", metavar="NAME", help="files whose name contains NAME")
    parser.add_argument(
        "--stress", default=",".join(STRESSES), help="comma-separated, of: %(default)s"
    )
    parser.add_argument("--estimator", default=OURS, metavar="MODULE:FUNCTION")
    parser.add_argument("--no-estimator", action="store_true", help="baselines only")
    parser.add_argument("--no-baselines", action="store_true")
    parser.add_argument("--seed", type=int, default=0, help="other turns, masks, light and noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the raw rows there")
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    stresses = options.stress.split(",")
    if unknown := set(stresses) - set(STRESSES):
        raise SystemExit(f"--stress {','.join(sorted(unknown))}: choose of {', '.join(STRESSES)}")
    methods = {} if options.no_estimator else {OURS_NAME: options.estimator}
    if not options.no_baselines:
        methods |= BASELINES
    corpus = load_corpus(options.corpus, options.only)
    tasks = [Task(row, s, methods, options.seed) for s in stresses for row in corpus]
    rows = [row for found in run_tasks(run_task, tasks, options.workers) for row in found]
    text = report(rows)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text, encoding="utf-8")
    raw = json.dumps(rows, indent=1)
    for path in (options.out / "rows.json", options.json):
        if path is not None:
            path.write_text(raw + "\n", encoding="utf-8")
    write_sheets(failures(rows, corpus, options.seed), options.out)
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
