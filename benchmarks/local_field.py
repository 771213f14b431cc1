"""The local lattice field: is it right at every place, in perspective and across bands?

    python benchmarks/local_field.py
    python benchmarks/local_field.py --only brick --seeds 1

Corpus textures as they are, under light, noise and JPEG, seen at an angle, and with bands of
doubled or halved period. Scored are the local period, the plane's scale field, and the bands:
overlap with the truth, direction, and how well their clarity tells walls with bands from walls
without. Bands show at least two of their own units; textures too coarse for that are left out of
the bands. Three rows of the table of walls take all pictures together, whether the lattice of the
wall as a whole was found or not; where it was not, nothing is measured and it counts as missed.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from corpus import DEFAULT_CORPUS, load_corpus
from local_cases import (
    STRENGTHS,
    Case,
    Picture,
    band_cases,
    clean_cases,
    make_picture,
    scale_field,
    true_periods,
    view_cases,
)
from local_field_report import band_table, failure_table, field_table, row_table
from PIL import Image, ImageDraw
from tables import run_tasks
from torch import Tensor

from tiling_diag.checks.plane.local_period import measure_local_period
from tiling_diag.checks.plane.measure import measure_plane
from tiling_diag.checks.results import BandAxis, BandingResult, LatticeResult, LocalPeriodResult
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.hidden_lattice import with_hidden_lattices
from tiling_diag.checks.zones.measure import measure_banding

DEFAULT_OUT = Path("build") / "bench" / "local_field"
AXES = {
    BandAxis.NONE: None,
    BandAxis.ROWS: "rows",
    BandAxis.COLUMNS: "cols",
    BandAxis.OBLIQUE: "oblique",
}


@dataclass(frozen=True)
class Measured:
    """The checks that are scored, for one wall."""

    lattice: LatticeResult
    local: LocalPeriodResult
    banding: BandingResult


def measure(image: Tensor) -> Measured:
    walls = Walls(image[None], torch.ones_like(image[:1]))
    with torch.inference_mode():
        lattice, plane = with_hidden_lattices(walls, *measure_plane(walls))
        local = measure_local_period(walls, lattice, plane)
        return Measured(lattice, local, measure_banding(walls, lattice, local))


def run_case(case: Case) -> dict | None:
    """The raw row of a case; None where the texture does not carry it."""
    picture = make_picture(case)
    if picture is None:
        return None
    found = measure(picture.image)
    banding = found.banding
    return {
        "file": case.row.path.name,
        "row_kind": case.row.kind,
        "kind": case.kind,
        "detail": case.detail,
        "strength": case.strength,
        "periodic": bool(found.lattice.is_periodic[0]),
        **_period_score(picture, found),
        **_plane_score(picture, found),
        "orientation": picture.orientation,
        "axis": AXES[BandAxis(int(banding.axis[0]))],
        "clarity": float(banding.clarity[0]),
        "overlap": _overlap(picture, banding),
    }


def _places(local: LocalPeriodResult) -> Tensor:
    x, y = local.center_x_px[0], local.center_y_px[0]
    return torch.stack([x.expand(len(y), -1), y[:, None].expand(-1, len(x))], -1).reshape(-1, 2)


def _period_score(picture: Picture, found: Measured) -> dict:
    """Median error of the local period, and the share of the wall that has one."""
    places, period = _places(found.local), found.local.period_px[0].flatten()
    known = period.isfinite()
    truth = true_periods(picture, found.lattice.wave_vector[0], places)
    scored = {"known": float(known.double().mean()), "period_error": None, "band_error": None}
    if truth is None or not bool(known.any()):
        return scored
    error = (period / truth - 1).abs()
    x, y = places.floor().long().unbind(-1)
    inside = torch.from_numpy(picture.inside)[y, x] & known
    scored["period_error"] = float(error[known].median())
    scored["band_error"] = float(error[inside].median()) if bool(inside.any()) else None
    return scored


def _plane_score(picture: Picture, found: Measured) -> dict:
    """How far the fitted plane's scale field is from the true one: median, relative."""
    height, width = picture.image.shape[1:]
    y, x = torch.meshgrid(
        torch.linspace(0, height, 25).double(), torch.linspace(0, width, 25).double(), indexing="ij"
    )
    places = torch.stack([x, y], -1).reshape(-1, 2)
    true = scale_field(picture.homography, places)
    corners = true[[0, 24, 600, 624]]
    scored = {
        "true_change": float(corners.max() / corners.min()),
        "change": None,
        "plane_error": None,
    }
    homography = found.local.homography[0]
    if not bool(homography.isfinite().all()):
        return scored
    ratio = scale_field(homography, places) / true
    scored["plane_error"] = float((ratio / ratio.median() - 1).abs().median())
    seen = scale_field(homography, places)[[0, 24, 600, 624]]
    scored["change"] = float(seen.max() / seen.min())
    return scored


def _overlap(picture: Picture, banding: BandingResult) -> float | None:
    """Intersection over union of the reported zones with the true ones; None without either."""
    height, width = picture.image.shape[1:]
    canvas = Image.new("1", (width, height))
    for polygon in banding.polygons_px[0]:
        if bool(polygon.isfinite().all()):
            ImageDraw.Draw(canvas).polygon([tuple(p) for p in polygon.tolist()], fill=1)
    seen = np.asarray(canvas)
    if not picture.inside.any():
        return None
    return float((seen & picture.inside).sum() / (seen | picture.inside).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=DEFAULT_CORPUS, help="folder to score")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    parser.add_argument("--only", metavar="NAME", help="files whose name contains NAME")
    parser.add_argument("--seeds", type=int, default=2, help="draws of bands (default %(default)s)")
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    corpus = load_corpus(options.corpus, options.only)
    cases = clean_cases(corpus) + view_cases(corpus, options.first_seed)
    for strength in STRENGTHS.values():
        cases += band_cases(corpus, options.seeds, strength, options.first_seed)
    rows = [row for row in run_tasks(run_case, cases, options.workers) if row is not None]
    text = "\n\n".join(
        [
            "## The field", field_table(rows),
            "## Bands", band_table(rows),
            "## Rows of the corpus", row_table(rows),
            "## Failures", failure_table(rows),
        ]
    )  # fmt: skip
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(text + "\n", encoding="utf-8")
    raw = json.dumps(rows, indent=1)
    (options.out / "rows.json").write_text(raw + "\n", encoding="utf-8")
    print(text)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
