"""How often enlarged pictures are told from others, and badly enlarged ones from good ones.

    python benchmarks/findings_resizes.py --every 3
    python benchmarks/findings_resizes.py --write-table   # also fits both maps of the package

Every n-th flat picture of both corpora is resized in many ways, and every result goes through what
pictures go through on their way. The lattice is the manifest's. Half of the pictures fits the maps
that the other half is scored with, and the reverse.

Reduced by nearest pixels and enlarged by them is an alias, reduced by a low-pass or not at all and
enlarged by cubics or Lanczos is not. Straight lines stand between: they are measured, and decide
no map.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from corpus import DEFAULT_CORPUS, Row, load_corpus
from defect_cases import as_picture, as_tensor, groups
from findings_evidence import PACKAGE
from findings_grids import known_lattice, processed
from logistic import apply, auroc, fit
from PIL import Image
from tables import markdown_table, percent, run_tasks
from torch import Tensor

from tiling_diag.checks.artifacts.resizing import measure_resize
from tiling_diag.checks.artifacts.traces import difference_profiles
from tiling_diag.checks.batches import item
from tiling_diag.checks.walls import Walls
from tiling_diag.findings import evidence
from tiling_diag.synth.defects.catalogue import resize_alias

DEFAULT_OUT = Path("build") / "bench" / "findings_resizes"
POST = ("png", "jpeg95", "jpeg80", "jpeg60", "noise")
# An alias of medium strength.
STRENGTH = 0.5
SUSPECT = 0.5
# Cases from which this likely on are enlarged decide the second map.
PERHAPS = 0.3
FACTORS = (1.5, 1.8, 2.0, 2.5, 3.0, 4.0)


def variants() -> dict[str, tuple[float | None, Callable[[Tensor], Tensor]]]:
    """Names of what is done to a picture, the factor it is enlarged by, and how."""
    made: dict[str, tuple[float | None, Callable[[Tensor], Tensor]]] = {
        "as it is": (None, lambda image: image),
        "Lanczos 0.8": (None, partial(_resized, by=0.8, method="LANCZOS")),
    }
    for method in ("nearest", "bilinear"):
        for factor in FACTORS:
            made[f"{method} {factor:g}"] = (factor, partial(_alias, method=method, factor=factor))
    for method in ("BICUBIC", "LANCZOS"):
        name = method.capitalize()
        made[f"{name} 1.5"] = (1.5, partial(_resized, by=1.5, method=method))
        for factor in (1.7, 2.0):
            there_and_back = partial(_there_and_back, factor=factor, method=method)
            made[f"Lanczos 1/{factor:g}, {name} {factor:g}"] = (factor, there_and_back)
    return made


def _alias(image: Tensor, method: str, factor: float) -> Tensor:
    return resize_alias(image, factor=factor, method=method, strength=STRENGTH).image  # type: ignore[arg-type]


def _resized(image: Tensor, by: float, method: str) -> Tensor:
    size = round(image.shape[2] * by), round(image.shape[1] * by)
    return as_tensor(np.asarray(as_picture(image).resize(size, Image.Resampling[method])))


def _there_and_back(image: Tensor, factor: float, method: str) -> Tensor:
    small = as_picture(_resized(image, 1 / factor, "LANCZOS"))
    size = (image.shape[2], image.shape[1])
    return as_tensor(np.asarray(small.resize(size, Image.Resampling[method])))


def run_task(task: tuple[Row, str]) -> list[dict]:
    """The evidence of one picture resized in one way, after every kind of processing."""
    row, name = task
    image = as_tensor(row.pixels())
    factor, change = variants()[name]
    changed = change(image)
    scale = changed.shape[2] / image.shape[2]
    found = []
    for post in POST:
        picture = processed((changed.clamp(0, 1) * 255).round() / 255, post)
        walls = Walls(picture[None], torch.ones_like(picture[:1]))
        with torch.inference_mode():
            profiles = difference_profiles(walls)
            resize = item(measure_resize(walls, known_lattice(row, scale), profiles), 0)
        known = evidence.resize_alias(SimpleNamespace(resize=resize))  # type: ignore[arg-type]
        if known is not None:
            right = factor is not None and abs(float(resize.trace_factor) / factor - 1) < 0.05
            found.append({"name": name, "post": post, "evidence": known, "factor": right})
    return found


def is_enlarged(row: dict) -> bool:
    return row["name"] not in ("as it is", "Lanczos 0.8")


def is_alias(row: dict) -> bool | None:
    """Whether a case is an alias; None where it stands between."""
    if row["name"].startswith("bilinear"):
        return None
    return bool(row["name"].startswith("nearest"))


def fitted(rows: list[dict]) -> dict[str, dict]:
    """Both maps, each with three clean pictures on one with it, and as many of both kinds."""
    larger = fit([_larger(r) for r in rows], [is_enlarged(r) for r in rows], 3.0)
    perhaps = [r for r in rows if is_enlarged(r) and is_alias(r) is not None]
    perhaps = [r for r in perhaps if apply(larger, _larger(r)) > PERHAPS]
    features = [{k: r["evidence"][k] for k in ("near", "far")} for r in perhaps]
    bad = fit(features, [bool(is_alias(r)) for r in perhaps], 1.0)
    return {"enlarged": larger, "resize_alias": {"given": "enlarged", **bad}}


def _larger(row: dict) -> dict[str, float]:
    return {k: row["evidence"][k] for k in ("trace", "coherence")}


def cross_fitted(rows: list[dict]) -> None:
    """Add to every row both probabilities, by the maps of the other half of the pictures."""
    names = sorted({row["group"] for row in rows})
    half = {name: index % 2 for index, name in enumerate(names)}
    maps = [fitted([r for r in rows if half[r["group"]] != side]) for side in (0, 1)]
    for row in rows:
        mine = maps[half[row["group"]]]
        row["enlarged"] = apply(mine["enlarged"], row["evidence"])
        row["alias"] = row["enlarged"] * apply(mine["resize_alias"], row["evidence"])


def report(rows: list[dict]) -> str:
    """Said to be an alias, and enlarged at all, for every resize and every processing."""
    lines: list[list[object]] = []
    for name in variants():
        cells: list[object] = [name]
        for post in POST:
            mine = [r for r in rows if r["name"] == name and r["post"] == post]
            bad = sum(r["alias"] >= SUSPECT for r in mine)
            larger = [r for r in mine if r["enlarged"] >= SUSPECT]
            right = percent(sum(r["factor"] for r in larger), len(larger))
            cells.append(f"{percent(bad, len(mine))} / {percent(len(larger), len(mine))} ({right})")
        lines.append(cells)
    each = markdown_table(["resize", *POST], lines)
    lines = []
    for post in POST:
        mine = [r for r in rows if r["post"] == post]
        alias = [r["alias"] for r in mine if is_alias(r)]
        good = [r["alias"] for r in mine if is_alias(r) is False]
        found, false = (percent(sum(p >= SUSPECT for p in x), len(x)) for x in (alias, good))
        lines.append([post, found, false, f"{auroc(alias, good):.3f}"])
    whole = markdown_table(["", "repeated pixels found", "false", "AUROC"], lines)
    return f"{each}\n\n{whole}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    corpora = [DEFAULT_CORPUS, DEFAULT_CORPUS.with_name("corpus2")]
    parser.add_argument("--corpus", type=Path, nargs="+", default=corpora, help="folders")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every n-th picture")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the table")
    parser.add_argument("--write-table", action="store_true", help="fit the package's maps")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    tasks = []
    for folder in options.corpus:
        source = groups(folder)
        flat = [r for r in load_corpus(folder) if r.kind not in ("zones", "perspective")]
        tasks += [(r, n, source[r.path.name]) for r in flat[:: options.every] for n in variants()]
    found = run_tasks(run_task, [task[:2] for task in tasks], options.workers)
    rows = [{**r, "group": t[2]} for t, each in zip(tasks, found, strict=True) for r in each]
    cross_fitted(rows)
    if options.write_table:
        path = PACKAGE / "findings" / "calibration.json"
        table = json.loads(path.read_text(encoding="utf-8"))
        table["maps"] |= fitted(rows)
        path.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table.md").write_text(report(rows) + "\n", encoding="utf-8")
    print("Said to be an alias / said to be enlarged (of those with the right factor).\n")
    print(report(rows))


if __name__ == "__main__":
    main()
