"""The last digits of lattices: fitted to the autocorrelation, then to the spectrum.

The autocorrelation's maxima far out tell a vector well. From enough cells on the whole spectrum
tells it better, since neighbours drift where units wander; it may not cost repetition.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.checks.channels import TONES_AND_EDGES
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.peak_fit import fit, fit_period, line_repetition, repetition
from tiling_diag.checks.lattice.search import Looks
from tiling_diag.checks.lattice.spectral_refinement import refine_waves
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import (
    cell_area,
    reciprocal,
    reciprocal_vector,
    reduce_basis,
)


def refined(walls: Walls, seen: Looks, basis_px: Tensor, single: Tensor) -> Tensor:
    """Lattices ``(B, 2, 2)`` fitted to whole walls, reduced, px of the full wall.

    Args:
        walls: the batch.
        seen: what is seen of it.
        basis_px: ``(B, 2, 2)`` where to start; for rank 1 the second vector is the first,
            turned.
        single: ``(B,)`` bool; which are of rank 1.
    """
    scale = seen.small_scale
    start = _fitted(seen, basis_px * scale, single)
    # Periods too fine for the shrunk wall stay as its windows show them.
    spacing = cell_area(start) / start.norm(dim=-1).amax(-1)
    cells = walls.small.mask.sum((-2, -1)) / cell_area(start)
    small = walls.small.channels
    weights = walls.small.mask[:, None] * small.importance[:, :TONES_AND_EDGES, None, None]
    values = small.values[:, :TONES_AND_EDGES]
    waves = reciprocal(start)
    moved = waves
    if not bool(single.all()):
        moved = refine_waves(values, weights, waves)
    if bool(single.any()):
        one = refine_waves(values, weights, waves[:, :1])
        moved = torch.where(single[:, None, None], torch.cat([one, waves[:, 1:]], 1), moved)
    fine = (spacing <= LIMITS.fine_px) & (cells >= LIMITS.spectrum_cells)
    if walls.small is not walls and bool(fine.any()):
        moved = torch.where(fine[:, None, None], _refined_larger(walls, waves, scale), moved)
    size = waves.new_tensor([walls.small.size[1], walls.small.size[0]])
    bins = ((moved - waves) * size).abs()
    bins = torch.where(single[:, None, None], bins[:, :1], bins).amax((-2, -1))
    good = (bins < LIMITS.largest_move_bins) & (cells >= LIMITS.spectrum_cells)
    # Few units leave a spectrum's peaks wide: a move must not cost what is seen of repetition.
    before, after = (_repetition(seen, single, of) for of in (waves, moved))
    good &= (after >= LIMITS.kept_repetition * before) | fine
    waves = torch.where(good[:, None, None], moved, waves)
    basis, vector = reciprocal(waves) / scale, reciprocal_vector(waves[:, 0]) / scale
    return torch.where(single[:, None, None], with_turned(vector), reduce_basis(basis, 6))


def _fitted(seen: Looks, start: Tensor, single: Tensor) -> Tensor:
    """Lattices ``(B, 2, 2)`` fitted to the maps of the whole wall, px of these."""
    spacing = cell_area(start) / start.norm(dim=-1).amax(-1)
    found = fit(seen.whole, start[:, None], (2.2, 4.0, 8.0, 16.0))[:, 0]
    near = ((found - start).norm(dim=-1) < LIMITS.fitted_near * start.norm(dim=-1)).all(-1)
    near &= spacing > LIMITS.fine_px
    pair = torch.where(near[:, None, None], found, start)
    one = with_turned(fit_period(seen.whole, start[:, 0]))
    return torch.where(single[:, None, None], one, pair)


def with_turned(vector: Tensor) -> Tensor:
    """``(B, 2, 2)`` vectors ``(B, 2)`` and the same turned by a right angle."""
    return torch.stack([vector, torch.stack([-vector[:, 1], vector[:, 0]], dim=-1)], dim=1)


def _repetition(seen: Looks, single: Tensor, waves: Tensor) -> Tensor:
    """``(B,)`` how well walls repeat exactly with the lattices of ``waves (B, 2, 2)``."""
    lines = line_repetition(seen.whole, reciprocal_vector(waves[:, :1]))[:, 0]
    return torch.where(single, lines, repetition(seen.whole, reciprocal(waves)))


def _refined_larger(walls: Walls, waves: Tensor, scale: Tensor) -> Tensor:
    """Wave vectors refined on the luma of walls four times as large as the searched ones."""
    shrink = min(1.0, LIMITS.fine_enlarged * max(walls.small.size) / max(walls.size))
    larger = walls.zoomed(shrink)
    height, width = larger.size
    step = scale.new_tensor([width / walls.size[1], height / walls.size[0]]) / scale
    mask = larger.mask[:, None]
    level = (larger.luma[:, None] * mask).sum((-2, -1), keepdim=True)
    level = level / mask.sum((-2, -1), keepdim=True)
    return refine_waves(larger.luma[:, None] - level, mask, waves / step) * step
