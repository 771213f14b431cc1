"""A batch of very many rows on Ray: what the driver's memory does, and what the gallery holds.

    python benchmarks/many_rows.py --rows 200000

The pictures are a list of links to a few small walls. A worker measures each wall once and gives
its row again under every other name, so that all but the measuring is what a batch of as many
pictures does: the list, the jobs, Ray, rows, tables, the gallery. Thumbnails are left out: they
would test the file system. The memory is the resident set of the process of the command.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from batch import resident_bytes, save
from speed import wall
from tables import markdown_table

from tiling_diag.batch import BatchOptions, run_batch
from tiling_diag.batch.cluster import engine
from tiling_diag.batch.cluster.actor import Measurer, pack
from tiling_diag.batch.work import Outcome

WALLS = 20
DRIVER_AIM_GB = 1.5


class Recalling(Measurer):
    """Measures a wall once, and knows its row when it comes again under another name."""

    def __call__(self, table: Any) -> Any:
        """Outcomes of the jobs in a table."""
        import pickle

        from tiling_diag.batch.rows import to_line

        known = self.__dict__.setdefault("known", {})
        outcomes = []
        for packed in table["job"].to_pylist():
            job = pickle.loads(packed)
            name = os.path.basename(job.path).partition("-")[0]
            if name not in known:
                (one,) = super().__call__(pack("job", [job]))["outcome"].to_pylist()
                known[name] = pickle.loads(one)
            row = {**json.loads(known[name].line), "path": job.path, "columns": job.columns}
            outcomes.append(Outcome(job.path, to_line(row), known[name].status))
        return pack("outcome", outcomes)


def watch(found: list[tuple[float, int]], ended: threading.Event) -> None:
    begin = time.monotonic()
    while not ended.wait(0.5):
        found.append((time.monotonic() - begin, resident_bytes(os.getpid())))


def listed_walls(folder: Path, count: int) -> Path:
    """A list of `count` walls in a folder, links to a few pictures that are drawn once."""
    sources = [folder / f"s{k}.jpg" for k in range(WALLS)]
    for seed, source in enumerate(sources):
        save(source, wall(96, seed), quality=90)
    listed = folder / "list.csv"
    with open(listed, "w", encoding="utf-8") as file:
        file.write("pred,prompt\n")
        for k in range(count):
            path = folder / f"{k % WALLS}-{k:07}.jpg"
            os.link(sources[k % WALLS], path)
            file.write(f"{path.name},a wall of brick {k % 50}\n")
    return listed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--out", type=Path, default=Path("build") / "bench" / "many_rows")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    engine.Measurer = Recalling
    found: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory() as name:
        listed = listed_walls(Path(name) / "walls", options.rows)
        ended = threading.Event()
        watcher = threading.Thread(target=watch, args=(found, ended))
        watcher.start()
        begin = time.monotonic()
        results = options.out / "results"
        totals = run_batch(
            [str(listed)],
            results,
            options=BatchOptions(
                engine="ray", workers=options.workers, figures="none", restart=True
            ),
            say=print,
        )
        seconds = time.monotonic() - begin
        ended.set()
        watcher.join()
    rows = (results / "results.jsonl").read_bytes().count(b"\n")
    peak = max(size for _, size in found)
    quarters = [found[k * (len(found) - 1) // 4][1] for k in range(5)]
    size = {p.name: p.stat().st_size for p in sorted(results.iterdir()) if p.is_file()}
    lines = [
        ["rows", f"{rows:,} of {totals.pictures:,}"],
        ["time", f"{seconds:.0f} s, {1e3 * seconds / rows:.2f} ms a row"],
        ["driver at most", f"{peak / 1e9:.2f} GB (aim: under {DRIVER_AIM_GB:g} GB)"],
        ["at 0, 25, 50, 75, 100 % of the time", ", ".join(f"{q / 1e9:.2f}" for q in quarters)],
        *([name, f"{number / 1e6:.1f} MB"] for name, number in size.items()),
    ]
    table = markdown_table(["what", "value"], lines)
    (options.out / "table.md").write_text(table + "\n", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
