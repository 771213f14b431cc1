"""Pictures with a known local lattice: corpus textures as they are, at an angle, with bands.

A case knows the truth at every place: the homography to its texture, and where and by how much the
texture is enlarged. Every case is made again from its description, so that it can travel to a
worker.
"""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass, field

import numpy as np
import torch
from corpus import Row
from stresses import make_case
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.synth.defects.bands import rescaled_bands
from tiling_diag.synth.defects.warping import perspective_view
from tiling_diag.synth.geometry import homography_jacobian

FACTORS = (2.0, 0.5, (2.0, 1.0), (1.0, 2.0), (0.5, 1.0), (1.0, 0.5))
ANGLES = (30.0, 45.0, 60.0, 120.0, 135.0, 150.0)
# Opacity of the bands. Below one half the wall itself shows more than the band does.
STRENGTHS = {"full": 1.0, "medium": 0.75}
# A band must show this many of its own units, or there is no period in it to be seen.
LEAST_UNITS = 2.0
# Bands take no more than this: beyond, what is the wall and what the band is a matter of taste.
LARGEST_SHARE = 0.45
NOTHING = "as-is"
STRESSES = ("jpeg40", "noise", "ramp")


@dataclass(frozen=True)
class Case:
    """One picture.

    Attributes:
        row: the corpus picture it was made of.
        kind: ``clean``, ``view`` (seen at an angle) or ``bands``.
        detail: the stress, the ratios of the view, or the number of the draw.
        ratios: of the view.
        strength: of the bands.
        seed: which bands.
    """

    row: Row
    kind: str
    detail: str
    ratios: tuple[float, float] = (1.0, 1.0)
    strength: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Picture:
    """What a case shows.

    Attributes:
        image: ``(3, H, W)``.
        homography: ``(3, 3)`` float64 to the texture.
        inside: ``(H, W)`` bool; the bands.
        factor: period in them, along x and y.
        orientation: ``rows``, ``cols``, ``oblique`` or None.
        basis: ``(2, 2)`` of the texture, second row NaN for boards; None where unknown.
    """

    image: Tensor = field(repr=False)
    homography: Tensor
    inside: np.ndarray = field(repr=False)
    factor: tuple[float, float] = (1.0, 1.0)
    orientation: str | None = None
    basis: Tensor | None = None


def make_picture(case: Case) -> Picture | None:
    """The picture of a case; None where the texture is too coarse for it."""
    image = torch.from_numpy(case.row.pixels().astype(np.float32) / 255).movedim(-1, 0)
    image = image.contiguous()
    eye = torch.eye(3, dtype=torch.float64)
    nowhere = np.zeros(image.shape[1:], dtype=bool)
    basis = _basis(case.row)
    if case.kind == "bands":
        return _with_bands(case, image, basis)
    if case.kind == "view":
        view = perspective_view(image, ratio_x=case.ratios[0], ratio_y=case.ratios[1])
        matrix = torch.tensor(view.truth.homography, dtype=torch.float64)
        return Picture(view.image, matrix, nowhere, basis=basis)
    if case.detail != NOTHING:
        stressed = make_case(case.row, case.detail, case.seed)
        image = image if stressed is None else stressed.image
    if case.row.kind == "perspective":
        matrix, basis = _known_view(case.row)
        return Picture(image, matrix if matrix is not None else eye, nowhere, basis=basis)
    if case.row.zone_boxes:
        inside = case.row.base_map() == 0
        box = case.row.zone_boxes[0]
        rows = box[2] - box[0] == image.shape[2]
        return Picture(image, eye, inside, (2.0, 2.0), "rows" if rows else "cols", basis)
    return Picture(image, eye, nowhere, basis=basis)


def _with_bands(case: Case, image: Tensor, basis: Tensor | None) -> Picture | None:
    rng = np.random.default_rng([zlib.crc32(case.row.name.encode()), case.seed])
    truth = case.row.truth
    factor = FACTORS[rng.integers(2 if truth.b is None else len(FACTORS))]
    orientation = ("rows", "cols", "rows", "cols", "oblique")[rng.integers(5)]
    angle = float(rng.choice(ANGLES))
    share = float(rng.uniform(0.2, LARGEST_SHARE))
    pair = factor if isinstance(factor, tuple) else (factor, factor)
    across = {"rows": 90.0, "cols": 0.0}.get(orientation, angle + 90)
    need = (
        LEAST_UNITS
        * period_along(basis, pair, across)
        / extent((image.shape[1], image.shape[2]), across)
    )
    # As many bands as the texture has room for, one or two.
    count = 2 if rng.random() < 0.3 and 2 * need <= LARGEST_SHARE else 1
    if count * need > LARGEST_SHARE:
        return None
    share = max(share, count * need)
    lattice = (truth.a, truth.b)
    for continued in (lattice, None):
        try:
            made = rescaled_bands(
                image,
                factor=factor,
                orientation=orientation,
                angle_deg=angle,
                count=count,
                share=share,
                strength=case.strength,
                lattice=continued,
                seed=case.seed,
            )
        except InputError:
            continue
        inside = made.mask.numpy() > 0.5
        if inside.mean() > LARGEST_SHARE:
            return None
        eye = torch.eye(3, dtype=torch.float64)
        return Picture(made.image, eye, inside, pair, orientation, basis)
    return None


def extent(size: tuple[int, int], degrees: float) -> float:
    """Extent of a picture of ``(H, W)`` along a direction, clockwise from x: px."""
    turn = math.radians(degrees)
    return size[1] * abs(math.cos(turn)) + size[0] * abs(math.sin(turn))


def period_along(basis: Tensor, factor: tuple[float, float], degrees: float) -> float:
    """How far the larger of the texture's two scales repeats along a direction, about: px."""
    scale = basis.new_tensor([max(1.0, f) for f in factor])
    vectors = basis[basis.isfinite().all(-1)] * scale
    turn = math.radians(degrees)
    along = (vectors @ vectors.new_tensor([math.cos(turn), math.sin(turn)])).abs()
    return float(along.max())


def _basis(row: Row) -> Tensor | None:
    if row.truth.a is None:
        return None
    b = row.truth.b or (math.nan, math.nan)
    return torch.tensor([row.truth.a, b], dtype=torch.float64)


def _known_view(row: Row) -> tuple[Tensor | None, Tensor | None]:
    """Homography and texture's lattice of a perspective row, as the manifest has them."""
    manifest = json.loads((row.path.parent / "manifest.json").read_text(encoding="utf-8"))
    entries = {entry["file"]: entry for entry in manifest}
    own = entries[row.path.name]
    if "homography" in own:
        source = entries[own["source_file"]]
        basis = torch.tensor([source["a"], source["b"]], dtype=torch.float64)
        return torch.tensor(own["homography"], dtype=torch.float64), basis
    # The quadrilateral shows whole units: the map to it is the homography, a unit its lattice.
    places = torch.tensor(own["quad"], dtype=torch.float64)
    w, h = float(own["units_x"]), float(own["units_y"])
    targets = torch.tensor([[0, 0], [w, 0], [w, h], [0, h]], dtype=torch.float64)
    return _through(places, targets), torch.eye(2, dtype=torch.float64)


def _through(places: Tensor, targets: Tensor) -> Tensor:
    """The homography that carries four places to four targets."""
    rows, right = [], []
    for (x, y), (u, v) in zip(places.tolist(), targets.tolist(), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    found = torch.linalg.solve(
        torch.tensor(rows, dtype=torch.float64), torch.tensor(right, dtype=torch.float64)
    )
    return torch.cat([found, found.new_ones(1)]).reshape(3, 3)


def true_periods(picture: Picture, wave: Tensor, places: Tensor) -> Tensor | None:
    """Periods ``(n,)`` px at ``places (n, 2)`` of the family that a wave vector belongs to.

    Args:
        picture: with its truth.
        wave: ``(2,)`` cycles per px at the picture's middle, as it was measured.
        places: px.

    Returns:
        None where no wave of the texture's lattice is near it: another lattice was found.
    """
    if picture.basis is None:
        return None
    height, width = picture.image.shape[1:]
    middle = torch.tensor([[width / 2, height / 2]], dtype=torch.float64)
    jacobian = homography_jacobian(picture.homography, torch.cat([middle, places]))
    own = torch.linalg.inv(jacobian[0]).T @ wave
    first, second = picture.basis
    if bool(second.isnan().any()):
        waves = (first / first.square().sum())[None]
        order = torch.round(own @ first)[None]
    else:
        waves = torch.linalg.inv(picture.basis).T
        order = torch.round(picture.basis @ own)
    nearest = order @ waves
    if float((nearest - own).norm()) > 0.1 * float(own.norm()) or float(nearest.norm()) == 0:
        return None
    local = nearest.expand(len(places), 2)
    x, y = places.floor().long().unbind(-1)
    inside = torch.from_numpy(picture.inside)[y.clamp(0, height - 1), x.clamp(0, width - 1)]
    scale = torch.tensor(picture.factor, dtype=torch.float64)
    local = torch.where(inside[:, None], local / scale, local)
    seen = (local[:, None] @ jacobian[1:])[:, 0]
    periods: Tensor = 1 / seen.norm(dim=-1)
    return periods


def scale_field(homography: Tensor, places: Tensor) -> Tensor:
    """Size ``(n,)`` at which a plane is seen at ``places (n, 2)``, up to a common factor."""
    field_: Tensor = 1 / torch.linalg.det(homography_jacobian(homography, places)).abs().sqrt()
    return field_


def clean_cases(rows: list[Row]) -> list[Case]:
    """Every row as it is, and the periodic ones under stresses that change nothing."""
    found = [Case(row, "clean", NOTHING) for row in rows]
    flat = [row for row in rows if row.truth.a is not None and not row.zone_boxes]
    return found + [Case(row, "clean", stress) for row in flat for stress in STRESSES]


def view_cases(rows: list[Row], seed: int) -> list[Case]:
    """Textures seen at an angle: 1.3, 1.6 and 2 times as large at one border as at the other."""
    found = []
    for row in rows:
        if row.truth.a is None or row.zone_boxes:
            continue
        rng = np.random.default_rng([zlib.crc32(row.name.encode()), seed, 1])
        for ratio in (1.3, 1.6, 2.0):
            turned = ratio if rng.random() < 0.5 else 1 / ratio
            ratios = (turned, 1.0) if rng.random() < 0.5 else (1.0, turned)
            found.append(Case(row, "view", f"{ratio:g}", ratios=ratios))
    return found


def band_cases(rows: list[Row], seeds: int, strength: float, first: int) -> list[Case]:
    """Textures with one or two bands of doubled or halved period."""
    flat = [row for row in rows if row.truth.a is not None and not row.zone_boxes]
    return [
        Case(row, "bands", str(seed), strength=strength, seed=seed)
        for row in flat
        for seed in range(first, first + seeds)
    ]
