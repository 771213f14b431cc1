"""Diagnostics from tensors: numbers, files, and a TensorBoard event file read back."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

import tiling_diag as td

SAMPLES = Path(__file__).parent.parent / "sample_data"


def picture(name):
    pixels = np.asarray(Image.open(SAMPLES / name).convert("RGB")).copy()
    return torch.from_numpy(pixels).permute(2, 0, 1).float() / 255


@pytest.fixture(scope="module")
def batch():
    return torch.stack([picture("brick_doubled.jpg"), picture("brick_zones.jpg")])


def test_numbers_files_and_logged_scalars_agree(batch, tmp_path):
    writer = SummaryWriter(str(tmp_path / "log"))
    numbers = td.run_diagnostics_from_tensors(
        pred_bchw=batch.requires_grad_(),
        mask_bchw=torch.ones_like(batch[:, :1]),
        out_dir=tmp_path / "out",
        ref_chw=picture("brick_reference.jpg"),
        global_step=7,
        writer=writer,
        tag_prefix="val",
    )
    writer.close()
    assert numbers["defect_share"] == 1.0
    assert numbers["share/period_doubled"] == 0.5
    assert numbers["share/doubling_bands"] == 0.5
    assert numbers["lattice/course_px"] == pytest.approx((46.8 + 23.4) / 2, rel=0.01)
    assert (tmp_path / "out" / "overview.png").exists()
    log = EventAccumulator(str(tmp_path / "log")).Reload()
    logged = {tag: log.Scalars(tag) for tag in log.Tags()["scalars"]}
    assert set(logged) == {f"val/{name}" for name in numbers}
    for name, value in numbers.items():
        (event,) = logged[f"val/{name}"]
        assert event.step == 7
        assert event.value == pytest.approx(value, rel=1e-5)
    assert set(log.Tags()["images"]) == {
        "val/overview",
        "val/local_period_px",
        "val/fft_log_hann",
    }


def test_without_mask_folder_and_writer_numbers_come_back(batch):
    numbers = td.run_diagnostics_from_tensors(batch[1:, :, :256, :256], None, None)
    assert 0 <= numbers["periodicity/strength"] <= 1


def test_a_batch_that_is_no_batch_is_an_input_error(batch):
    with pytest.raises(td.InputError, match=r"\(B, C, H, W\)"):
        td.run_diagnostics_from_tensors(batch[0], None, None)
