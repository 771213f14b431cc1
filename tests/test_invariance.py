"""What leaves a wall the same leaves its numbers the same; what turns it turns them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import tiling_diag as td
from tiling_diag.kernels.lattice_algebra import same_lattice

SAMPLES = Path(__file__).parent.parent / "sample_data"
# Numbers that say nothing of left, right, up, down, nor of grey levels.
SCALARS = (
    "periodicity.strength",
    "periods.fundamental_px",
    "periods.spectral_px",
    "periods.acf_px",
    "periods.cepstrum_px",
    "local_period.median_px",
    "fundamental_radius_bin",
    "acf_first_peak_radius_bin",
    "E2f_over_Ef",
    "Ehalf_over_Ef",
    "band_base_period_px",
)
LEVELS = ("shift_mse_dx1", "shift_mse_dy1", "resize_mse_downUp")
# Peaks are refined between lags, from other neighbours once the wall is mirrored or turned.
CLOSE = 5e-3


def load(name):
    pixels = np.asarray(Image.open(SAMPLES / name).convert("RGB"))
    # Room on both sides for other levels.
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255 * 0.7 + 0.1


WALLS = {"good": load("brick_reference.jpg"), "zones": load("brick_zones.jpg")}
MEASURED = {}


def summary(image, **extra):
    return td.diagnose(image, **extra).summary()


def straight(name):
    """The summary of a wall as it is, measured once."""
    if name not in MEASURED:
        MEASURED[name] = summary(WALLS[name])
    return MEASURED[name]


def at(found, key):
    for part in key.split("."):
        found = found[part]
    return found


def codes(found):
    return {f["code"] for f in found["findings"] if f["severity"] != "info"}


def basis(found):
    return torch.tensor([found["lattice"]["a_px"], found["lattice"]["b_px"]], dtype=torch.float64)


# Read off a map of the search's own, coarser pixels.
COARSE = {"periods.acf_px": 0.02, "acf_first_peak_radius_bin": 0.02}


# Colour counts over luma, which an offset or a contrast moves: so does how well colour repeats.
COLOUR = 0.08


def assert_scalars_agree(found, wanted, rel=CLOSE, but=()):
    for key in SCALARS:
        if key not in but:
            assert at(found, key) == pytest.approx(
                at(wanted, key), rel=max(rel, COARSE.get(key, 0))
            ), key
    assert codes(found) == codes(wanted)


def assert_all_agree(found, wanted):
    assert_scalars_agree(found, wanted, but=("periodicity.strength",))
    strength = wanted["periodicity"]["strength"]
    assert found["periodicity"]["strength"] == pytest.approx(strength, rel=COLOUR)


@pytest.mark.parametrize("name", WALLS)
def test_a_mean_offset_changes_nothing(name):
    found, wanted = summary(WALLS[name] + 0.15), straight(name)
    assert_all_agree(found, wanted)
    for key in LEVELS:
        assert found[key] == pytest.approx(wanted[key], rel=1e-3)
    assert same_lattice(basis(found), basis(wanted), CLOSE)


@pytest.mark.parametrize("name", WALLS)
def test_contrast_changes_squared_differences_by_its_square_and_nothing_else(name):
    found, wanted = summary((WALLS[name] - 0.3) * 0.6 + 0.3), straight(name)
    assert_all_agree(found, wanted)
    for key in LEVELS:
        assert found[key] == pytest.approx(0.36 * wanted[key], rel=1e-3)
    assert same_lattice(basis(found), basis(wanted), CLOSE)


@pytest.mark.parametrize("name", WALLS)
@pytest.mark.parametrize(("axis", "sign"), [(-1, (-1.0, 1.0)), (-2, (1.0, -1.0))])
def test_a_mirror_mirrors_the_lattice(name, axis, sign):
    found, wanted = summary(WALLS[name].flip(axis)), straight(name)
    # With zones two bases of one lattice may be looked at, which hold other points.
    assert_scalars_agree(found, wanted, but=("periodicity.strength",))
    for key in LEVELS:
        assert found[key] == pytest.approx(wanted[key], rel=1e-3)
    for key in ("unit_px", "course_px"):
        assert found["lattice"][key] == pytest.approx(wanted["lattice"][key], rel=CLOSE)
    assert found["lattice"]["angle_deg"] == pytest.approx(-wanted["lattice"]["angle_deg"], abs=0.1)
    mirrored = basis(found) * torch.tensor(sign, dtype=torch.float64)
    assert same_lattice(mirrored, basis(wanted), 0.01)
    assert found["band_axis_hint"] == wanted["band_axis_hint"]


@pytest.mark.parametrize("name", WALLS)
def test_a_quarter_turn_turns_the_lattice_and_swaps_rows_and_columns(name):
    found, wanted = summary(WALLS[name].rot90(1, (-2, -1))), straight(name)
    assert_scalars_agree(found, wanted)
    # Counterclockwise with y down: (x, y) goes to (y, -x).
    x, y = basis(found).unbind(-1)
    assert same_lattice(torch.stack([-y, x], -1), basis(wanted), 0.01)
    assert found["shift_mse_dx1"] == pytest.approx(wanted["shift_mse_dy1"], rel=1e-3)
    assert found["shift_mse_dy1"] == pytest.approx(wanted["shift_mse_dx1"], rel=1e-3)
    turned = {None: None, "rows": "cols", "cols": "rows"}
    assert found["band_axis_hint"] == turned[wanted["band_axis_hint"]]


def test_a_roll_leaves_the_lattice():
    found, wanted = summary(WALLS["good"].roll((37, 53), (-2, -1))), straight("good")
    # The seam is no part of the wall: it weakens the strength and adds to what lies between.
    weaker = ("periodicity.strength", "E2f_over_Ef", "Ehalf_over_Ef")
    assert_scalars_agree(found, wanted, but=weaker)
    assert same_lattice(basis(found), basis(wanted), 0.01)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_constant_border_outside_the_mask_changes_nothing(level):
    image = WALLS["good"]
    border = (32, 32, 24, 24)
    padded = torch.nn.functional.pad(image, border, value=level)
    mask = torch.nn.functional.pad(torch.ones_like(image[0]), border)
    found, wanted = summary(padded, mask=mask), straight("good")
    side = max(padded.shape[-2:]) / max(image.shape[-2:])
    assert found["fundamental_radius_bin"] == pytest.approx(
        wanted["fundamental_radius_bin"] * side, rel=CLOSE
    )
    # Another window, centred alike, weighs the same wall: energies move a little.
    loose = ("E2f_over_Ef", "Ehalf_over_Ef", "fundamental_radius_bin", "acf_first_peak_radius_bin")
    assert_scalars_agree(found, wanted, rel=0.02, but=loose)
    for key in ("shift_mse_dx1", "shift_mse_dy1"):
        assert found[key] == pytest.approx(wanted[key], rel=1e-3)
    assert same_lattice(basis(found), basis(wanted), 0.01)


def test_the_level_outside_the_mask_changes_nothing():
    image, mask = WALLS["zones"], torch.zeros(WALLS["zones"].shape[-2:])
    mask[:, 40:-40] = 1
    dark, bright = image.clone(), image.clone()
    dark[:, :, :40], bright[:, :, :40] = 0.0, 1.0
    found, wanted = summary(dark, mask=mask), summary(bright, mask=mask)
    assert_scalars_agree(found, wanted)
    for key in ("shift_mse_dx1", "shift_mse_dy1"):
        # The sixth digit of a summary may turn over.
        assert found[key] == pytest.approx(wanted[key], rel=1.1e-5)
