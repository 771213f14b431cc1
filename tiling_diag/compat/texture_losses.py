"""The original's `texture_losses`: the same classes and signatures, see `tiling_diag.losses`."""

from tiling_diag.losses import (
    ACFPeriodLoss,
    LogPolarAlignLoss,
    ScaleConsistencyLoss,
    SpectralPeriodLoss,
)

__all__ = ["ACFPeriodLoss", "LogPolarAlignLoss", "ScaleConsistencyLoss", "SpectralPeriodLoss"]
