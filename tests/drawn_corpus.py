"""A corpus of pictures in closed form, whose lattices are known beforehand."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from scoring import Answer, Truth

A, B = (33.0, 4.0), (-9.0, 24.0)  # skew, so that no transform can be mistaken for another
ANCHOR = (40.0, 51.0)
SIZE = (300, 420)
# One level is worth 1 / 255; three cosines of these amplitudes stay within [0, 1].
AMPLITUDES = (0.15, 0.15, 0.08)


def waves(a, b):
    """Wave vectors of the three cosines: the reciprocal basis and its sum."""
    f, g = np.linalg.inv(np.array([a, b])).T
    return np.array([f, g, f + g])


def cosines(size, a, b, anchor=(0.0, 0.0)):
    """``(H, W)`` picture with lattice a, b; crests of all waves meet at `anchor`, in
    coordinates where the centre of the first pixel is (0.5, 0.5)."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    phases = [fx * (x - anchor[0]) + fy * (y - anchor[1]) for fx, fy in waves(a, b)]
    return 0.5 + sum(m * np.cos(2 * np.pi * p) for m, p in zip(AMPLITUDES, phases, strict=True))


def as_tensor(grey):
    return torch.from_numpy(np.repeat(grey[None], 3, 0)).float()


def write_corpus(folder):
    """A corpus of a lattice, boards, and a material without a period."""
    rng = np.random.default_rng(3)
    y = np.arange(SIZE[0])[:, None] + 0.5
    boards = 0.5 + 0.3 * np.cos(2 * np.pi * y / 25) * np.ones(SIZE)
    pictures = {"lattice": cosines(SIZE, A, B, ANCHOR), "boards": boards, "none": rng.random(SIZE)}
    known = {
        "lattice": {"kind": "hex", "a": A, "b": B, "unit_px": 33, "course_px": 24, "tol_pct": 1},
        "boards": {"kind": "plank_1d", "a": [0, 25], "b": None, "course_px": 25, "tol_pct": 1},
        "none": {"kind": "none", "a": None, "b": None, "tol_pct": None},
    }
    rows = []
    for name, grey in pictures.items():
        pixels = np.repeat((grey * 255).round().astype(np.uint8)[..., None], 3, -1)
        Image.fromarray(pixels).save(folder / f"{name}.png")
        regularity = None if name == "none" else "regular"
        base = {"file": f"{name}.png", "unit_px": None, "course_px": None, "anchor": ANCHOR}
        rows.append(base | {"regularity": regularity} | known[name])
    (folder / "manifest.json").write_text(json.dumps(rows))
    return folder


LATTICE = Truth(a=A, b=B, tolerance=0.01)
BOARDS = Truth(a=(0.0, 25.0), course_px=25.0, tolerance=0.01)
NOTHING = Truth(a=None, is_periodic=False)


def said(a, b=None):
    return Answer(a=a, b=b, is_periodic=True)


def combine(i, j):
    return (i * A[0] + j * B[0], i * A[1] + j * B[1])


def fit(case, truth_a, truth_b):
    """Explained variance of the picture by the waves of a lattice, and their phases at the
    anchor, by least squares under the mask."""
    grey = case.image.mean(0).numpy().astype(np.float64)
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]] + 0.5
    inside = np.ones_like(grey, bool) if case.mask is None else case.mask.numpy() > 0
    # A plane takes up most of a fall of light.
    columns = [np.ones(inside.sum()), x[inside], y[inside]]
    for fx, fy in waves(truth_a, truth_b):
        phase = 2 * np.pi * (fx * (x - case.anchor[0]) + fy * (y - case.anchor[1]))[inside]
        columns += [np.cos(phase), np.sin(phase)]
    basis, values = np.stack(columns, 1), grey[inside]
    weights = np.linalg.lstsq(basis, values, rcond=None)[0]
    left = values - basis @ weights
    return 1 - left.var() / values.var(), np.arctan2(weights[4::2], weights[3::2])
