"""The ComfyUI nodes keep to the documented interface, and say what `diagnose` says."""

import importlib.util
import inspect
import sys
from pathlib import Path

import pytest
import torch

import tiling_diag as td
from tiling_diag.synth import Material, View, draw_wall

PACK = Path(__file__).parent.parent / "comfyui"
# Socket types of ComfyUI's documentation that the nodes may use.
TYPES = {"IMAGE", "MASK", "STRING", "FLOAT", "INT", "BOOLEAN"}


@pytest.fixture(scope="module")
def nodes():
    """The folder as ComfyUI loads it: by its path, under a name of its own."""
    spec = importlib.util.spec_from_file_location(
        "custom_nodes.comfyui", PACK / "__init__.py", submodule_search_locations=[str(PACK)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["custom_nodes.comfyui"] = module
    before = list(sys.path)
    spec.loader.exec_module(module)
    yield module.NODE_CLASS_MAPPINGS
    sys.path[:] = before
    del sys.modules["custom_nodes.comfyui"]


@pytest.fixture(scope="module")
def walls():
    """A doubled and a right wall, and a reference: ``(B, H, W, C)``."""
    material = Material(width_px=20.0, height_px=10.0, mortar_px=2.0)
    pictures = [
        draw_wall(material, View(size=(96, 96), scale=s, supersample=1)).image.movedim(0, -1)
        for s in (2.0, 1.0)
    ]
    return torch.stack(pictures), pictures[1][None]


def test_every_node_keeps_to_the_interface(nodes):
    assert set(nodes) == {"TilingDiagnose", "TilingGate"}
    for kind in nodes.values():
        sockets = kind.INPUT_TYPES()
        assert set(sockets) <= {"required", "optional", "hidden"}
        inputs = {name: socket for group in sockets.values() for name, socket in group.items()}
        for socket in inputs.values():
            assert isinstance(socket, tuple)
            assert isinstance(socket[0], list) or socket[0] in TYPES
            assert all(isinstance(extra, dict) for extra in socket[1:])
        assert set(kind.RETURN_TYPES) <= TYPES
        assert len(kind.RETURN_TYPES) == len(kind.RETURN_NAMES)
        assert isinstance(kind.CATEGORY, str)
        parameters = inspect.signature(getattr(kind(), kind.FUNCTION)).parameters
        assert set(parameters) == set(inputs)
        # Sockets that are left open are not passed at all.
        assert all(
            parameters[name].default is None for name in kind.INPUT_TYPES().get("optional", {})
        )


def test_diagnose_says_what_the_package_says(nodes, walls):
    pictures, reference = walls
    kind = nodes["TilingDiagnose"]
    answer = kind().diagnose(pictures[:1], mask=torch.ones(96, 96), reference=reference)
    values = dict(zip(kind.RETURN_NAMES, answer["result"], strict=True))
    own = td.diagnose(pictures[0].movedim(-1, 0), ref=reference[0].movedim(-1, 0))
    assert values["verdict"] == own.verdict == "defect"
    assert values["course_px"] == pytest.approx(own.summary()["lattice"]["course_px"], rel=1e-3)
    assert "period_doubled" in values["report"]
    assert answer["ui"]["text"] == [values["report"]]
    overview = values["overview"]
    assert (overview.dtype, overview.shape[0], overview.shape[-1]) == (torch.float32, 1, 3)
    assert 0 <= overview.min() < overview.max() <= 1


def test_a_flat_picture_has_periods_of_zero(nodes):
    answer = nodes["TilingDiagnose"]().diagnose(torch.full((1, 40, 40, 3), 0.5))
    assert answer["result"][3:] == (0.0, 0.0, 0.0)
    assert "no lattice" in answer["result"][1]


def test_the_gate_passes_the_better_of_two_seeds_or_stops(nodes, walls):
    pictures, reference = walls
    gate = nodes["TilingGate"]()
    image, passed, index, text = gate.gate(pictures, "defect", "pass anyway", reference=reference)
    assert (passed, index) == (True, 1)
    assert torch.equal(image, pictures[1:])
    assert text.startswith("0: defect")
    doubled = gate.gate(pictures[:1], "defect", "pass anyway", reference=reference)
    assert doubled[1] is False
    with pytest.raises(td.InputError, match="no picture passes"):
        gate.gate(pictures[:1], "defect", "stop the workflow", reference=reference)
