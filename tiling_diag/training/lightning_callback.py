"""TilingCallback: a `TilingMonitor` in a Lightning `Trainer`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiling_diag.training.monitor import TilingMonitor
from tiling_diag.training.pictures import Pictures
from tiling_diag.training.sinks import as_sink

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError as error:
    raise ImportError("TilingCallback needs lightning: pip install 'tiling-diag[train]'") from error


class TilingCallback(Callback):
    """Diagnose what a module paints, after the training steps at which the monitor is due.

    Args:
        monitor: how often, for how long, and where to; without sinks of its own it logs to the
            trainer's loggers.
        paint: makes the pictures of a module, on rank 0 alone and without gradient.
    """

    def __init__(
        self, monitor: TilingMonitor, paint: Callable[[LightningModule], Pictures]
    ) -> None:
        """Keep them."""
        super().__init__()
        self.monitor, self.paint = monitor, paint
        self._own_sinks = bool(monitor.sinks)
        self._last = -1

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Take the trainer's loggers, unless the monitor has sinks of its own."""
        if not self._own_sinks:
            found = [one.experiment for one in trainer.loggers if hasattr(one, "experiment")]
            self.monitor.sinks = [as_sink(one) for one in found if _is_logger(one)]

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *args: Any, **kwargs: Any
    ) -> None:
        """Diagnose, if the step is due: once, however many batches are accumulated."""
        step = trainer.global_step
        if step != self._last:
            self._last = step
            self.monitor(step, lambda: _painted(self.paint, pl_module))


def _painted(paint: Callable[[LightningModule], Pictures], module: LightningModule) -> Pictures:
    import torch

    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            return paint(module)
    finally:
        module.train(training)


def _is_logger(target: object) -> bool:
    return hasattr(target, "log") or hasattr(target, "add_scalar")
