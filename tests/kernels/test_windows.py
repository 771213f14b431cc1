import math

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import torch

from tiling_diag.errors import InputError
from tiling_diag.kernels.tapers import (
    feather,
    gaussian_blur,
    hann,
    periodic_plus_smooth,
    tukey,
    wide_blur,
)

F64 = torch.float64


def disk(size, radius, dtype=F64):
    y, x = torch.meshgrid(*(torch.arange(n, dtype=dtype) for n in size), indexing="ij")
    centre = [(n - 1) / 2 for n in size]
    return ((y - centre[0]).square() + (x - centre[1]).square() <= radius**2).to(dtype)


@pytest.mark.parametrize("taper", [0.0, 0.25, 0.7, 1.0])
def test_tukey_is_scipys_sampled_at_pixel_centres(size, taper):
    # SciPy's symmetric window of 2n + 1 points has the centres of n pixels at its odd points.
    rows, columns = (scipy.signal.windows.tukey(2 * n + 1, taper)[1::2] for n in size)
    window = tukey(size, taper=taper, dtype=F64)
    np.testing.assert_allclose(window, np.outer(rows, columns), atol=1e-14)


def test_hann_is_scipys_and_symmetric_without_zeros(size):
    rows, columns = (scipy.signal.windows.hann(2 * n + 1)[1::2] for n in size)
    window = hann(size, dtype=F64)
    np.testing.assert_allclose(window, np.outer(rows, columns), atol=1e-14)
    torch.testing.assert_close(window, window.flip((0, 1)), rtol=0, atol=1e-15)
    assert window.min() > 0


def test_the_transform_of_hann_is_three_bins_along_each_axis(size):
    h, w = size
    spectrum = torch.fft.fft2(hann(size, dtype=F64)).abs() / (h * w)
    inside = torch.zeros(size, dtype=torch.bool)
    near_y, near_x = torch.tensor([0, 1, -1]), torch.tensor([0, 1, -1])
    inside[near_y[:, None], near_x] = True
    assert spectrum[~inside].max() < 1e-15
    assert spectrum[0, 0].item() == pytest.approx(0.25, abs=1e-14)
    assert spectrum[0, 1].item() == pytest.approx(0.125, abs=1e-14)


@pytest.mark.parametrize("taper", [-0.1, 1.5])
def test_a_taper_outside_its_range(taper):
    with pytest.raises(InputError, match="is outside"):
        tukey((8, 8), taper=taper)


@pytest.mark.parametrize("radius_px", [2, 5, 8, 13])
def test_feathering_is_nothing_outside_and_whole_deep_inside(radius_px):
    mask = disk((90, 101), 38)
    mask[40:44, 30:33] = 0
    soft = feather(mask, radius_px)
    assert soft[mask == 0].abs().max() == 0
    assert (soft <= mask).all()
    assert soft.min() >= 0
    # The erosion and the smoothing each reach round(radius / 2) pixels along x and y.
    reach = 2 * round(radius_px / 2)
    depth = scipy.ndimage.distance_transform_cdt(np.pad(mask.numpy(), 1), "chessboard")
    deep = torch.from_numpy(depth[1:-1, 1:-1]) > reach
    assert deep.any()
    torch.testing.assert_close(soft[deep], torch.ones_like(soft[deep]), rtol=0, atol=1e-12)
    assert (soft[~deep] < 1).all()


def test_feathering_is_erosion_then_smoothing():
    mask = disk((40, 33), 15)
    reach = 3
    eroded = scipy.ndimage.grey_erosion(
        mask.numpy(), size=(2 * reach + 1,) * 2, mode="constant", cval=0.0
    )
    taps = 1 + np.cos(np.pi * np.arange(-reach, reach + 1) / (reach + 1))
    expected = eroded
    for axis in (0, 1):
        expected = scipy.ndimage.convolve1d(expected, taps / taps.sum(), axis=axis, mode="constant")
    np.testing.assert_allclose(feather(mask, 2 * reach), expected, atol=1e-13)


def test_feathering_rises_from_a_straight_border_to_the_middle():
    profile = feather(torch.ones(3, 64, 64), 12)[1, 32]
    assert (profile[:32].diff() >= -1e-6).all()
    assert profile[0] < 0.05
    torch.testing.assert_close(profile, profile.flip(0), rtol=0, atol=1e-6)


def test_a_radius_below_one_pixel_changes_nothing():
    mask = disk((20, 20), 7)
    assert torch.equal(feather(mask, 0.4), mask)
    with pytest.raises(InputError, match="negative"):
        feather(mask, -1)
    with pytest.raises(InputError, match="floating"):
        feather(mask.bool(), 4)


def moisan_by_poisson(image):
    """Moisan 2011, definition 1 and eq. 8: solve the periodic Poisson equation directly."""
    h, w = image.shape
    jumps = np.zeros_like(image)
    jumps[0] += image[0] - image[-1]
    jumps[-1] += image[-1] - image[0]
    jumps[:, 0] += image[:, 0] - image[:, -1]
    jumps[:, -1] += image[:, -1] - image[:, 0]
    laplacian = np.zeros((h * w, h * w))
    for y in range(h):
        for x in range(w):
            for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                laplacian[y * w + x, y * w + x] += 1
                laplacian[y * w + x, (y + dy) % h * w + (x + dx) % w] -= 1
    smooth, *_ = np.linalg.lstsq(laplacian, jumps.ravel(), rcond=None)
    return smooth.reshape(h, w) - smooth.mean()


@pytest.mark.parametrize("size", [(8, 8), (9, 12), (12, 9), (7, 11), (1, 9), (9, 1)])
def test_periodic_plus_smooth_solves_the_poisson_equation(size, rng):
    image = torch.rand(2, *size, generator=rng, dtype=F64)
    periodic, smooth = periodic_plus_smooth(image)
    for item in range(2):
        expected = moisan_by_poisson(image[item].numpy())
        np.testing.assert_allclose(smooth[item], expected, atol=1e-12)
    torch.testing.assert_close(periodic + smooth, image, rtol=0, atol=1e-15)


def test_a_seamless_image_is_all_periodic(device):
    # Moisan 2011, prop. 3: the smooth part sees only the jumps across the frame.
    h, w = 32, 48
    y = torch.arange(h, device=device, dtype=F64)[:, None]
    x = torch.arange(w, device=device, dtype=F64)
    wave = torch.cos(2 * math.pi * (3 * x / w - 2 * y / h))
    ramp = 0.05 * x
    periodic, _ = periodic_plus_smooth(wave + ramp)
    cross = torch.fft.rfft2(periodic).abs()[0, 1:]
    raw = torch.fft.rfft2(wave + ramp).abs()[0, 1:]
    assert cross.max() < 0.1 * raw.max()


def test_periodic_plus_smooth_gradient(rng):
    image = torch.rand(5, 6, generator=rng, dtype=F64, requires_grad=True)
    assert torch.autograd.gradcheck(periodic_plus_smooth, (image,))


@pytest.mark.parametrize("sigma_px", [0.6, 2.0, 7.5, 40.0])
def test_blur_is_scipys_divided_by_the_blur_of_ones(size, sigma_px, rng):
    image = torch.rand(*size, generator=rng, dtype=F64)

    def blur(array):
        return scipy.ndimage.gaussian_filter(array, sigma_px, mode="constant", truncate=9)

    expected = blur(image.numpy()) / blur(np.ones(size))
    # Six against nine standard deviations: the tails hold 2e-9 of the mass.
    np.testing.assert_allclose(gaussian_blur(image, sigma_px), expected, atol=1e-8)


def test_blur_ignores_what_has_no_weight(rng):
    weights = disk((40, 50), 14)
    image = torch.rand(2, 40, 50, generator=rng, dtype=F64)
    dirty = torch.where(weights > 0, image, 1e3)
    inside = weights > 0
    blurred = gaussian_blur(image, 3.0, weights)
    torch.testing.assert_close(
        gaussian_blur(dirty, 3.0, weights)[:, inside], blurred[:, inside], rtol=0, atol=1e-9
    )
    far = gaussian_blur(dirty, 3.0, weights)[0, 0, 0]
    assert far.item() == pytest.approx(image[0][inside].mean().item(), abs=1e-6)


def test_blur_keeps_a_constant(device):
    image = torch.full((30, 41), 0.7, device=device)
    weights = disk((30, 41), 9, torch.float32).to(device)
    for blurred in (gaussian_blur(image, 5.0), gaussian_blur(image, 5.0, weights)):
        assert blurred.dtype == torch.float32
        # Quotient of two transforms in float32.
        torch.testing.assert_close(blurred, image, rtol=0, atol=1e-5)


def test_blur_gradient_and_arguments(rng):
    image = torch.rand(5, 7, generator=rng, dtype=F64, requires_grad=True)
    weights = torch.rand(5, 7, generator=rng, dtype=F64)
    assert torch.autograd.gradcheck(lambda x: gaussian_blur(x, 1.3, weights), (image,))
    with pytest.raises(InputError, match="sigma_px=0"):
        gaussian_blur(image, 0)
    with pytest.raises(InputError, match="weights are"):
        gaussian_blur(image, 1, weights[:4])


@pytest.mark.parametrize("size", [(90, 131), (300, 410)])
@pytest.mark.parametrize("shrink", [1, 3])
def test_a_wide_blur_is_about_the_blur_in_a_shrunk_picture(size, shrink, rng):
    image = torch.rand(2, 1, *size, dtype=F64, generator=rng)
    weights = torch.ones(2, 1, *size, dtype=F64)
    weights[:, :, :, size[1] // 2 :] = 0.2
    exact = gaussian_blur(image, 12.0, weights)
    about = wide_blur(image, 12.0, weights, shrink)
    assert about.shape == image.shape
    assert float((about - exact).abs().max()) < 0.03 * float(image.std())
