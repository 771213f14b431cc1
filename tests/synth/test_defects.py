"""Each defect does to a picture exactly what its truth says."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import grid_sample

from tiling_diag.errors import InputError
from tiling_diag.synth import Material, View, draw_wall
from tiling_diag.synth.defects.catalogue import (
    DEFECTS,
    FULL_GRID_LEVELS,
    autoencoder_grid,
    perspective_view,
    rescaled_bands,
    rescaled_wall,
    resize_alias,
    scale_drift,
    shadow_edge,
    transposed_convolution_grid,
    uneven_borders,
)
from tiling_diag.synth.defects.defect import period_code
from tiling_diag.synth.geometry import apply_homography, pixel_grid

LUMA = np.array([0.2126, 0.7152, 0.0722])
A, B = (40.0, 0.0), (20.0, 16.0)


@pytest.fixture(scope="module")
def plain_wall():
    """Joints only: a lattice vector carries it onto itself exactly."""
    bare = ("tone_variation", "hue_variation", "roughness", "relief", "wear", "jitter", "wander")
    material = Material(width_px=40.0, height_px=16.0, mortar_px=2.5, **dict.fromkeys(bare, 0.0))
    return draw_wall(material, View((256, 320), noise=0.0, unevenness=0.0)).image


@pytest.fixture(scope="module")
def wall():
    return draw_wall(Material(width_px=40.0, height_px=16.0, mortar_px=2.5), View((192, 240))).image


def moved_difference(image, vector, box):
    """RMS difference between a box and the same moved by `vector`, over the picture's spread."""
    x0, y0, x1, y1 = box
    size = torch.tensor([image.shape[2], image.shape[1]])
    here = pixel_grid(tuple(image.shape[1:]))[y0:y1, x0:x1]

    def at(places):
        grid = (places / size * 2 - 1).double()[None]
        return grid_sample(image.double()[None], grid, align_corners=False)

    difference = at(here + torch.tensor(vector, dtype=torch.float32)) - at(here)
    return float(difference.square().mean().sqrt() / image.double().std())


def scaled(vector, factor):
    return vector[0] * factor[0], vector[1] * factor[1]


@pytest.mark.parametrize("factor", [(2.0, 2.0), (2.0, 1.0), (1.0, 2.0), (0.5, 0.5), (1.3, 1.3)])
def test_rescaled_wall_has_the_lattice_times_the_factor(plain_wall, factor):
    defect = rescaled_wall(plain_wall, factor=factor, lattice=(A, B))
    inner = (60, 60, 200, 190)
    for vector in (A, B):
        # Cubic resampling and seams of continued material: joints move by under a tenth of a px.
        assert moved_difference(defect.image, scaled(vector, factor), inner) < 0.3
        half = scaled(vector, (factor[0] / 2, factor[1] / 2))
        assert moved_difference(defect.image, half, inner) > 0.5
    assert defect.truth.factor == factor
    assert defect.local_scale[:, 5, 7].tolist() == pytest.approx(factor)


def test_strength_of_a_rescaled_wall_is_a_power(plain_wall):
    assert rescaled_wall(plain_wall, factor=2.0, strength=0.5).truth.factor == pytest.approx(
        (math.sqrt(2),) * 2
    )
    same = rescaled_wall(plain_wall, factor=2.0, strength=0.0)
    assert torch.allclose(same.image, plain_wall, atol=1e-5)
    assert same.truth.code is None and same.mask.sum() == 0


@pytest.mark.parametrize(
    "factor,code",
    [
        ((2.0, 2.0), "period_doubled"),
        ((2.0, 1.0), "period_doubled"),
        ((1.0, 0.5), "period_halved"),
        ((1.9, 1.0), "period_doubled"),
        ((1.5, 1.0), "period_off"),
        ((0.9, 0.9), "period_off"),
        ((1.05, 0.97), None),
    ],
)
def test_code_of_a_period(factor, code):
    assert period_code(factor) == code


@pytest.mark.parametrize("orientation", ["rows", "cols"])
@pytest.mark.parametrize("count", [1, 2])
def test_bands_are_where_their_boxes_say(plain_wall, orientation, count):
    defect = rescaled_bands(plain_wall, orientation=orientation, count=count, share=0.5, seed=4)
    height, width = plain_wall.shape[1:]
    expected = torch.zeros(height, width)
    for zone in defect.truth.zones:
        x0, y0, x1, y1 = zone.box_px
        expected[y0:y1, x0:x1] = 1
        assert (x0, x1) == (0, width) if orientation == "rows" else (y0, y1) == (0, height)
        inside = (
            (100, y0 + 2, 200, y1 - 18) if orientation == "rows" else (x0 + 2, 60, x1 - 42, 180)
        )
        if inside[3] - inside[1] > 20 and inside[2] - inside[0] > 20:
            step = (80.0, 0.0) if orientation == "rows" else (0.0, 64.0)
            assert moved_difference(defect.image, step, inside) < 0.3
            assert moved_difference(defect.image, (step[0] / 2, step[1] / 2), inside) > 0.3
    assert torch.equal(defect.mask, expected)
    assert len(defect.truth.zones) == count and defect.truth.code == "doubling_bands"
    assert float(defect.mask.mean()) == pytest.approx(0.5, abs=count / min(height, width))
    # Two px beyond the fade the wall is the one given.
    grown = torch.nn.functional.max_pool2d(expected[None], 7, 1, 3)[0]
    untouched = (grown == 0).expand_as(plain_wall)
    assert torch.equal(defect.image[untouched], plain_wall[untouched])
    assert torch.equal(defect.local_scale[0] == 2.0, expected == 1)


def test_oblique_band(plain_wall):
    defect = rescaled_bands(plain_wall, orientation="oblique", angle_deg=35.0, share=0.3)
    (zone,) = defect.truth.zones
    rows, columns = np.nonzero(defect.mask.numpy())
    assert zone.box_px == pytest.approx(
        (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), abs=1
    )
    # The band's edge runs at the angle given: fit its upper edge where it is inside.
    upper = defect.mask.argmax(0).numpy().astype(float)
    inner = np.nonzero((upper > 0) & (defect.mask.sum(0).numpy() > 0))[0]
    slope = np.polyfit(inner, upper[inner], 1)[0]
    assert math.degrees(math.atan(slope)) == pytest.approx(35.0, abs=1.0)


def test_a_faint_band_is_a_mixture(plain_wall):
    full = rescaled_bands(plain_wall, strength=1.0)
    faint = rescaled_bands(plain_wall, strength=0.4)
    none = rescaled_bands(plain_wall, strength=0.0)
    assert torch.allclose(faint.image, torch.lerp(plain_wall, full.image, 0.4), atol=1e-6)
    assert torch.equal(none.image, plain_wall)
    assert none.truth.code is None and none.truth.zones == () and none.mask.sum() == 0


@pytest.mark.parametrize("make", [transposed_convolution_grid, autoencoder_grid])
@pytest.mark.parametrize("period_px", [2, 4, 8, 16])
def test_grid_lies_on_multiples_of_its_frequency(wall, make, period_px):
    defect = make(wall, period_px=period_px, strength=0.5)
    side = 192 // period_px * period_px
    added = np.tensordot(LUMA, (defect.image - wall)[:, :side, :side].numpy(), 1) * 255
    power = np.abs(np.fft.fft2(added)) ** 2 / side**4
    step = side // period_px
    lines = power[::step, ::step].copy()
    lines[0, 0] = 0
    # Parseval: the lines hold the grid's mean square. The truth counts whole periods of the
    # picture's width, the test only of a square: the content differs a little.
    assert math.sqrt(lines.sum()) == pytest.approx(defect.truth.grid_levels, rel=0.1)
    assert defect.truth.grid_levels == pytest.approx(FULL_GRID_LEVELS / 2, rel=0.02)
    # Locked to the pixels: what was added repeats, and does so first at this period. A decoder
    # of stride 2 also passes the picture's own detail on.
    assert lines.sum() > (0.3 if period_px == 2 else 0.6) * power.sum()
    even = np.zeros_like(lines, dtype=bool)
    even[::2, ::2] = True
    assert lines[~even].sum() > 0.5 * lines.sum()
    assert defect.truth.code == "upsampling_grid" and defect.truth.grid_period_px == period_px


@pytest.mark.parametrize("make", [transposed_convolution_grid, autoencoder_grid])
def test_grid_of_strength_0_is_the_picture_and_grey_pictures_work(wall, make):
    none = make(wall, strength=0.0)
    assert torch.equal(none.image, wall) and none.truth.code is None
    grey = make(wall[:1], period_px=8, strength=1.0)
    assert grey.image.shape == wall[:1].shape
    assert grey.truth.grid_levels == pytest.approx(FULL_GRID_LEVELS, rel=0.02)


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_alias_folds_a_fine_wave_back(method):
    x = torch.arange(240) + 0.5
    fine = (0.5 + 0.4 * torch.cos(2 * torch.pi * 0.4 * x)).expand(3, 240, 240)

    def amplitude(image, frequency):
        return float((image[0, 100] * torch.exp(2j * torch.pi * frequency * x)).mean().abs() * 2)

    # Half the samples: 0.4 cycles per px comes back at 0.5 - 0.4. Between two neighbours of
    # such a wave bilinear sampling keeps cos(0.4 pi) = 0.31 of it.
    kept = 0.4 * (1.0 if method == "nearest" else 0.31)
    folded = resize_alias(fine, factor=2.0, method=method)
    assert amplitude(folded.image, 0.1) > 0.7 * kept
    assert folded.truth.code == "resize_alias" and folded.truth.resize_factor == 2.0
    clean = resize_alias(fine, factor=2.0, method=method, strength=0.0)
    assert amplitude(clean.image, 0.1) < 0.15 * kept
    assert clean.truth.code is None


def test_perspective_view_shows_the_picture_at_the_homography(wall):
    defect = perspective_view(wall, ratio_x=1.8, ratio_y=0.9)
    size = torch.tensor([240.0, 192.0])
    places = pixel_grid((192, 240))
    source = apply_homography(defect.truth.homography, places)
    assert (source >= -1e-3).all() and (source <= size + 1e-3).all()
    expected = grid_sample(wall[None], (source / size * 2 - 1)[None], align_corners=False)[0]
    # Bilinear here, cubic there.
    assert (expected - defect.image).abs().mean() < 0.2 * wall.std()

    # The size seen is the inverse of how fast the source runs, along each of the wall's axes.
    shift = apply_homography(defect.truth.homography, places + torch.tensor([0.01, 0.0])) - source
    down = apply_homography(defect.truth.homography, places + torch.tensor([0.0, 0.01])) - source
    jacobian = torch.stack((shift, down), -1)[60:130, 60:180].double() / 0.01
    expected_scale = torch.linalg.inv(jacobian).norm(dim=-2).movedim(-1, 0)
    assert torch.allclose(defect.local_scale[:, 60:130, 60:180].double(), expected_scale, rtol=0.02)


def test_scale_drift_runs_along_one_axis(plain_wall):
    x = torch.arange(320) + 0.5
    wave = (0.5 + 0.4 * torch.cos(2 * torch.pi * x / 20)).expand(3, 64, 320)
    defect = scale_drift(wave, ratio=1.6)
    scale = defect.local_scale[0, 0]
    assert scale[-1] / scale[0] == pytest.approx(1.6, rel=0.01)
    assert defect.local_scale[1].eq(1).all()
    source = torch.cumsum(1 / scale, 0) - 0.5 / scale
    assert source[-1] == pytest.approx(319.5, abs=1.0)
    expected = 0.5 + 0.4 * torch.cos(2 * torch.pi * source / 20)
    # A tenth of a px of 20 is 0.03 rad of phase, 0.013 of 0.4.
    assert (defect.image[0, 30] - expected)[4:-4].abs().max() < 0.02
    along_y = scale_drift(plain_wall, ratio=1.6, axis="y").local_scale
    assert along_y[1, -1, 0] > along_y[1, 0, 0] and along_y[0].eq(1).all()


def test_light_defects_leave_the_material(wall):
    uneven = uneven_borders(wall, strength=1.0)
    ratio = uneven.image / wall.clamp_min(1e-3)
    assert ratio[:, -1, -1].mean() > 0.98 and ratio[:, 0, 0].mean() < 0.2
    assert uneven.truth.code is None
    shadow = shadow_edge(wall, strength=1.0)
    dark = shadow.mask.bool()
    assert 0.3 < float(shadow.mask.mean()) < 0.7
    ratio = (shadow.image / wall.clamp_min(1e-3))[0]
    assert ratio[dark].median() == pytest.approx(0.3, abs=1e-4)
    assert ratio[~dark].median() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("name", DEFECTS)
def test_every_named_defect_is_deterministic_and_in_range(wall, name):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    defect = DEFECTS[name](wall)
    assert torch.equal(torch.get_rng_state(), before)  # the caller's random numbers are his own
    torch.manual_seed(2)
    assert torch.equal(DEFECTS[name](wall).image, defect.image)
    assert defect.image.shape == wall.shape and defect.image.dtype == wall.dtype
    assert defect.image.min() >= 0 and defect.image.max() <= 1
    assert defect.mask.shape == wall.shape[1:]
    assert (defect.image - wall).abs().mean() > 1e-3
    assert 0 < defect.truth.strength <= 1
    double = DEFECTS[name](wall.double())
    assert double.image.dtype == torch.float64
    assert DEFECTS[name](wall, strength=0.0).truth.code is None


@pytest.mark.parametrize(
    "make,message",
    [
        (lambda w: rescaled_wall(w[0]), "float tensor"),
        (lambda w: rescaled_wall(w, factor=0.0), "above 0"),
        (lambda w: rescaled_wall(w, strength=1.5), "from 0"),
        (lambda w: rescaled_wall(w, factor=0.5, lattice=((200.0, 0.0), (0.0, 200.0))), "too large"),
        (lambda w: rescaled_bands(w, share=1.0), "between 0 and 1"),
        (lambda w: rescaled_bands(w, share=0.01, count=8), "under 1 px"),
        (lambda w: transposed_convolution_grid(w, period_px=100), "96 px"),
        (lambda w: autoencoder_grid(w, period_px=6), "power of 2: use 8"),
        (lambda w: resize_alias(w, factor=1.0), "above 1"),
        (lambda w: scale_drift(w, ratio=-1.0), "above 0"),
    ],
)
def test_impossible_defects_are_refused(wall, make, message):
    with pytest.raises(InputError, match=message):
        make(wall)
