"""Pictures with a right answer each: small cases, pictures from the field, photographs of facades.

    python benchmarks/cases.py --workers 2
    python benchmarks/cases.py --only field

The folders `cases`, `field` and `negatives` lie beside the corpus; their READMEs say what is right.
Every picture that is wrong is listed with the reason, and one table counts the groups.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from corpus import DEFAULT_CORPUS
from estimators import from_summary
from scoring import Truth, judge, vector_error
from tables import markdown_table, percent, run_tasks

DEFAULT_SHARED = DEFAULT_CORPUS.parent
DEFAULT_OUT = Path("build") / "bench" / "cases"
SETS = ("cases", "field", "negatives")
CASE_TOLERANCE, CASE_ANGLE_DEG = 0.02, 2.0
# A lattice in perspective is compared where the picture's middle is.
PERSPECTIVE_TOLERANCE = 0.09
LEAST_TOLERANCE = 0.03
# What the groups are held to, as in "at least 5 of 6"; weak materials are only listed.
GOALS = {
    "field, perspective": "5 of 6",
    "field, flat": ">= 90 %",
    "field, generated": ">= 90 %",
    "field, weak": "-",
}


@dataclass(frozen=True)
class Task:
    """One picture of a set, with its row of the manifest (empty where there is none)."""

    kind: str
    path: Path
    entry: dict


def load_tasks(shared: Path, only: str | None) -> list[Task]:
    """The pictures of all sets, or of one."""
    tasks = []
    for kind in SETS if only is None else (only,):
        folder = shared / kind
        if not folder.is_dir():
            raise SystemExit(f"--shared {shared}: there is no {kind} in it")
        manifest = folder / "manifest.json"
        if manifest.is_file():
            entries = json.loads(manifest.read_text(encoding="utf-8"))
        else:
            entries = [{"file": path.name} for path in sorted(folder.glob("*.jpg"))]
        tasks += [Task(kind, folder / entry["file"], entry) for entry in entries]
    return tasks


def run_task(task: Task) -> dict:
    """The raw row of a picture: its group, and why it is wrong (nothing where it is right)."""
    import tiling_diag

    start = time.process_time()
    try:
        summary = tiling_diag.diagnose(task.path).summary()
    except Exception as error:
        summary, reasons = None, [f"{type(error).__name__}: {error}"]
    seconds = time.process_time() - start
    if summary is not None:
        reasons = faults(task, summary)
        if task.entry.get("angle_deg") is not None:
            reasons += _size_faults(task)
    return {
        "file": task.path.name,
        "set": task.kind,
        "group": group_of(task),
        "reasons": reasons,
        "codes": [] if summary is None else alarms(summary),
        "periodic": summary is not None and summary["lattice"] is not None,
        "lattice": None if summary is None else summary["lattice"],
        "seconds": seconds,
    }


def group_of(task: Task) -> str:
    """The line of the table that counts a picture."""
    entry = task.entry
    if task.kind == "cases":
        return "cases"
    if task.kind == "negatives":
        return "negatives: no false finding"
    if entry["kind"] in ("perspective", "none", "ambiguous"):
        names = {"none": "no period", "ambiguous": "ambiguous: findings only"}
        return f"field, {names.get(entry['kind'], entry['kind'])}"
    if entry["regularity"] == "weak":
        return "field, weak"
    return "field, generated" if entry["ai_generated"] else "field, flat"


def alarms(summary: dict) -> list[str]:
    """Codes of the findings that say that something is wrong."""
    return [f["code"] for f in summary["findings"] if f["severity"] in ("suspect", "defect")]


def faults(task: Task, summary: dict) -> list[str]:
    """What is wrong about a summary, in words."""
    if task.kind == "negatives":
        return [f"false {code}" for code in alarms(summary)]
    if task.kind == "cases":
        return _case_lattice(task.entry, summary) + _case_findings(task.entry, summary)
    bands = [f"false {code}" for code in alarms(summary) if code == "doubling_bands"]
    return _field_lattice(task.entry, summary["lattice"], summary) + bands


def _case_lattice(entry: dict, summary: dict) -> list[str]:
    lattice = summary["lattice"]
    if entry.get("unit_px") is None and entry.get("course_px") is None:
        return [] if lattice is None else [f"a lattice of {_sizes(lattice)} where there is none"]
    if lattice is None:
        return ["no lattice"]
    reasons = []
    for name in ("unit_px", "course_px"):
        true, seen = entry[name], lattice[name]
        off = None if true is None or seen is None else abs(seen / true - 1)
        if (true is None) != (seen is None) or (off is not None and off > CASE_TOLERANCE):
            reasons.append(f"{name} {_number(seen)}, true {_number(true)}")
    angle = entry.get("angle_deg")
    if angle is not None:
        turn = (lattice["angle_deg"] - angle + 90) % 180 - 90
        if abs(turn) > CASE_ANGLE_DEG:
            reasons.append(f"angle {lattice['angle_deg']:.1f} deg, true {angle:g}")
    return reasons


def _case_findings(entry: dict, summary: dict) -> list[str]:
    wanted = entry.get("finding")
    reasons = [f"false {code}" for code in alarms(summary) if code != wanted]
    if wanted is None:
        return reasons
    titles = [f["title"] for f in summary["findings"] if f["code"] == wanted]
    if wanted not in alarms(summary):
        return [*reasons, f"no {wanted}"]
    found = re.search(r"([\d.]+) px", titles[0])
    if "period_px" in entry and (found is None or float(found[1]) != entry["period_px"]):
        reasons.append(f"{wanted}: {titles[0]!r}, true {entry['period_px']} px")
    return reasons


def _size_faults(task: Task) -> list[str]:
    """A turned wall that is told its true unit and course has no period off."""
    import tiling_diag

    settings = tiling_diag.Settings(
        unit_px=task.entry["unit_px"], course_px=task.entry["course_px"]
    )
    found = alarms(tiling_diag.diagnose(task.path, settings=settings).summary())
    return [f"{code} with the true sizes given" for code in found if code.startswith("period_")]


def _field_lattice(entry: dict, lattice: dict | None, summary: dict) -> list[str]:
    kind = entry["kind"]
    if kind == "ambiguous":
        return []
    if kind == "none":
        return [] if lattice is None else [f"a lattice of {_sizes(lattice)} where there is none"]
    answer = from_summary(summary)
    if kind == "perspective":
        a, b = entry["local_at_middle"]
        truth = Truth(tuple(a), tuple(b), tolerance=PERSPECTIVE_TOLERANCE)
    else:
        a, b = entry["a"], entry["b"]
        tolerance = max(LEAST_TOLERANCE, entry["tol_pct"] / 100)
        truth = Truth(tuple(a), None if b is None else tuple(b), tolerance=tolerance)
    verdict = judge(truth, answer)
    if verdict == "missed":
        return ["no lattice"]
    if verdict != "right":
        error = vector_error(truth, answer)
        off = "" if error is None else f", {100 * error:.0f} % off"
        return [f"{verdict}: {_sizes(lattice)}{off}"]
    return [] if kind == "perspective" else _field_sizes(entry, lattice or {}, truth.tolerance)


def _field_sizes(entry: dict, lattice: dict, tolerance: float) -> list[str]:
    """Unit and course of a right lattice; the course may be that of the lattice or of the joints,
    where two kinds of course alternate.
    """
    reasons = []
    unit, course = entry["unit_px"], entry["course_px"]
    seen = lattice["unit_px"]
    if unit is not None and (seen is None or abs(seen / unit - 1) > tolerance):
        reasons.append(f"unit_px {_number(seen)}, true {_number(unit)}")
    courses = [] if course is None else [course]
    if courses and unit is not None and entry["b"] is not None:
        (ax, ay), (bx, by) = entry["a"], entry["b"]
        courses.append(abs(ax * by - ay * bx) / unit)
    seen = lattice["course_px"]
    if courses and (seen is None or all(abs(seen / c - 1) > tolerance for c in courses)):
        reasons.append(f"course_px {_number(seen)}, true {_number(course)}")
    return reasons


def _sizes(lattice: dict | None) -> str:
    if lattice is None:
        return "nothing"
    return f"{_number(lattice['unit_px'])} x {_number(lattice['course_px'])} px"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"


def report(rows: list[dict]) -> str:
    """Wrong pictures with their reasons, the groups, and the false findings by code."""
    wrong = [[r["group"], r["file"], "; ".join(r["reasons"])] for r in rows if r["reasons"]]
    groups = []
    for name in dict.fromkeys(row["group"] for row in rows):
        group = [row for row in rows if row["group"] == name]
        right = sum(not row["reasons"] for row in group)
        codes = Counter(code for row in group for code in set(row["codes"]))
        told = ", ".join(f"{code} {n}" for code, n in sorted(codes.items()))
        cells = [name, len(group), right, percent(right, len(group)), GOALS.get(name, "all")]
        seconds = sum(row["seconds"] for row in group) / len(group)
        periodic = sum(row["periodic"] for row in group)
        groups.append([*cells, periodic, told or "-", f"{seconds:.2f} s"])
    header = ["group", "pictures", "right", "", "goal", "with a lattice"]
    header += ["suspect or defect", "processor time each"]
    parts = [markdown_table(header, groups)]
    if wrong:
        parts.insert(0, markdown_table(["group", "wrong", "why"], wrong))
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED, help="folder of the sets")
    parser.add_argument("--only", choices=SETS)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    options = parser.parse_args()
    tasks = load_tasks(options.shared, options.only)
    rows = run_tasks(run_task, tasks, options.workers)
    text = report(rows)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text + "\n", encoding="utf-8")
    raw = json.dumps(rows, indent=1) + "\n"
    (options.out / "rows.json").write_text(raw, encoding="utf-8")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
