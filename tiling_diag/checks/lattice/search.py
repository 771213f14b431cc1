"""The search for the lattices of a batch of walls: windows, candidates and their evidence."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.lattice.by_window import side_by_side
from tiling_diag.checks.lattice.candidates import Candidates, Families, candidates, families
from tiling_diag.checks.lattice.evidence import evidence
from tiling_diag.checks.lattice.levels import Level, levels
from tiling_diag.checks.lattice.rank_one import Stripes, stripes
from tiling_diag.checks.walls import Walls


@dataclass(frozen=True, eq=False)
class Looks:
    """All that is seen of a batch before anything is decided.

    Attributes:
        whole: maps of the whole walls, shrunk.
        small_scale: ``(2,)`` float64; px of these maps per px of the full wall, across and down.
        levels: the windows.
        families: lattices that windows propose.
        lattices: candidates of rank 2, px of the full wall.
        evidence: ``(B, S, n)`` for them.
        stripes: candidates of rank 1, px of the full wall.
    """

    whole: AutocorrelationMaps
    small_scale: Tensor
    levels: list[Level]
    families: Families
    lattices: Candidates
    evidence: Tensor
    stripes: Stripes


def look(walls: Walls) -> Looks:
    """Candidate lattices of a batch and the evidence for each."""
    whole = walls.small.autocorrelation_maps
    step = torch.tensor(walls.small_step_px, dtype=torch.float64, device=walls.image.device)
    scale = 1 / step
    seen = levels(walls)
    windows = side_by_side(seen)
    found = families(whole, scale, walls.small.size, seen)
    lattices = candidates(found, whole, scale, walls.size)
    return Looks(
        whole=whole,
        small_scale=scale,
        levels=seen,
        families=found,
        lattices=lattices,
        evidence=evidence(lattices, found, windows, whole, scale, walls.size),
        stripes=stripes(whole, scale, walls.small.size, seen, windows),
    )
