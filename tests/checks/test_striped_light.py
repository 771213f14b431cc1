"""Light that changes in one direction only, taken off drawn walls."""

import math

import pytest
import torch

from tiling_diag.checks.lattice.views import measure_views
from tiling_diag.checks.striped_light import striped_light, without_striped_light
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import same_lattice
from tiling_diag.kernels.projection import line_means
from tiling_diag.synth import Material, View, draw_wall


def evened(walls):
    turn, share = striped_light(walls)
    return without_striped_light(walls, turn), share


def bricks():
    return draw_wall(Material(width_px=48, height_px=20), View(size=(384, 512)))


def whole(image):
    return Walls(image[None], torch.ones_like(image[:1]))


def blinds(size, turn_deg, spacing_px, darkest=0.5):
    """``(H, W)`` bars of shadow with sharp edges, square to a direction."""
    y, x = torch.meshgrid(*(torch.arange(side) * 1.0 for side in size), indexing="ij")
    across = x * math.cos(math.radians(turn_deg)) + y * math.sin(math.radians(turn_deg))
    return 1 - (1 - darkest) * ((across / spacing_px) % 1 < 0.5)


def log_of(image):
    return (image.mean(0) + 0.02).log()


@pytest.mark.parametrize("turn_deg", [23.0, 64.5, 137.2])
def test_shadows_of_blinds_are_taken_off(turn_deg):
    image = bricks().image
    shaded = image * blinds(image.shape[1:], turn_deg, 37.0)
    seen, share = evened(whole(shaded))
    off = [(log_of(one) - log_of(image)) for one in (shaded, seen.image[0])]
    before, after = (float((one - one.mean()).square().mean()) for one in off)
    assert after < 0.2 * before
    assert 0.1 < share[0] <= 1


def test_light_of_a_large_picture_is_taken_off_it():
    wall = draw_wall(Material(width_px=160, height_px=64), View(size=(1100, 1500)))
    shaded = wall.image * blinds(wall.image.shape[1:], 64.5, 130.0)
    seen, share = evened(whole(shaded))
    assert seen.image.shape[1:] == wall.image.shape
    off = [(log_of(one) - log_of(wall.image)) for one in (shaded, seen.image[0])]
    before, after = (float((one - one.mean()).square().mean()) for one in off)
    assert after < 0.2 * before
    assert share[0] > 0.1


def test_even_light_leaves_noise_as_it_is():
    noise = 0.5 + 0.1 * torch.randn(3, 256, 256, generator=torch.Generator().manual_seed(3))
    seen, share = evened(whole(noise.clamp(0, 1)))
    assert share[0] < 0.02
    assert torch.nn.functional.l1_loss(log_of(seen.image[0]), log_of(noise)) < 0.05


def test_what_the_mask_leaves_out_takes_no_part():
    image = bricks().image
    shaded = image * blinds(image.shape[1:], 40.0, 37.0)
    mask = torch.ones(1, *image.shape[1:])
    mask[:, :, 300:] = 0
    spoilt = shaded.clone()
    spoilt[:, :, 300:] = torch.rand(3, image.shape[1], 212)
    results = [evened(Walls(one[None], mask)) for one in (shaded, spoilt)]
    (one, share_one), (other, share_other) = results
    torch.testing.assert_close(one.image[..., :250], other.image[..., :250], atol=1e-3, rtol=0)
    torch.testing.assert_close(share_one, share_other, atol=1e-3, rtol=0)


def test_a_batch_is_its_items_one_by_one():
    image = bricks().image
    images = torch.stack([image * blinds(image.shape[1:], turn, 41.0) for turn in (20.0, 110.0)])
    together, share = evened(Walls(images, torch.ones_like(images[:, 0])))
    for k in range(2):
        alone, own = evened(whole(images[k]))
        torch.testing.assert_close(together.image[k : k + 1], alone.image, atol=1e-5, rtol=0)
        torch.testing.assert_close(share[k : k + 1], own)


def test_the_wall_behind_the_blinds_is_the_one_that_is_read():
    wall = bricks()
    shaded = wall.image * blinds(wall.image.shape[1:], 58.0, 30.0, darkest=0.3)
    with torch.inference_mode():
        lattice, _ = measure_views(whole(shaded))
    truth = torch.tensor([wall.truth.a_px, wall.truth.b_px], dtype=torch.float64)
    assert lattice.is_periodic[0] and same_lattice(lattice.basis_px[0], truth, 0.04)


def test_means_along_the_rows_and_columns_are_those_of_the_picture():
    plane = torch.rand(1, 12, 18)
    means, weights, place = line_means(
        plane, torch.ones_like(plane), torch.tensor([[0.0, math.pi / 2]])
    )
    for k, dim in ((0, 0), (1, 1)):
        there = weights[0, k] > 0
        assert weights[0, k][there].tolist() == [plane.shape[1 + dim]] * plane.shape[2 - dim]
        torch.testing.assert_close(means[0, k][there], plane[0].mean(dim))
    assert place.shape == (1, 2, 12, 18)
