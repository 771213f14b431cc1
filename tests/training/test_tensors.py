"""Diagnostics from tensors: numbers, files, and a TensorBoard event file read back."""

import contextlib
import inspect
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.nn.functional import interpolate
from torch.utils.tensorboard import SummaryWriter

import tiling_diag as td
from tiling_diag.report.rounding import rounded

SAMPLES = Path(__file__).parents[2] / "sample_data"


def picture(name):
    pixels = np.asarray(Image.open(SAMPLES / name).convert("RGB")).copy()
    whole = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
    # Half the size says the same in a third of the time.
    return interpolate(whole[None], scale_factor=0.5, antialias=True, mode="bilinear")[0]


@pytest.fixture(scope="module")
def batch():
    return torch.stack([picture("brick_doubled.jpg"), picture("brick_zones.jpg")])


@pytest.fixture(scope="module")
def run(batch, tmp_path_factory):
    """The numbers of a call that writes and logs all, and its folder."""
    tmp_path = tmp_path_factory.mktemp("tensors")
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
    return numbers, tmp_path


def test_numbers_files_and_logged_scalars_agree(run):
    numbers, tmp_path = run
    assert numbers["defect_share"] == 1.0
    assert numbers["share/period_doubled"] == 0.5
    assert numbers["share/doubling_bands"] == 0.5
    assert numbers["lattice/course_px"] == pytest.approx((23.4 + 11.7) / 2, rel=0.01)
    means = {name: value for name, value in numbers.items() if "share" not in name}
    assert means == rounded(means)
    assert (tmp_path / "out" / "overview.png").exists()
    log = EventAccumulator(str(tmp_path / "log")).Reload()
    logged = {tag: log.Scalars(tag) for tag in log.Tags()["scalars"]}
    measured = {name: value for name, value in numbers.items() if isinstance(value, float)}
    assert set(logged) == {f"val/{name}" for name in measured}
    for name, value in measured.items():
        (event,) = logged[f"val/{name}"]
        assert event.step == 7
        assert event.value == pytest.approx(value, rel=1e-5)
    assert set(log.Tags()["images"]) == {
        "val/overview",
        "val/local_period_px",
        "val/fft_log_hann",
    }


class Counter:
    """Counts what is logged."""

    def __init__(self):
        self.scalars, self.images = [], {}

    def add_scalar(self, tag, scalar_value, global_step):
        assert isinstance(scalar_value, float)
        self.scalars.append(tag)

    def add_image(self, tag, img_tensor, global_step, *, dataformats):
        assert (img_tensor.dtype, dataformats) == (np.uint8, "HWC")
        self.images[tag] = img_tensor


def test_the_signature_is_the_contract():
    signature = inspect.signature(td.run_diagnostics_from_tensors)
    defaults = {name: p.default for name, p in signature.parameters.items()}
    needed = inspect.Parameter.empty
    assert defaults == {
        "pred_bchw": needed,
        "mask_bchw": needed,
        "out_dir": needed,
        "ref_chw": None,
        "global_step": 0,
        "writer": None,
        "tag_prefix": "train",
    }


def test_each_number_is_logged_once_and_pictures_are_coloured(batch):
    writer = Counter()
    numbers = td.run_diagnostics_from_tensors(batch[1:], None, None, writer=writer)
    measured = [name for name, value in numbers.items() if isinstance(value, float)]
    assert sorted(writer.scalars) == sorted(f"train/{name}" for name in measured)
    for image in writer.images.values():
        assert image.shape[-1] == 3
        assert (image[..., 0] != image[..., 2]).mean() > 0.05


def test_the_files_are_those_of_the_first_item_and_the_numbers_means_of_all(batch, run):
    numbers, tmp_path = run
    reference = picture("brick_reference.jpg")
    alone = [td.diagnose(image, ref=reference).summary() for image in batch.detach()]
    written = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert written["lattice"]["unit_px"] == pytest.approx(alone[0]["lattice"]["unit_px"], rel=1e-4)
    mean = sum(one["lattice"]["unit_px"] for one in alone) / 2
    assert numbers["lattice/unit_px"] == pytest.approx(mean, rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_other_float_types_are_read(batch, dtype):
    numbers = td.run_diagnostics_from_tensors(batch[:1].to(dtype), None, None)
    assert numbers["lattice/unit_px"] == pytest.approx(70.5, rel=0.01)


def test_what_could_not_be_measured_is_none_under_the_original_keys_and_left_out_elsewhere():
    flat = torch.full((2, 3, 64, 64), 0.5)
    numbers = td.run_diagnostics_from_tensors(flat, None, None)
    assert "lattice/unit_px" not in numbers
    assert numbers["periodicity/is_periodic"] == 0.0
    assert set(td.training.ORIGINAL_KEYS) <= set(numbers)
    assert len(td.training.ORIGINAL_KEYS) == 18
    nothing = {name for name, value in numbers.items() if value is None}
    assert {"ref_radius_bin", "band_axis_hint", "fundamental_radius_bin"} <= nothing
    assert nothing <= set(td.training.ORIGINAL_KEYS)
    assert all(np.isfinite(value) for name, value in numbers.items() if name not in nothing)


@contextlib.contextmanager
def changed(change, value, back):
    """Something that a training script may have set when it asks for a diagnosis."""
    change(value)
    try:
        yield
    finally:
        change(back)


STATES = {
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "float64": lambda: changed(torch.set_default_dtype, torch.float64, torch.float32),
    "bfloat16": lambda: changed(torch.set_default_dtype, torch.bfloat16, torch.float32),
    "inference": torch.inference_mode,
    "deterministic": lambda: changed(torch.use_deterministic_algorithms, True, False),
    "coarse products": lambda: changed(torch.set_float32_matmul_precision, "medium", "highest"),
    "another device": lambda: torch.device("meta"),
    "two threads": lambda: changed(torch.set_num_threads, 2, torch.get_num_threads()),
}


@cache
def usual_numbers(batch):
    small = batch.detach()[1:, :, :160, :192].clone()
    return small, td.run_diagnostics_from_tensors(small, None, None, ref_chw=small[0])


@pytest.mark.parametrize("state", STATES)
def test_the_numbers_do_not_depend_on_the_state_of_the_program(batch, state):
    small, usual = usual_numbers(batch)
    with STATES[state]():
        before = (
            torch.get_default_dtype(),
            torch.get_num_threads(),
            torch.is_autocast_enabled("cpu"),
        )
        numbers = td.run_diagnostics_from_tensors(small, None, None, ref_chw=small[0])
        after = torch.get_default_dtype(), torch.get_num_threads(), torch.is_autocast_enabled("cpu")
    assert numbers == usual
    assert after == before


def test_without_mask_folder_and_writer_numbers_come_back(batch):
    numbers = td.run_diagnostics_from_tensors(batch[1:, :, :128, :128], None, None)
    assert 0 <= numbers["periodicity/strength"] <= 1


def test_a_batch_that_is_no_batch_is_an_input_error(batch):
    with pytest.raises(td.InputError, match=r"\(B, C, H, W\)"):
        td.run_diagnostics_from_tensors(batch[0], None, None)
