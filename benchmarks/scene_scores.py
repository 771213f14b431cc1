"""What a diagnosis of a scene is worth: the lattice, unit and course, and whether it was sure.

The lattice is judged as everywhere in this folder (`scoring.judge`), within 3 %. Unit and course
count where the corpus states them for the material (`corpus.SCORED_SIZES`); a right lattice is
asked for as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estimators import from_summary
from scoring import Truth, judge
from tables import markdown_table, percent

if TYPE_CHECKING:
    from scenes import Scene

TOLERANCE = 0.03
# Rows of stack-bonded tiles less elongated than this may be told along either side once turned:
# both families of joints are as long and as strong.
LEAST_ELONGATED = 1.5


def score_scene(scene: Scene) -> dict:
    """The raw row of a scene: verdict on the lattice, on the sizes, and what was said."""
    import tiling_diag

    truth = Truth(scene.a, scene.b, scene.unit_px, scene.course_px, TOLERANCE)
    row = {
        "name": scene.name,
        "kind": scene.kind,
        "file": scene.source_file,
        "bond": scene.bond,
        "truth": {"a": scene.a, "b": scene.b, "unit_px": scene.unit_px}
        | {"course_px": scene.course_px, "angle_deg": scene.angle_deg},
        "wall_share": float(scene.wall_mask.float().mean()),
    }
    try:
        summary = tiling_diag.diagnose(scene.image).summary()
    except Exception as error:
        return row | {"verdict": "crash", "failure": f"{type(error).__name__}: {error}"}
    verdict = judge(truth, from_summary(summary))
    answer = {"lattice": summary["lattice"], "periodicity": summary["periodicity"]}
    codes = [f["code"] for f in summary["findings"] if f["severity"] in ("suspect", "defect")]
    return row | {
        "verdict": verdict,
        "sizes": sizes_right(scene, summary["lattice"]),
        "said": summary["verdict"],
        "codes": codes,
        "answer": answer,
    }


def sizes_right(scene: Scene, lattice: dict | None) -> bool | None:
    """Whether unit and course are within 3 %; None where the corpus states neither.

    A course may also be the distance between lattice rows (cell area over unit), which is twice
    that of the joints where two kinds of course alternate. Boards have one period, whatever it is
    called. Almost square tiles that were turned may be read along either side.
    """
    if scene.unit_px is None and scene.course_px is None:
        return None
    if lattice is None:
        return False
    unit, course = lattice["unit_px"], lattice["course_px"]
    if scene.b is None:
        said = [p for p in (unit, course) if p is not None]
        return len(said) == 1 and _near(said[0], scene.unit_px or scene.course_px)
    assert scene.unit_px is not None
    area = abs(scene.a[0] * scene.b[1] - scene.a[1] * scene.b[0])
    courses = [c for c in (scene.course_px, area / scene.unit_px) if c is not None]
    if _near(unit, scene.unit_px) and any(_near(course, c) for c in courses):
        return True
    ratio = max(scene.unit_px / courses[0], courses[0] / scene.unit_px)
    either = scene.bond == "stack_bond" and scene.kind in ("upright", "turned")
    if not either or ratio >= LEAST_ELONGATED:
        return False
    return _near(course, scene.unit_px) and _near(unit, courses[0])


def _near(measured: float | None, true: float | None) -> bool:
    return measured is not None and true is not None and abs(measured / true - 1) <= TOLERANCE


def fully_right(row: dict) -> bool:
    """The lattice, and unit and course where they are known."""
    return row["verdict"] == "right" and row.get("sizes") is not False


def wrong_and_sure(row: dict) -> bool:
    """Something wrong is reported with nothing to warn of it."""
    reported = row["verdict"] in ("octave", "wrong") or (
        row["verdict"] == "right" and row.get("sizes") is False
    )
    return reported and row["said"] == "ok"


def table(rows: list[dict]) -> str:
    """One line a kind of scene, and one for all."""
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    groups = [(kind, [r for r in rows if r["kind"] == kind]) for kind in kinds]
    if len(kinds) > 1:
        groups.append(("all but plain", [r for r in rows if r["kind"] != "plain"]))
    header = ["scene", "walls", "all right", "lattice right", "unit and course", "octave"]
    header += ["wrong", "none", "crash", "wrong, verdict ok", "false findings"]
    return markdown_table(header, [[name, *_counts(group)] for name, group in groups])


def _counts(rows: list[dict]) -> list[str]:
    def share(verdict: str) -> str:
        return percent(sum(r["verdict"] == verdict for r in rows), len(rows))

    sized = [r for r in rows if r.get("sizes") is not None]
    return [
        str(len(rows)),
        percent(sum(map(fully_right, rows)), len(rows)),
        share("right"),
        percent(sum(r["verdict"] == "right" and r["sizes"] for r in sized), len(sized)),
        share("octave"),
        share("wrong"),
        share("missed"),
        share("crash"),
        percent(sum(map(wrong_and_sure, rows)), len(rows)),
        percent(sum(bool(r.get("codes")) for r in rows), len(rows)),
    ]
