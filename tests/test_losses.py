"""The losses steer the scale: least at the target, more to both sides, finite everywhere."""

import inspect

import pytest
import torch
from losses_and_tiles import SINGLE
from torch.nn.functional import interpolate

from tiling_diag.errors import InputError
from tiling_diag.losses import (
    ACFPeriodLoss,
    ColourLoss,
    LogPolarAlignLoss,
    PatchwiseLoss,
    ScaleConsistencyLoss,
    SpectralPeriodLoss,
    TilingLoss,
)
from tiling_diag.losses.profiles import smoothing
from tiling_diag.losses.shifts import correlation
from tiling_diag.synth import Material, View, draw_wall

SCALES = [0.5, 0.7, 0.85, 1.0, 1.2, 1.45, 2.0]
RIGHT = SCALES.index(1.0)


@pytest.fixture(scope="module")
def crops():
    """Target, and another crop of the same wall seen at every scale; grey, 192 px."""
    material = Material(width_px=40.0, height_px=16.0, mortar_px=2.0)
    picture = draw_wall(material, View(size=(640, 640)))
    wall = picture.image.mean(0, keepdim=True)[None]
    target, other = wall[..., 10:202, 20:212], wall[..., 230:, 210:]
    seen = []
    for scale in SCALES:
        side = round(192 / scale)
        size = {"size": (192, 192), "mode": "bilinear", "align_corners": False}
        seen.append(interpolate(other[..., :side, :side], **size, antialias=True))
    return target, seen


@pytest.mark.parametrize("kind", SINGLE)
def test_the_right_scale_costs_least_and_an_octave_more_than_a_step(kind, crops):
    target, seen = crops
    values = [float(kind()(one, target, None)) for one in seen]
    assert values[RIGHT] == min(values)
    assert values[0] > values[RIGHT - 1]
    assert values[-1] > values[RIGHT + 1]


@pytest.mark.parametrize("kind", SINGLE)
def test_a_picture_is_at_its_own_scale(kind, crops):
    target, seen = crops
    assert float(kind()(target, target, None)) < 0.1 * float(kind()(seen[0], target, None))


@pytest.mark.parametrize("kind", SINGLE)
def test_the_gradient_points_to_the_right_scale(kind, crops):
    target, _ = crops
    side = torch.linspace(-1, 1, 192)
    y, x = torch.meshgrid(side, side, indexing="ij")
    for start, sign in ((0.88, 1.0), (1.14, -1.0)):
        scale = torch.tensor(start, requires_grad=True)
        # Larger units are fewer: places move inwards. Kept inside, a shrunk wall is its centre's.
        grid = torch.stack([x, y], -1)[None] * 0.8 / scale
        pred = torch.nn.functional.grid_sample(target, grid, align_corners=True)
        inner = torch.nn.functional.grid_sample(
            target, torch.stack([x, y], -1)[None] * 0.8, align_corners=True
        )
        (slope,) = torch.autograd.grad(kind()(pred, inner, None), scale)
        assert float(slope) * sign < 0


@pytest.mark.parametrize("kind", SINGLE)
@pytest.mark.parametrize("channels", [1, 3])
def test_losses_and_gradients_are_finite_for_any_picture(kind, channels):
    generator = torch.Generator().manual_seed(1)
    shape = (2, channels, 64, 80)
    for target in (torch.rand(shape, generator=generator), torch.zeros(shape)):
        pred = torch.rand(shape, generator=generator).requires_grad_()
        for mask in (None, torch.ones(2, 1, 64, 80), torch.zeros(2, 1, 64, 80)):
            value = kind()(pred, target, mask)
            assert value.dtype == torch.float32
            assert value.shape == ()
            assert value.isfinite()
            (gradient,) = torch.autograd.grad(value, pred)
            assert gradient.isfinite().all()


@pytest.mark.parametrize("kind", SINGLE)
def test_none_keeps_the_items_and_the_mean_is_theirs(kind):
    generator = torch.Generator().manual_seed(2)
    pred, target = (torch.rand(3, 1, 64, 64, generator=generator) for _ in range(2))
    items = kind(reduction="none")(pred, target, None)
    assert items.shape == (3,)
    assert torch.allclose(items.mean(), kind()(pred, target, None))


def test_signatures_are_those_of_the_training_scripts():
    expected = {
        SpectralPeriodLoss: {
            "r_bins": 256, "tau": 0.06, "band_sigma": 0.15, "w_peak": 1.0, "w_band": 1.0,
            "min_bin": 2, "max_bin": None,
        },
        LogPolarAlignLoss: {"out_r": 128, "out_t": 180, "r_min": 1e-2, "w": 1.0},
        ScaleConsistencyLoss: {"r_bins": 256, "tau": 0.06, "min_bin": 2, "max_bin": None, "w": 1.0},
        ACFPeriodLoss: {"r_bins": 256, "tau": 0.08, "min_rel": 0.03, "max_rel": 0.6, "w": 1.0},
    }  # fmt: skip
    for kind, defaults in expected.items():
        parameters = inspect.signature(kind).parameters
        assert list(parameters)[: len(defaults)] == list(defaults)
        assert {name: parameters[name].default for name in defaults} == defaults


def test_consistency_is_symmetric_and_moves_both(crops):
    target, seen = crops
    a, b = target.clone().requires_grad_(), seen[4].clone().requires_grad_()
    loss = ScaleConsistencyLoss()
    assert torch.allclose(loss(a, b, None), loss(b, a, None), rtol=1e-4)
    gradients = torch.autograd.grad(loss(a, b, None), (a, b))
    assert all(float(one.abs().max()) > 0 for one in gradients)


def test_the_weighted_sum_is_the_sum_of_the_losses(crops):
    target, seen = crops
    weights = (1.0, 0.5, 2.0, 0.25)
    single = [w * kind()(seen[2], target, None) for w, kind in zip(weights, SINGLE, strict=True)]
    total = TilingLoss(*weights, w_joints=0, w_colour=0)(seen[2], target, None)
    assert torch.allclose(total, torch.stack(single).sum(), rtol=1e-6, atol=1e-6)


def test_patches_prefer_the_right_scale(crops):
    target, seen = crops
    loss = PatchwiseLoss(ACFPeriodLoss(), patch=128, stride=64, min_coverage=0.5, hard_fraction=1.0)
    values = [float(loss(one, target, None)) for one in seen]
    assert values[RIGHT] == min(values)


def _stripes(cycles, phase, size=128):
    """``(B, 1, size, size)``: stripes of three harmonics, so many cycles across each."""
    y = torch.arange(size) / size
    waves = [torch.cos(2 * torch.pi * k * (cycles[:, None] * y + phase)) for k in (1, 2, 3)]
    return (0.5 + 0.1 * sum(waves))[:, None, :, None].expand(-1, 1, size, size)


@pytest.mark.parametrize("kind", SINGLE)
@pytest.mark.parametrize("cycles", [10.0, 10.5])
def test_the_slope_hardly_depends_on_where_lines_fall_among_the_bins(kind, cycles):
    away = torch.arange(0.05, 0.24, 0.01)
    logs = torch.cat((-away, away)).requires_grad_()
    preds = _stripes(cycles / logs.exp(), phase=0.37)
    target = _stripes(torch.tensor([cycles]), phase=0.0).expand_as(preds)
    (slopes,) = torch.autograd.grad(kind()(preds, target, None) * len(logs), logs)
    assert (slopes * logs.sign() > 0).all()
    # About 1 per natural log unit: unpadded spectra have 4 to 8 between the least and the largest,
    # shifts by whole rings of LogPolarAlign 6.
    assert slopes.abs().max() < 3.3 * slopes.abs().min()


def test_shifts_between_rings_are_interpolated():
    noise = torch.rand(1, 24, 6, generator=torch.Generator().manual_seed(3))
    profile = smoothing(24, 1.5, noise.device, noise.dtype) @ noise
    whole, finer = correlation(profile, profile, 5), correlation(profile, profile, 5, per_ring=2)
    assert finer.shape == (1, 6, 21)
    assert torch.allclose(finer[..., ::2], whole, atol=1e-3)


def _hues(cycles):
    """``(1, 3, 128, 128)``: stripes of red and green whose luma is one."""
    waves = _stripes(torch.tensor([cycles]), phase=0.2) - 0.5
    return 0.5 + torch.cat((waves * 0.7152, -waves * 0.2126, waves * 0), dim=1)


def test_colours_count_where_the_luma_is_flat():
    luma_alone, colour = ACFPeriodLoss(), ColourLoss(ACFPeriodLoss(), w_colour=0.5)
    target, right, doubled = _hues(12.0), _hues(12.1), _hues(6.0)
    assert luma_alone(doubled, target, None) == 0
    assert colour(doubled, target, None) > 10 * colour(right, target, None) > 0
    mask = torch.ones(1, 1, 128, 128)
    patches = PatchwiseLoss(ColourLoss(SpectralPeriodLoss()), patch=64, stride=32)
    assert patches(doubled, target, mask) > patches(right, target, mask)


def test_the_sum_of_the_losses_sees_colours_unless_told_not_to():
    target, right, doubled = _hues(12.0), _hues(12.1), _hues(6.0)
    assert TilingLoss()(doubled, target, None) > 10 * TilingLoss()(right, target, None) > 0
    assert TilingLoss(w_colour=0)(doubled, target, None) == 0


@pytest.mark.parametrize("bond", ["running_bond", "stack_bond"])
@pytest.mark.parametrize("doubled", ["units", "courses"])
def test_joints_of_each_direction_count(bond, doubled):
    def wall(width_px, height_px, seed):
        material = Material(
            bond=bond, width_px=width_px, height_px=height_px, mortar_px=2.0, seed=seed
        )
        view = View(size=(128, 128), supersample=1, seed=seed, origin_px=(99.0 * seed, 0.0))
        return draw_wall(material, view).image[None]

    target, right = wall(22.0, 12.0, 1), wall(22.0, 12.0, 2)
    wrong = wall(44.0, 12.0, 2) if doubled == "units" else wall(22.0, 24.0, 2)
    loss = TilingLoss(w_colour=0)
    found = [float(loss.forward_terms(one, target)["joints"]) for one in (right, wrong)]
    # Half of an octave's 0.69, less what the softness of the border and of the belief cost.
    assert found[0] < 0.02
    assert found[1] > 0.2


@pytest.mark.parametrize("channels", [1, 3])
def test_without_weight_colours_leave_the_loss_of_the_luma(channels):
    generator = torch.Generator().manual_seed(4)
    pred, target = (torch.rand(2, channels, 64, 80, generator=generator) for _ in range(2))
    pred.requires_grad_()
    loss = SpectralPeriodLoss()
    assert torch.allclose(ColourLoss(loss, 0.0)(pred, target), loss(pred, target), atol=1e-6)
    terms = ColourLoss(loss).forward_terms(pred, target)
    assert torch.allclose(sum(terms.values()), ColourLoss(loss)(pred, target))
    assert set(terms) == {"peak", "band"}


def test_colours_compile_to_one_graph():
    pred, target = torch.rand(2, 2, 3, 32, 32, generator=torch.Generator().manual_seed(5))
    loss = ACFPeriodLoss()
    compiled = torch.compile(ColourLoss(loss), fullgraph=True, backend="aot_eager")
    assert torch.allclose(compiled(pred, target), ColourLoss(loss)(pred, target), atol=1e-5)


def test_colours_take_losses_only():
    with pytest.raises(InputError, match="pass one of the losses"):
        ColourLoss(PatchwiseLoss(ACFPeriodLoss()))
    with pytest.raises(InputError, match="w_colour"):
        ColourLoss(ACFPeriodLoss(), -1.0)


def test_old_lines_do_not_hide_in_a_raised_background():
    y, x = torch.meshgrid(torch.arange(192.0), torch.arange(192.0), indexing="ij")
    target = (0.5 + 0.1 * torch.cos(2 * torch.pi * y / 12))[None, None]
    cycles = torch.arange(4, 13)  # the old line, of eight cycles in the picture, is one of them
    waves = torch.cos(2 * torch.pi * cycles[:, None, None] * y / 192 + cycles[:, None, None] ** 2)
    around = 0.02 * waves.sum(0)
    near = LogPolarAlignLoss().forward_terms(target + 0.005 * torch.sin(x * y), target)["lines"]
    hidden = LogPolarAlignLoss().forward_terms(target + around, target)["lines"]
    assert float(hidden - near) > 0.018


def test_the_last_percent_of_scale_costs_less_than_in_proportion_in_log_polar_align():
    y = torch.arange(256.0)
    walls = [
        (0.5 + 0.2 * torch.cos(2 * torch.pi * y * s / 16) ** 3)[None, None, :, None].expand(
            1, 1, 256, 256
        )
        for s in (1.0, 1.005, 1.05)
    ]
    none, little, more = (float(LogPolarAlignLoss()(wall, walls[0], None)) for wall in walls)
    assert 0 < little - none < 0.05 * (more - none)
