"""What losses are given: values that are not finite, huge or missing, and options out of range."""

import pytest
import torch
from losses_and_tiles import EVERY, tiles
from torch import nn

from tiling_diag.errors import InputError
from tiling_diag.losses import (
    ACFPeriodLoss,
    LogPolarAlignLoss,
    PatchwiseLoss,
    ScaleConsistencyLoss,
    SpectralPeriodLoss,
    TilingLoss,
)


def one_pixel(shape):
    mask = torch.zeros(shape[0], 1, *shape[-2:])
    mask[..., 10, 10] = 1
    return mask


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("broken", ["constant", "black", "one-pixel mask", "empty mask"])
def test_an_item_with_nothing_to_compare_has_no_weight(kind, broken):
    pred = torch.cat([tiles(9.0), tiles(14.0)])
    target = tiles(10.0, batch=2)
    mask = torch.ones(2, 1, 96, 96)
    if broken in ("constant", "black"):
        pred[0] = 0.4 if broken == "constant" else 0.0
    else:
        mask[0] = one_pixel(pred.shape)[0] if broken == "one-pixel mask" else 0.0
    pred.requires_grad_()
    items = kind(reduction="none")(pred, target, mask)
    value = kind()(pred, target, mask)
    assert items[0] == 0
    assert torch.allclose(value, items[1])
    (gradient,) = torch.autograd.grad(value, pred)
    assert gradient.isfinite().all()
    assert (gradient[0] == 0).all()
    assert gradient[1].abs().max() > 0


@pytest.mark.parametrize("factor", [1e15, 1e20, 1e25, 1e37])
def test_huge_values_cost_what_the_same_picture_costs_at_any_contrast(factor):
    pred, target = tiles(14.0), tiles(10.0)
    huge = (pred * factor).requires_grad_()
    value = TilingLoss()(huge, target, None)
    (gradient,) = torch.autograd.grad(value, huge)
    # Float32 rounding of the scaled picture.
    assert value.item() == pytest.approx(TilingLoss()(pred, target, None).item(), rel=1e-3)
    assert gradient.isfinite().all()


def test_an_empty_batch_is_said():
    empty = tiles(10.0)[:0]
    for loss in (TilingLoss(), PatchwiseLoss(TilingLoss(), 32, 16)):
        with pytest.raises(InputError, match="the batch is empty"):
            loss(empty, empty, None)


def test_patches_under_a_mask_that_is_not_finite_show_and_a_negative_one_marks_nothing():
    loss, pred = PatchwiseLoss(TilingLoss(), 32, 16), tiles(14.0).requires_grad_()
    mask = torch.ones(1, 1, 96, 96)
    assert loss(pred, tiles(10.0), mask * float("nan")).isnan()
    value = loss(pred, tiles(10.0), -mask)
    assert value == 0
    (gradient,) = torch.autograd.grad(value, pred)
    assert (gradient == 0).all()


@pytest.mark.parametrize("kind", EVERY)
def test_a_value_that_is_not_finite_shows_in_its_item_only(kind):
    pred = torch.cat([tiles(9.0), tiles(14.0)])
    pred[0, 0, 40, 40] = float("nan")
    items = kind(reduction="none")(pred, tiles(10.0, batch=2), None)
    assert not items[0].isfinite()
    assert items[1].isfinite()


@pytest.mark.parametrize(
    ("pred", "target", "mask", "message"),
    [
        (torch.rand(1, 2, 64, 64), torch.rand(1, 1, 64, 64), None, "C = 1 or 3"),
        (torch.rand(1, 64, 64), torch.rand(1, 1, 64, 64), None, r"\(B, C, H, W\)"),
        (torch.ones(1, 1, 64, 64).byte(), torch.rand(1, 1, 64, 64), None, "floating"),
        (torch.rand(1, 1, 64, 64), torch.rand(1, 1, 64, 60), None, "must agree"),
        (torch.rand(1, 1, 8, 8), torch.rand(1, 1, 8, 8), None, "at least"),
        (torch.rand(1, 1, 64, 64), torch.rand(1, 1, 64, 64), torch.ones(1, 64, 64), "B, 1, H, W"),
        (torch.rand(1, 1, 64, 64), torch.rand(1, 1, 64, 64, device="meta"), None, r"\.to\(device"),
    ],
)
@pytest.mark.parametrize("kind", EVERY)
def test_wrong_inputs_say_what_works(kind, pred, target, mask, message):
    with pytest.raises(ValueError, match=message):
        kind()(pred, target, mask)


@pytest.mark.parametrize(
    "build",
    [
        lambda: SpectralPeriodLoss(r_bins=4),
        lambda: SpectralPeriodLoss(tau=0),
        lambda: SpectralPeriodLoss(band_sigma=0),
        lambda: SpectralPeriodLoss(min_bin=40, max_bin=50),
        lambda: LogPolarAlignLoss(out_r=2),
        lambda: LogPolarAlignLoss(r_min=0),
        lambda: ScaleConsistencyLoss(max_bin=999),
        lambda: ACFPeriodLoss(min_rel=0.5, max_rel=0.6),
        lambda: ACFPeriodLoss(reduction="sum"),
        lambda: TilingLoss(0, 0, 0, 0),
        lambda: TilingLoss(w_acf=-1),
        lambda: PatchwiseLoss(nn.MSELoss()),
        lambda: PatchwiseLoss(ACFPeriodLoss(), patch=8),
        lambda: PatchwiseLoss(ACFPeriodLoss(), hard_fraction=0),
    ],
)
def test_options_out_of_range_say_what_works(build):
    with pytest.raises(ValueError, match=r"use|pass"):
        build()
