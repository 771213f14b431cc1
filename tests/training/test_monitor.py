"""TilingMonitor: when it runs, what it costs, what it says, and that it never raises."""

import itertools
import logging
import math

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from accelerate.utils import ProjectConfiguration
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

from tiling_diag.errors import InputError
from tiling_diag.synth import Material, View, draw_wall
from tiling_diag.training import Pictures, TilingMonitor
from tiling_diag.training.sinks import as_sink


def wall(scale=1.0):
    material = Material(width_px=20.0, height_px=10.0, mortar_px=2.0)
    return draw_wall(material, View(size=(96, 96), scale=scale, supersample=1)).image


@pytest.fixture(scope="module")
def walls():
    """A right and a doubled wall, and the material."""
    right, doubled = wall(), wall(2.0)
    return Pictures(torch.stack([right, doubled]), ref=right)


def test_a_due_step_is_measured_and_logged_to_tensorboard(walls, tmp_path):
    writer = SummaryWriter(str(tmp_path))
    monitor = TilingMonitor(
        value_range=(0, 1), sinks=[writer], every=10, max_share=1, max_seconds=math.inf, worst=1
    )
    made = []

    def paint():
        made.append(1)
        return walls

    assert [monitor(step, paint) for step in (0, 5)] == [None, None]
    assert not made
    numbers = monitor(10, paint)
    writer.close()
    assert (numbers["walls"], numbers["walls_left_out"]) == (2.0, 0.0)
    assert numbers["share/period_doubled"] == 0.5
    assert numbers["octave_error_rate"] == 0.5
    log = EventAccumulator(str(tmp_path)).Reload()
    (event,) = log.Scalars("tiling/octave_error_rate")
    assert (event.step, event.value) == (10, 0.5)
    assert log.Tags()["images"] == ["tiling/worst_0"]


def test_values_from_minus_one_are_read_as_said(walls):
    signed = Pictures(walls.pred[1:] * 2 - 1, ref=walls.ref * 2 - 1)
    seen = []
    monitor = TilingMonitor(
        value_range=(-1, 1),
        sinks=[lambda *parts: seen.append(parts)],
        every=1,
        max_share=1,
        max_seconds=math.inf,
    )
    numbers = monitor(1, signed)
    assert numbers["octave_error_rate"] == 1.0
    ((step, logged, pictures),) = seen
    assert step == 1
    assert logged["tiling/median_period_error"] == pytest.approx(1.0, abs=0.05)
    (overview,) = pictures.values()
    assert (overview.dtype, overview.shape[-1]) == (np.uint8, 3)


def test_time_is_rationed_and_what_is_left_out_is_said(walls):
    seconds = itertools.count(0.0, 10.0)  # each look at the clock finds it 10 s on
    monitor = TilingMonitor(
        value_range=(0, 1), every=1, max_seconds=25, max_share=1, worst=0, clock=seconds.__next__
    )
    numbers = monitor(1, Pictures(walls.pred.repeat(2, 1, 1, 1)))
    assert numbers["walls"] + numbers["walls_left_out"] == 4
    assert 1 <= numbers["walls"] <= 2
    frozen = TilingMonitor(value_range=(0, 1), every=1, clock=lambda: 5.0)
    assert frozen(1, walls) == {"walls": 0.0, "walls_left_out": 2.0}


def test_a_failure_is_logged_once_and_counted(caplog):
    monitor = TilingMonitor(value_range=(0, 1), every=1, max_share=1, max_seconds=math.inf)
    with caplog.at_level(logging.ERROR, "tiling_diag"):
        for step in (1, 2, 3):
            assert monitor(step, Pictures(torch.zeros(2, 5, 5))) is None
    assert monitor.failures == 3
    assert len(caplog.records) == 1
    assert "step 1" in caplog.text
    with pytest.raises(KeyboardInterrupt):
        monitor(4, lambda: (_ for _ in ()).throw(KeyboardInterrupt))


def test_other_ranks_do_nothing(monkeypatch):
    monitor = TilingMonitor(value_range=(0, 1), every=1)
    monkeypatch.setenv("RANK", "1")
    assert not monitor.due(1)
    monkeypatch.setenv("RANK", "0")
    assert monitor.due(1)


def test_an_accelerator_logs_to_its_trackers(tmp_path):
    accelerator = Accelerator(
        cpu=True,
        log_with="tensorboard",
        project_config=ProjectConfiguration(project_dir=tmp_path, logging_dir=tmp_path),
    )
    accelerator.init_trackers("run")
    picture = np.zeros((4, 6, 3), np.uint8)
    as_sink(accelerator)(3, {"tiling/walls": 2.0}, {"tiling/worst_0": picture})
    as_sink(accelerator.trackers[0])(4, {"tiling/walls": 1.0}, {})
    accelerator.end_training()
    log = EventAccumulator(str(tmp_path / "run")).Reload()
    assert [(e.step, e.value) for e in log.Scalars("tiling/walls")] == [(3, 2.0), (4, 1.0)]
    assert log.Tags()["images"] == ["tiling/worst_0"]


class Run:
    """A run with one method, as W&B's."""

    def __init__(self):
        self.logged = []

    def log(self, values, step):
        self.logged.append((step, values))


def test_a_run_gets_numbers_and_pictures_in_one_go_and_what_is_no_logger_is_said():
    run, picture = Run(), np.zeros((4, 6, 3), np.uint8)
    as_sink(run)(3, {"tiling/walls": 2.0}, {"tiling/worst_0": picture})
    assert run.logged == [(3, {"tiling/walls": 2.0, "tiling/worst_0": picture})]
    with pytest.raises(InputError, match="no logger"):
        as_sink("runs/1")
    with pytest.raises(InputError, match="value_range"):
        TilingMonitor(value_range=(0, 255))
    with pytest.raises(InputError, match="max_share"):
        TilingMonitor(value_range=(0, 1), max_share=0)
