"""What the lattice of a window is, on autocorrelations drawn by hand."""

import math

import pytest
import torch

from tiling_diag.checks.plane.row_frame import RowFrame
from tiling_diag.checks.plane.window_lattices import fit_windows
from tiling_diag.checks.plane.windows import MAX_LAG, WindowMaps

# Samples of a window along a unit and across a course.
UNIT, COURSE = 12.0, 7.0
STEP = torch.tensor([[1 / UNIT, 1 / COURSE]], dtype=torch.float64)


def frame(rank_1=False):
    """Running bond of 48 x 20 px along x, or boards of 20 px."""
    size = (20.0, 20.0) if rank_1 else (48.0, 20.0)
    basis = ((0.0, 1.0), (1.0, 0.0)) if rank_1 else ((1.0, 0.0), (0.5, 1.0))
    return RowFrame(
        axes=torch.eye(2, dtype=torch.float64)[None],
        size_px=torch.tensor([size], dtype=torch.float64),
        basis_in_rows=torch.tensor([basis], dtype=torch.float64),
        rank_1=torch.tensor([rank_1]),
        known=torch.tensor([True]),
    )


def drawn(gradient, waves):
    """One window whose autocorrelation is waves of the wall's material, carried by `gradient`."""
    lag = torch.arange(-MAX_LAG, MAX_LAG + 1, dtype=torch.float64)
    y, x = torch.meshgrid(lag, lag, indexing="ij")
    in_rows = torch.stack([x / UNIT, y / COURSE], dim=-1)
    phase = in_rows @ torch.as_tensor(gradient).double().mT @ torch.tensor(waves).double().mT
    map_ = (2 * math.pi * phase).cos().mean(-1)
    one = torch.ones(1, 1, dtype=torch.float64)
    places = torch.zeros(1, 1, 2, dtype=torch.float64)
    return WindowMaps(map_.flatten()[None, None].float(), one, STEP, places)


# The waves of a running bond in cycles per unit and course; boards have one.
BOND = ((1.0, 0.5), (1.0, -0.5), (0.0, 1.0))
BOARDS = ((0.0, 1.0),)


@pytest.mark.parametrize(
    "gradient",
    [
        ((1.0, 0.0), (0.0, 1.0)),
        ((0.5, 0.0), (0.0, 1.0)),
        ((1.0, 0.0), (0.0, 0.5)),
        ((0.8, 0.0), (0.0, 1.15)),
        ((1.05, 0.06), (-0.08, 0.97)),
    ],
)
def test_a_window_shows_how_its_lattice_is_stretched_turned_and_sheared(gradient):
    found, confidence = fit_windows(drawn(gradient, BOND), frame())
    # Parabolas place the maxima of such waves to a hundredth of a sample: errors seen, 0.001.
    torch.testing.assert_close(
        found[0, 0], torch.tensor(gradient, dtype=torch.float64), atol=0.005, rtol=0
    )
    assert float(confidence) > 0.8


@pytest.mark.parametrize("stretch", [1.0, 0.6])
def test_boards_show_what_lies_across_them_only(stretch):
    gradient = ((1.0, 0.0), (0.0, stretch))
    found, confidence = fit_windows(drawn(gradient, BOARDS), frame(rank_1=True))
    assert found[0, 0, 0].isnan().all()
    assert found[0, 0, 1].tolist() == pytest.approx([0.0, stretch], abs=0.005)
    assert float(confidence) > 0.8


def test_a_lattice_that_repeats_half_way_is_not_the_walls():
    """Units of half the length: the wall's own points are maxima, and so are those between."""
    found, _ = fit_windows(drawn(((2.0, 0.0), (0.0, 1.0)), BOND), frame())
    assert float(found[0, 0, 0, 0]) == pytest.approx(2.0, abs=0.01)


def test_a_window_of_noise_has_no_confidence():
    noise = 0.1 * torch.randn(
        1, 1, (2 * MAX_LAG + 1) ** 2, generator=torch.Generator().manual_seed(1)
    )
    one = torch.ones(1, 1, dtype=torch.float64)
    windows = WindowMaps(noise, one, STEP, torch.zeros(1, 1, 2, dtype=torch.float64))
    _, confidence = fit_windows(windows, frame())
    assert float(confidence) < 0.35  # seen: 0.11
