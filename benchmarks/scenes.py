"""Scenes on walls whose lattice is known: is the wall read right with something in front of it?

    python benchmarks/scenes.py --corpus ../shared/corpus --workers 2

Every periodic wall of a corpus is drawn under each kind of scene: with people, plants and cars in
front, windows, sky, another plane, lamps, blinds, shadows, upright, turned, half of it something
else (`KINDS`). Scenes are decided by the wall's name, the kind and a seed, and are JPEG of quality
92, as photographs are.
"""

from __future__ import annotations

import argparse
import functools
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scene_fronts
import scene_light
import scene_pictures
import torch
from corpus import DEFAULT_CORPUS, Row, load_corpus
from PIL import Image
from scene_scores import score_scene, table
from scene_walls import Canvas, draw_canvas, levels, linear, noise_field
from scipy.ndimage import label
from scoring import Vector
from stresses import periods_along_axes
from tables import run_tasks
from torch import Tensor

DEFAULT_OUT = Path("build") / "bench" / "scenes"

KINDS = (
    "plain",
    "occluder",
    "windows",
    "sky",
    "second_plane",
    "spots",
    "blinds",
    "shadows",
    "upright",
    "turned",
    "half",
)
JPEG_QUALITY = 92
# A connected part of the wall has this many periods both ways, and this share of the picture.
LEAST_PERIODS, LEAST_SHARE = 4.0, 0.25
TRIES = 10
OCCLUDERS = (scene_pictures.person, scene_pictures.plant, scene_pictures.car)


@dataclass(frozen=True)
class Scene:
    """A picture of a wall among other things, and what is known of the wall.

    Attributes:
        name: of the source and the kind.
        kind: one of `KINDS`.
        source_file: the corpus's picture of the wall.
        bond: the kind of material, as the manifest has it.
        image: ``(3, H, W)`` float32 in [0, 1].
        a: first lattice vector, (x, y) in px.
        b: second one, None where only one direction repeats.
        unit_px: along the rows, None where the corpus says nothing that can be scored.
        course_px: across the rows, likewise.
        angle_deg: direction of the rows from x, clockwise on the screen, in (-90, 90].
        wall_mask: ``(H, W)`` bool, where the wall is seen.
    """

    name: str
    kind: str
    source_file: str
    bond: str
    image: Tensor
    a: Vector
    b: Vector | None
    unit_px: float | None
    course_px: float | None
    angle_deg: float
    wall_mask: Tensor


def scene_walls(rows: list[Row]) -> list[Row]:
    """The rows with one lattice all over the picture."""
    return [r for r in rows if r.truth.a is not None and r.kind not in ("perspective", "zones")]


def scenes(
    folder: Path = DEFAULT_CORPUS, kinds: tuple[str, ...] = KINDS, seed: int = 0
) -> Iterator[Scene]:
    """All scenes of a corpus; a wall whose picture is too small for a kind is left out of it."""
    rows = load_corpus(folder)
    for kind in kinds:
        for row in scene_walls(rows):
            scene = make_scene(row, kind, rows, seed)
            if scene is not None:
                yield scene


def make_scene(row: Row, kind: str, rows: list[Row], seed: int = 0) -> Scene | None:
    """The scene of one kind on the wall of a row, or None where it shows too little of it.

    Args:
        row: the wall.
        kind: one of `KINDS`.
        rows: the corpus: what stands beside the wall comes from it.
        seed: another one gives other scenes.
    """
    for attempt in range(TRIES):
        rng = np.random.default_rng([zlib.crc32(f"{row.name} {kind}".encode()), seed, attempt])
        canvas = draw_canvas(row, rng, _degrees(kind, rng))
        if canvas is None:
            continue
        light, covered = _painted(canvas, kind, row, rows, rng)
        mask = covered < 0.5
        if not _enough(mask, row, canvas):
            continue
        return Scene(
            name=f"{row.name} {kind}",
            kind=kind,
            source_file=row.path.name,
            bond=row.kind,
            image=_photographed(light, rng),
            a=canvas.a,
            b=canvas.b,
            unit_px=canvas.unit_px,
            course_px=canvas.course_px,
            angle_deg=canvas.angle_deg,
            wall_mask=torch.from_numpy(mask),
        )
    return None


def _degrees(kind: str, rng: np.random.Generator) -> float:
    if kind == "upright":
        return 90.0
    if kind == "turned":
        return float(rng.choice([-1, 1]) * rng.uniform(15, 60))
    return 0.0


def _painted(
    canvas: Canvas, kind: str, row: Row, rows: list[Row], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The light of the scene, and what covers the wall."""
    wall, nothing = scene_light.daylight(canvas.light, rng), np.zeros(canvas.size, np.float32)
    periods = [float(np.hypot(*v)) for v in (canvas.a, canvas.b) if v is not None]
    periods += [p for p in (canvas.unit_px, canvas.course_px) if p is not None]
    if kind == "occluder":
        return OCCLUDERS[zlib.crc32(row.name.encode()) % len(OCCLUDERS)](wall, rng)
    if kind == "windows":
        return scene_fronts.windows(wall, rng)
    if kind == "sky":
        return scene_fronts.sky(wall, rng)
    if kind == "second_plane":
        others = [r for r in scene_walls(rows) if r is not row] or [row]
        other = linear(others[rng.integers(len(others))].pixels())
        return scene_fronts.second_plane(wall, rng, other)
    if kind == "half":
        return scene_fronts.half(wall, rng, _aperiodic(rows, rng))
    if kind == "spots":
        return scene_light.spots(wall, rng, periods), nothing
    if kind == "blinds":
        return scene_light.blinds(wall, rng, periods), nothing
    if kind == "shadows":
        return scene_light.shadows(wall, rng), nothing
    return wall, nothing


def _aperiodic(rows: list[Row], rng: np.random.Generator) -> np.ndarray:
    """The light of a material without a period: of the corpus, or plaster drawn."""
    none = [r for r in rows if r.kind == "none"]
    if none:
        return linear(none[rng.integers(len(none))].pixels())
    grain = 0.5 * (1 + 0.1 * noise_field((512, 512), rng, 24, 5))
    return np.repeat(np.clip(grain, 0, 1)[..., None], 3, -1)


def _enough(mask: np.ndarray, row: Row, canvas: Canvas) -> bool:
    """Whether the largest connected part of the wall shows enough of its periods."""
    parts, count = label(mask)
    if count == 0:
        return False
    sizes = np.bincount(parts.ravel())[1:]
    y, x = np.nonzero(parts == 1 + sizes.argmax())
    # In the wall's own axes, so that a turned wall is asked for the same.
    turn = np.radians(canvas.angle_deg if canvas.b else 0.0)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    assert row.truth.a is not None
    if canvas.b is None:
        periods = (None, float(np.hypot(*canvas.a)))
        across = (x * canvas.a[0] + y * canvas.a[1]) / np.hypot(*canvas.a)
    else:
        scale = float(np.hypot(*canvas.a) / np.hypot(*row.truth.a))
        px, py = periods_along_axes(row.truth.a, row.truth.b)
        periods = (px and px * scale, py and py * scale)
    seen = (np.ptp(along), np.ptp(across))
    fits = all(p is None or s >= LEAST_PERIODS * p for s, p in zip(seen, periods, strict=True))
    return bool(fits and sizes.max() >= LEAST_SHARE * mask.size)


def _photographed(light: np.ndarray, rng: np.random.Generator) -> Tensor:
    """The picture a camera saves of it: sensor noise, 8 bits, JPEG."""
    pixels = levels(light) + rng.normal(0, rng.uniform(0.5, 1.5), light.shape)
    stream = io.BytesIO()
    picture = Image.fromarray((np.clip(pixels, 0, 255) + 0.5).astype(np.uint8))
    picture.save(stream, "JPEG", quality=JPEG_QUALITY)
    saved = np.asarray(Image.open(stream)).astype(np.float32) / 255
    return torch.from_numpy(saved).movedim(-1, 0).contiguous()


@dataclass(frozen=True)
class Task:
    """One scene to be drawn and measured."""

    folder: Path
    wall: str
    kind: str
    seed: int


@functools.cache
def _rows(folder: Path) -> list[Row]:
    return load_corpus(folder)


def run_task(task: Task) -> dict | None:
    """The raw row of a scene, or None where the wall is left out."""
    rows = _rows(task.folder)
    row = next(r for r in rows if r.name == task.wall)
    scene = make_scene(row, task.kind, rows, task.seed)
    return None if scene is None else score_scene(scene)


def spread(rows: list[Row], limit: int | None) -> list[Row]:
    """At most `limit` rows, evenly from all of them: the manifest sorts them by kind."""
    if limit is None or limit >= len(rows):
        return rows
    return [rows[i * len(rows) // limit] for i in range(limit)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=DEFAULT_CORPUS, help="folder of the walls")
    parser.add_argument("--only", metavar="KIND,KIND", help="kinds, of: " + ", ".join(KINDS))
    parser.add_argument("--limit", type=int, metavar="N", help="walls of each kind")
    parser.add_argument("--seed", type=int, default=0, help="other scenes of the same walls")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    options = parser.parse_args()
    kinds = tuple(options.only.split(",")) if options.only else KINDS
    if unknown := set(kinds) - set(KINDS):
        raise SystemExit(f"--only {','.join(sorted(unknown))}: choose of {', '.join(KINDS)}")
    walls = spread(scene_walls(load_corpus(options.corpus)), options.limit)
    tasks = [Task(options.corpus, row.name, kind, options.seed) for kind in kinds for row in walls]
    found = run_tasks(run_task, tasks, options.workers)
    rows = [row for row in found if row is not None]
    left_out = [f"{t.wall} {t.kind}" for t, r in zip(tasks, found, strict=True) if r is None]
    text = table(rows) + f"\n\nleft out as too small: {', '.join(left_out) or 'none'}"
    options.out.mkdir(parents=True, exist_ok=True)
    name = options.corpus.name
    (options.out / f"{name}.md").write_text(text + "\n", encoding="utf-8")
    (options.out / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
