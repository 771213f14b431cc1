"""A folder of pictures with known lattices: `manifest.json` read into rows, pictures into arrays.

The manifest's fields are explained in the corpus's own README; used here are `file`, `kind`, `a`,
`b`, `unit_px`, `course_px`, `tol_pct`, `regularity`, `anchor` and `zones`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scoring import Truth, Vector

DEFAULT_CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
# How far single units may lie from their lattice place, as a share of a period, by `regularity`.
WANDER = {"regular": 0.03, "near_regular": 0.12, "weak": 0.2}
# In these kinds `unit_px` and `course_px` of the manifest mean what the diagnosis means by them.
SCORED_SIZES = ("running_bond", "stack_bond", "plank_1d")


@dataclass(frozen=True)
class Row:
    """One picture of a corpus and what is known of it."""

    path: Path
    kind: str
    truth: Truth
    wander: float
    anchor: Vector
    zone_boxes: tuple[tuple[int, int, int, int], ...]

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    def pixels(self) -> np.ndarray:
        """``(H, W, 3)`` uint8."""
        return np.asarray(Image.open(self.path).convert("RGB"))

    @property
    def size(self) -> tuple[int, int]:
        """``(H, W)`` in px."""
        with Image.open(self.path) as image:
            return image.height, image.width

    def base_map(self) -> np.ndarray:
        """``(H, W)`` uint8: 255 where the truth's lattice holds, 0 inside zones of another."""
        base = np.full(self.size, 255, dtype=np.uint8)
        for x0, y0, x1, y1 in self.zone_boxes:
            base[y0:y1, x0:x1] = 0
        return base


def load_corpus(folder: Path, only: str | None = None) -> list[Row]:
    """The rows of a corpus in the manifest's order, `only` those whose file name contains that."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise SystemExit(f"--corpus {folder}: no manifest.json there; give the corpus's folder")
    rows = [_row(folder, entry) for entry in json.loads(manifest.read_text(encoding="utf-8"))]
    found = [row for row in rows if only is None or only in row.path.name]
    if not found:
        raise SystemExit(f"--only {only}: no file of {manifest} has that in its name")
    return found


def _row(folder: Path, entry: dict) -> Row:
    sized = entry["kind"] in SCORED_SIZES
    return Row(
        path=folder / entry["file"],
        kind=entry["kind"],
        truth=Truth(
            a=_vector(entry["a"]),
            b=_vector(entry["b"]),
            unit_px=entry["unit_px"] if sized else None,
            course_px=entry["course_px"] if sized else None,
            tolerance=(entry["tol_pct"] or 0.0) / 100,
            is_periodic=entry["kind"] != "none",
        ),
        wander=WANDER.get(entry["regularity"], 0.0),
        anchor=_vector(entry.get("anchor")) or (0.0, 0.0),
        zone_boxes=tuple(tuple(zone["box"]) for zone in entry.get("zones") or ()),
    )


def _vector(values: list[float] | None) -> Vector | None:
    return None if values is None else (values[0], values[1])
