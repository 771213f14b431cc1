"""Losses that steer the scale of a tiling, and only the scale.

Each compares the spectra of two pictures under a mask: `SpectralPeriodLoss`, `LogPolarAlignLoss`,
`ScaleConsistencyLoss` and `ACFPeriodLoss`; `TilingLoss` adds them up, `ColourLoss` has any of them
see colours too and `PatchwiseLoss` takes any of them patch by patch. Pictures are
``(B, C, H, W)``, masks ``(B, 1, H, W)``.
"""

from .acf_period import ACFPeriodLoss, acf_period_loss
from .colour import ColourLoss
from .log_polar_align import LogPolarAlignLoss, log_polar_align_loss
from .patchwise import PatchwiseLoss
from .scale_consistency import ScaleConsistencyLoss, scale_consistency_loss
from .spectral_period import SpectralPeriodLoss, spectral_period_loss
from .tiling import TilingLoss, tiling_loss

__all__ = [
    "ACFPeriodLoss",
    "ColourLoss",
    "LogPolarAlignLoss",
    "PatchwiseLoss",
    "ScaleConsistencyLoss",
    "SpectralPeriodLoss",
    "TilingLoss",
    "acf_period_loss",
    "log_polar_align_loss",
    "scale_consistency_loss",
    "spectral_period_loss",
    "tiling_loss",
]
