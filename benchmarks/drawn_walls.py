"""Is the lattice exact? Scores `tiling_diag` on drawn walls, whose lattices are known exactly.

    python benchmarks/drawn_walls.py --walls 300

Walls of every bond with periods of 8 to 200 px, at least four of them in view, turned by 0 to 90
degrees, with uneven units, joints, light, noise and JPEG (`tiling_diag.synth.random_wall`). Right
is the same lattice within 1 %; the errors of the vectors are over the answers that have as many
points as the truth. Tables, raw rows and contact sheets of the failures are written to a folder.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from contact_sheet import Failure, write_sheets
from estimators import OURS, measure
from lattice_report import OURS_NAME, caption
from scoring import Truth, longest_vector
from tables import markdown_table, median_percent, percent, run_tasks

from tiling_diag.synth import BONDS, WallPicture, draw_wall, random_wall

DEFAULT_OUT = Path("build") / "bench" / "drawn_walls"
# Heights and widths in px; only the largest holds four periods of 200 px.
SIZES = ((512, 512), (600, 800), (1024, 1024))
TOLERANCE = 0.01
PERIOD_BANDS_PX = (8, 16, 40, 100, 200)


@dataclass(frozen=True)
class Task:
    """One wall: its number chooses bond, size and everything else."""

    seed: int
    estimator: str


def draw(seed: int) -> WallPicture:
    """The wall of a number: bonds in turn, then sizes in turn."""
    size = SIZES[seed // len(BONDS) % len(SIZES)]
    return draw_wall(*random_wall(seed, size=size))


def run_task(task: Task) -> dict:
    """Draw and measure one wall."""
    wall = draw(task.seed)
    truth = Truth(
        a=wall.truth.a_px,
        b=wall.truth.b_px,
        unit_px=wall.truth.unit_px,
        course_px=wall.truth.course_px,
        tolerance=TOLERANCE,
    )
    height, width = wall.view.size
    labels = {
        "file": f"wall {task.seed}",
        "seed": task.seed,
        "kind": wall.truth.kind,
        "stress": f"{width} x {height}",
        "detail": "",
        "method": OURS_NAME,
        "period_px": longest_vector(wall.truth.a_px, wall.truth.b_px),
    }
    return labels | measure(task.estimator, wall.image, None, truth)


def table(rows: list[dict], name: str, key: Callable[[dict], str]) -> str:
    """Scores and errors, one line for each value of `key`."""
    lines = []
    for value in [*dict.fromkeys(map(key, rows)), "all"]:
        mine = [row for row in rows if value in ("all", key(row))]
        verdicts = [row["verdict"] for row in mine]
        errors = [r["vector_error"] for r in mine if r["vector_error"] is not None]
        lines.append(
            [value, len(mine)]
            + [percent(verdicts.count(v), len(mine)) for v in ("right", "octave", "wrong")]
            + [percent(verdicts.count(v), len(mine)) for v in ("missed", "crash")]
            + [f"{100 * np.quantile(errors, q):.3f} %" if errors else "-" for q in (0.5, 0.95)]
            + [median_percent(row[k] for row in mine) for k in ("unit_error", "course_error")]
        )
    header = [name, "n", "right", "octave", "wrong", "missed", "crash", "vectors off", "95th"]
    return markdown_table([*header, "unit_px off", "course_px off"], lines)


def period_band(row: dict) -> str:
    """The band of the longest reduced vector, for the tables."""
    edges = PERIOD_BANDS_PX
    upper = next((edge for edge in edges[1:] if row["period_px"] < edge), None)
    if upper is None:
        return f"over {edges[-1]} px"
    return f"{edges[edges.index(upper) - 1]} to {upper} px"


def report(rows: list[dict]) -> str:
    """Tables by bond, period and size, and a line for every failure."""
    failures = [f"- {caption(row)}" for row in rows if row["verdict"] != "right"]
    by_period = sorted(rows, key=lambda row: row["period_px"])
    parts = [
        table(rows, "bond", lambda row: row["kind"]),
        table(by_period, "longest period", period_band),
        table(rows, "picture", lambda row: row["stress"]),
        "\n".join(failures or ["- no failures"]),
    ]
    return "\n\n".join(parts) + "\n"


def failure(row: dict) -> Failure:
    """A failure for the contact sheet, its wall drawn again."""
    wall = draw(row["seed"])
    vectors = {
        name: [v for v in (row[name].get("a"), row[name].get("b")) if v is not None]
        for name in ("truth", "answer")
    }
    height, width = wall.view.size
    return Failure(
        image=wall.image,
        mask=None,
        true=vectors["truth"],
        seen=vectors["answer"],
        anchor=(width / 2, height / 2),
        caption=caption(row),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--walls", type=int, default=180, help="how many (default %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first wall")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    parser.add_argument("--estimator", default=OURS, metavar="MODULE:FUNCTION")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.walls)
    rows = run_tasks(run_task, [Task(s, options.estimator) for s in seeds], options.workers)
    text = report(rows)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text, encoding="utf-8")
    (options.out / "rows.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    write_sheets([failure(r) for r in rows if r["verdict"] != "right"], options.out)
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
