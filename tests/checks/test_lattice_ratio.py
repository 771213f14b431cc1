import math

import pytest
import torch

from tiling_diag.checks.reference.lattice_ratio import _stretch

BASES = {
    "half bond": [[64.0, 0.0], [32.0, 24.0]],
    "square": [[40.0, 0.0], [0.0, 40.0]],
    "diagonal": [[32.0, 32.0], [32.0, -32.0]],
    "hex": [[60.0, 0.0], [30.0, 30.0 * math.sqrt(3)]],
}


def stretched(basis, along, across, turn_deg=0.0):
    cos, sin = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    turn = torch.tensor([[cos, sin], [-sin, cos]], dtype=torch.float64)
    return basis @ torch.diag(torch.tensor([along, across], dtype=torch.float64)) @ turn


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize(
    ("along", "across"), [(1.0, 1.0), (2.0, 2.0), (0.5, 0.5), (1.3, 0.8), (1.0, 1.9)]
)
def test_the_stretch_of_a_known_lattice_in_any_basis(name, along, across):
    reference = torch.tensor([BASES[name]], dtype=torch.float64)
    other_basis = torch.tensor([[1.0, 1.0], [0.0, 1.0]], dtype=torch.float64)
    wall = other_basis @ stretched(reference, along, across, turn_deg=2.0)
    angle = torch.zeros(1, dtype=torch.float64)
    found_along, found_across, fits = _stretch(wall, reference, angle)
    assert bool(fits[0])
    assert float(found_along) == pytest.approx(along, rel=1e-6)
    assert float(found_across) == pytest.approx(across, rel=1e-6)


def test_no_stretch_fits_a_sheared_lattice_or_one_that_was_not_found():
    reference = torch.tensor([BASES["half bond"]], dtype=torch.float64)
    wall = torch.tensor(
        [[[64.0, 0.0], [44.0, 24.0]], [[math.nan] * 2, [math.nan] * 2]], dtype=torch.float64
    )
    _, _, fits = _stretch(wall, reference, torch.zeros(1, dtype=torch.float64))
    assert not fits.any()
