"""Candidates for the lattice of a wall: pairs of maxima of its mean autocorrelation."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.channel_autocorrelation import ChannelAutocorrelation
from tiling_diag.checks.lattice.contrast import mean_at_lattice, strength
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.octaves import STEPS
from tiling_diag.kernels.lattice_algebra import cell_area, same_lattice, shortened
from tiling_diag.kernels.peaks import local_maxima, refine_peak

# Of the reduction of pairs: lags in view are less than a hundred times as long as each other.
STEPS_FOR_PAIRS = 10


def candidates(autocorrelation: ChannelAutocorrelation) -> Tensor:
    """``(S, 2, 2)`` lattices of pairs of maxima, the best few of every size."""
    lags = _maxima(autocorrelation)
    i, j = torch.triu_indices(len(lags), len(lags), 1)
    pairs = torch.stack([lags[i], lags[j]], dim=1)
    independent = cell_area(pairs) > 1.0
    basis = valid(shortened(pairs[independent], STEPS_FOR_PAIRS))
    basis = basis[in_view(autocorrelation, basis)]
    if len(basis) == 0:
        return basis
    _, support = lattice_support(autocorrelation, basis)
    octave = cell_area(basis).log2().floor()
    order = support.argsort(descending=True)
    same_before = (octave[order, None] == octave[None, order]).tril(-1).sum(-1)
    kept = order[same_before < LIMITS.starts_per_octave]
    return basis[kept[support[kept] > LIMITS.start_share * support.max()]]


def lattice_support(
    autocorrelation: ChannelAutocorrelation, basis: Tensor
) -> tuple[Tensor, Tensor]:
    """Channel means at lattices ``(S, 2, 2)``, and their strength, less where points are few."""
    on, points = mean_at_lattice(autocorrelation, basis)
    return on, strength(autocorrelation, on) * points / (points + LIMITS.few_points)


def in_view(autocorrelation: ChannelAutocorrelation, basis: Tensor) -> Tensor:
    """Whether about two periods along both vectors of ``(S, 2, 2)`` fit into the wall."""
    height, width = autocorrelation.size
    limit = LIMITS.longest_share * torch.tensor([width, height], dtype=torch.float64)
    few = cell_area(basis) * LIMITS.least_cells > height * width
    return (basis.abs() <= limit).all(-1).all(-1) & ~few


def valid(basis: Tensor) -> Tensor:
    """Of ``(S, 2, 2)`` the lattices that are neither too fine nor too flat."""
    basis = basis[basis.isfinite().all(-1).all(-1)]
    if len(basis) == 0:
        return basis
    lengths = basis.norm(dim=-1)
    sine = cell_area(basis) / lengths.prod(-1).clamp_min(1e-9)
    return basis[(lengths.amin(-1) > LIMITS.shortest_px) & (sine > LIMITS.least_sine)]


def distinct(basis: Tensor) -> Tensor:
    """Of ``(S, 2, 2)`` the first of each lattice."""
    basis = shortened(basis, STEPS)
    same = same_lattice(basis[:, None], basis[None], LIMITS.same_lattice, steps=0).tril(-1)
    return basis[~same.any(-1)]


def _maxima(autocorrelation: ChannelAutocorrelation) -> Tensor:
    """``(n, 2)`` lags of the mean map's maxima, the highest and nearest first."""
    my, mx = autocorrelation.max_lag_px
    mean = autocorrelation.mean_map
    values, places = local_maxima(mean, 2, LIMITS.most_maxima)
    lags = places.flip(-1).double() - autocorrelation.centre
    forward = (lags[:, 1] > 0) | ((lags[:, 1] == 0) & (lags[:, 0] > 0))
    usable = forward & values.isfinite() & (lags.norm(dim=-1) > LIMITS.shortest_px)
    score = values - LIMITS.lag_penalty * lags.norm(dim=-1) / min(my, mx)
    order = score.masked_fill(~usable, -torch.inf).argsort(descending=True)
    order = order[: min(LIMITS.peaks, int(usable.sum()))]
    _, refined = refine_peak(mean, places[order])
    return refined.double() - autocorrelation.centre
