"""What the losses call must trace in one graph, map over a batch and have per-item gradients."""

import pytest
import torch

from tiling_diag.kernels.autocorrelation import autocorrelation
from tiling_diag.kernels.cepstrum import power_cepstrum
from tiling_diag.kernels.luma import luma
from tiling_diag.kernels.polar import background, log_polar, radial_profile, ring_radii
from tiling_diag.kernels.spectrum import power_spectrum, remove_mean
from tiling_diag.kernels.tapers import gaussian_blur, periodic_plus_smooth

SIZE = (16, 18)
ONE_SIDED = (16, 10)
RADII = ring_radii(9, dtype=torch.float64)[1:]

KERNELS = {
    "luma": (luma, [(3, *SIZE)]),
    "remove_mean": (remove_mean, [SIZE, SIZE]),
    "power_spectrum": (power_spectrum, [SIZE, SIZE]),
    "autocorrelation": (lambda i, w: autocorrelation(i, w, (6, 7)), [SIZE, SIZE]),
    "radial_profile": (lambda p: radial_profile(p, SIZE, 9), [ONE_SIDED]),
    "log_polar": (lambda p: log_polar(p, SIZE, 8, 6, 0.1, 0.5), [ONE_SIDED]),
    "background": (lambda p: background(p, RADII.to(p)), [(8,)]),
    "cepstrum": (lambda p: power_cepstrum(p, SIZE), [ONE_SIDED]),
    "blur": (lambda i, w: gaussian_blur(i, 2.0, w), [SIZE, SIZE]),
    "periodic_plus_smooth": (lambda i: periodic_plus_smooth(i)[0], [SIZE]),
}

pytestmark = pytest.mark.parametrize("name", KERNELS)


def arguments(shapes, rng, device, batch=3):
    return [
        0.1 + torch.rand(batch, *shape, generator=rng, dtype=torch.float64).to(device)
        for shape in shapes
    ]


def test_compiles_to_one_graph(name, device, rng):
    kernel, shapes = KERNELS[name]
    inputs = arguments(shapes, rng, device)
    torch._dynamo.reset()
    compiled = torch.compile(kernel, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(*inputs), kernel(*inputs))
    leaf = inputs[0].clone().requires_grad_()
    other = inputs[0].clone().requires_grad_()
    compiled(leaf, *inputs[1:]).square().sum().backward()
    kernel(other, *inputs[1:]).square().sum().backward()
    torch.testing.assert_close(leaf.grad, other.grad)


def test_vmap_and_per_item_gradients(name, device, rng):
    kernel, shapes = KERNELS[name]
    inputs = arguments(shapes, rng, device)
    torch.testing.assert_close(torch.func.vmap(kernel)(*inputs), kernel(*inputs))

    def pull(*args):
        return kernel(*args).square().sum()

    per_item = torch.func.vmap(torch.func.grad(pull))(*inputs)
    leaf = inputs[0].clone().requires_grad_()
    pull(leaf, *inputs[1:]).backward()
    torch.testing.assert_close(per_item, leaf.grad)


def test_dtype_and_device_are_the_inputs(name, device, rng):
    kernel, shapes = KERNELS[name]
    for dtype in (torch.float32, torch.float64):
        inputs = [x.to(dtype) for x in arguments(shapes, rng, device)]
        result = kernel(*inputs)
        assert result.dtype == dtype
        assert result.device == inputs[0].device
