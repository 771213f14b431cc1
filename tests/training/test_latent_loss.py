"""LatentTilingLoss: formulas, crops, gates, and gradients however a batch is split."""

import os

import pytest
import torch
import torch.multiprocessing as mp
from torch import distributed as dist
from torch import nn

from tiling_diag.errors import InputError
from tiling_diag.losses import PatchwiseLoss, SpectralPeriodLoss, TilingLoss
from tiling_diag.training import LatentTilingLoss, clean_latents
from tiling_diag.training.crops import choose_crops

STRIDE, LATENTS = 4, 24


def stripes(period_px, side=STRIDE * LATENTS, batch=1):
    """``(B, 1, side, side)`` courses of a period, in [-1, 1]."""
    y = torch.arange(side) + 0.3
    wave = 0.4 * torch.cos(2 * torch.pi * y / period_px) ** 3
    return wave[None, None, :, None].expand(batch, 1, side, side).clone()


def encode(pictures):
    """Latents of a linear autoencoder without loss: the pixels of each cell."""
    return nn.functional.pixel_unshuffle(pictures, STRIDE)


def decode(latents):
    return nn.functional.pixel_shuffle(latents, STRIDE)


def loss_of(losses=None, **options):
    fixed = {"value_range": (-1, 1), "stride": STRIDE, "crop": LATENTS, "every": 1}
    return LatentTilingLoss(losses or SpectralPeriodLoss(), decode, **fixed | options)


@pytest.fixture
def step():
    """Noisy latents, the output that is exactly right, sigma and target of two items."""
    torch.manual_seed(0)
    target = torch.cat((stripes(8.0), stripes(12.0)))
    clean = encode(target)
    noise, sigma = torch.randn_like(clean), torch.tensor([0.3, 0.6])
    share = sigma.view(-1, 1, 1, 1)
    return (1 - share) * clean + share * noise, noise - clean, sigma, target


@pytest.mark.parametrize("prediction", ["flow", "epsilon", "v_prediction"])
def test_the_right_output_gives_the_clean_latents_back(prediction):
    torch.manual_seed(1)
    clean, noise = torch.randn(2, 3, 4, 6, 6, dtype=torch.float64)
    sigma = torch.tensor([0.0, 0.4, 0.95], dtype=torch.float64)
    s = sigma.view(-1, 1, 1, 1)
    alpha = 1 - s if prediction == "flow" else torch.sqrt(1 - s**2)
    noisy = alpha * clean + s * noise
    output = {
        "flow": noise - clean,
        "epsilon": noise,
        "v_prediction": alpha * noise - s * clean,
    }[prediction]
    found = clean_latents(noisy, output, sigma, prediction)
    assert torch.allclose(found, clean, atol=1e-12)


def test_crops_lie_in_the_mask_and_on_the_grid_of_the_tokens():
    latents = torch.zeros(64, 1, 20, 30)
    mask = torch.zeros(64, 1, 20 * 8, 30 * 8)
    mask[..., 5 * 8 : 19 * 8, 8 * 8 : 24 * 8] = 1
    generator = torch.Generator().manual_seed(2)
    crops = choose_crops(
        latents, mask, side=9, token=2, stride=8, min_coverage=0.5, generator=generator
    )
    assert crops.size == (8, 8)
    assert crops.counts.all()
    assert (crops.top % 2 == 0).all() and (crops.left % 2 == 0).all()
    assert crops.cut(mask, 8).mean((1, 2, 3)).min() > 0.85
    assert len(set(zip(crops.top.tolist(), crops.left.tolist(), strict=True))) > 5
    place = torch.arange(600.0).view(1, 1, 20, 30).expand(64, -1, -1, -1)
    corner = crops.top * 30 + crops.left
    assert torch.equal(crops.cut(place)[:, 0, 0, 0], corner.float())
    assert torch.equal(crops.cut(place)[:, 0, 7, 7], corner.float() + 7 * 31)


def test_what_is_decoded_is_compared_with_the_same_place_of_the_target(step):
    noisy, output, sigma, target = step
    found = loss_of(crop=12)(noisy, output, sigma, target, generator=torch.Generator())
    assert float(found[0]) < 0.02
    doubled = torch.cat((stripes(16.0), stripes(24.0)))
    assert float(loss_of(crop=12)(noisy, output, sigma, doubled)[0]) > 0.2


def test_latents_do_as_a_target_and_a_patchwise_loss_or_a_callable_as_a_loss(step):
    noisy, output, sigma, target = step
    wrong = output + 0.1 * torch.randn(output.shape, generator=torch.Generator().manual_seed(3))
    losses = {
        "patches": PatchwiseLoss(SpectralPeriodLoss(), 48, 24),
        "tiling": TilingLoss(),
        "mse": lambda pred, wanted, mask: (pred - wanted).square().mean((1, 2, 3)),
    }
    build = loss_of(losses, weights={"mse": 10.0})
    total, terms = build(noisy, wrong, sigma, target)
    again, _ = build(noisy, wrong, sigma, encode(target))
    assert torch.allclose(total, again, rtol=1e-4)
    own = 10 * terms["mse"] + sum(value for name, value in terms.items() if "/" in name)
    assert torch.allclose(own, total.detach(), rtol=1e-4)
    assert {"gate", "sigma", "mse", "tiling/spectral.peak"} <= terms.keys()
    assert not any(value.requires_grad for value in terms.values())


def test_an_item_that_does_not_pass_has_no_weight_and_none_gives_an_exact_zero(step):
    noisy, output, sigma, _ = step
    output = output.requires_grad_()
    doubled = torch.cat((stripes(16.0), stripes(24.0)))
    both, terms = loss_of()(noisy, output, sigma, doubled)
    assert float(terms["gate"]) == 1
    one, terms = loss_of(sigma_max=0.5)(noisy, output, sigma, doubled)
    assert (float(terms["gate"]), float(terms["sigma"])) == (0.5, pytest.approx(0.3))
    (gradient,) = torch.autograd.grad(one, output)
    assert gradient[0].abs().max() > 0
    assert (gradient[1] == 0).all()
    half = loss_of(sigma_max=0.5)(noisy[:1], output[:1], sigma[:1], doubled[:1])[0] / 2
    assert torch.allclose(one, half, rtol=1e-5)
    broken = torch.full_like(output, torch.inf, requires_grad=True)
    none, terms = loss_of(sigma_max=0.1)(noisy, broken, sigma, doubled)
    assert float(none) == 0
    assert none.dtype == torch.float32
    (gradient,) = torch.autograd.grad(none, broken)
    assert (gradient == 0).all()
    assert float(terms["gate"]) == 0
    assert float(both) > float(one)


def test_no_wall_under_the_mask_counts_as_nothing(step):
    noisy, output, sigma, _ = step
    mask = torch.ones(2, 1, 96, 96)
    mask[1] = 0
    total, terms = loss_of()(noisy, output, sigma, torch.cat((stripes(16.0), stripes(24.0))), mask)
    assert float(terms["gate"]) == 0.5
    assert float(total) > 0


def test_steps_that_are_left_out_and_weights_by_sigma(step):
    noisy, output, sigma, _ = step
    doubled = torch.cat((stripes(16.0), stripes(24.0)))
    every = loss_of(every=3)
    calls = [every(noisy, output, sigma, doubled) for _ in range(4)]
    assert [bool(terms) for _, terms in calls] == [True, False, False, True]
    assert float(calls[1][0]) == 0
    assert every(noisy, output, sigma, doubled, step=6)[1]
    plain = loss_of()(noisy, output, sigma, doubled)[0]
    halved = loss_of(schedule=lambda sigma: torch.full_like(sigma, 0.5))
    assert torch.allclose(halved(noisy, output, sigma, doubled)[0], 0.5 * plain, rtol=1e-5)


def test_bfloat16_latents_under_autocast_give_nearly_the_same(step):
    noisy, output, sigma, _ = step
    doubled = torch.cat((stripes(16.0), stripes(24.0)))
    exact = loss_of()(noisy, output, sigma, doubled)[0]
    low = output.bfloat16().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, _ = loss_of()(noisy.bfloat16(), low, sigma.bfloat16(), doubled.bfloat16())
    assert total.dtype == torch.float32
    assert float(total) == pytest.approx(float(exact), rel=0.1)
    (gradient,) = torch.autograd.grad(total, low)
    assert gradient.dtype == torch.bfloat16
    assert gradient.isfinite().all()


def test_checkpointing_changes_no_gradient(step):
    noisy, output, sigma, _ = step
    output = output.requires_grad_()
    doubled = torch.cat((stripes(16.0), stripes(24.0)))
    found = [
        torch.autograd.grad(loss_of(checkpoint=on)(noisy, output, sigma, doubled)[0], output)[0]
        for on in (False, True)
    ]
    assert torch.allclose(*found)


def test_a_decoder_that_is_a_module_is_no_part_of_the_loss():
    decoder = nn.Conv2d(4, 3, 1)
    loss = LatentTilingLoss(TilingLoss(), decoder, value_range=(0, 1))
    assert not list(loss.parameters())
    assert not loss.state_dict()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"value_range": (0, 255)}, r"\(0, 1\) or \(-1, 1\)"),
        ({"prediction": "x0"}, "flow, epsilon, v_prediction"),
        ({"sigma_max": 0.0}, "sigma_max"),
        ({"prediction": "epsilon", "sigma_max": 1.0}, r"0\.999"),
        ({"every": 0}, "every"),
        ({"crop": 1}, "crop"),
        ({"weights": {"other": 1.0}}, "under the names"),
    ],
)
def test_options_out_of_range_say_what_works(options, message):
    with pytest.raises(InputError, match=message):
        loss_of(**options)


def test_shapes_that_do_not_fit_say_what_works(step):
    noisy, output, sigma, target = step
    loss = loss_of()
    with pytest.raises(InputError, match="unpacked"):
        loss(noisy.flatten(2), output.flatten(2), sigma, target)
    with pytest.raises(InputError, match="one share of noise per item"):
        loss(noisy, output, sigma[:1], target)
    with pytest.raises(InputError, match="or its latents"):
        loss(noisy, output, sigma, target[..., :50])
    with pytest.raises(InputError, match="in px"):
        loss(noisy, output, sigma, target, torch.ones(2, 1, LATENTS, LATENTS))
    with pytest.raises(InputError, match="one number per item"):
        loss_of(lambda pred, wanted, mask: (pred - wanted).square().mean())(
            noisy, output, sigma, target
        )
    halved = LatentTilingLoss(TilingLoss(), encode, value_range=(0, 1), stride=STRIDE)
    with pytest.raises(InputError, match="decode gave"):
        halved(noisy, output, sigma, target)


class Model(nn.Module):
    """Something to train: a velocity from noisy latents."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.layer = nn.Conv2d(STRIDE**2, STRIDE**2, 1)

    def forward(self, noisy):
        return self.layer(noisy)


def _items():
    """Four items of which one passes a gate of 0.5: on one of two ranks none does."""
    torch.manual_seed(5)
    target = torch.cat([stripes(period) for period in (8.0, 9.0, 12.0, 16.0)])
    return torch.randn_like(encode(target)), torch.tensor([0.4, 0.9, 0.8, 0.7]), target


def _train(rank, folder):
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2
    )
    model = nn.parallel.DistributedDataParallel(Model())
    noisy, sigma, target = (part[2 * rank : 2 * rank + 2] for part in _items())
    total, _ = loss_of(sigma_max=0.5)(noisy, model(noisy), sigma, target)
    total.backward()
    torch.save([p.grad for p in model.parameters()], os.path.join(folder, f"{rank}.pt"))
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_ranks_with_unequal_gates_give_the_gradient_of_the_whole_batch(tmp_path):
    mp.spawn(_train, args=(str(tmp_path),), nprocs=2)
    got = [torch.load(tmp_path / f"{rank}.pt") for rank in range(2)]
    model = Model()
    noisy, sigma, target = _items()
    loss_of(sigma_max=0.5)(noisy, model(noisy), sigma, target)[0].backward()
    for parameter, first, second in zip(model.parameters(), *got, strict=True):
        assert torch.equal(first, second)
        assert parameter.grad.abs().max() > 0
        assert torch.allclose(first, parameter.grad, rtol=1e-3, atol=1e-7)


@pytest.mark.slow
def test_compiles_as_one_graph_with_the_same_value(step):
    noisy, output, sigma, _ = step
    doubled = torch.cat((stripes(16.0), stripes(24.0)))
    loss = loss_of(sigma_max=0.5)
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    value = compiled(noisy, output, sigma, doubled, step=0)[0]
    assert torch.allclose(value, loss(noisy, output, sigma, doubled, step=0)[0], rtol=1e-4)
