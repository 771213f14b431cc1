"""The losses by name, and small walls for them."""

import torch

from tiling_diag.losses import (
    ACFPeriodLoss,
    LogPolarAlignLoss,
    ScaleConsistencyLoss,
    SpectralPeriodLoss,
    TilingLoss,
)

SINGLE = [SpectralPeriodLoss, LogPolarAlignLoss, ScaleConsistencyLoss, ACFPeriodLoss]
EVERY = [*SINGLE, TilingLoss]


def tiles(period_px, size=(96, 96), batch=1, channels=1, dtype=torch.float32):
    """Walls of squares with dark joints and a little noise, ``(B, C, H, W)`` in [0, 1]."""
    generator = torch.Generator().manual_seed(3)
    y, x = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in size), indexing="ij")
    joints = sum(torch.exp(6 * (torch.cos(2 * torch.pi * z / period_px) - 1)) for z in (x, y))
    wall = 0.8 - 0.3 * joints
    noise = torch.rand((batch, channels, *size), generator=generator, dtype=torch.float64)
    return (wall + 0.05 * noise).clamp(0, 1).to(dtype)
