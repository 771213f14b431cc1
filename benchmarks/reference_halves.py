"""Is the scale over a reference right where no lattice says it? Two halves of one picture.

    python benchmarks/reference_halves.py

The left half of every flat picture of a corpus is the reference, and the right half, as it is and
resampled, the wall. `checks/reference/texture_ratio.py` takes a scale from their autocorrelations.
Scored are how often it gives one, and how often that is within 8 % along both axes: where both
halves show a lattice, and where one does not, which is where it is used.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from corpus import DEFAULT_CORPUS, Row, load_corpus
from PIL import Image
from tables import markdown_table, percent, run_tasks

from tiling_diag.checks.lattice.measure import measure_lattice
from tiling_diag.checks.reference.limits import LIMITS
from tiling_diag.checks.reference.texture_ratio import best_stretch
from tiling_diag.checks.walls import Walls
from tiling_diag.findings.limits import LIMITS as FINDING_LIMITS

DEFAULT_OUT = Path("build") / "bench" / "reference_halves"
FACTORS = (1.0, 1.41, 2.0, 0.5)


@dataclass(frozen=True)
class Score:
    """One pair of halves: whether both show a lattice, and what was said of their scale."""

    name: str
    factor: float
    lattices: bool
    octaves: tuple[float, float]
    lead: float

    @property
    def said(self) -> bool:
        """Whether a diagnosis would believe it."""
        return self.lead > LIMITS.least_lead

    @property
    def right(self) -> bool:
        """Whether it is within 8 % along both axes."""
        true = math.log2(self.factor)
        return max(abs(octave - true) for octave in self.octaves) <= FINDING_LIMITS.off_octaves


def score(row: Row) -> list[Score]:
    """The scores of one picture."""
    pixels = row.pixels()
    middle = pixels.shape[1] // 2
    reference, shown = _half(pixels[:, :middle])
    found = []
    for factor in FACTORS:
        wall, repeats = _half(resampled(pixels[:, middle:], factor))
        of_px = torch.tensor(wall.small_step_px) / torch.tensor(reference.small_step_px)
        seen = (one.small.autocorrelation_maps for one in (wall, reference))
        octaves, lead = best_stretch(*seen, of_px)
        along, across = octaves.tolist()
        found.append(Score(row.name, factor, shown and repeats, (along, across), lead))
    return found


def resampled(pixels: np.ndarray, factor: float) -> np.ndarray:
    """The upper left of the picture enlarged, no larger than before; all of it reduced."""
    height, width = pixels.shape[:2]
    size = (round(width * factor), round(height * factor))
    large = Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.LANCZOS)
    return np.asarray(large)[:height, :width]


@torch.inference_mode()
def _half(pixels: np.ndarray) -> tuple[Walls, bool]:
    """A picture as a batch of one, and whether it shows a lattice."""
    image = torch.from_numpy(pixels.astype(np.float32) / 255).movedim(-1, 0).contiguous()[None]
    wall = Walls(image, torch.ones_like(image[:, 0]))
    return wall, bool(measure_lattice(wall).is_periodic[0])


def table(scores: list[Score]) -> str:
    """How often a scale is said and right, by factor, with both lattices and without."""
    lines = []
    for lattices in (False, True):
        for factor in FACTORS:
            mine = [s for s in scores if s.lattices == lattices and s.factor == factor]
            said = [s for s in mine if s.said]
            right = sum(s.right for s in said)
            what = "both show a lattice" if lattices else "one or both show none"
            lines.append([what, factor, len(mine), len(said), percent(right, len(said))])
    return markdown_table(["halves", "factor", "n", "scale said", "of these right"], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=DEFAULT_CORPUS, help="folder of pictures")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the table")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    rows = [r for r in load_corpus(options.corpus) if r.kind not in ("zones", "perspective")]
    scores = [one for found in run_tasks(score, rows, options.workers) for one in found]
    text = table(scores)
    wrong = [s for s in scores if s.said and not s.right]
    lines = [f"{s.name}, {s.factor}: {s.octaves[0]:.2f} {s.octaves[1]:.2f} octaves" for s in wrong]
    text = "\n\n".join([text, "Said and wrong:", *(lines or ["none"])]) + "\n"
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
