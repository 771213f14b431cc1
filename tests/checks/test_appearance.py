"""What looks alike in a picture: walls of one look, and walls with something in front of them."""

import pytest
import torch

from tiling_diag.checks.appearance import alike
from tiling_diag.checks.lattice.views import measure_views
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import same_lattice
from tiling_diag.synth import Material, View, draw_wall, random_wall


def drawn(seed=4):
    return draw_wall(*random_wall(seed, size=(384, 512)))


def whole(image):
    return Walls(image[None], torch.ones_like(image[:1]))


def with_sheet(image, colour, box=(slice(60, 300), slice(150, 400))):
    image = image.clone()
    image[(slice(None), *box)] = torch.tensor(colour)[:, None, None]
    hidden = torch.zeros_like(image[0])
    hidden[box] = 1
    return image, hidden


@pytest.mark.parametrize("seed", [4, 7, 12])
def test_a_wall_alone_looks_alike_all_over(seed):
    assert alike(whole(drawn(seed).image)).mean() > 0.95


@pytest.mark.parametrize("colour", [(0.1, 0.2, 0.7), (0.05, 0.05, 0.05), (0.9, 0.7, 0.2)])
def test_a_sheet_in_front_is_no_part_of_it(colour):
    image, hidden = with_sheet(drawn().image, colour)
    part = alike(whole(image))[0]
    assert (part * hidden).sum() / hidden.sum() < 0.1
    assert (part * (1 - hidden)).sum() / (1 - hidden).sum() > 0.8


def test_a_grey_picture_is_told_apart_by_tone_and_edges():
    image, hidden = with_sheet(drawn().image, (0.1, 0.1, 0.1))
    part = alike(whole(image.mean(0, keepdim=True)))[0]
    assert (part * hidden).sum() / hidden.sum() < 0.1


def test_what_the_mask_leaves_out_takes_no_part():
    image, hidden = with_sheet(drawn().image, (0.1, 0.2, 0.7))
    walls = Walls(image[None], 1 - hidden[None])
    assert (alike(walls)[0] * (1 - hidden)).sum() / (1 - hidden).sum() > 0.95


def test_a_batch_is_its_items_one_by_one():
    images = torch.stack([drawn().image, with_sheet(drawn().image, (0.1, 0.2, 0.7))[0]])
    together = alike(Walls(images, torch.ones_like(images[:, 0])))
    assert torch.equal(together, torch.cat([alike(whole(image)) for image in images]))


def bricks():
    return draw_wall(Material(width_px=48, height_px=20), View(size=(384, 512)))


def test_a_wall_that_looks_alike_all_over_keeps_its_whole_picture():
    walls = whole(bricks().image)
    with torch.inference_mode():
        lattice, place = measure_views(walls)
    assert place.mask.mean() == 1 and lattice.is_periodic[0]


def test_a_wall_between_panes_is_measured_where_it_is_seen():
    wall = bricks()
    image = wall.image.clone()
    for top, left in ((15, 20), (40, 190), (10, 365), (205, 60), (240, 230), (190, 385)):
        image[:, top : top + 130, left : left + 105] = torch.tensor([[[0.2]], [[0.3]], [[0.6]]])
    with torch.inference_mode():
        lattice, place = measure_views(whole(image))
    truth = torch.tensor([wall.truth.a_px, wall.truth.b_px], dtype=torch.float64)
    assert same_lattice(lattice.basis_px[0], truth, 0.04) and lattice.is_periodic[0]
    assert place.mask.mean() < 0.7
