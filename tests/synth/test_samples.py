"""The committed sample walls are what their script draws, and show what `truth.json` says."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tiling_diag.errors import InputError
from tiling_diag.synth import Material, View, draw_wall, house_front
from tiling_diag.synth.defects.catalogue import locked_amplitude

FOLDER = Path(__file__).parents[2] / "sample_data"
TRUTH = {e["file"]: e for e in json.loads((FOLDER / "truth.json").read_text())["pictures"]}


def luma(name):
    rgb = np.asarray(Image.open(FOLDER / name).convert("RGB"), dtype=np.float64) / 255
    return rgb @ np.array([0.2126, 0.7152, 0.0722])


def correlation_at(image, vector):
    """Correlation of the picture with itself moved by the nearest whole vector."""
    dx, dy = (round(v) for v in vector)
    height, width = image.shape
    here = image[max(0, -dy) : height - max(0, dy), max(0, -dx) : width - max(0, dx)]
    there = image[max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)]
    return np.corrcoef(here.ravel(), there.ravel())[0, 1]


def test_script_draws_the_committed_set(tmp_path):
    spec = importlib.util.spec_from_file_location("make_samples", FOLDER / "make_samples.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_samples"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    written = module.write_samples(tmp_path)
    assert {p.name for p in written} == {
        p.name for p in FOLDER.iterdir() if p.suffix in (".jpg", ".png", ".json")
    }
    for path in written:
        if path.suffix == ".json":
            assert json.loads(path.read_text()) == json.loads((FOLDER / path.name).read_text())
            continue
        new, old = (np.asarray(Image.open(p), dtype=np.float64) for p in (path, FOLDER / path.name))
        assert new.shape == old.shape
        # Another machine may round differently where a value falls between two levels, or two
        # JPEG coefficients; another wall differs by 30 levels.
        assert np.abs(new - old).mean() < 0.5
    assert sum(p.stat().st_size for p in FOLDER.iterdir() if p.is_file()) < 1.5e6


@pytest.mark.parametrize("name", ["brick_reference.jpg", "brick_doubled.jpg", "tile_grid.jpg"])
def test_lattice_of_flat_samples(name):
    image = luma(name)
    a, b = (np.array(TRUTH[name][key]) for key in ("a_px", "b_px"))
    on = [correlation_at(image, v) for v in (a, b, a - b)]
    between = [correlation_at(image, v / 2) for v in (a, b, a + b, a - b)]
    # Tones of the units keep the correlation on the lattice well under 1; half a brick along,
    # the long joints still meet.
    assert min(on) > 0.25 and min(on) > max(between) + 0.05


def test_masked_sample_shows_the_wall_inside_its_mask():
    entry = TRUTH["brick.jpg"]
    mask = np.asarray(Image.open(FOLDER / entry["mask"]), dtype=np.float64) / 255
    assert mask.shape == (entry["height_px"], entry["width_px"])
    assert 0.6 < mask.mean() < 0.85
    rgb = np.asarray(Image.open(FOLDER / "brick.jpg"), dtype=np.float64)
    redder = rgb[..., 0] - rgb[..., 2]
    assert redder[mask > 0.99].mean() > 40 > 5 > redder[mask < 0.01].mean()


def test_zone_sample_is_doubled_inside_its_box_only():
    entry = TRUTH["brick_zones.jpg"]
    (zone,) = entry["zones"]
    _, y0, _, y1 = zone["box_px"]
    image = luma("brick_zones.jpg")
    b = np.array(entry["b_px"])
    for rows, factor in (((y0 + 4, y1 - 4), 2), ((y1 + 4, image.shape[0]), 1)):
        part = image[slice(*rows)]
        assert correlation_at(part, factor * b) > correlation_at(part, factor * b / 2) + 0.2
    assert y1 - y0 > 5 * entry["course_px"]


def test_grid_sample_keeps_its_grid_through_jpeg():
    picture = torch.from_numpy(luma("tile_grid.jpg"))[None]
    # Tiles of 60.7 px do not repeat with 8 px: over the picture they leave under a level.
    levels = 255 * float(locked_amplitude(picture, 8))
    assert levels == pytest.approx(3.0, rel=0.1)
    other = 255 * float(locked_amplitude(picture, 7))
    assert other < 1.0


def test_perspective_sample_follows_its_homography():
    entry = TRUTH["brick_perspective.jpg"]
    homography = np.array(entry["homography"])
    image = luma("brick_perspective.jpg")
    back = np.linalg.inv(homography)
    y, x = np.mgrid[60:480:2, 150:600:2] + 0.5
    flat = np.einsum("ij,jyx->iyx", homography, np.stack((x, y, np.ones_like(x))))
    flat = flat[:2] / flat[2]

    def moved(vector):
        there = flat + np.array(vector)[:, None, None]
        seen = np.einsum("ij,jyx->iyx", back, np.concatenate((there, np.ones_like(x)[None])))
        column, row = (np.floor(seen[i] / seen[2]).astype(int) for i in (0, 1))
        return np.corrcoef(image[row, column].ravel(), image[60:480:2, 150:600:2].ravel())[0, 1]

    a, b = np.array(entry["a_px"]), np.array(entry["b_px"])
    assert min(moved(a), moved(b)) > max(moved(a / 2), moved(b / 2), moved((a + b) / 2)) + 0.1


def test_house_front_keeps_the_wall_inside_the_mask():
    wall = draw_wall(Material(), View((200, 260)))
    front = house_front(wall)
    kept = front.mask == 1
    assert front.truth == wall.truth and 0.5 < float(front.mask.mean()) < 0.9
    # Only shadows touch the wall itself.
    ratio = (front.image / wall.image.clamp_min(1e-3))[:, kept]
    assert ratio.max() <= 1 + 1e-4 and ratio.min() > 0.3 and ratio.median() > 0.98
    with pytest.raises(InputError, match="128"):
        house_front(draw_wall(Material(), View((64, 64))))
