"""Scenes in the making: the truth that a scene states is that of the wall seen in it."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import scene_scores
import scenes
from corpus import load_corpus
from scene_walls import draw_canvas, wraps

UNIT, COURSE, SIZE = 40.0, 20.0, 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A corpus of a running bond of cosines that wraps, one that does not, and plaster."""
    path = tmp_path_factory.mktemp("corpus")
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    f, g = 2 * np.pi / UNIT, 2 * np.pi / COURSE
    bond = 0.45 + 0.2 * np.cos(f * x) * np.cos(g * y / 2) + 0.15 * np.cos(g * y)
    plaster = 0.6 + 0.05 * np.random.default_rng(1).standard_normal((SIZE, SIZE))
    pictures = {"wall": bond, "cut": bond[:, :-13], "plaster": plaster}
    rows = []
    for name, grey in pictures.items():
        pixels = (np.repeat(grey[..., None], 3, -1) * 255).clip(0, 255).round().astype(np.uint8)
        Image.fromarray(pixels).save(path / f"{name}.png")
        known = {"kind": "running_bond", "a": [UNIT, 0], "b": [UNIT / 2, COURSE], "tol_pct": 1}
        known |= {"unit_px": UNIT, "course_px": COURSE, "regularity": "regular"}
        if name == "plaster":
            known = dict.fromkeys(known) | {"kind": "none"}
        rows.append({"file": f"{name}.png", "anchor": [0, 0]} | known)
    (path / "manifest.json").write_text(json.dumps(rows))
    return path


def explained(scene, stretch=1.0):
    """Share of the variance of the wall that is seen which waves of the lattice explain."""
    grey = scene.image.mean(0).numpy().astype(np.float64)
    seen = scene.wall_mask.numpy() & (np.random.default_rng(0).random(grey.shape) < 0.03)
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]] + 0.5
    basis = np.array([scene.a, scene.b]) * stretch
    f, g = np.linalg.inv(basis).T
    parts = [np.ones(seen.sum()), x[seen], y[seen]]
    for fx, fy in (f, g, f + g, f - g):
        phase = 2 * np.pi * (fx * x + fy * y)[seen]
        parts += [np.cos(phase), np.sin(phase)]
    columns = np.stack(parts, 1)
    values = grey[seen]
    left = values - columns @ np.linalg.lstsq(columns, values, rcond=None)[0]
    # What the plane alone explains is light, not lattice.
    plane = columns[:, :3]
    level = values - plane @ np.linalg.lstsq(plane, values, rcond=None)[0]
    return 1 - left.var() / level.var()


# Lamps, blinds and shadows add a variance of their own, which the waves do not explain.
@pytest.mark.parametrize(
    ("kind", "least"),
    [(k, 0.25 if k in ("spots", "blinds", "shadows") else 0.75) for k in scenes.KINDS],
)
def test_the_lattice_stated_is_the_one_seen_on_the_wall(folder, kind, least):
    rows = load_corpus(folder)
    scene = scenes.make_scene(rows[0], kind, rows)
    assert scene.wall_mask.shape == scene.image.shape[1:]
    assert explained(scene) > least
    assert explained(scene, 1.1) < least / 3
    assert scene.unit_px == pytest.approx(math.hypot(*scene.a), rel=0.01)


@pytest.mark.parametrize("degrees", [0.0, 90.0, -35.0, 50.0])
def test_unit_and_course_keep_their_names_at_any_angle(folder, degrees):
    row = load_corpus(folder)[0]
    canvas = draw_canvas(row, np.random.default_rng(4), degrees)
    assert canvas.angle_deg == pytest.approx(degrees)
    assert canvas.course_px / canvas.unit_px == pytest.approx(COURSE / UNIT, rel=0.01)
    turn = math.degrees(math.atan2(canvas.a[1], canvas.a[0]))
    assert turn == pytest.approx(degrees, abs=0.01)


def test_pictures_are_repeated_only_where_they_continue(folder):
    rows = load_corpus(folder)
    assert wraps(rows[0]) == (True, True)
    assert wraps(rows[1]) == (False, True)


def test_the_scored_walls_are_those_with_one_lattice(folder):
    found = list(scenes.scenes(folder, kinds=("half",)))
    assert [s.source_file for s in found] == ["wall.png", "cut.png"]
    assert all(0.3 < float(s.wall_mask.float().mean()) < 0.7 for s in found)


def test_a_scene_is_decided_by_its_seed(folder):
    rows = load_corpus(folder)
    first, again, other = (
        scenes.make_scene(rows[0], "sky", rows, seed).image for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert first.shape != other.shape or not torch.equal(first, other)


def said(unit, course):
    return {"unit_px": unit, "course_px": course}


def test_sizes_may_change_their_names_only_where_nobody_could_tell():
    wall = dict(name="", source_file="", image=None, wall_mask=None, angle_deg=0.0)
    bond = scenes.Scene(
        kind="upright",
        bond="running_bond",
        a=(0, 40),
        b=(-20, 20),
        unit_px=40,
        course_px=20,
        **wall,
    )
    assert scene_scores.sizes_right(bond, said(40.9, 20.3))
    assert not scene_scores.sizes_right(bond, said(20.0, 40.0))
    assert not scene_scores.sizes_right(bond, said(41.5, 20.0))
    assert not scene_scores.sizes_right(bond, None)
    tiles = dict(bond="stack_bond", a=(40, 0), b=(0, 36), unit_px=40, course_px=36, **wall)
    turned = scenes.Scene(kind="turned", **tiles)
    assert scene_scores.sizes_right(turned, said(36.0, 40.0))
    assert not scene_scores.sizes_right(scenes.Scene(kind="sky", **tiles), said(36.0, 40.0))
    boards = dict(bond="plank_1d", a=(30, 0), b=None, unit_px=30, course_px=None, **wall)
    assert scene_scores.sizes_right(scenes.Scene(kind="sky", **boards), said(None, 30.0))
    assert not scene_scores.sizes_right(scenes.Scene(kind="sky", **boards), said(30.0, 30.0))


def test_the_table_counts_what_is_wrong_and_sure():
    rows = [
        {"kind": "sky", "verdict": "right", "sizes": True, "said": "ok", "codes": []},
        {"kind": "sky", "verdict": "right", "sizes": False, "said": "ok", "codes": []},
        {"kind": "sky", "verdict": "wrong", "sizes": False, "said": "defect", "codes": ["x"]},
        {"kind": "sky", "verdict": "missed", "sizes": None, "said": "ok", "codes": []},
    ]
    cells = [c.strip() for c in scene_scores.table(rows).splitlines()[2].strip("|").split("|")]
    # Scene, walls, all, lattice, sizes of three, octave, wrong, none, crash, sure, findings.
    expected = "sky, 4, 25 %, 50 %, 33 %, 0 %, 25 %, 25 %, 0 %, 25 %, 25 %"
    assert ", ".join(cells) == expected
