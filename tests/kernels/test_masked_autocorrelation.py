import math

import numpy as np
import pytest
import torch

from tiling_diag.errors import InputError
from tiling_diag.kernels.autocorrelation import (
    autocorrelation,
    weights_autocorrelation,
)

F64 = torch.float64


def direct(image, weights, lags, min_overlap):
    """The definition, lag by lag: products of shifted slices, no transform."""
    h, w = image.shape
    my, mx = lags
    g = (image - (image * weights).sum() / weights.sum()) * weights
    result, overlap = np.zeros((2 * my + 1, 2 * mx + 1)), np.zeros((2 * my + 1, 2 * mx + 1))
    for dy in range(-my, my + 1):
        for dx in range(-mx, mx + 1):
            a = (slice(max(0, -dy), h - max(0, dy)), slice(max(0, -dx), w - max(0, dx)))
            b = (slice(max(0, dy), h - max(0, -dy)), slice(max(0, dx), w - max(0, -dx)))
            overlap[dy + my, dx + mx] = (weights[a] * weights[b]).sum()
            result[dy + my, dx + mx] = (g[a] * g[b]).sum()
    enough = (overlap >= min_overlap * overlap[my, mx]) & (overlap > 1e-9)
    mean = np.where(enough, result / np.where(enough, overlap, 1), 0)
    return mean / mean[my, mx], overlap


def some_weights(size, kind, rng):
    weights = torch.ones(size, dtype=F64)
    if kind == "mask":
        weights[: size[0] // 3, : size[1] // 2] = 0
        weights[-5:-2, -9:-3] = 0
    elif kind == "soft":
        weights = torch.rand(size, generator=rng, dtype=F64)
    return weights


@pytest.mark.parametrize("kind", ["full", "mask", "soft"])
def test_matches_the_direct_sum(size, kind, rng):
    image = 3 + torch.rand(*size, generator=rng, dtype=F64)
    weights = some_weights(size, kind, rng)
    for lags in [(size[0] // 2, size[1] // 2), (size[0] - 1, size[1] - 1), (0, 4)]:
        # Not a round share of the pixels, which an overlap could meet exactly.
        expected, overlap = direct(image.numpy(), weights.numpy(), lags, 0.0517)
        result = autocorrelation(image, weights, lags, min_overlap=0.0517)
        np.testing.assert_allclose(result, expected, atol=1e-11)
        np.testing.assert_allclose(weights_autocorrelation(weights, lags), overlap, atol=1e-11)


def test_separable_weights_have_a_separable_overlap(size):
    rows, columns = (torch.rand(n, dtype=F64) for n in size)
    overlap = weights_autocorrelation(rows[:, None] * columns, (9, 7))
    product = weights_autocorrelation(rows[:, None], (9, 0)) * weights_autocorrelation(
        columns[None], (0, 7)
    )
    torch.testing.assert_close(product, overlap)


def test_channels_share_one_overlap_and_batches_are_items(rng):
    image = torch.rand(2, 3, 20, 26, generator=rng)
    weights = torch.rand(2, 1, 20, 26, generator=rng)
    overlap = weights_autocorrelation(weights, (8, 9))
    result = autocorrelation(image, weights, (8, 9), overlap=overlap)
    assert result.shape == (2, 3, 17, 19)
    assert result.dtype == torch.float32
    for b in range(2):
        for k in range(3):
            single = autocorrelation(image[b, k], weights[b, 0], (8, 9))
            # Sums of 520 products in float32, relative to the zero lag.
            torch.testing.assert_close(result[b, k], single, rtol=0, atol=2e-6)


@pytest.mark.parametrize("period_px", [6.0, 9.5, 17.3])
def test_a_wave_under_a_mask_is_a_cosine_of_the_lag(period_px, device):
    size, lags = (96, 110), (30, 40)
    y = torch.arange(size[0], device=device, dtype=F64)[:, None]
    x = torch.arange(size[1], device=device, dtype=F64)
    image = 5 + 0.1 * torch.cos(2 * math.pi * (x + 0.5 * y) / period_px)
    weights = torch.ones(size, device=device, dtype=F64)
    weights[20:60, 30:50] = 0
    result = autocorrelation(image, weights, lags)
    dy = torch.arange(-30, 31, device=device, dtype=F64)[:, None]
    dx = torch.arange(-40, 41, device=device, dtype=F64)
    expected = torch.cos(2 * math.pi * (dx + 0.5 * dy) / period_px)
    # The mask and the frame cut the wave off mid-period: what is left of the mean square over
    # the overlap's own n pixels is of the order of the border's share, period / side.
    torch.testing.assert_close(result, expected, rtol=0, atol=0.12)
    assert result[30, 40].item() == pytest.approx(1.0, abs=1e-14)
    assert result.amax() <= 1.05


def test_symmetric_and_one_at_zero_lag(size, rng):
    image = torch.rand(*size, generator=rng)
    result = autocorrelation(image, torch.ones(size), (9, 7))
    torch.testing.assert_close(result, result.flip((0, 1)), rtol=0, atol=1e-6)
    assert result[9, 7].item() == pytest.approx(1.0, abs=1e-6)


def test_offset_contrast_and_what_has_no_weight_change_nothing(size, rng):
    image = torch.rand(*size, generator=rng, dtype=F64)
    weights = some_weights(size, "mask", rng)
    result = autocorrelation(image, weights, (9, 7))
    torch.testing.assert_close(autocorrelation(7 - 3 * image, weights, (9, 7)), result)
    dirty = torch.where(weights > 0, image, -1e5)
    torch.testing.assert_close(autocorrelation(dirty, weights, (9, 7)), result)
    turned = autocorrelation(image.mT, weights.mT, (7, 9))
    torch.testing.assert_close(turned, result.mT)


def test_lags_with_little_overlap_are_zero():
    image, weights = torch.rand(10, 60).double(), torch.ones(10, 60).double()
    result = autocorrelation(image, weights, (2, 59), min_overlap=0.25)
    # Row 2 is lag 0 along y: 60 - |lag| columns overlap, a quarter is 15.
    assert (result[2, :14] == 0).all()
    assert (result[2, 14:105] != 0).all()
    assert (result[2, 105:] == 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, F64])
@pytest.mark.parametrize("level", [0.0, 0.7, 1e4])
def test_a_flat_wall_correlates_with_nothing(level, dtype, device):
    image = torch.full((30, 40), level, dtype=dtype, device=device, requires_grad=True)
    weights = torch.rand(30, 40, dtype=dtype).to(device)
    result = autocorrelation(image, weights, (10, 10))
    assert (result == 0).all()
    result.sum().backward()
    assert torch.isfinite(image.grad).all()


def test_no_weights_is_zero_everywhere():
    assert (autocorrelation(torch.rand(9, 9), torch.zeros(9, 9), (3, 3)) == 0).all()


def test_gradients(rng):
    image = torch.rand(5, 6, generator=rng, dtype=F64, requires_grad=True)
    weights = torch.rand(5, 6, generator=rng, dtype=F64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda i, w: autocorrelation(i, w, (2, 3)), (image, weights))
    fixed = weights.detach()
    assert torch.autograd.gradgradcheck(lambda i: autocorrelation(i, fixed, (1, 2)), (image,))


def test_arguments():
    image, weights = torch.rand(8, 10), torch.ones(8, 10)
    with pytest.raises(InputError, match=r"use at most \(7, 9\)"):
        autocorrelation(image, weights, (8, 4))
    with pytest.raises(InputError, match="same max_lag_px"):
        overlap = weights_autocorrelation(weights, (3, 3))
        autocorrelation(image, weights, (3, 4), overlap=overlap)
    with pytest.raises(InputError, match="weights are"):
        autocorrelation(image, weights[:5], (3, 4))
