"""The losses inside a training loop: precision, compilers, transforms, workers, odd inputs."""

import os
import pickle

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from losses_and_tiles import EVERY, tiles
from torch import nn

from tiling_diag.losses import (
    ACFPeriodLoss,
    PatchwiseLoss,
    SpectralPeriodLoss,
    TilingLoss,
    acf_period_loss,
    log_polar_align_loss,
    scale_consistency_loss,
    spectral_period_loss,
    tiling_loss,
)

FUNCTIONS = dict(
    zip(
        EVERY,
        [
            spectral_period_loss,
            log_polar_align_loss,
            scale_consistency_loss,
            acf_period_loss,
            tiling_loss,
        ],
        strict=True,
    )
)


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_costs_little_accuracy(kind, dtype):
    pred, target = tiles(9.0, channels=3), tiles(13.0, channels=3)
    exact = kind()(pred, target, None)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = kind()(pred.to(dtype), target.to(dtype), None)
        inside = kind()(pred, target, None)
    assert half.dtype == inside.dtype == torch.float32
    assert torch.equal(inside, exact)
    # bfloat16 keeps 8 bits: half a per cent of noise on the pixels.
    assert abs(float(half) / float(exact) - 1) < 0.03


@pytest.mark.parametrize("kind", EVERY)
def test_gradient_is_that_of_differences(kind):
    pred = tiles(9.0, size=(24, 28), dtype=torch.float64).requires_grad_()
    target = tiles(6.0, size=(24, 28), dtype=torch.float64)
    assert kind()(pred, target, None).dtype == torch.float64
    assert torch.autograd.gradcheck(
        lambda x: kind()(x, target, None), pred, eps=1e-7, atol=1e-4, rtol=1e-3, fast_mode=True
    )


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("size", [(97, 64), (65, 129), (48, 50)])
def test_odd_and_oblong_pictures(kind, size):
    target = tiles(9.0, size=size)
    right, doubled = tiles(9.0, size=size), tiles(18.0, size=size)
    assert kind()(right, target, None) < kind()(doubled, target, None)


@pytest.mark.parametrize("kind", EVERY)
def test_a_batch_is_the_mean_of_its_items(kind):
    pred = torch.cat([tiles(9.0), tiles(14.0), tiles(7.0)])
    target = tiles(10.0, batch=3)
    mask = torch.ones(3, 1, 96, 96)
    mask[1, :, :, 60:] = 0
    single = [kind()(*(x[i : i + 1] for x in (pred, target, mask))).reshape(()) for i in range(3)]
    assert torch.allclose(kind()(pred, target, mask), torch.stack(single).mean(), rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", EVERY)
def test_compiles_as_one_graph(kind):
    loss, pred, target = kind(), tiles(9.0).requires_grad_(), tiles(13.0)
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    value, expected = compiled(pred, target, None), loss(pred, target, None)
    assert torch.allclose(value, expected, rtol=1e-4)
    gradients = [torch.autograd.grad(v, pred)[0] for v in (value, expected)]
    assert torch.allclose(*gradients, rtol=1e-2, atol=1e-4 * float(gradients[1].abs().max()))


@pytest.mark.parametrize("kind", EVERY)
def test_functional_transforms_give_the_gradient_of_every_item(kind):
    loss = kind()
    pred, target = torch.cat([tiles(9.0), tiles(14.0)]), tiles(10.0, batch=2)

    def one(x, t):
        return loss(x[None], t[None], None)

    got = torch.func.vmap(torch.func.grad(one))(pred, target)
    leaf = pred.clone().requires_grad_()
    (expected,) = torch.autograd.grad(kind(reduction="none")(leaf, target, None).sum(), leaf)
    assert torch.allclose(got, expected, rtol=1e-2, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("kind", EVERY)
def test_deterministic_and_the_same_twice(kind):
    pred, target = tiles(9.0).requires_grad_(), tiles(13.0)
    torch.use_deterministic_algorithms(True)
    try:
        first, second = (torch.autograd.grad(kind()(pred, target, None), pred)[0] for _ in range(2))
    finally:
        torch.use_deterministic_algorithms(False)
    assert torch.equal(first, second)


@pytest.mark.parametrize("kind", EVERY)
def test_no_state_and_picklable(kind):
    loss, pred, target = kind(), tiles(9.0), tiles(13.0)
    value = loss(pred, target, None)
    assert not loss.state_dict()
    assert not list(loss.parameters())
    assert torch.equal(pickle.loads(pickle.dumps(loss))(pred, target, None), value)


@pytest.mark.parametrize("kind", EVERY)
def test_functions_and_terms_agree_with_the_module(kind):
    pred, target = tiles(9.0), tiles(13.0)
    value = kind()(pred, target, None)
    assert torch.equal(FUNCTIONS[kind](pred, target), value)
    assert torch.allclose(
        torch.stack(list(kind().forward_terms(pred, target).values())).sum(), value
    )


def test_a_weight_of_zero_switches_a_loss_off():
    pred, target = tiles(9.0), tiles(13.0)
    only = TilingLoss(0, 0, 0, 1, w_joints=0)
    assert torch.equal(only(pred, target), ACFPeriodLoss()(pred, target, None))
    assert all(name.startswith("acf.") for name in only.forward_terms(pred, target))


def test_the_worst_patches_cost_more_than_all_of_them():
    target = tiles(8.0, size=(96, 192))
    pred = torch.cat((tiles(8.0), tiles(16.0)), dim=-1)
    options = {"patch": 64, "stride": 32, "min_coverage": 0.5}
    every = PatchwiseLoss(SpectralPeriodLoss(), **options, hard_fraction=1.0)
    worst = PatchwiseLoss(SpectralPeriodLoss(), **options, hard_fraction=0.25)
    assert worst(pred, target, None) > 1.3 * every(pred, target, None)
    left = torch.zeros(1, 1, 96, 192)
    left[..., :96] = 1
    assert every(pred, target, left) < 0.3 * every(pred, target, None)


def test_the_band_looks_where_it_is_told():
    pred, target = tiles(9.0), tiles(13.0)
    loss = SpectralPeriodLoss(w_peak=0)
    told = [loss(pred, target, None, torch.tensor([f])) for f in (2 / 13, 2 / 9, 0.9)]
    assert told[0] > 0
    assert len({round(float(v), 6) for v in told}) == 3
    with pytest.raises(ValueError, match="center_override"):
        loss(pred, target, None, torch.tensor([[0.2]]))


def _train(rank, folder):
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2
    )
    torch.manual_seed(0)
    model = nn.parallel.DistributedDataParallel(nn.Conv2d(1, 1, 3, padding=1))
    walls = torch.cat([tiles(9.0), tiles(14.0)])[rank : rank + 1]
    TilingLoss()(model(walls), tiles(10.0), None).backward()
    torch.save([p.grad for p in model.parameters()], os.path.join(folder, f"{rank}.pt"))
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_share_the_gradient(tmp_path):
    mp.spawn(_train, args=(str(tmp_path),), nprocs=2)
    got = [torch.load(tmp_path / f"{rank}.pt") for rank in range(2)]
    torch.manual_seed(0)
    model = nn.Conv2d(1, 1, 3, padding=1)
    walls = torch.cat([tiles(9.0), tiles(14.0)])
    TilingLoss()(model(walls), tiles(10.0, batch=1).expand(2, -1, -1, -1), None).backward()
    for parameter, first, second in zip(model.parameters(), *got, strict=True):
        assert torch.equal(first, second)
        assert torch.allclose(first, parameter.grad, rtol=1e-3, atol=1e-5)
