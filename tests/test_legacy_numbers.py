"""The numbers of the original tool, each against its definition computed another way."""

import math

import numpy as np
import pytest
import torch
from PIL import Image

import tiling_diag as td
from tiling_diag.synth import Material, View, draw_wall

HEIGHT, WIDTH = 384, 448


def waves(period_px, amplitudes, angle_deg=0.0, noise=0.01):
    """A wave of the given period with its overtones, the crests square to `angle_deg`."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    angle = math.radians(angle_deg)
    phase = 2 * np.pi * (x * math.cos(angle) + y * math.sin(angle)) / period_px
    rng = np.random.default_rng(0)
    level = 0.5 + noise * rng.standard_normal((HEIGHT, WIDTH))
    for order, amplitude in enumerate(amplitudes, start=1):
        level = level + amplitude * np.cos(order * phase)
    return level.clip(0, 1)


def summary(level, **extra):
    return td.diagnose(level.astype(np.float32), **extra).summary()


@pytest.fixture(scope="module")
def masked():
    """A wall, a soft-edged mask, and what is said of them."""
    image = draw_wall(Material(), View(size=(HEIGHT, WIDTH), seed=3)).image
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    mask = np.clip((150 - np.hypot(y - 190, x - 230)) / 8, 0, 1).astype(np.float32)
    red, green, blue = image.double().numpy()
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return luma, mask, td.diagnose(image, mask).summary()


def test_shift_is_the_mean_square_over_pairs_inside_the_mask(masked):
    luma, mask, found = masked
    for key, one, other in (
        ("shift_mse_dx1", np.s_[:, :-1], np.s_[:, 1:]),
        ("shift_mse_dy1", np.s_[:-1], np.s_[1:]),
    ):
        weight = mask[one] * mask[other]
        square = (luma[one] - luma[other]) ** 2
        # What is hardly wall is blanked before, and weighs next to nothing.
        assert found[key] == pytest.approx((weight * square).sum() / weight.sum(), rel=5e-3)


def test_resize_is_the_mean_square_to_pillows_half_size_and_back(masked):
    luma, mask, found = masked
    whole = Image.fromarray(luma.astype(np.float32), mode="F")
    half = whole.resize((WIDTH // 2, HEIGHT // 2), Image.Resampling.BILINEAR)
    back = np.asarray(half.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR))
    deep = mask == 1  # Pillow's filter reaches beyond the mask
    square = (back - luma) ** 2
    assert found["resize_mse_downUp"] == pytest.approx(square[deep].mean(), rel=0.05)
    # The period survives a clean resize.
    assert abs(found["resize_delta_r"]) < 0.01 * found["fundamental_radius_bin"]


@pytest.mark.parametrize("second", [0.05, 0.1, 0.2])
def test_energy_at_2f_is_the_square_of_the_overtones_amplitude(second):
    found = summary(waves(32.0, (0.2, second)))
    assert found["periods"]["fundamental_px"] == pytest.approx(32.0, rel=0.01)
    assert found["E2f_over_Ef"] == pytest.approx((second / 0.2) ** 2, rel=0.15)
    assert found["Ehalf_over_Ef"] < 0.02


@pytest.mark.parametrize(("angle_deg", "low", "high"), [(0, 0.9, 1), (90, 0.9, 1), (40, 0, 0.1)])
def test_the_share_on_the_axes_is_one_along_them_and_nothing_between(angle_deg, low, high):
    found = summary(waves(32.0, (0.2, 0.1), angle_deg))
    assert low <= found["axis_ratio_at_f"] <= high


@pytest.mark.parametrize("period_px", [17.3, 32.0, 45.5])
def test_bins_are_cycles_per_longer_side_and_the_methods_agree(period_px):
    found = summary(waves(period_px, (0.2, 0.1, 0.1, 0.05)))
    assert found["fundamental_radius_bin"] == pytest.approx(WIDTH / period_px, rel=0.01)
    assert found["acf_first_peak_radius_bin"] == pytest.approx(WIDTH / period_px, rel=0.02)
    assert found["periods"]["spectral_px"] == pytest.approx(period_px, rel=0.01)
    assert found["periods"]["cepstrum_px"] == pytest.approx(period_px, rel=0.03)


def test_without_a_period_what_depends_on_it_is_null():
    noise = np.random.default_rng(1).random((HEIGHT, WIDTH))
    found = summary(noise)
    for key in (
        "fundamental_radius_bin",
        "acf_first_peak_radius_bin",
        "E2f_over_Ef",
        "Ehalf_over_Ef",
        "axis_ratio_at_f",
        "resize_delta_r",
        "ref_radius_bin",
        "band_axis_hint",
    ):
        assert found[key] is None, key
    # White noise of variance 1/12: neighbours differ by twice that.
    for key in ("shift_mse_dx1", "shift_mse_dy1"):
        assert found[key] == pytest.approx(1 / 6, rel=0.02)


def test_the_windows_cross_is_the_borders():
    """A ramp of light jumps at the borders: the cross shows without the window only."""
    level = waves(32.0, (0.1, 0.05), 30.0) * 0.4 + 0.5 * np.linspace(0, 1, HEIGHT)[:, None]
    cross = td.diagnose(level.astype(np.float32)).edge_cross
    assert float(cross.before) > 3 * float(cross.after)
    assert torch.isfinite(cross.before)
