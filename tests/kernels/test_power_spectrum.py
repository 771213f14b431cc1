import itertools
import math

import numpy as np
import pytest
import torch

from tiling_diag.errors import InputError
from tiling_diag.kernels.spectrum import (
    column_counts,
    fft_size,
    frequency_grid,
    lags_of_power,
    power_spectrum,
    remove_mean,
    two_sided,
)
from tiling_diag.kernels.tapers import hann

F64 = torch.float64


def direct_power(image, weights, padded):
    """|sum over pixels|^2 by the definition, no FFT, for the full plane of `padded`."""
    h, w = padded
    weighted = (image - (image * weights).sum() / weights.sum()) * weights
    rows = np.exp(-2j * np.pi * np.outer(np.arange(h), np.arange(image.shape[0])) / h)
    columns = np.exp(-2j * np.pi * np.outer(np.arange(image.shape[1]), np.arange(w)) / w)
    return np.abs(rows @ weighted @ columns) ** 2 / (h * w)


@pytest.mark.parametrize("padding", [(0, 0), (5, 8), (8, 1)])
def test_power_is_the_direct_sum(size, padding, rng):
    image = 4 + torch.rand(*size, generator=rng, dtype=F64)
    weights = torch.rand(*size, generator=rng, dtype=F64)
    weights[:7, 3:12] = 0
    h, w = size[0] + padding[0], size[1] + padding[1]
    expected = direct_power(image.numpy(), weights.numpy(), (h, w))
    power = power_spectrum(image, weights, (h, w))
    assert power.shape == (h, w // 2 + 1)
    np.testing.assert_allclose(power, expected[:, : w // 2 + 1], atol=1e-11)
    np.testing.assert_allclose(two_sided(power, (h, w)), np.fft.fftshift(expected), atol=1e-11)
    # Parseval: the full plane has the energy of the weighted image.
    energy = (remove_mean(image, weights) * weights).square().sum()
    total = (power * column_counts((h, w), dtype=F64)).sum()
    torch.testing.assert_close(total, energy, rtol=1e-12, atol=0)


def test_batches_are_items(rng):
    image = torch.rand(2, 3, 12, 17, generator=rng)
    weights = torch.rand(2, 1, 12, 17, generator=rng)
    power = power_spectrum(image, weights)
    assert power.dtype == torch.float32
    for b in range(2):
        for k in range(3):
            torch.testing.assert_close(power[b, k], power_spectrum(image[b, k], weights[b, 0]))


@pytest.mark.parametrize("wave_bins", [(0, 3), (4, 5), (-4, 5), (5, 0)])
def test_a_wave_stands_at_its_frequency_on_the_grid(size, wave_bins, device):
    h, w = size
    ky, kx = wave_bins
    y = torch.arange(h, device=device, dtype=F64)[:, None]
    x = torch.arange(w, device=device, dtype=F64)
    image = 5 + 0.1 * torch.cos(2 * math.pi * (ky * y / h + kx * x / w) + 0.4)
    power = power_spectrum(image, hann(size, device=device, dtype=F64))
    fx, fy = frequency_grid(size, device=device, dtype=F64)
    row, column = divmod(int(power.argmax()), w // 2 + 1)
    assert fx[column].item() == pytest.approx(kx / w, abs=1e-15)
    # Along fx = 0 the wave and its mirror image are both stored.
    sign = -1 if kx == 0 and fy[row] < 0 else 1
    assert sign * fy[row].item() == pytest.approx(ky / h, abs=1e-15)


def test_the_grid_is_numpys(size):
    h, w = size
    fx, fy = frequency_grid(size, dtype=F64)
    np.testing.assert_array_equal(fx, np.fft.rfftfreq(w))
    np.testing.assert_array_equal(fy, np.fft.fftfreq(h))


def test_a_flat_wall_has_no_power(size, device):
    image = torch.full(size, 0.7, device=device)
    power = power_spectrum(image, hann(size, device=device))
    # The mean is right to a few roundings of 0.7, which leaves (1e-7)^2 per pixel.
    assert power.sum() < 1e-12 * size[0] * size[1]


def test_an_offset_changes_nothing_and_contrast_scales(rng):
    image = torch.rand(20, 22, generator=rng, dtype=F64)
    weights = hann((20, 22), dtype=F64)
    power = power_spectrum(image, weights)
    torch.testing.assert_close(power_spectrum(3 * image + 7, weights), 9 * power)


def test_what_has_no_weight_changes_nothing(rng):
    image = torch.rand(20, 22, generator=rng, dtype=F64)
    weights = hann((20, 22), dtype=F64)
    weights[:, :9] = 0
    dirty = torch.where(weights > 0, image, 1e6)
    torch.testing.assert_close(power_spectrum(dirty, weights), power_spectrum(image, weights))


def test_no_weights_at_all_is_no_power():
    assert power_spectrum(torch.rand(8, 8), torch.zeros(8, 8)).sum() == 0


def test_gradients(rng):
    image = torch.rand(5, 6, generator=rng, dtype=F64, requires_grad=True)
    weights = torch.rand(5, 6, generator=rng, dtype=F64, requires_grad=True)
    assert torch.autograd.gradcheck(remove_mean, (image, weights))
    assert torch.autograd.gradcheck(lambda i, w: power_spectrum(i, w, (7, 6)), (image, weights))
    assert torch.autograd.gradgradcheck(lambda i: power_spectrum(i, weights.detach()), (image,))


@pytest.mark.parametrize("padded", [(24, 24), (25, 30), (30, 27)])
@pytest.mark.parametrize("lags", [(0, 0), (3, 7), (11, 11)])
def test_short_lags_are_the_centre_of_the_full_inverse(padded, lags, rng):
    h, w = padded
    my, mx = lags
    power = power_spectrum(torch.rand(2, h, w, generator=rng, dtype=F64), torch.ones(h, w).double())
    full = torch.fft.fftshift(torch.fft.irfft2(power, s=padded), dim=(-2, -1))
    centre = full[..., h // 2 - my : h // 2 + my + 1, w // 2 - mx : w // 2 + mx + 1]
    torch.testing.assert_close(lags_of_power(power, padded, lags), centre, rtol=0, atol=1e-14)


def test_fft_sizes_are_the_least_even_products_of_two_three_five_and_seven():
    orders = itertools.product(range(1, 14), range(9), range(7), range(6))
    smooth = sorted(2**a * 3**b * 5**c * 7**d for a, b, c, d in orders)
    for n in [*range(1, 700), 1025, 1536, 2000, 2049, 3001, 4097, 6000]:
        assert fft_size(n) == next(s for s in smooth if s >= n), n
    with pytest.raises(InputError, match="at least 1"):
        fft_size(0)


def test_arguments():
    image = torch.rand(3, 8, 10)
    with pytest.raises(InputError, match="weights are"):
        power_spectrum(image, torch.ones(10, 8))
    with pytest.raises(InputError, match="floating"):
        power_spectrum((image * 255).byte(), torch.ones(8, 10))
    with pytest.raises(InputError, match="would crop the 8 x 10"):
        power_spectrum(image, torch.ones(8, 10), (16, 9))
    with pytest.raises(InputError, match="one-sided plane"):
        two_sided(torch.rand(8, 6), (8, 12))
    with pytest.raises(InputError, match="use at most"):
        lags_of_power(torch.rand(8, 6), (8, 10), (4, 4))
