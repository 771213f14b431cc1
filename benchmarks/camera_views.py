"""Walls seen through a camera at an angle: is their lattice read right, and their tilt?

    python benchmarks/camera_views.py --corpus ../shared/corpus ../shared/corpus2

Every wall of the corpora whose picture can be laid side by side is drawn on a plane and seen
through a pinhole camera: from the side, as a floor, or both, at a slant of 30 to 72 degrees, with a
focal length of 0.75 to 1.4 times the longer side, as JPEG of quality 92. Pictures beside each other
are moved by lattice vectors, so that stains repeat with nothing. The lattice is right within 6 %
where the picture's middle is.
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from corpus import DEFAULT_CORPUS, Row, load_corpus
from estimators import from_summary
from scenes import Task, scene_walls
from score_pictures import as_jpeg
from scoring import VERDICTS, Truth, judge
from tables import markdown_table, percent, run_tasks
from torch import Tensor

DEFAULT_OUT = Path("build") / "bench" / "camera_views"
KINDS = ("side", "floor", "mixed")
TOLERANCE = 0.06
SLANT_DEG, FOCAL = (30.0, 72.0), (0.75, 1.4)
# Length in px of the longest lattice vector where the middle is, were it not foreshortened.
LONGEST_PX, SHORTEST_PX = (50.0, 130.0), 9.0
# Depth of the nearest corner over that of the farthest, and of the nearest over the middle's.
RATIOS, LEAST_DEPTH = (1.4, 8.0), 0.12
SAMPLES, COPIES, QUALITY = 4, 37, 92
# A picture is laid side by side if it has a whole number of units, but for so much.
WHOLE = 0.03


@dataclass(frozen=True)
class Seen:
    """A wall at an angle.

    Attributes:
        image: ``(3, H, W)`` in [0, 1].
        truth: the lattice where the picture's middle is.
        change: ``(2,)`` of scale from the middle to the right and the lower border.
        ratio: of scales from corner to corner.
    """

    image: Tensor
    truth: Truth
    change: np.ndarray
    ratio: float


def fits_side_by_side(row: Row) -> bool:
    """Whether the picture of a wall has a whole number of units both ways."""
    height, width = row.pixels().shape[:2]
    assert row.truth.a is not None
    if row.truth.b is None:
        a = np.array(row.truth.a)
        count = a / (a @ a) * np.array([width, height])
    else:
        basis = np.array([row.truth.a, row.truth.b])
        count = np.diag([width, height]) @ np.linalg.inv(basis)
    return bool(np.abs(count - count.round()).max() < WHOLE)


def draw(row: Row, kind: str, seed: int) -> Seen | None:
    """A view of a wall; None if none was found in which enough is seen."""
    rng = np.random.default_rng([zlib.crc32(f"{row.name} {kind}".encode()), seed])
    texture = row.pixels()
    texture = np.repeat(texture[..., None], 3, -1) if texture.ndim == 2 else texture[..., :3]
    size = (576, 768) if rng.random() < 0.6 else (768, 576)
    for _ in range(200):
        place = texture.shape[1::-1] * rng.random(2)
        matrix = _camera(row, kind, size, place, rng)
        change, ratio, nearest = _depths(np.linalg.inv(matrix), size)
        a, b = _at_middle(row, matrix, place)
        if (
            nearest >= LEAST_DEPTH
            and RATIOS[0] <= ratio <= RATIOS[1]
            and np.hypot(*a) > SHORTEST_PX
        ):
            truth = Truth(tuple(a), None if b is None else tuple(b), tolerance=TOLERANCE)
            image = _photograph(row, texture, np.linalg.inv(matrix), size, rng)
            return Seen(as_jpeg(image, QUALITY), truth, change, ratio)
    return None


def _camera(
    row: Row, kind: str, size: tuple[int, int], place: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Homography from the texture to the picture, `place` in its middle."""
    height, width = size
    focal = max(size) * rng.uniform(*FOCAL)
    slant = math.radians(rng.uniform(*SLANT_DEG))
    towards = {"side": rng.choice([0, math.pi]), "floor": math.pi / 2}
    turn = towards.get(kind, rng.uniform(0, 2 * math.pi)) + rng.normal(0, 0.05)
    spin = math.radians(rng.uniform(-45, 45) if kind == "floor" else rng.normal(0, 4))
    x, y = -math.sin(turn), math.cos(turn)
    cross = np.array([[0, 0, y], [0, 0, -x], [-y, x, 0]])
    # Rodrigues' formula: by the slant about the axis (x, y, 0).
    rotation = np.eye(3) + math.sin(slant) * cross + (1 - math.cos(slant)) * cross @ cross
    rows = np.array([[math.cos(spin), -math.sin(spin)], [math.sin(spin), math.cos(spin)]])
    vectors = [v for v in (row.truth.a, row.truth.b) if v is not None]
    depth = focal * max(np.hypot(*v) for v in vectors) / rng.uniform(*LONGEST_PX)
    lens = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    moved = np.array([[1, 0, -place[0]], [0, 1, -place[1]], [0, 0, 1]])
    return lens @ np.c_[rotation[:, :2] @ rows, [0, 0, depth]] @ moved


def _depths(back: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, float, float]:
    """Change of scale to the borders, ratio of depths, and the least depth of a corner."""
    half = np.array([size[1], size[0]]) / 2
    horizon = back[2] / (back[2] @ np.append(half, 1))
    change = horizon[:2] * half
    depths = [1 + change @ np.array(corner) for corner in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
    return change, max(depths) / max(min(depths), 1e-6), min(depths)


def _at_middle(
    row: Row, matrix: np.ndarray, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """The lattice's vectors where the picture's middle is."""

    def seen(x: np.ndarray) -> np.ndarray:
        point = matrix @ np.append(x, 1)
        return point[:2] / point[2]

    step = 1e-3 * np.eye(2)
    slope = np.stack([(seen(place + s) - seen(place - s)) / 2e-3 for s in step], axis=1)
    a = np.array(row.truth.a)
    if row.truth.b is not None:
        return slope @ a, slope @ np.array(row.truth.b)
    wave = a / (a @ a) @ np.linalg.inv(slope)
    return wave / (wave @ wave), None


def _photograph(
    row: Row,
    texture: np.ndarray,
    back: np.ndarray,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> Tensor:
    """The picture ``(3, H, W)``, every copy of the texture moved by lattice vectors."""
    height, width = size
    y, x = np.mgrid[: height * SAMPLES, : width * SAMPLES].reshape(2, -1)
    points = back @ np.stack([(x + 0.5) / SAMPLES, (y + 0.5) / SAMPLES, np.ones(len(x))])
    u, v = np.floor(points[:2] / points[2]).astype(int)
    high, wide = texture.shape[:2]
    a = row.truth.a
    assert a is not None
    # Along their joints boards may be moved by anything.
    b = row.truth.b or (-0.37 * a[1], 0.37 * a[0])
    moves = np.rint(rng.integers(-20, 20, (COPIES, COPIES, 2)) @ np.array([a, b])).astype(int)
    moved = moves[u // wide % COPIES, v // high % COPIES]
    seen = texture[(v + moved[:, 1]) % high, (u + moved[:, 0]) % wide]
    seen = seen.reshape(height, SAMPLES, width, SAMPLES, 3).mean((1, 3)) / 255
    return torch.from_numpy(seen).movedim(-1, 0).float().contiguous()


def run_task(task: Task) -> dict | None:
    """The raw row of a view, or None where the wall is left out."""
    import tiling_diag

    row = next(r for r in load_corpus(task.folder) if r.name == task.wall)
    seen = draw(row, task.kind, task.seed)
    if seen is None:
        return None
    diagnosis = tiling_diag.diagnose(seen.image)
    summary = diagnosis.summary()
    half = torch.tensor(seen.image.shape[:0:-1]) / 2
    change = (diagnosis.local_period.tilt.nan_to_num(0.0) * half).numpy()
    return {
        "name": f"{row.name} {task.kind}",
        "kind": task.kind,
        "ratio": seen.ratio,
        "verdict": judge(seen.truth, from_summary(summary)),
        "tilt_off": float(np.abs(change - seen.change).max()),
        "coverage": summary["wall"]["coverage"],
        "alarms": [
            f["code"] for f in summary["findings"] if f["severity"] in ("suspect", "defect")
        ],
    }


def table(rows: list[dict]) -> str:
    """Verdicts by kind of view."""
    header = ["view", "walls", *VERDICTS[:4], "tilt off, of those right", "false findings"]
    lines = []
    for name in (*KINDS, "all"):
        mine = [r for r in rows if name in (r["kind"], "all")]
        right = [r["tilt_off"] for r in mine if r["verdict"] == "right"]
        counts = [percent(sum(r["verdict"] == v for r in mine), len(mine)) for v in VERDICTS[:4]]
        off = f"{np.median(right):.3f}" if right else "-"
        false = percent(sum(bool(r["alarms"]) for r in mine), len(mine))
        lines.append([name, len(mine), *counts, off, false])
    wrong = [
        f"- {r['name']}, 1 to {r['ratio']:.1f}: {r['verdict']}" + ", ".join(["", *r["alarms"]])
        for r in rows
        if r["verdict"] != "right" or r["alarms"]
    ]
    return markdown_table(header, lines) + "\n\n" + "\n".join(wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, nargs="+", default=[DEFAULT_CORPUS])
    parser.add_argument("--seed", type=int, default=0, help="other views of the same walls")
    parser.add_argument("--only", metavar="NAME", default="", help="walls with this in their name")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    options = parser.parse_args()
    tasks = [
        Task(folder, row.name, kind, options.seed)
        for folder in options.corpus
        for row in scene_walls(load_corpus(folder))
        if options.only in row.name and fits_side_by_side(row)
        for kind in KINDS
    ]
    rows = [row for row in run_tasks(run_task, tasks, options.workers) if row is not None]
    text = table(rows)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "camera_views.md").write_text(text + "\n", encoding="utf-8")
    (options.out / "camera_views.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
