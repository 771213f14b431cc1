"""Settings that can't be meant are refused in one line that says what would work."""

import pytest
import torch

import tiling_diag as td
from tiling_diag.device import pick_device


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"grid_periods_px": ()}, "such as"),
        ({"grid_periods_px": 8}, "such as"),
        ({"grid_periods_px": (float("nan"),)}, "such as"),
        ({"grid_periods_px": (float("inf"),)}, "such as"),
        ({"grid_periods_px": ("8",)}, "such as"),
        ({"grid_periods_px": (10**9,)}, "such as"),
        ({"grid_periods_px": (8.5,)}, "such as"),
        ({"unit_px": "64"}, "unit_px='64' must be a positive number"),
        ({"unit_px": True}, "unit_px=True must be a positive number"),
        ({"course_px": float("nan")}, "course_px=nan must be a positive number"),
        ({"ref_scale": None}, "ref_scale=None must be a positive number"),
        ({"ref_scale": 1e-308}, "give 0.001 to 1000 px"),
        ({"unit_px": 1e308}, "give 1 to 100000 px"),
        ({"device": None}, "device=None: name auto"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named_with_what_would_work(wrong, message):
    with pytest.raises(td.InputError) as caught:
        td.Settings(**wrong)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_of_any_kind_are_taken():
    settings = td.Settings(unit_px=64, grid_periods_px=[2, 8.0])
    assert settings.unit_px == 64


@pytest.mark.parametrize("name", ["mkldnn", "meta", "cuda:99", "gpu", "", "cuda:-1", "cpu:x"])
def test_a_device_that_is_none_is_one_line_without_a_warning_of_torch(name, recwarn):
    with pytest.raises(td.InputError, match=r"is unknown: use auto|is not here: use auto"):
        pick_device(name, torch.empty(0))
    assert not recwarn.list


def test_the_cpu_is_a_device():
    assert pick_device("cpu", torch.empty(0)).type == "cpu"
