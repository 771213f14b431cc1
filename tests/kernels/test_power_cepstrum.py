import numpy as np
import pytest
import torch

from tiling_diag.errors import InputError
from tiling_diag.kernels.cepstrum import power_cepstrum
from tiling_diag.kernels.spectrum import power_spectrum

F64 = torch.float64


@pytest.mark.parametrize("floor", [1e-7, 1e-3])
def test_is_the_inverse_transform_of_the_log_power(size, floor, rng):
    h, w = size
    image = torch.rand(2, h, w, generator=rng, dtype=F64)
    ones = torch.ones(size, dtype=F64)
    power = power_spectrum(image, ones)
    full = np.abs(np.fft.fft2(image - image.mean((-2, -1), keepdim=True))) ** 2 / (h * w)
    log = np.log(full + floor * full.mean((-2, -1), keepdims=True))
    expected = np.fft.fftshift(np.fft.ifft2(log).real, axes=(-2, -1))
    my, mx = (h - 1) // 2, (w - 1) // 2
    expected = expected[:, h // 2 - my : h // 2 + my + 1, w // 2 - mx : w // 2 + mx + 1]
    np.testing.assert_allclose(power_cepstrum(power, size, floor=floor), expected, atol=1e-9)
    cropped = power_cepstrum(power, size, floor=floor, max_quefrency_px=(4, 6))
    np.testing.assert_allclose(cropped, expected[:, my - 4 : my + 5, mx - 6 : mx + 7], atol=1e-9)


@pytest.mark.parametrize("echo_px", [(0, 23), (17, 0), (9, -14)])
def test_an_echo_is_a_peak_at_its_delay(echo_px, device, rng):
    # image + a * (image moved by d): the log power gains ln|1 + a e^(i w d)|^2, whose transform
    # has a at d, -a^2/2 at 2d and so on (Bogert et al.).
    size, a = (128, 120), 0.6
    image = torch.randn(*size, generator=rng, dtype=F64).to(device)
    image = image + a * image.roll(echo_px, (0, 1))
    power = power_spectrum(image, torch.ones(size, device=device, dtype=F64))
    cepstrum = power_cepstrum(power, size, max_quefrency_px=(50, 50))
    at = cepstrum[50 + echo_px[0], 50 + echo_px[1]].item()
    twice = cepstrum[50 + 2 * echo_px[0], 50 + 2 * echo_px[1]].item()
    # The noise's log power has a standard deviation of pi / sqrt(6), so each quefrency has
    # pi / sqrt(6 * 15360) * sqrt(2) = 0.015; four of them.
    assert at == pytest.approx(a, abs=0.06)
    assert twice == pytest.approx(-(a**2) / 2, abs=0.06)


def test_no_power_is_no_peak(device):
    cepstrum = power_cepstrum(torch.zeros(2, 16, 9, device=device), (16, 16))
    assert torch.isfinite(cepstrum).all()
    centre = cepstrum[:, 7, 7].clone()
    cepstrum[:, 7, 7] = 0
    assert cepstrum.abs().max() <= 1e-6 * centre.abs().max()


def test_gradient(rng):
    power = 0.1 + torch.rand(6, 4, generator=rng, dtype=F64)
    # Along kx = 0 and Nyquist a real image's plane mirrors itself.
    power[4:, [0, -1]] = power[[2, 1]][:, [0, -1]]
    power.requires_grad_()
    assert torch.autograd.gradcheck(lambda p: power_cepstrum(p, (6, 6)), (power,))


def test_arguments():
    with pytest.raises(InputError, match="one-sided plane"):
        power_cepstrum(torch.rand(8, 5), (8, 12))
    with pytest.raises(InputError, match="floor"):
        power_cepstrum(torch.rand(8, 5), (8, 8), floor=0)
