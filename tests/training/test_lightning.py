"""The callback in a real Trainer, and the metric alone and over two processes."""

import math
import os

import lightning.pytorch as pl
import pytest
import torch
import torch.multiprocessing as mp
from lightning.pytorch.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import distributed as dist

from tiling_diag.synth import Material, View, draw_wall
from tiling_diag.training import Pictures, TilingMonitor
from tiling_diag.training.lightning_callback import TilingCallback
from tiling_diag.training.metric import TilingMetric


def wall(scale=1.0, seed=0):
    material = Material(width_px=20.0, height_px=10.0, mortar_px=2.0)
    view = View(size=(80, 80), scale=scale, supersample=1, seed=seed)
    return draw_wall(material, view).image


class Painter(pl.LightningModule):
    """Learns one number; paints a doubled wall."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch, index):
        return self.layer(batch[0]).square().mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def test_a_trainer_diagnoses_the_steps_that_are_due(tmp_path):
    right, modes = wall(), []

    def paint(module):
        modes.append((module.training, torch.is_grad_enabled()))
        return Pictures(wall(2.0)[None] * 2 - 1, ref=right * 2 - 1)

    monitor = TilingMonitor(
        value_range=(-1, 1), every=2, max_share=1, max_seconds=math.inf, worst=1
    )
    trainer = pl.Trainer(
        accelerator="cpu",
        max_steps=2,
        accumulate_grad_batches=2,
        logger=TensorBoardLogger(tmp_path, name="", version="run"),
        callbacks=[TilingCallback(monitor, paint)],
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 1)))
    module = Painter()
    trainer.fit(module, data)
    assert monitor.failures == 0
    assert modes == [(False, False)]
    assert module.training
    log = EventAccumulator(str(tmp_path / "run")).Reload()
    (event,) = log.Scalars("tiling/octave_error_rate")
    assert (event.step, event.value) == (2, 1.0)
    assert log.Tags()["images"] == ["tiling/worst_0"]


def test_without_walls_shares_are_not_numbers_and_without_reference_the_rate_is_none():
    metric = TilingMetric(value_range=(0, 1))
    metric.update(torch.full((1, 3, 32, 32), 0.5))
    found = metric.compute()
    assert found["octave_error_rate"].isnan()
    assert found["share/period_doubled"] == 0
    with pytest.raises(ValueError, match="value_range"):
        TilingMetric(value_range=(0, 255))


def _measure(rank, folder):
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2
    )
    metric = TilingMetric(value_range=(0, 1))
    # One wall on rank 0, two on rank 1: a mean of means would be wrong.
    scales = ([2.0], [1.0, 1.05])[rank]
    metric.update(torch.stack([wall(scale, 3) for scale in scales]), ref=wall())
    torch.save(metric.compute(), os.path.join(folder, f"{rank}.pt"))
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_agree_on_shares_rate_and_median(tmp_path):
    mp.spawn(_measure, args=(str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
    assert first["share/period_doubled"] == pytest.approx(1 / 3)
    assert first["octave_error_rate"] == pytest.approx(1 / 3)
    assert first["median_period_error"] == pytest.approx(0.05, abs=0.02)
