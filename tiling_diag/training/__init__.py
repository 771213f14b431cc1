"""Losses and diagnostics inside a training loop.

`LatentTilingLoss` takes the losses of `tiling_diag.losses` to models that work in latents;
`TilingMonitor` diagnoses what a model paints every so many steps, `run_diagnostics_from_tensors`
one batch. `tiling_diag.training.lightning_callback.TilingCallback` and
`tiling_diag.training.metric.TilingMetric` need the extra ``train`` and are imported from there.
"""

from tiling_diag.training.denoised import clean_latents
from tiling_diag.training.latent_loss import LatentTilingLoss
from tiling_diag.training.monitor import TilingMonitor
from tiling_diag.training.numbers import ORIGINAL_KEYS
from tiling_diag.training.pictures import Pictures
from tiling_diag.training.tensors import run_diagnostics_from_tensors

__all__ = [
    "LatentTilingLoss",
    "ORIGINAL_KEYS",
    "Pictures",
    "TilingMonitor",
    "clean_latents",
    "run_diagnostics_from_tensors",
]
