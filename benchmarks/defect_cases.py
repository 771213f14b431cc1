"""Pictures of a corpus, clean and with generated defects of three strengths, one case each.

Every random choice is seeded by the picture's name and the case: the same call gives the same
picture. Pictures are 8-bit RGB before and after, as files are.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from corpus import Row
from local_cases import LEAST_UNITS, extent, period_along
from PIL import Image
from stresses import make_case
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.synth.defects.catalogue import (
    autoencoder_grid,
    perspective_view,
    rescaled_bands,
    rescaled_wall,
    resize_alias,
    transposed_convolution_grid,
    uneven_borders,
)
from tiling_diag.synth.defects.defect import DefectPicture, Lattice

STRENGTHS = ("weak", "medium", "strong")
# Clean variants; the light ends darker on one side, so that its borders do cross.
CLEAN = ("as-is", "ramp", "noise", "jpeg40", "perspective")
# Root mean square in grey levels: 0.75, 1.5 and 3; a person begins to see a grid at 1 to 1.5.
GRID = dict(zip(STRENGTHS, (0.125, 0.25, 0.5), strict=True))
GRIDS = {
    "deconv 4": (transposed_convolution_grid, 4),
    "deconv 8": (transposed_convolution_grid, 8),
    "deconv 16": (transposed_convolution_grid, 16),
    "vae 8": (autoencoder_grid, 8),
    "vae 16": (autoencoder_grid, 16),
    "deconv 2": (transposed_convolution_grid, 2),
}
ALIAS = dict(zip(STRENGTHS, (0.25, 0.5, 1.0), strict=True))
# Share of the picture that a band takes, more where it would show less than two of its own units.
BANDS = dict(zip(STRENGTHS, (0.15, 0.3, 0.6), strict=True))
# Up to here what most of the picture shows is the wall; beyond, only a reference tells.
LARGEST_BAND = 0.45
BAND_KINDS = {
    "rows": ("rows", 2.0),
    "cols": ("cols", 2.0),
    "oblique": ("oblique", 2.0),
    "rows, along x": ("rows", (2.0, 1.0)),
    "cols, halved": ("cols", 0.5),
}
# Directions across the bands, degrees clockwise from x.
BAND_NORMALS = {"rows": 90.0, "cols": 0.0, "oblique": 120.0}
# Of the whole wall; the weakest is a tenth off.
PERIODS = {
    "weak": {"off 1.12": 1.12},
    "medium": {
        "doubled": 2.0,
        "doubled x": (2.0, 1.0),
        "doubled y": (1.0, 2.0),
        "halved": 0.5,
        "off 1.2": 1.2,
    },
    "strong": {"off 1.4": 1.4},
}
BORDERS = dict(zip(STRENGTHS, (0.25, 0.5, 1.0), strict=True))
# Two periods of what was doubled must still fit.
LEAST_PERIODS = 4.5
REFERENCE_SHARE = 0.8
REFERENCE_PERIODS = 3.0


@dataclass(frozen=True)
class Spec:
    """What one case is: a picture, the finding that it is for, and how strong the defect is.

    Attributes:
        finding: kind of evidence the case is positive for (see
            `tiling_diag.findings.evidence.EVIDENCE`), or "clean".
        variant: which defect, or which clean variant.
        strength: one of `STRENGTHS`, "-" where clean.
        reference: whether the diagnosis gets a reference, a part of the clean picture.
    """

    row: Row
    group: str
    finding: str
    variant: str
    strength: str = "-"
    reference: bool = False

    @property
    def key(self) -> str:
        """A name that no other case of a corpus has."""
        with_reference = " with reference" if self.reference else ""
        return (
            f"{self.row.name} | {self.finding} | {self.variant} | {self.strength}{with_reference}"
        )

    @property
    def seed(self) -> int:
        """A number that depends on the case alone."""
        return zlib.crc32(self.key.encode())


@dataclass(frozen=True)
class Made:
    """A case's picture ``(3, H, W)``, its reference, and where it has another period.

    Attributes:
        zones: ``(H, W)`` 1 in bands of another period.
        orientation: how they run, None where there are none.
    """

    image: Tensor
    reference: Tensor | None
    zones: Tensor
    orientation: str | None


def groups(folder: Path) -> dict[str, str]:
    """For each file the picture it was made from: what has one source is never split."""
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {entry["file"]: entry.get("source_file") or entry["file"] for entry in entries}


def specs(corpus: list[Row], group: dict[str, str]) -> list[Spec]:
    """All cases of a corpus."""
    found = []
    for row in corpus:
        name = group[row.path.name]
        if row.kind in ("zones", "perspective"):
            found.append(Spec(row, name, row.kind, "as-is"))
            continue
        found += [Spec(row, name, "clean", variant) for variant in (*CLEAN, "resized")]
        rng = np.random.default_rng(zlib.crc32(row.name.encode()))
        found += _defects(row, name, rng)
    return found


def _defects(row: Row, group: str, rng: np.random.Generator) -> list[Spec]:
    """The defects of one picture; for those with many kinds some are drawn."""
    found = []

    def add(finding: str, variants: list[str], strength: str, reference: bool = False) -> None:
        found.extend(Spec(row, group, finding, v, strength, reference) for v in variants)

    aliases = [f"{m} {f}" for m in ("nearest", "bilinear") for f in (1.5, 1.8, 2.0, 2.5, 3.0, 4.0)]
    for strength in STRENGTHS:
        many = 3 if strength == "medium" else 1
        add("upsampling_grid", _draw(rng, list(GRIDS)[:5], many), strength)
        add("resize_alias", _draw(rng, aliases, many), strength)
        add("edge_cross", ["borders"], strength)
        if row.truth.a is not None and _fits(row, LEAST_PERIODS):
            most = BANDS[strength] > LARGEST_BAND
            add("doubling_bands", _draw(rng, _bands(row), many), strength, reference=most)
        if _has_reference(row):
            add("period", _draw(rng, _periods(row, strength), many), strength, reference=True)
    add("upsampling_grid", ["deconv 2"], "medium")
    if _has_reference(row):
        found += [Spec(row, group, "clean", v, reference=True) for v in ("as-is", "noise")]
    return found


def _draw(rng: np.random.Generator, names: list[str], count: int) -> list[str]:
    return [names[i] for i in rng.permutation(len(names))[:count]]


def _has_reference(row: Row) -> bool:
    """Whether a part of the picture shows enough periods to be a reference."""
    return row.truth.a is not None and _fits(row, REFERENCE_PERIODS / REFERENCE_SHARE)


def _periods(row: Row, strength: str) -> list[str]:
    """The changes of the whole wall that this material can show."""
    names = list(PERIODS[strength])
    if not _fits(row, LEAST_PERIODS):
        names = [name for name in names if "doubled" not in name]
    unseen = {"x": "doubled y", "y": "doubled x"}.get(_only_axis(row))
    return [name for name in names if name != unseen]


def _bands(row: Row) -> list[str]:
    """The bands that this material can show."""
    return [n for n in BAND_KINDS if _only_axis(row) != "y" or BAND_KINDS[n][1] != (2.0, 1.0)]


def _only_axis(row: Row) -> str | None:
    """The axis along which boards repeat; None for what repeats in two directions."""
    if row.truth.b is not None or row.truth.a is None:
        return None
    return "x" if abs(row.truth.a[0]) > abs(row.truth.a[1]) else "y"


def _fits(row: Row, periods: float) -> bool:
    """Whether that many of the longer reduced vector fit in the shorter side."""
    longest = max(np.hypot(*v) for v in (row.truth.a, row.truth.b) if v is not None)
    return bool(periods * longest <= min(row.size))


def make(spec: Spec) -> Made | None:
    """The picture of a case, None where it can't be made."""
    row = spec.row
    clean = as_tensor(row.pixels())
    reference = None
    if spec.reference:
        height, width = clean.shape[1:]
        reference = clean[:, : round(REFERENCE_SHARE * height), : round(REFERENCE_SHARE * width)]
    if spec.finding in ("clean", "zones", "perspective"):
        zones = torch.from_numpy(255 - row.base_map()).float() / 255
        return Made(_clean(spec, clean), reference, zones, None)
    try:
        made = _defect(spec, clean)
    except InputError:
        return None
    banded = spec.finding == "doubling_bands"
    return Made(
        _eight_bit(made.image),
        reference,
        made.mask if banded else torch.zeros_like(made.mask),
        made.truth.zones[0].orientation if banded else None,
    )


def _clean(spec: Spec, clean: Tensor) -> Tensor:
    rng = np.random.default_rng(spec.seed)
    if spec.variant == "perspective":
        ratio_x, ratio_y = np.exp(rng.uniform(np.log(1.2), np.log(1.8), 2) * [1, 0.4])
        return _eight_bit(perspective_view(clean, ratio_x=ratio_x, ratio_y=ratio_y).image)
    if spec.variant == "resized":
        # Half size and back as image programs do it, low-passed both ways.
        half = make_case(spec.row, "half")
        size = (clean.shape[2], clean.shape[1])
        if half is None:
            return clean
        return as_tensor(np.asarray(as_picture(half.image).resize(size, resample=3)))
    if spec.variant == "as-is":
        return clean
    case = make_case(spec.row, spec.variant)
    return clean if case is None else case.image


def _defect(spec: Spec, clean: Tensor) -> DefectPicture:
    seed = spec.seed % 100_000
    truth = spec.row.truth
    lattice: Lattice | None = None if truth.a is None else (truth.a, truth.b)
    if spec.finding == "upsampling_grid":
        make_grid, period_px = GRIDS[spec.variant]
        strength = GRID[spec.strength]
        return make_grid(clean, period_px=period_px, strength=strength, seed=seed)
    if spec.finding == "resize_alias":
        method, factor = spec.variant.split()
        strength = ALIAS[spec.strength]
        return resize_alias(clean, factor=float(factor), method=method, strength=strength)
    if spec.finding == "edge_cross":
        return uneven_borders(clean, strength=BORDERS[spec.strength])
    if spec.finding == "period":
        factor = PERIODS[spec.strength][spec.variant]
        return rescaled_wall(clean, factor=factor, lattice=lattice, seed=seed)
    orientation, factor = BAND_KINDS[spec.variant]
    share = band_share(spec)
    if share is None:
        raise InputError(f"{spec.row.name} is too coarse for bands: take a finer material")
    return rescaled_bands(
        clean, orientation=orientation, factor=factor, share=share, lattice=lattice, seed=seed
    )


def band_share(spec: Spec) -> float | None:
    """Share of the picture that a band takes; None where that can't be two of its own units."""
    orientation, factor = BAND_KINDS[spec.variant]
    truth = spec.row.truth
    vectors = [v for v in (truth.a, truth.b) if v is not None]
    pair = factor if isinstance(factor, tuple) else (factor, factor)
    across = BAND_NORMALS[orientation]
    need = LEAST_UNITS * period_along(torch.tensor(vectors), pair, across)
    need /= extent(spec.row.size, across)
    share = max(BANDS[spec.strength], need)
    return None if need > LARGEST_BAND else share


def as_tensor(pixels: np.ndarray) -> Tensor:
    """``(3, H, W)`` in [0, 1] of 8-bit pixels ``(H, W, 3)``."""
    return torch.from_numpy(pixels.astype(np.float32) / 255).movedim(-1, 0).contiguous()


def _eight_bit(image: Tensor) -> Tensor:
    return (image.clamp(0, 1) * 255).round() / 255


def as_picture(image: Tensor) -> Image.Image:
    """A picture ``(3, H, W)`` in [0, 1] in 8 bits."""
    return Image.fromarray((image.movedim(0, -1).numpy() * 255 + 0.5).astype(np.uint8))
