"""The memory of the tests tells walls apart by what they are, and nothing else."""

import dataclasses

import pytest
import torch

import tiling_diag as td

pytestmark = pytest.mark.usefixtures("remembered")


def wall(seed=0):
    return torch.rand(3, 16, 20, generator=torch.Generator().manual_seed(seed))


def test_the_same_wall_is_measured_once_and_keeps_its_own_names():
    one = td.diagnose(wall())
    again = td.diagnose(wall())
    assert again.lattice is one.lattice
    noted = td.diagnose((wall() * 255).to(torch.uint8))
    assert noted.lattice is not one.lattice


@pytest.mark.parametrize("what", ["picture", "mask", "reference", "settings"])
def test_another_wall_is_measured_anew(what):
    mask = torch.ones(16, 20)
    given = {"pred": wall(), "mask": mask, "ref": wall(1), "settings": td.Settings()}
    one = td.diagnose(**given)
    other = {
        "picture": {"pred": wall(2)},
        "mask": {"mask": (mask.cumsum(1) > 4).float()},
        "reference": {"ref": wall(3)},
        "settings": {"settings": dataclasses.replace(td.Settings(), unit_px=8.0)},
    }[what]
    assert td.diagnose(**given).lattice is one.lattice
    assert td.diagnose(**{**given, **other}).lattice is not one.lattice
