"""The drawn walls have the lattice they say they have."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import grid_sample

from tiling_diag.errors import InputError
from tiling_diag.synth import (
    BONDS,
    Material,
    View,
    draw_reference,
    draw_wall,
    perspective_homography,
    random_wall,
)
from tiling_diag.synth.geometry import apply_homography, invert, pixel_grid
from tiling_diag.synth.noise import UnitNoise, generator, rough_surface

# Nothing but the bond itself: a lattice vector then carries the picture onto itself exactly.
PLAIN = {
    "tone_variation": 0.0,
    "hue_variation": 0.0,
    "roughness": 0.0,
    "relief": 0.0,
    "wear": 0.0,
    "jitter": 0.0,
    "wander": 0.0,
}
CLEAR = {"noise": 0.0, "unevenness": 0.0}
MATERIALS = {
    "running_half": Material(**PLAIN),
    "running_third": Material(offset=1 / 3, **PLAIN),
    "running_odd": Material(offset=0.375, **PLAIN),
    "stack": Material("stack_bond", 40.0, 32.0, **PLAIN),
    "flemish": Material("flemish_bond", 96.0, 24.0, **PLAIN),
    "hex": Material("hex", 48.0, 42.0, **PLAIN),
    "herringbone_2": Material("herringbone", 48.0, 24.0, **PLAIN),
    "herringbone_3": Material("herringbone", 72.0, 24.0, **PLAIN),
    "boards": Material("plank_1d", 0.0, 24.0, **PLAIN),
}


def sample(image, xy):
    """The picture at continuous positions (..., 2), bilinear; positions inside the picture."""
    size = torch.tensor([image.shape[-1], image.shape[-2]])
    grid = (xy.double() / size * 2 - 1)[None]
    return grid_sample(image.double()[None], grid, align_corners=False)[0]


def moved_difference(image, vector, margin):
    """RMS difference between the inside of the picture and the same place moved by `vector`."""
    xy = pixel_grid(tuple(image.shape[-2:]))[margin:-margin, margin:-margin]
    moved = sample(image, xy + torch.tensor(vector))
    return float((moved - sample(image, xy)).square().mean().sqrt())


@pytest.mark.parametrize("name", MATERIALS)
@pytest.mark.parametrize("rotation_deg,shear", [(0.0, 0.0), (23.0, 0.0), (78.0, 0.15)])
def test_lattice_vectors_and_nothing_denser_carry_the_wall_onto_itself(name, rotation_deg, shear):
    view = View((360, 380), rotation_deg=rotation_deg, shear=shear, **CLEAR)
    picture = draw_wall(MATERIALS[name], view)
    truth = picture.truth
    spread = float(picture.image.std())
    vectors = [v for v in (truth.a_px, truth.b_px) if v is not None]
    for vector in vectors:
        # Sampling between pixels blurs the edges of the joints: 0.11 measured at most.
        assert moved_difference(picture.image, vector, 150) < 0.2 * spread
    shares = [s for s in itertools.product((0, 0.5), repeat=len(vectors)) if any(s)]
    shares += [s for s in itertools.product((0, 1 / 3, 2 / 3), repeat=len(vectors)) if any(s)]
    for share in shares:
        part = np.array(share) @ np.array(vectors)
        # Only some joints are missed where the courses still meet (Flemish bond: 0.37).
        assert moved_difference(picture.image, part.tolist(), 150) > 0.3 * spread


@pytest.mark.parametrize("name", ["running_half", "stack", "flemish", "hex", "herringbone_2"])
def test_whole_pixel_lattice_is_exact(name):
    picture = draw_wall(MATERIALS[name], View((256, 256), **CLEAR))
    dx, dy = (round(v) for v in picture.truth.a_px)
    moved = picture.image[:, dy:, dx:] - picture.image[:, : 256 - dy, : 256 - dx]
    assert moved.abs().max() < 1e-3  # float32 positions of edges


def test_an_untidy_wall_still_repeats_best_at_its_lattice():
    material = Material(width_px=48.0, height_px=20.0, offset=0.5)
    picture = draw_wall(material, View((300, 300), rotation_deg=12.0, light=(0.3, -0.2)))
    luma = picture.image.mean(0).numpy()
    luma = luma - luma.mean()
    spectrum = np.fft.rfft2(luma, s=(600, 600))
    overlap = np.fft.irfft2(np.abs(np.fft.rfft2(np.ones_like(luma), s=(600, 600))) ** 2)
    correlation = np.fft.irfft2(np.abs(spectrum) ** 2) / np.maximum(overlap, 1)
    correlation /= correlation[0, 0]

    def at(vector):
        return correlation[round(vector[1]) % 600, round(vector[0]) % 600]

    a, b = np.array(picture.truth.a_px), np.array(picture.truth.b_px)
    on = [at(i * a + j * b) for i, j in ((1, 0), (0, 1), (-1, 1), (0, 2))]
    between = [at((i * a + j * b) / 2) for i, j in ((1, 0), (0, 1), (1, 1), (-1, 1))]
    assert min(on) > max(between) + 0.1
    assert min(on) > 0.15


def test_perspective_picture_is_the_flat_wall_seen_through_its_homography():
    size = (240, 320)
    homography = perspective_homography(size, 1.6, 0.8)
    material = Material(**PLAIN)
    flat = draw_wall(material, View((720, 960), supersample=3, **CLEAR))
    tilted = draw_wall(material, View(size, homography=homography, supersample=3, **CLEAR))
    # Both pictures have the material's origin in their middle.
    xy = apply_homography(homography, pixel_grid(size)) + torch.tensor([320.0, 240.0])
    expected = sample(flat.image, xy)
    assert (expected - tilted.image).abs().mean() < 0.1 * tilted.image.std()

    # A step of a hundredth of a lattice vector on the flat wall, carried back into the picture.
    places = torch.tensor([[20.5, 30.0], [160.0, 120.0], [300.0, 200.0]], dtype=torch.float64)
    local = tilted.truth.lattice_at(places)
    back = invert(homography)
    for row, vector in enumerate((tilted.truth.a_px, tilted.truth.b_px)):
        flat_step = torch.tensor(vector, dtype=torch.float64) / 1e4
        end = apply_homography(back, tilted.truth.to_flat(places) + flat_step)
        assert torch.allclose((end - places) * 1e4, local[:, row], rtol=1e-3, atol=1e-3)
    assert torch.allclose(local[1, 0], torch.tensor([72.0, 0.0], dtype=torch.float64), atol=1e-6)


def test_perspective_ratio_is_the_size_at_one_edge_over_the_other():
    homography = perspective_homography((200, 300), 2.0, 1.0)
    picture = draw_wall(Material(**PLAIN), View((200, 300), homography=homography, **CLEAR))
    left, right = picture.truth.lattice_at(torch.tensor([[0.0, 100.0], [300.0, 100.0]]))
    ratio = [torch.linalg.det(right) / torch.linalg.det(left), right[0, 0] / left[0, 0]]
    assert ratio[0] == pytest.approx(8.0, rel=1e-6)  # area: once across, squared along
    assert ratio[1] == pytest.approx(4.0, rel=1e-6)


@pytest.mark.parametrize(
    "name,rotation_deg,unit_px,course_px,angle_deg",
    [
        ("running_half", 0, 72, 24, 0),
        ("running_half", 30, 72, 24, 30),
        ("running_half", -30, 72, 24, -30),
        ("running_half", 90, 48, 36, 0),  # rows are the stacked head joints now
        ("running_third", 10, 72, 24, 10),
        ("running_odd", 0, 72, 24, 0),
        ("stack", 0, 40, 32, 0),
        ("stack", 90, 32, 40, 0),
        ("flemish", 5, 96, 24, 5),
        ("hex", 0, 48, 42, 0),
        ("boards", 20, None, 24, 20),
        ("boards", 80, 24, None, -10),
    ],
)
def test_row_direction(name, rotation_deg, unit_px, course_px, angle_deg):
    truth = draw_wall(MATERIALS[name], View((16, 16), rotation_deg=rotation_deg)).truth
    assert truth.unit_px == (None if unit_px is None else pytest.approx(unit_px, rel=1e-9))
    assert truth.course_px == (None if course_px is None else pytest.approx(course_px, rel=1e-9))
    assert truth.angle_deg == pytest.approx(angle_deg, abs=1e-6)


@pytest.mark.parametrize("period_px", [4.0, 7.3, 300.0])
def test_joints_keep_their_share_of_the_wall_at_any_size(period_px):
    share = 0.12
    material = Material(
        "stack_bond",
        period_px,
        period_px,
        mortar_px=share * period_px,
        unit_color=(0.0, 0.0, 0.0),
        mortar_color=(1.0, 1.0, 1.0),
        radius_px=0.0,
        **PLAIN,
    )
    side = 4 * math.ceil(period_px)
    # Whole periods only, so that the mean is the material's.
    size = (side, side) if period_px in (4.0, 300.0) else (292, 292)
    image = draw_wall(material, View(size, rotation_deg=0.0, **CLEAR)).image
    expected = 1 - (1 - share) ** 2
    # Where two joints cross inside one sample only the nearer one is counted, which loses at
    # most the crossing's area; the rest is for 7.3 px, which does not divide the picture evenly.
    assert expected - share**2 - 0.003 < float(image.mean()) < expected + 0.003
    assert image.std() > 0.05


def test_coloured_units_of_constant_luma():
    material = Material(
        **{**PLAIN, "hue_variation": 0.05}, mortar_px=0.0, unit_color=(0.5, 0.5, 0.5), radius_px=0.0
    )
    image = draw_wall(material, View((128, 128), supersample=1, **CLEAR)).image
    luma = (image * torch.tensor([0.2126, 0.7152, 0.0722])[:, None, None]).sum(0)
    assert luma.std() < 1e-4  # the directions are rounded to four digits
    assert image[0].std() > 0.03


def test_same_seed_same_picture_other_seed_other_units():
    view = View((96, 128), jpeg_quality=80)
    first = draw_wall(Material(seed=3), view).image
    torch.manual_seed(99)
    assert torch.equal(draw_wall(Material(seed=3), view).image, first)
    assert (draw_wall(Material(seed=4), view).image - first).abs().mean() > 0.02
    assert first.shape == (3, 96, 128) and first.dtype == torch.float32
    assert first.min() >= 0 and first.max() <= 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("bond", BONDS)
def test_another_device_draws_the_same_wall(bond):
    material, view = random_wall(3, bond=bond, size=(200, 240))
    view = replace(view, homography=perspective_homography(view.size, 1.4), jpeg_quality=None)
    here, there = draw_wall(material, view), draw_wall(material, view, device="cuda")
    # Edges fall on the other side of a sample here and there.
    assert (here.image - there.image.cpu()).abs().mean() < 1e-3
    assert here.truth == there.truth


def test_the_reference_is_the_same_material_elsewhere_and_larger():
    picture = draw_wall(Material(), View((200, 200)))
    reference = draw_reference(picture, (200, 200), scale=1.5)
    assert reference.truth.unit_px == pytest.approx(108.0)
    assert reference.truth.course_px == pytest.approx(36.0)
    assert reference.material == picture.material
    same_size = draw_reference(picture, (200, 200))
    # Other bricks: the pictures agree no better than two pieces of wall do.
    pair = torch.stack((picture.image.mean(0).flatten(), same_size.image.mean(0).flatten()))
    assert torch.corrcoef(pair)[0, 1] < 0.9
    # The same surface: its strength does not depend on the scale.
    assert reference.image.std() == pytest.approx(float(picture.image.std()), rel=0.25)


def test_boards_do_not_repeat_along_their_length():
    material = Material("plank_1d", 60.0, 15.0, mortar_px=2.0, **PLAIN)
    image = draw_wall(material, View((900, 900), **CLEAR)).image[0].double()
    face = image[7::15]  # one line of pixels through the middle of each board
    face = face - face.mean()
    spectrum = torch.fft.rfft(face, n=2048).abs().square().mean(0)
    correlation = torch.fft.irfft(spectrum)[:400] / torch.fft.irfft(spectrum)[0]
    # A regular row would give 1 at 60, 120, ...
    assert correlation[20:].max() < 0.3


def test_unit_numbers_have_no_period():
    y, x = torch.meshgrid(torch.arange(400), torch.arange(400), indexing="ij")
    numbers = UnitNoise.seeded(5).normal(x - 200, y - 200, 0).double()
    correlation = torch.fft.irfft2(torch.fft.rfft2(numbers - numbers.mean()).abs().square())
    correlation = (correlation / correlation[0, 0]).flatten()[1:]
    # White noise: 1 / 400 each; the largest of 160 000 is near 4.5 times that.
    assert correlation.abs().max() < 7 / 400


def test_surface_keeps_its_density_per_material_frequency():
    small = rough_surface((512, 512), generator(1), scale=1.0, count=2)
    large = rough_surface((512, 512), generator(2), scale=2.0, count=2)
    assert small.std() == pytest.approx(1.0, rel=0.05)
    # Twice as large, halved by averaging 2 x 2: the same field but for the averaging's roll-off,
    # which takes up to half of the power near the last frequency.
    halved = torch.nn.functional.avg_pool2d(large, 2)
    assert halved.std() == pytest.approx(float(small.std()), rel=0.15)


def test_random_walls_keep_their_promises():
    seen = set()
    for seed in range(120):
        material, view = random_wall(seed, size=(512, 640))
        assert 0 <= view.rotation_deg <= 90
        truth = draw_wall(material, replace(view, size=(8, 8))).truth
        seen.add(truth.kind)
        a = np.array(truth.a_px)
        b = a if truth.b_px is None else np.array(truth.b_px)
        sums = [i * a + j * b for i in range(-9, 10) for j in range(-9, 10) if (i, j) != (0, 0)]
        lengths = sorted((np.hypot(*v), tuple(v)) for v in sums if np.hypot(*v) > 1e-6)
        first = lengths[0]
        second = next(
            (n for n, v in lengths if abs(first[1][0] * v[1] - first[1][1] * v[0]) > 1e-3),
            first[0],
        )
        assert first[0] >= 7.999 and second <= 512 / 4 + 1e-3
    assert seen == set(BONDS)
    assert random_wall(7) == random_wall(7)


@pytest.mark.parametrize(
    "make,message",
    [
        (lambda: Material(bond="english"), "running_bond"),
        (lambda: Material(mortar_px=24.0), "under 24"),
        (lambda: Material("herringbone", 50.0, 24.0), "width_px=48"),
        (lambda: Material(height_px=0.0), "at least 1 px"),
        (lambda: View((0, 5)), "positive"),
        (lambda: perspective_homography((10, 10), 30.0, 1.0), "horizon"),
        (lambda: perspective_homography((10, 10), -1.0, 1.0), "above 0"),
        (lambda: random_wall(1, size=(20, 20)), "size of at least"),
    ],
)
def test_impossible_walls_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
