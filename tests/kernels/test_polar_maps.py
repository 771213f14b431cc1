import math

import numpy as np
import pytest
import torch

from tiling_diag.errors import InputError
from tiling_diag.kernels.polar import (
    background,
    log_polar,
    log_polar_grid,
    log_polar_table,
    radial_profile,
    radial_table,
    ring_radii,
)
from tiling_diag.kernels.spectrum import power_spectrum, two_sided
from tiling_diag.kernels.tapers import hann

F64 = torch.float64


def random_power(size, rng, lead=()):
    return power_spectrum(torch.rand(*lead, *size, generator=rng, dtype=F64), hann(size, dtype=F64))


@pytest.mark.parametrize("r_max", [0.5, 0.4, 0.71])
def test_rings_are_weighted_means_over_the_full_plane(size, r_max, rng):
    bins = 11
    power = random_power(size, rng, (2,))
    full = two_sided(power, size).numpy()
    fy, fx = (np.fft.fftshift(np.fft.fftfreq(n)) for n in size)
    place = np.hypot(fx, fy[:, None]) / r_max * (bins - 1)
    expected = np.zeros((2, bins))
    for ring in range(bins):
        hat = np.clip(1 - np.abs(place - ring), 0, None)
        expected[:, ring] = (full * hat).sum((1, 2)) / hat.sum()
    result = radial_profile(power, size, bins, r_max=r_max)
    np.testing.assert_allclose(result, expected, rtol=1e-9)
    table = radial_table(size, bins, r_max=r_max, dtype=F64)
    again = radial_profile(power, size, bins, r_max=r_max, table=table)
    assert torch.equal(again, result)


def test_white_power_is_a_flat_profile(size, device):
    power = torch.ones(size[0], size[1] // 2 + 1, device=device)
    profile = radial_profile(power, size, 9)
    torch.testing.assert_close(profile, torch.ones_like(profile), rtol=0, atol=1e-5)


def test_rings_too_thin_to_meet_a_bin_are_zero(device):
    profile = radial_profile(torch.ones(8, 5, device=device), (8, 8), 200)
    assert torch.isfinite(profile).all()
    # Between zero frequency and the first bin, 1/8 cycles/px, there is nothing.
    assert (profile[1 : int(199 * 0.125 / 0.5) - 1] == 0).all()


@pytest.mark.parametrize("period_px", [7.3, 12.0, 20.5])
@pytest.mark.parametrize("angle_deg", [0, 31, 90, 140])
def test_the_strongest_ring_is_the_waves_frequency(period_px, angle_deg, device):
    size, bins = (128, 150), 151
    y = torch.arange(size[0], device=device, dtype=F64)[:, None]
    x = torch.arange(size[1], device=device, dtype=F64)
    along = x * math.cos(math.radians(angle_deg)) + y * math.sin(math.radians(angle_deg))
    image = 4 + torch.cos(2 * math.pi * along / period_px)
    power = power_spectrum(image, hann(size, device=device, dtype=F64))
    profile = radial_profile(power, size, bins)
    radii = ring_radii(bins, device=device, dtype=F64)
    # One bin of the shorter side.
    assert radii[profile.argmax()].item() == pytest.approx(1 / period_px, abs=1 / 128)


def smooth_plane(fx, fy):
    """A plane with P(-f) = P(f) that is periodic in both frequencies."""
    return 2 + torch.cos(2 * math.pi * (fx + 2 * fy)) + 0.5 * torch.cos(2 * math.pi * (fx - fy))


@pytest.mark.parametrize("padded", [(200, 200), (201, 240), (240, 201)])
def test_log_polar_reads_the_plane_at_its_grid(padded, device):
    h, w = padded
    fx = torch.fft.rfftfreq(w, device=device, dtype=F64)
    fy = torch.fft.fftfreq(h, device=device, dtype=F64)[:, None]
    power = smooth_plane(fx, fy)
    result = log_polar(power, padded, 33, 48, 0.02, 0.5)
    radius, angle = log_polar_grid(33, 48, 0.02, 0.5, device=device, dtype=F64)
    expected = smooth_plane(radius[:, None] * torch.cos(angle), radius[:, None] * torch.sin(angle))
    # Bilinear: an eighth of the curvature, (2 pi)^2 (1 + 4 + ...) < 300, times the step squared
    # of 1/200, on each axis.
    torch.testing.assert_close(result, expected, rtol=0, atol=300 / 8 / 200**2 * 2)


def test_log_polar_is_bilinear_on_the_full_plane(size, rng):
    h, w = size
    power = random_power(size, rng, (2,))
    full = np.fft.ifftshift(two_sided(power, size).numpy(), axes=(-2, -1))
    result = log_polar(power, size, 7, 10, 0.05, 0.5)
    radius, angle = log_polar_grid(7, 10, 0.05, 0.5, dtype=F64)
    for i, r in enumerate(radius.tolist()):
        for j, t in enumerate(angle.tolist()):
            x, y = r * math.cos(t) * w, r * math.sin(t) * h
            x0, y0 = math.floor(x), math.floor(y)
            expected = sum(
                full[:, (y0 + dy) % h, (x0 + dx) % w]
                * (1 - abs(x - x0 - dx))
                * (1 - abs(y - y0 - dy))
                for dy in (0, 1)
                for dx in (0, 1)
            )
            np.testing.assert_allclose(result[:, i, j], expected, rtol=1e-9, atol=1e-12)
    table = log_polar_table(size, 7, 10, 0.05, 0.5, dtype=F64)
    assert torch.equal(log_polar(power, size, 7, 10, 0.05, 0.5, table=table), result)


def test_scale_is_a_shift_of_rows_and_a_turn_a_shift_of_columns():
    padded, out_r, out_t = (256, 256), 65, 36
    r_min, r_max = 1 / 32, 1 / 2
    fx = torch.fft.rfftfreq(256, dtype=F64)
    fy = torch.fft.fftfreq(256, dtype=F64)[:, None]

    def bump(scale, turn):
        c, s = math.cos(turn), math.sin(turn)
        u, v = (c * fx + s * fy) / scale, (c * fy - s * fx) / scale
        return torch.exp(-((u.abs() - 0.12) ** 2 + v**2) / 0.04**2)

    base = log_polar(bump(1, 0), padded, out_r, out_t, r_min, r_max)
    # Four octaves in 64 steps: a factor of 1.5 is 9.36 rows; the cosine of the row shift fits
    # whole rows, so take 2 ** (10 / 16).
    scaled = log_polar(bump(2 ** (10 / 16), 0), padded, out_r, out_t, r_min, r_max)
    torch.testing.assert_close(scaled[10:], base[:-10], rtol=0, atol=0.01)
    turned = log_polar(bump(1, math.pi * 5 / 36), padded, out_r, out_t, r_min, r_max)
    torch.testing.assert_close(turned, base.roll(5, 1), rtol=0, atol=0.01)


def test_backward_is_the_same_to_the_bit_on_several_threads(device):
    power = torch.rand(4, 128, 65, device=device, requires_grad=True)

    def gradient():
        wheel = log_polar(power, (128, 128), 96, 96, 0.02, 0.5)
        rings = radial_profile(power, (128, 128), 65)
        pull = wheel.square().sum() + rings.square().sum()
        return torch.autograd.grad(pull, power)[0]

    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        first = gradient()
        assert all(torch.equal(gradient(), first) for _ in range(10))
    finally:
        torch.set_num_threads(threads)


def test_gradients(rng):
    power = torch.rand(2, 6, 4, generator=rng, dtype=F64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: radial_profile(p, (6, 7), 4), (power,))
    assert torch.autograd.gradcheck(lambda p: log_polar(p, (6, 7), 3, 5, 0.1, 0.5), (power,))
    profile = torch.randn(2, 12, generator=rng, dtype=F64, requires_grad=True)
    radii = torch.linspace(0.05, 0.5, 12, dtype=F64)
    assert torch.autograd.gradcheck(lambda p: background(p, radii), (profile,))


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.2])
@pytest.mark.parametrize("spacing", ["linear", "log"])
def test_a_power_law_is_its_own_background(exponent, spacing, device):
    radii = torch.linspace(0.004, 0.5, 128, dtype=F64, device=device)
    if spacing == "log":
        radii = torch.logspace(-2.4, -0.3, 128, dtype=F64, device=device)
    profile = 3 - exponent * torch.log(radii)
    # All on the curve: one least-squares fit, exact up to the ridge of 1e-6.
    torch.testing.assert_close(background(profile, radii), profile, rtol=0, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_peaks_stand_above_the_background(dtype, device, rng):
    radii = ring_radii(257, device=device, dtype=dtype)[1:]
    fall = 1 - 1.8 * torch.log(radii)
    noise = 0.05 * torch.randn(2, 256, generator=rng, dtype=dtype).to(device)
    profile = fall + noise
    harmonics = torch.arange(20, 256, 20, device=device)
    for offset in (-1, 0, 1):
        profile[:, harmonics + offset] += 2.0
    rest = profile - background(profile, radii)
    # Fourteen hundredths of all rings are peaks and pull the curve up by less than their share
    # of the height, 0.14 * 2, times what asymmetry leaves of their weight.
    off = torch.ones(256, dtype=torch.bool, device=device)
    for offset in range(-1, 2):
        off[harmonics + offset] = False
    assert rest[:, off].mean().abs() < 0.1
    assert rest[:, harmonics].min() > 1.6


def test_arguments():
    power = torch.rand(8, 5)
    with pytest.raises(InputError, match="at least 2 rings"):
        radial_profile(power, (8, 8), 1)
    with pytest.raises(InputError, match="one-sided plane"):
        radial_profile(power, (8, 16), 4)
    with pytest.raises(InputError, match="radial_table"):
        radial_profile(power, (8, 8), 4, table=radial_table((8, 10), 4))
    with pytest.raises(InputError, match="0 < r_min < r_max"):
        log_polar(power, (8, 8), 4, 4, 0.0, 0.5)
    with pytest.raises(InputError, match="log_polar_table"):
        table = log_polar_table((8, 8), 4, 5, 0.1, 0.5)
        log_polar(power, (8, 8), 4, 4, 0.1, 0.5, table=table)
    with pytest.raises(InputError, match="one radius each"):
        background(torch.rand(9), torch.rand(8))
