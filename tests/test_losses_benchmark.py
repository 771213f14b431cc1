"""The benchmark of the losses: pairs at a known scale, and scores that tell right from wrong."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tiling_diag.synth import Material as Wall
from tiling_diag.synth import View, draw_wall

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from loss_pixels import PixelScore
from loss_scores import Score, Setting, crops_ratio, sweep, sweep_crops, target_crop
from loss_walls import Material, is_seamless, load_materials

import losses as bench


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A folder with one wall of stack bond that wraps around, as the corpus has them."""
    folder = tmp_path_factory.mktemp("corpus")
    wall = Wall(width_px=32.0, height_px=32.0, mortar_px=4.0, offset=0.0)
    image = draw_wall(wall, View(size=(256, 256))).image
    pixels = (image.movedim(0, -1).numpy() * 255).round().astype(np.uint8)
    Image.fromarray(pixels).save(folder / "stack.png")
    row = {"file": "stack.png", "kind": "stack_bond", "regularity": "regular"}
    row |= {"a": [32.0, 0.0], "b": [0.0, 32.0]}
    (folder / "manifest.json").write_text(json.dumps([row, row | {"kind": "none"}]))
    return folder


def test_a_file_wraps_if_its_sides_are_whole_numbers_of_units():
    assert is_seamless((256, 128), (32.0, 0.0), (16.0, 8.0))
    assert not is_seamless((256, 132), (32.0, 0.0), (16.0, 8.0))
    assert is_seamless((100, 90), (0.0, 30.0), None)
    assert not is_seamless((100, 100), (0.0, 30.0), None)


def test_a_prediction_is_enlarged_by_the_scale():
    y = torch.arange(64.0)
    stripes = (0.5 + 0.4 * torch.cos(2 * math.pi * y / 8))[:, None].expand(64, 64)
    wall = Material("stripes", stripes.expand(3, -1, -1), True, 8.0)
    crop = wall.crop(64, torch.tensor(2.0), (0.5, 0.5), True)[0, :, 0]
    assert torch.fft.rfft(crop - crop.mean()).abs().argmax() == 4


def test_predictions_cropped_in_place_show_the_targets_units_and_stay_inside():
    wall = Material("wall", torch.rand(3, 150, 220), False, 8.0)
    for scale in (0.5, 0.8, 1.0, 2.0):
        x, y = wall.centres(64, scale)[0]
        half = 32 / scale
        assert x * 220 >= half - 1e-6
        assert y * 150 >= half - 1e-6
    assert wall.centres(64, 1.0)[0] == wall.centres(64, 2.0)[0]


def test_pixels_count_where_the_doubled_wall_is_measured_as_doubled():
    moved = PixelScore("wall", 256, "right", 20.0, 41.0, 20.3)
    assert moved.counts
    assert moved.moved
    assert not PixelScore("wall", 256, "wrong", 20.0, 41.0, None).moved
    assert not PixelScore("wall", 256, "misread", 20.0, 20.0, 20.0).counts
    assert not PixelScore("wall", 256, "unread", None, 41.0, 20.0).counts


def test_slopes_are_those_of_autograd_through_the_resampling(corpus):
    material, setting = load_materials(corpus, 64)[0], Setting(64, masked=True)
    target = target_crop(material, setting)

    def loss(pred, target, mask):
        return ((pred - target).square() * mask).mean((-3, -2, -1))

    scales, preds, tangents = sweep_crops(material, setting)
    _, slopes = sweep(loss, preds, tangents, target, setting.mask)
    log_scale = torch.tensor(math.log(scales[5]), requires_grad=True)
    centre = material.centres(64, scales[5])[1]
    pred = setting.paint(material.crop(64, log_scale.exp(), centre, True))[None]
    (slope,) = torch.autograd.grad(loss(pred, target, setting.mask).sum(), log_scale)
    assert slopes[5] == pytest.approx(float(slope), rel=1e-3, abs=1e-6)


def test_scores_tell_a_loss_that_points_to_the_scale_from_one_that_does_not():
    scales = [0.5, 0.7, 0.97, 1.0, 1.03, 1.4, 2.0]
    logs = [math.log(s) for s in scales]
    right = Score("wall", 64, False, "right", scales, [abs(x) for x in logs], logs, [1.0, 1.3])
    wrong = Score("wall", 64, False, "wrong", scales, [-abs(x) for x in logs], [-x for x in logs])
    assert right.argmin_is_right
    assert not wrong.argmin_is_right
    assert (right.steps, wrong.steps) == ((6, 6), (0, 6))
    assert (right.signs, wrong.signs) == ((6, 6), (0, 6))
    assert right.octaves_are_dear
    assert not wrong.octaves_are_dear
    assert right.descents == (1, 2)
    assert right.descents_to_own_ratio == (0, 0)
    right.crops_ratio = 1.29
    assert right.descents_to_own_ratio == (1, 2)


def test_the_crops_own_ratio_is_that_of_their_periods():
    y = torch.arange(256.0)
    wide, narrow = (0.5 + 0.4 * torch.cos(2 * math.pi * y / px) for px in (16.0, 15.0))
    column = torch.cat((wide, narrow, narrow[:88]))[:, None]
    wall = Material("stripes", column.expand(-1, 600).expand(3, -1, -1), False, 16.0)
    assert crops_ratio(wall, 256) == pytest.approx(16 / 15, rel=0.01)
    flat = Material("flat", torch.full((3, 600, 600), 0.5), False, 16.0)
    assert crops_ratio(flat, 256) is None


def test_the_benchmark_prefers_ours_to_pixels(corpus, tmp_path, monkeypatch, capsys):
    options = ["--sizes", "128", "--masked", "no", "--workers", "1", "--parts", "sweep,only"]
    options += ["--losses", "SpectralPeriod,MSE", "--corpus", str(corpus), "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["losses.py", *options])
    bench.main()
    rows = {
        row[1]: row for row in map(_cells, capsys.readouterr().out.splitlines()) if len(row) > 9
    }
    assert rows["SpectralPeriod"][2] == "100 %"
    assert float(rows["SpectralPeriod"][4].split()[0]) > 90 > float(rows["MSE"][4].split()[0])
    assert (tmp_path / "sweeps.png").stat().st_size > 0
    assert len((tmp_path / "losses.jsonl").read_text().splitlines()) == 2


def _cells(line):
    return [cell.strip() for cell in line.split("|")]
