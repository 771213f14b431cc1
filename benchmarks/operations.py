"""How many torch operations and waits for the device a diagnosis takes, whatever the machine.

    python benchmarks/operations.py
    python benchmarks/operations.py --device cuda     # also walls per second there

An operation is one call that torch dispatches, views included. A wait is a call after which the
processor must know a value that the device computed: `.item()`, `nonzero`, masks as indices, and
the like. Copies to main memory (`.cpu()`, `.tolist()`, `.numpy()`) are counted beside them: on the
processor they cost nothing, on a GPU each is a wait too.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from corpus import DEFAULT_CORPUS
from PIL import Image, ImageOps
from tables import markdown_table
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

import tiling_diag
from tiling_diag.inputs.images import load_image
from tiling_diag.synth import Material, View, draw_wall

DEFAULT_SHARED = DEFAULT_CORPUS.parent
DEFAULT_OUT = Path("build") / "bench" / "operations"
GOAL_ONE, GOAL_BATCH, GOAL_WAITS, GOAL_GROWTH = 4000, 6000, 40, 1.2
BATCHES, GOAL_SIZE, BATCH_PX = (8, 16, 32), 16, 512
WAITS = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "masked_select", "unique")
COPIES = ("cpu", "tolist", "numpy", "__array__")
PICTURES = {
    "hexagons": "corpus/hex_floor_01.jpg",
    "perspective": "corpus/persp_block_02.jpg",
    "no period": "corpus/none_plaster_01.jpg",
    "photograph of a building": "negatives/brick_buildings_04.jpg",
}


class Operations(TorchDispatchMode):
    """Counts what is dispatched, and what makes the processor wait."""

    def __init__(self) -> None:
        super().__init__()
        self.count, self.waits = 0, 0
        self.names: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        """Count one call."""
        name = func.overloadpacket.__name__
        self.count += 1
        self.names[name] += 1
        self.waits += name.startswith(WAITS) or _masked(name, args)
        return func(*args, **(kwargs or {}))


def _masked(name: str, args: tuple) -> bool:
    """Whether a mask is an index: how many places it has must be known."""
    if name not in ("index", "index_put", "index_put_", "_unsafe_index"):
        return False
    return any(isinstance(i, Tensor) and i.dtype in (torch.bool, torch.uint8) for i in args[1])


class Copies(TorchFunctionMode):
    """Counts the calls that bring a tensor to main memory."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        """Count one call."""
        self.count += getattr(func, "__name__", "") in COPIES
        return func(*args, **(kwargs or {}))


def count(call: Callable[[], object]) -> dict:
    """Operations, waits and copies of a call, after one that fills the caches."""
    call()
    with Copies() as copies, Operations() as operations:
        call()
    return {
        "operations": operations.count,
        "waits": operations.waits,
        "copies": copies.count,
        "most": dict(operations.names.most_common(12)),
    }


def single_walls(shared: Path) -> dict[str, Tensor]:
    """One picture of each kind, ``(3, H, W)``."""
    view = View(size=(1024, 1024), rotation_deg=3.0, jpeg_quality=90)
    tiny = Material(width_px=16, height_px=8, mortar_px=1)
    walls = {
        "clean wall": draw_wall(Material(width_px=128, height_px=51.2), view).image,
        "bricks of 16 x 8 px": draw_wall(tiny, view).image,
    }
    return walls | {name: load_image(shared / path).pixels for name, path in PICTURES.items()}


def mixed_batch(shared: Path, size: int, side_px: int = BATCH_PX) -> Tensor:
    """``(size, 3, side, side)``: pictures of the corpus, evenly from all kinds, and photographs."""
    corpus = [
        shared / "corpus" / entry["file"]
        for entry in json.loads((shared / "corpus" / "manifest.json").read_text(encoding="utf-8"))
    ]
    photographs = sorted((shared / "negatives").glob("*.jpg"))
    quarter = size // 4
    paths = _evenly(corpus, size - quarter) + _evenly(photographs, quarter)
    fitted = [ImageOps.fit(Image.open(p).convert("RGB"), (side_px, side_px)) for p in paths]
    return torch.stack([load_image(picture).pixels for picture in fitted])


def _evenly(paths: list[Path], number: int) -> list[Path]:
    return [paths[i * len(paths) // number] for i in range(number)]


def measure(shared: Path, device: str) -> list[dict]:
    """The raw rows: single walls, then batches."""
    rows = []
    for name, wall in single_walls(shared).items():
        found = count(lambda wall=wall: tiling_diag.diagnose(wall))
        rows.append({"what": name, "walls": 1, "goal": GOAL_ONE} | found)
    for size in BATCHES:
        walls = mixed_batch(shared, size).to(device)

        def batch(walls: Tensor = walls) -> object:
            return tiling_diag.diagnose_batch(walls)

        goal = GOAL_BATCH if size == GOAL_SIZE else None
        row = {"what": f"batch of {size} mixed walls, {BATCH_PX} px", "walls": size, "goal": goal}
        rows.append(row | count(batch) | {"walls_per_s": size / seconds(batch)})
    return rows


def seconds(call: Callable[[], object]) -> float:
    """Wall-clock time of one call, whose results are in main memory when it ends."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def report(rows: list[dict]) -> str:
    """The table with its goals, and how the count grows with the batch."""
    lines = []
    for row in rows:
        within = [row["goal"] is None or row["operations"] <= row["goal"]]
        if row["walls"] == GOAL_SIZE:
            within.append(row["waits"] <= GOAL_WAITS)
        lines.append(
            [
                row["what"],
                row["operations"],
                "-" if row["goal"] is None else f"<= {row['goal']}",
                row["waits"],
                f"<= {GOAL_WAITS}" if row["walls"] == GOAL_SIZE else "-",
                row["copies"],
                f"{row['walls_per_s']:.2f}" if "walls_per_s" in row else "-",
                "yes" if all(within) else "NO",
            ]
        )
    header = ["what", "operations", "goal", "waits", "goal", "copies", "walls/s", "within"]
    parts = [markdown_table(header, lines)]
    counts = {row["walls"]: row["operations"] for row in rows if row["walls"] > 1}
    if {8, 32} <= counts.keys():
        growth = counts[32] / counts[8]
        within = "yes" if growth <= GOAL_GROWTH else "NO"
        parts.append(f"32 walls over 8: {growth:.2f}x, goal <= {GOAL_GROWTH}x, within: {within}")
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED, help="folder of the sets")
    parser.add_argument("--device", default="cpu", help="where the batches lie: cpu or cuda")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = measure(options.shared, options.device)
    text = report(rows)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text + "\n", encoding="utf-8")
    raw = json.dumps(rows, indent=1) + "\n"
    (options.out / "rows.json").write_text(raw, encoding="utf-8")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
