"""How often are findings right, and do their probabilities mean what they say?

    python benchmarks/findings.py
    python benchmarks/findings.py --only upsampling_grid --limit 10
    python benchmarks/findings.py --write-table   # also fits tiling_diag/findings/calibration.json

Pictures of a corpus, clean and with generated defects (`defect_cases.py`), are diagnosed. Half of
the pictures (with all that was made from them) fits the maps from evidence to probability that the
other half is scored with, and the reverse: every picture is scored, none by a map it was fitted on.
What was measured is kept in the output folder and used again while the package stays as it is.
The table that the package ships is fitted on all of them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from corpus import DEFAULT_CORPUS, load_corpus
from defect_cases import groups, specs
from findings_evidence import KINDS, PACKAGE, measured
from findings_report import report, write_figures
from logistic import apply, fit

from tiling_diag.findings.calibration import probability

DEFAULT_OUT = Path("build") / "bench" / "findings"
# A clean picture weighs so many times as much as one with the defect when a map is fitted: most
# walls are good, and a false alarm costs more than a miss.
CLEAN_PER_DEFECT = 3.0
# `findings_resizes.py` fits these.
FITTED_ELSEWHERE = ("resize_alias",)


def is_case(row: dict, kind: str) -> bool | None:
    """Whether a case has this defect; None where it is no case for it."""
    banded = row["finding"] == "doubling_bands"
    if row["variant"] == "resized" or (row["reference"] != (kind == "period") and not banded):
        return None
    if kind == "no_period":
        if row["finding"] != "clean" or row["variant"] == "perspective":
            return None
        return row["material"] == "none"
    if row["finding"] == kind:
        return True
    # Light that falls off to one side does put a cross on the axes.
    if row["finding"] != "clean" or (kind == "edge_cross" and row["variant"] == "ramp"):
        return None
    return False


def fitted_map(rows: list[dict], kind: str) -> dict:
    """The map of one kind, from all cases of it among the rows."""
    known = [(row["evidence"][kind], is_case(row, kind)) for row in rows]
    used = [(e, label) for e, label in known if label is not None and e is not None]
    return fit([e for e, _ in used], [bool(label) for _, label in used], CLEAN_PER_DEFECT)


def cross_fitted(rows: list[dict], kinds: list[str]) -> None:
    """Add to every row the probability of every kind, by the map of the other half."""
    names = sorted({row["group"] for row in rows})
    half = {name: index % 2 for index, name in enumerate(names)}
    for kind in kinds:
        if kind in FITTED_ELSEWHERE:
            for row in rows:
                known = row["evidence"][kind]
                row.setdefault("probability", {})[kind] = probability(kind, known) if known else 0.0
            continue
        maps = []
        for side in (0, 1):
            others = [row for row in rows if half[row["group"]] != side]
            maps.append(fitted_map(others, kind))
        for row in rows:
            evidence = row["evidence"][kind]
            # What can't be judged is not said: with a defect that is a miss.
            known = 0.0 if evidence is None else apply(maps[half[row["group"]]], evidence)
            row.setdefault("probability", {})[kind] = known


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=DEFAULT_CORPUS, help="folder of pictures")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    parser.add_argument("--only", choices=KINDS, help="one kind and the clean pictures")
    parser.add_argument("--limit", type=int, metavar="N", help="every n-th picture, N of them")
    parser.add_argument("--fresh", action="store_true", help="measure everything again")
    parser.add_argument("--write-table", action="store_true", help="fit the package's table")
    parser.add_argument("--figures", type=Path, help="also write the curves to this folder")
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    corpus = load_corpus(options.corpus)
    if options.limit:
        corpus = corpus[:: max(1, len(corpus) // options.limit)][: options.limit]
    todo = specs(corpus, groups(options.corpus))
    kinds = [options.only] if options.only else list(KINDS)
    own = [kind for kind in kinds if kind not in FITTED_ELSEWHERE]
    if options.only:
        with_reference = options.only == "period"
        todo = [
            s
            for s in todo
            if s.finding == options.only
            or (s.finding == "clean" and (with_reference or not s.reference))
        ]
    rows = measured(todo, options.out, options.workers, options.fresh)
    cross_fitted(rows, kinds)
    text = report(rows, kinds, is_case)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text, encoding="utf-8")
    if options.figures:
        write_figures(rows, kinds, is_case, options.figures)
    if options.write_table:
        path = PACKAGE / "findings" / "calibration.json"
        shipped = json.loads(path.read_text(encoding="utf-8"))
        known = shipped["maps"]
        table = {
            "made_by": "benchmarks/findings.py --write-table",
            "by_hand": [kind for kind in shipped["by_hand"] if kind not in own],
            "maps": {**known, **{kind: fitted_map(rows, kind) for kind in own}},
        }
        path.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
