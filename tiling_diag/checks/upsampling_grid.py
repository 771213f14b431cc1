"""Grids that upsampling leaves: lines at exact fractions of the sampling rate.

A transposed convolution or a decoder that works in tokens of p px adds a pattern that repeats
every p px from the picture's first pixel on (Odena et al., "Deconvolution and checkerboard
artifacts", 2016). Averaged over the rows, a picture keeps such a pattern and loses the rest; a line
at exactly k/p cycles/px that stands far above its neighbours is one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.kernels.lattice import reciprocal
from tiling_diag.kernels.windows import hann
from tiling_diag.results import GridResult, LatticeResult
from tiling_diag.wall import Walls

# Neighbours in frequency bins (1 / side) to either side that make the background.
NEIGHBOURS = (3.0, 4.0, 5.0, 6.5, 8.0, 9.5, 11.0, 13.0)
# A harmonic of the material this near, in bins, explains a line.
EXPLAINED_BINS = 1.6
MATERIAL_ORDERS = 24


def measure_grid(walls: Walls, lattice: LatticeResult, periods_px: tuple[int, ...]) -> GridResult:
    """Amplitude and evidence of grids of every period along x and y."""
    along_x, along_y = _profile(walls, -2), _profile(walls, -1)
    lines = [[_line(profile, p) for profile in (along_x, along_y)] for p in periods_px]
    amplitude = torch.stack([torch.stack([a for a, _ in pair], -1) for pair in lines], 1)
    score = torch.stack([torch.stack([s for _, s in pair], -1) for pair in lines], 1)
    explained = torch.stack(
        [
            torch.stack([_explained(lattice, p, axis, walls.size) for axis in (0, 1)], -1)
            for p in periods_px
        ],
        1,
    )
    return GridResult(
        period_px=torch.tensor(periods_px, dtype=torch.float64),
        amplitude=255 * amplitude.double().cpu(),
        score=score.double().cpu(),
        explained=explained.cpu(),
    )


def _profile(walls: Walls, dim: int) -> Tensor:
    """``(B, n)`` luma averaged over rows (-2) or columns (-1), its slow part taken out, tapered."""
    weight = walls.mask.sum(dim)
    mean = (walls.luma * walls.mask).sum(dim) / weight.clamp_min(1e-6)
    length = mean.shape[-1]
    taper = hann((length, 1), device=mean.device, dtype=mean.dtype)[:, 0]
    weight = taper * (weight > 0.1 * weight.amax(-1, keepdim=True))
    level = (mean * weight).sum(-1, keepdim=True) / weight.sum(-1, keepdim=True).clamp_min(1e-6)
    return (mean - level) * weight / weight.sum(-1, keepdim=True).clamp_min(1e-6)


def _line(profile: Tensor, period: int) -> tuple[Tensor, Tensor]:
    """Amplitude ``(B,)`` of what repeats every `period`, and its height over the background.

    Only the fractions that a shorter period of a grid does not have count: odd multiples.
    """
    length = profile.shape[-1]
    own = torch.arange(1, period, 2, device=profile.device, dtype=torch.float64) / period
    own = own[own <= 0.5]
    sides = torch.tensor([s * n for n in NEIGHBOURS for s in (-1, 1)]).to(own) / length
    around = (own[:, None] + sides).abs()
    lines = _spectrum(profile, own).mean(-1)
    ground = _spectrum(profile, around.flatten()).reshape(-1, *around.shape)
    ground = ground.median(-1).values.mean(-1)
    return 2 * lines.sqrt(), (lines / ground.clamp_min(1e-16)).sqrt()


def _spectrum(profile: Tensor, frequency: Tensor) -> Tensor:
    """``(B, F)`` squared magnitude at any frequencies."""
    place = torch.arange(profile.shape[-1], device=profile.device, dtype=torch.float64)
    angle = 2 * torch.pi * place[:, None] * frequency
    values = profile.double()
    squared: Tensor = (values @ angle.cos()).square() + (values @ angle.sin()).square()
    return squared


def _explained(lattice: LatticeResult, period: int, axis: int, size: tuple[int, int]) -> Tensor:
    """``(B,)`` whether the material itself has a harmonic at 1 / `period` on that axis."""
    basis = lattice.basis.cpu()
    single = basis[:, 1].isnan().any(-1)
    a = basis[:, 0].nan_to_num(1.0)
    square = torch.stack([-a[:, 1], a[:, 0]], -1) * 1e6
    basis = torch.stack([a, torch.where(single[:, None], square, basis[:, 1])], dim=1)
    waves = reciprocal(basis)
    orders = torch.arange(-MATERIAL_ORDERS, MATERIAL_ORDERS + 1, dtype=torch.float64)
    orders = torch.cartesian_prod(orders, orders)
    harmonics = orders @ waves
    target = torch.zeros(2, dtype=torch.float64)
    target[axis] = 1 / period
    bins = torch.tensor([size[1], size[0]], dtype=torch.float64)
    miss = ((harmonics - target) * bins).norm(dim=-1).amin(-1)
    explained: Tensor = (miss < EXPLAINED_BINS) & lattice.is_periodic.cpu()
    return explained
