"""Candidate lattices of many pictures, with their evidence and whether they are true.

Walls of both corpora and drawn walls, as they are, changed (`score_pictures`), seen at an angle
(`score_tilted`) and with bands of another period, and pictures without a lattice (`score_nothing`).
What is fitted on them: `fit_lattice_score`.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from corpus import Row, load_corpus
from scenes import make_scene, scene_walls
from score_gratings import grating
from score_nothing import without_lattice
from score_pictures import Wall, changed, few_periods
from score_tilted import tilted

from tiling_diag.checks.lattice.search import look
from tiling_diag.checks.walls import Walls
from tiling_diag.errors import InputError
from tiling_diag.kernels.lattice_algebra import same_lattice
from tiling_diag.synth import draw_wall, random_wall
from tiling_diag.synth.defects.bands import rescaled_bands
from tiling_diag.synth.defects.defect import Orientation

# A candidate is the true lattice if its vectors are within this share of it.
TOLERANCE, TILTED_TOLERANCE = 0.04, 0.06
DRAWN_SIZES = ((512, 640), (384, 384), (768, 1024))
DRAWN_FIRST_SEED = 50000
CHANGES_OF_DRAWN = 4
# Bands: their period over the wall's, how they run, and the share of the picture that they take.
FACTORS: tuple[float | tuple[float, float], ...] = (2.0, 0.5, (2.0, 1.0), (1.0, 2.0))
RUNS: tuple[Orientation, ...] = ("rows", "cols", "oblique")
SHARES = (0.15, 0.42)
# Kinds of scenes, the hardest, drawn by other seeds than those by which `scenes.py` judges.
SCENES = ("windows", "blinds", "half", "shadows", "occluder", "second_plane")
SCENE_FIRST_SEED = 100
# Parts of sources, and what the table calls them.
HOW = {"tilted": "tilted", "banded": "banded", "few": "few periods"}


@dataclass(frozen=True)
class Task:
    """One picture: where it comes from, and what is done to it."""

    source: str
    name: str
    seed: int
    corpora: tuple[Path, ...]


def tasks(
    corpora: tuple[Path, ...],
    changes: int,
    drawn: int,
    nothing: int,
    tilts: int,
    bands: int,
    scenes: int,
    gratings: int,
    few: int,
) -> list[Task]:
    """All pictures."""
    names = [row.name for folder in corpora for row in _rows(folder)]
    return [
        *(Task("corpus", name, seed, corpora) for name in names for seed in range(changes + 1)),
        *(Task("drawn", f"drawn {k}", k, corpora) for k in range(drawn)),
        *(Task("grating", f"grating {k}", k, corpora) for k in range(gratings)),
        *(Task("nothing", f"nothing {k}", k, corpora) for k in range(nothing)),
        *(Task("tilted", name, seed, corpora) for name in names for seed in range(tilts)),
        *(Task("tilted drawn", f"drawn {k}", k, corpora) for k in range(drawn, drawn + 50 * tilts)),
        *(
            Task("tilted nothing", f"nothing {k}", k, corpora)
            for k in range(nothing, nothing + 30 * tilts)
        ),
        *(Task("banded", name, seed, corpora) for name in names for seed in range(bands)),
        *(
            Task("scene", name, seed * len(SCENES) + k, corpora)
            for name in names
            for seed in range(scenes)
            for k in range(len(SCENES))
        ),
        *(Task("banded drawn", f"drawn {k}", k, corpora) for k in _banded_drawn(drawn, bands)),
        *(Task("few", name, seed, corpora) for name in names for seed in range(few)),
        *(Task("few drawn", f"drawn {k}", k, corpora) for k in _few_drawn(drawn, few)),
    ]


def _banded_drawn(drawn: int, bands: int) -> range:
    """Seeds of drawn walls with bands, beyond those of all others."""
    return range(drawn + 1000, drawn + 1000 + 50 * bands)


def _few_drawn(drawn: int, few: int) -> range:
    return range(drawn + 2000, drawn + 2000 + 50 * few)


def _rows(folder: Path) -> list[Row]:
    return [row for row in load_corpus(folder) if row.kind != "perspective"]


_WALLS: dict[tuple[Path, ...], dict[str, Wall]] = {}


def _walls(corpora: tuple[Path, ...]) -> dict[str, Wall]:
    """Pictures of the corpora, read once in each process."""
    if corpora not in _WALLS:
        _WALLS[corpora] = {
            row.name: Wall(
                row.name,
                torch.from_numpy(row.pixels().astype(np.float32) / 255).movedim(-1, 0),
                row.truth.a,
                row.truth.b,
            )
            for folder in corpora
            for row in _rows(folder)
        }
    return _WALLS[corpora]


def _scene(task: Task) -> Wall | None:
    """A scene on a wall of the corpora, None where it does not fit."""
    for folder in task.corpora:
        rows = load_corpus(folder)
        for row in scene_walls(rows):
            if row.name == task.name:
                seed, kind = divmod(task.seed, len(SCENES))
                scene = make_scene(row, SCENES[kind], rows, seed + SCENE_FIRST_SEED)
                return scene and Wall(task.name, scene.image, scene.a, scene.b)
    return None


def picture(task: Task) -> tuple[Wall, torch.Tensor] | None:
    """The picture of a task, and its mask ``(H, W)``; None where there is none."""
    if task.source == "scene":
        wall = _scene(task)
        return wall and (wall, torch.ones_like(wall.image[0]))
    if task.source == "grating":
        wall = grating(task.seed)
        return wall, torch.ones_like(wall.image[0])
    walls = _walls(task.corpora)
    others = [wall for name, wall in walls.items() if name != task.name]
    if "nothing" in task.source:
        wall = without_lattice(task.seed, [other for other in others if other.a is None])
    elif "drawn" in task.source:
        size = DRAWN_SIZES[task.seed % len(DRAWN_SIZES)]
        drawn = draw_wall(*random_wall(task.seed + DRAWN_FIRST_SEED, size=size))
        wall = Wall(task.name, drawn.image, drawn.truth.a_px, drawn.truth.b_px)
    else:
        wall = walls[task.name]
    if "tilted" in task.source:
        return tilted(wall, task.seed, others)
    if "banded" in task.source:
        wall = banded(wall, task.seed)
        return wall, torch.ones_like(wall.image[0])
    if "few" in task.source:
        wall = few_periods(wall, task.seed)
    elif task.source != "nothing":
        seed = task.seed if task.source == "corpus" else task.seed % CHANGES_OF_DRAWN
        wall = changed(wall, seed, others)
    return wall, torch.ones_like(wall.image[0])


def banded(wall: Wall, seed: int) -> Wall:
    """A wall with a band of doubled or halved period; as it is where it has no two directions."""
    if wall.a is None or wall.b is None:
        return wall
    rng = np.random.default_rng([zlib.crc32(wall.name.encode()), seed, 5])
    factor, orientation = (options[rng.integers(len(options))] for options in (FACTORS, RUNS))
    try:
        made = rescaled_bands(
            wall.image,
            factor=factor,
            orientation=orientation,
            share=float(rng.uniform(*SHARES)),
            lattice=(wall.a, wall.b),
            seed=seed,
        )
    except InputError:  # a band of so few periods does not fit
        return wall
    return replace(wall, image=made.image.clamp(0, 1).contiguous())


@torch.inference_mode()
def run_task(task: Task) -> dict | None:
    """Candidates of one picture with their evidence, and which of them are true."""
    made = picture(task)
    if made is None:
        return None
    wall, mask = made
    tolerance = TILTED_TOLERANCE if "tilted" in task.source else TOLERANCE
    seen = look(Walls(wall.image[None], mask[None]))
    lattices, stripes = seen.lattices, seen.stripes
    vectors = stripes.vector_px[0]
    true_lattice = torch.zeros(lattices.basis_px.shape[1], dtype=torch.bool)
    true_stripe = torch.zeros(len(vectors), dtype=torch.bool)
    if wall.a is not None and wall.b is not None:
        truth = torch.tensor([wall.a, wall.b], dtype=torch.float64)
        true_lattice = same_lattice(lattices.basis_px[0], truth, tolerance)
    elif wall.a is not None:
        truth = torch.tensor(wall.a, dtype=torch.float64)
        off = torch.minimum((vectors - truth).norm(dim=-1), (vectors + truth).norm(dim=-1))
        true_stripe = off < tolerance * truth.norm()
    rank = "none" if wall.a is None else "rank 1" if wall.b is None else "rank 2"
    there, there_1 = lattices.is_there[0], stripes.is_there[0]
    return {
        "name": task.name,
        "kind": f"{'pictures' if task.name in _walls(task.corpora) else 'drawn'}, {rank}",
        "how": _how(task),
        "lattices": seen.evidence[0][there].numpy(),
        "true_lattice": true_lattice[there].numpy(),
        "stripes": stripes.evidence[0][there_1].numpy(),
        "true_stripe": true_stripe[there_1].numpy(),
        "is_periodic": wall.a is not None,
    }


def _how(task: Task) -> str:
    if task.source == "grating":
        return "grating"
    if task.source == "scene":
        return f"scene, {SCENES[task.seed % len(SCENES)]}"
    for kind, name in HOW.items():
        if kind in task.source:
            return name
    seed = task.seed % CHANGES_OF_DRAWN if task.source == "drawn" else task.seed
    return "changed" if seed or task.source == "nothing" else "as is"
