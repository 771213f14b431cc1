"""What is measured of the cases of `findings.py`: evidence, places and baselines, kept in a store.

A case is measured again when the files that decide its evidence have changed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from corpus import Row
from defect_cases import Made, Spec, make
from legacy_metrics import legacy_metrics
from PIL import Image, ImageDraw
from tables import run_tasks

import tiling_diag
from tiling_diag.checks.artifacts.edge_cross import measure_edge_cross
from tiling_diag.checks.artifacts.jpeg_blocks import measure_jpeg
from tiling_diag.checks.artifacts.resizing import measure_resize
from tiling_diag.checks.artifacts.results import GridResult
from tiling_diag.checks.artifacts.traces import difference_profiles
from tiling_diag.checks.artifacts.upsampling_grid import measure_grid
from tiling_diag.checks.batches import item
from tiling_diag.checks.plane.measure import measure_plane
from tiling_diag.checks.reference.lattice_ratio import measure_reference, reference_lattice
from tiling_diag.checks.reference.texture_ratio import with_texture_ratio
from tiling_diag.checks.results import BandAxis, LatticeResult
from tiling_diag.checks.spectra.power import measure_spectrum
from tiling_diag.checks.walls import Walls

AXES = {
    BandAxis.NONE: None,
    BandAxis.ROWS: "rows",
    BandAxis.COLUMNS: "cols",
    BandAxis.OBLIQUE: "oblique",
}
PACKAGE = Path(__file__).resolve().parents[1] / "tiling_diag"
# What decides the evidence of a case: of those that look at pixels only, and of all others.
PIXELS = (
    "tiling_diag/checks/artifacts/*.py",
    "tiling_diag/checks/spectra/power.py",
    "tiling_diag/synth/**/*.py",
    "tiling_diag/findings/evidence.py",
    "benchmarks/defect_cases.py",
)
EVERYTHING = (
    *PIXELS,
    "tiling_diag/checks/**/*.py",
    "tiling_diag/kernels/*.py",
    "tiling_diag/checks/walls.py",
)
KINDS = (
    "upsampling_grid",
    "resize_alias",
    "doubling_bands",
    "period",
    "edge_cross",
    "no_period",
)
# Defects of which no more is measured than their own kind needs.
KINDS_OF = {
    "upsampling_grid": ("upsampling_grid",),
    "resize_alias": ("resize_alias",),
    "edge_cross": ("edge_cross",),
    "period": ("period",),
}


def measure(spec: Spec) -> dict | None:
    """Evidence, places and baselines of one case."""
    from tiling_diag.findings.evidence import EVIDENCE

    made = make(spec)
    if made is None:
        return None
    kinds = KINDS_OF.get(spec.finding, KINDS)
    period_only = spec.reference and spec.finding == "clean"
    if period_only:
        kinds = ("period",)
    if spec.finding in KINDS_OF or period_only:
        found, places = _parts(spec, made), {}
    else:
        found = tiling_diag.diagnose(made.image, ref=made.reference)
        places = _places(found, made)
    evidence = {kind: EVIDENCE[kind](found) if kind in kinds else None for kind in EVIDENCE}
    plain = spec.finding == "clean" and not spec.reference
    with_bands = plain or spec.finding == "doubling_bands"
    return {
        "evidence": evidence,
        "orientation": made.orientation,
        **places,
        **({"grid_period_px": _likeliest(found.grid)} if "upsampling_grid" in kinds else {}),
        **({"factor": float(found.resize.trace_factor)} if "resize_alias" in kinds else {}),
        "baselines": legacy_metrics(made.image, bands=with_bands)
        if plain or spec.strength == "medium"
        else None,
    }


def _places(found: tiling_diag.Diagnosis, made: Made) -> dict:
    moved = float(found.edge_cross.period_px) / float(found.edge_cross.split_period_px)
    return {
        "overlap": overlap(made.zones.numpy() > 0.5, found.banding.polygons_px.numpy()),
        "found_axis": AXES[BandAxis(int(found.banding.axis))],
        "cross_move": abs(moved - 1) if math.isfinite(moved) else 0.0,
        "scale_change": float(found.local_period.scale_change),
        "drift": [float(found.local_period.drift_x), float(found.local_period.drift_y)],
        "homography_r2": float(found.local_period.homography_r2),
        "is_periodic": bool(found.lattice.is_periodic),
    }


def overlap(truth: np.ndarray, polygons: np.ndarray) -> float | None:
    """Intersection over union of zones ``(H, W)`` and polygons ``(k, n, 2)``; None without zones.

    Polygons with NaN corners are left out.
    """
    if not truth.any():
        return None
    found = Image.new("1", (truth.shape[1], truth.shape[0]))
    for corners in polygons:
        if np.isfinite(corners).all():
            # Pixel centres lie at halves, and Pillow's at whole numbers.
            ImageDraw.Draw(found).polygon([tuple(c) for c in corners - 0.5], fill=1)
    inside = np.asarray(found)
    return float((truth & inside).sum() / (truth | inside).sum())


def _likeliest(grid: GridResult) -> float | None:
    pairs = zip(grid.score.nan_to_num(-1e9).tolist(), grid.period_px.tolist(), strict=True)
    return max(pairs, default=(0.0, None))[1]


def _parts(spec: Spec, made: Made) -> SimpleNamespace:
    """What one kind of evidence is made of, measured as a diagnosis does.

    A grid, an alias or a shade leaves the lattice as it is: for these it is that of the clean
    picture, which saves most of the time.
    """
    settings = tiling_diag.Settings()
    with torch.inference_mode():
        walls = _walls(made.image)
        if spec.finding == "period" or spec.reference:
            lattice = measure_plane(walls)[0]
            own = reference_lattice(made.reference)
            known = measure_reference(lattice, own, made.reference, settings.ref_scale)
            parts = {"reference": with_texture_ratio(known, lattice, walls, settings.ref_scale)}
        else:
            lattice = _clean_lattice(spec.row)
            spectral, profiles = measure_spectrum(walls, lattice), difference_profiles(walls)
            parts = {
                "jpeg": measure_jpeg(walls, profiles),
                "grid": measure_grid(walls, lattice, settings.grid_periods_px),
                "resize": measure_resize(walls, lattice, profiles),
                "edge_cross": measure_edge_cross(walls, spectral.power_no_window, lattice),
            }
    parts = {name: item(result, 0) for name, result in (parts | {"lattice": lattice}).items()}
    return SimpleNamespace(settings=settings, **({"reference": None} | parts))


@lru_cache(maxsize=2)
def _clean_lattice(row: Row) -> LatticeResult:
    image = torch.from_numpy(row.pixels() / np.float32(255)).movedim(-1, 0)
    return measure_plane(_walls(image))[0]


def _walls(image: torch.Tensor) -> Walls:
    return Walls(image[None], torch.ones_like(image[None, 0]))


def measured(todo: list[Spec], out: Path, workers: int, fresh: bool) -> list[dict]:
    """One row per case that could be made, from the folder's store where the code is the same."""
    store = out / "evidence.json"
    kept: dict[str, dict] = {}
    if store.is_file() and not fresh:
        kept = json.loads(store.read_text(encoding="utf-8"))
    sources = {True: _source(PIXELS), False: _source(EVERYTHING)}

    def source(spec: Spec) -> str:
        return sources[spec.finding in KINDS_OF and spec.finding != "period"]

    def known(spec: Spec) -> bool:
        return kept.get(spec.key, {}).get("source") == source(spec)

    missing = [spec for spec in todo if not known(spec)]
    for start in range(0, len(missing), 100):
        part = missing[start : start + 100]
        for spec, result in zip(part, run_tasks(measure, part, workers), strict=True):
            kept[spec.key] = {"source": source(spec), "result": result}
        out.mkdir(parents=True, exist_ok=True)
        store.write_text(json.dumps(kept), encoding="utf-8")
    rows = []
    for spec in todo:
        result = kept[spec.key]["result"]
        if result is not None:
            labels = {f.name: getattr(spec, f.name) for f in dataclasses.fields(spec)}
            rows.append(labels | {"row": spec.row.name, "material": spec.row.kind} | result)
    return rows


def _source(patterns: tuple[str, ...]) -> str:
    """A fingerprint of files of the project."""
    found = hashlib.sha256()
    for path in sorted({p for pattern in patterns for p in PACKAGE.parent.glob(pattern)}):
        found.update(path.read_bytes())
    return found.hexdigest()
