"""What a picture costs in a batch, and what many of them take on many machines.

    python benchmarks/batch_costs.py --rounds 5

Processor time of one thread to read, measure and draw a picture, and the bytes that it takes and
leaves. From them the time of a million and of a thousand million pictures on a number of nodes: the
workers share the measuring, the driver takes every row. `docs/guides/large_sets.md` has the model.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from batch import save
from speed import wall
from tables import markdown_table

from tiling_diag.batch.measuring import finish_batch
from tiling_diag.batch.reading import read_job
from tiling_diag.batch.row_shape import check_row
from tiling_diag.batch.tables import flat
from tiling_diag.batch.work import Job, Work
from tiling_diag.settings import Settings

SIDES = (256, 512, 1024, 2048)
# Of a cluster: processors a node, share of the local engine's speed, and milliseconds a row that
# the driver takes, by `many_rows.py`.
CORES, RAY_SHARE, DRIVER_MS = 64, 0.85, 2.0
NODES = (1, 10, 100)
COUNTS = (1_000_000, 1_000_000_000)
# One command's rows: its driver holds a name and a place for each in memory.
ROWS_A_COMMAND = 1_000_000


def timed(call: Callable[[], object], rounds: int) -> float:
    """Median milliseconds of processor time, after one call that is not counted."""
    call()
    spent = []
    for _ in range(rounds):
        begin = time.process_time()
        call()
        spent.append(time.process_time() - begin)
    return 1e3 * median(spent)


def costs(folder: Path, side: int, rounds: int) -> dict[str, float]:
    """Milliseconds and bytes of one picture."""
    path = folder / f"{side}.jpg"
    save(path, wall(side, 0), quality=90)
    job, plain = Job(str(path)), Work(Settings(device="cpu"), "none")
    read = read_job(job, plain)
    (outcome,) = finish_batch(plain, [read])
    (drawn,) = finish_batch(Work(Settings(device="cpu"), "all"), [read])
    assert outcome.line is not None
    row = json.loads(outcome.line)
    reading = timed(lambda: read_job(job, plain), rounds)
    measuring = timed(lambda: finish_batch(plain, [read]), rounds)
    files = {name.partition("/")[0]: len(data) for name, data in drawn.files.items()}
    return {
        "read_ms": reading,
        "measure_ms": measuring,
        "page_ms": timed(lambda: finish_batch(Work(Settings(device="cpu"), "all"), [read]), 1)
        - measuring,
        "take_ms": timed(lambda: (check_row(json.loads(outcome.line or b"")), flat(row, {})), 50),
        "picture_bytes": path.stat().st_size,
        "row_bytes": len(outcome.line),
        "thumb_bytes": files["thumbs"],
        "page_bytes": files["pages"],
    }


def duration(seconds: float) -> str:
    for unit, size in (("years", 365 * 86400), ("days", 86400), ("hours", 3600)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} minutes"


def plan(each: dict[str, float]) -> list[list[str]]:
    """Time of many pictures on some nodes, and how much is read and written."""
    worker_s = (each["read_ms"] + each["measure_ms"]) / 1e3 / RAY_SHARE
    kept = each["row_bytes"] + each["thumb_bytes"]
    lines = []
    for count in COUNTS:
        commands = math.ceil(count / ROWS_A_COMMAND)
        for nodes in NODES:
            seconds = count * worker_s / (nodes * CORES)
            together = max(1, math.ceil(count * DRIVER_MS / 1e3 / seconds))
            lines.append(
                [
                    f"{count:,}",
                    str(nodes),
                    duration(seconds),
                    f"{count / seconds:,.0f}",
                    f"{count / seconds * each['picture_bytes'] / 1e9:.2f} GB/s",
                    f"{count * each['picture_bytes'] / 1e12:,.2f} TB",
                    f"{count * kept / 1e12:,.2f} TB",
                    f"{commands:,} ({min(together, commands)} at a time)",
                ]
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("build") / "bench" / "batch_costs")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        found = {side: costs(Path(name), side, options.rounds) for side in SIDES}
    lines = [
        [
            f"{side} x {side}",
            *(f"{each[key]:.1f}" for key in ("read_ms", "measure_ms", "page_ms", "take_ms")),
            *(
                f"{each[key] / 1e3:.1f}"
                for key in ("picture_bytes", "row_bytes", "thumb_bytes", "page_bytes")
            ),
        ]
        for side, each in found.items()
    ]
    header = ["JPEG, px", "read, ms", "measure, ms", "page, ms", "driver, ms"]
    header += ["picture, kB", "row, kB", "thumbnail, kB", "page, kB"]
    tables = [markdown_table(header, lines)]
    header = ["pictures of 1024 x 1024", f"nodes of {CORES} cores", "time", "pictures/s"]
    header += ["read", "in all", "rows and thumbnails", "commands"]
    tables.append(markdown_table(header, plan(found[1024])))
    text = "\n\n".join(tables)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
