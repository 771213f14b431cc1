import pytest
import torch

DEVICES = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])

# Odd and even sides, wide, tall and square.
SIZES = [(24, 24), (24, 31), (31, 24), (27, 35), (16, 40)]


@pytest.fixture(params=DEVICES)
def device(request):
    return torch.device(request.param)


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request):
    return request.param


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(7)
