"""The plane of a wall, from local lattices that are known."""

from types import SimpleNamespace

import pytest
import torch

from tiling_diag.checks.plane import plane_fit
from tiling_diag.checks.plane.plane_fit import LocalLattices, find_plane
from tiling_diag.checks.plane.row_frame import RowFrame
from tiling_diag.kernels.homography import jacobian

SIZE = (300, 400)
TILT = torch.tensor([[1.2e-3, -5e-4]], dtype=torch.float64)
UPRIGHT = torch.zeros(1, 2, dtype=torch.float64)
FRAME = RowFrame(
    axes=torch.eye(2, dtype=torch.float64)[None],
    size_px=torch.tensor([[48.0, 20.0]], dtype=torch.float64),
    basis_in_rows=torch.eye(2, dtype=torch.float64)[None],
    rank_1=torch.tensor([False]),
    known=torch.tensor([True]),
)


def seen_as(monkeypatch, tilt, change=None):
    """Windows show the lattice of a wall under `tilt`, changed as `change` says by place."""

    def known(walls, frame, laid_on, places):
        seen = torch.linalg.inv(frame.to_px)[:, None] @ jacobian(tilt, places)
        if change is not None:
            seen = change(seen, places)
        inner = seen @ torch.linalg.inv(jacobian(laid_on, places)) @ frame.to_px[:, None]
        sure = torch.ones(places.shape[:2], dtype=torch.float64)
        return LocalLattices(inner, sure, SimpleNamespace(places_px=places))

    monkeypatch.setattr(plane_fit, "local_lattices", known)
    return find_plane(SimpleNamespace(size=SIZE), FRAME)


def test_the_plane_of_known_lattices_is_found_exactly(monkeypatch):
    plane = seen_as(monkeypatch, TILT)
    # Tilts over half the longer side: 0.24 and -0.1.
    torch.testing.assert_close(plane.tilt * 200, TILT * 200, atol=1e-4, rtol=0)
    expected = torch.linalg.inv(FRAME.to_px)
    torch.testing.assert_close(plane.waves, expected, atol=1e-6, rtol=1e-3)
    assert float(plane.r2) == pytest.approx(1.0, abs=1e-3)
    assert float(plane.misfit) == pytest.approx(0.0, abs=1e-3)


def test_a_doubled_zone_is_no_tilt(monkeypatch):
    def doubled(seen, places):
        return torch.where(places[..., 1:, None] < -50, seen / 2, seen)

    plane = seen_as(monkeypatch, UPRIGHT, doubled)
    assert plane.tilt.tolist() == [[0.0, 0.0]]
    # An octave of the lattice counts as the lattice.
    assert float(plane.misfit) == pytest.approx(0.0, abs=1e-3)


def test_an_uneven_wall_is_seen_straight_on(monkeypatch):
    noise = torch.randn(1, 64, 2, 2, generator=torch.Generator().manual_seed(1)).double()
    plane = seen_as(monkeypatch, UPRIGHT, lambda seen, _: seen * (1 + 0.05 * noise))
    assert plane.tilt.tolist() == [[0.0, 0.0]]


def test_places_of_another_lattice_are_counted_as_such(monkeypatch):
    def odd(seen, places):
        return torch.where(places[..., :1, None] > 100, seen * 1.4, seen)

    plane = seen_as(monkeypatch, UPRIGHT, odd)
    # A quarter of the picture; 40 % off is 64 times the scale at which a place is half explained.
    assert float(plane.misfit) == pytest.approx(0.25, abs=0.01)
