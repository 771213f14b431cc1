"""The benchmark of training: walls of known sizes, fair arms, a table of what was measured."""

import argparse
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import tiling_diag as td

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import training as bench
import training_scores as scores
from training_model import Autoencoder, Encoder
from training_run import SAID, Models, draw_batch, learning_rate, new_flow, paint, train_flow
from training_walls import SIDE_PX, TILE_PX, draw_walls

OPTIONS = argparse.Namespace(sigma_max=1.0, every=1, items=2, weight=1.0)


@pytest.fixture(scope="module")
def walls():
    return draw_walls(3, 2)


@pytest.fixture(scope="module")
def models(walls):
    torch.manual_seed(0)
    frozen = Autoencoder()
    # An orthonormal basis, as the principal components are.
    frozen.basis.copy_(torch.linalg.qr(torch.randn(192, 16)).Q.T)
    return Models(frozen.requires_grad_(False), Encoder(SAID).requires_grad_(False))


def test_the_walls_have_the_sizes_that_are_said_and_twice_them(walls):
    for kind, octave in (("right", 0.0), ("doubled", 1.0)):
        for picture, size_px in zip(getattr(walls, kind), walls.sizes_px, strict=True):
            found = scores.octaves(td.diagnose(picture[:, :SIDE_PX, :SIDE_PX]), size_px)
            # 0.1 octaves are 7 %: ten times what is seen.
            assert found == pytest.approx(octave, abs=0.1)


def test_lines_at_twice_the_size_are_seen_on_doubled_walls_only(walls):
    for kind, low, high in (("right", 0.0, 0.1), ("doubled", 0.3, 1.0)):
        for picture, size_px in zip(getattr(walls, kind), walls.sizes_px, strict=True):
            assert low <= scores.power_at_twice(picture[:, :SIDE_PX, :SIDE_PX], size_px) <= high


def test_the_reference_is_at_the_right_scale_beside_a_doubled_wall(walls, models):
    torch.manual_seed(0)
    batch = draw_batch(walls, models, 1.0, 1)
    errors = [
        min(abs(scores.octaves(td.diagnose(picture[0]), size) - octave) for size in walls.sizes_px)
        for picture, octave in ((batch.reference, 0.0), (batch.target, 1.0))
    ]
    assert max(errors) < 0.1


def test_arms_see_the_same_batches(walls, models):
    """A loss of weight 0 beside the MSE trains as the MSE alone does."""
    flows = []
    for arm, weight in (("MSE", 1.0), ("SpectralPeriod", 0.0), ("SpectralPeriod", 1.0)):
        options = argparse.Namespace(**vars(OPTIONS) | {"weight": weight})
        extra = bench.extra_loss(arm, models.autoencoder, options)
        flow = new_flow(0)
        train_flow(flow, models, walls, steps=2, rate=1e-3, doubled=0.5, extra=extra, seed=5)
        flows.append(torch.cat([weights.flatten() for weights in flow.parameters()]))
    assert torch.equal(flows[0], flows[1])
    assert not torch.equal(flows[0], flows[2])


def test_paints_whole_walls_of_tiles_the_same_for_a_seed(walls, models):
    flow = new_flow(0)
    painted = [paint(flow, models, walls.tiles, seed) for seed in (1, 1, 2)]
    assert walls.tiles.shape == (2, 3, TILE_PX, TILE_PX)
    assert painted[0].shape == (2, 3, SIDE_PX, SIDE_PX)
    assert torch.equal(painted[0], painted[1])
    assert not torch.equal(painted[0], painted[2])


def test_the_rate_rises_then_falls():
    rates = [learning_rate(share, 1.0, 0.1) for share in (0.05, 0.1, 0.5, 0.75, 1.0)]
    assert rates == pytest.approx([0.5, 1.0, 1.0, 0.5, 0.02])


def test_the_table_counts_octave_errors_among_walls_with_a_lattice():
    rows = [
        {"octaves": octaves, "codes": [], "verdict": verdict, "twice": abs(octaves or 0) / 2}
        for octaves, verdict in ((1.0, "defect"), (0.01, "ok"), (None, "ok"), (1.0, "ok"))
    ]
    assert scores.octave_rate(rows) == pytest.approx(2 / 3)
    assert scores.median_error(rows) == pytest.approx(1.0)
    assert math.isnan(scores.octave_rate(rows[2:3]))
    results = {"MSE": {"rows": rows, "velocity": [0.5], "seconds": [0.25], "seeds": [0]}}
    line = scores.table(results, 4).splitlines()[2]
    assert "67 %" in line
    assert "| 25 %" in line
    assert "250 ms" in line


def test_the_picture_of_a_run_is_drawn_from_its_event_file(tmp_path):
    pytest.importorskip("tensorboard")
    import training_tensorboard as events
    from PIL import Image
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path / "run") as writer:
        for step in (10, 20):
            for tag in events.NUMBERS:
                writer.add_scalar(tag, 1 / step, step)
            red = torch.tensor([250, 5, 5], dtype=torch.uint8).expand(40, 60, 3)
            writer.add_image(events.SHOWN, red, step, dataformats="HWC")
    events.draw(tmp_path / "run", tmp_path / "run.webp")
    with Image.open(tmp_path / "run.webp") as picture:
        pixels = torch.from_numpy(np.array(picture.convert("RGB"))).float()
    # Two pictures of that colour: a part of the sheet.
    is_red = (pixels[..., 0] > 200) & (pixels[..., 1] < 60) & (pixels[..., 2] < 60)
    assert 0.05 < float(is_red.float().mean()) < 0.6
