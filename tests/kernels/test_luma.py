import pytest
import torch

from tiling_diag.errors import InputError
from tiling_diag.kernels.luma import RGB_TO_LUMA, luma


def test_pure_colours_have_the_published_weights(device):
    # ITU-R BT.709-6, item 3.2; the three sum to 1, so white stays white.
    eye = torch.eye(3, device=device, dtype=torch.float64)[:, :, None, None]
    assert luma(eye).flatten().tolist() == [0.2126, 0.7152, 0.0722]
    assert sum(RGB_TO_LUMA) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("lead", [(), (5,), (2, 3)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_matches_a_direct_sum_over_any_leading_dimensions(lead, dtype, device, rng):
    image = torch.rand(*lead, 3, 5, 7, generator=rng, dtype=dtype).to(device)
    expected = torch.einsum("c,...chw->...hw", image.new_tensor(RGB_TO_LUMA), image)
    assert luma(image).dtype == dtype
    assert luma(image).device == image.device
    # Three products and two sums of numbers below 1.
    torch.testing.assert_close(luma(image), expected, rtol=0, atol=4 * torch.finfo(dtype).eps)


def test_a_grey_image_is_returned_as_it_is():
    image = torch.rand(2, 1, 4, 6)
    assert torch.equal(luma(image), image[:, 0])


def test_gradient(rng):
    image = torch.rand(2, 3, 3, 4, generator=rng, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(luma, (image,))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (torch.rand(4, 8, 8), "third dimension from the end must be 1"),
        (torch.rand(8, 8), "third dimension from the end must be 1"),
        (torch.zeros(3, 8, 8, dtype=torch.uint8), "image.float"),
    ],
)
def test_what_it_cannot_take(image, message):
    with pytest.raises(InputError, match=message):
        luma(image)
