"""The search for the lattice of autocorrelations that are drawn by hand.

A wall of 200 x 200 px with nine windows, whose maps are drawn, each with layers of its own.
"""

import torch
from drawn_autocorrelation import drawn, side_by_side

from tiling_diag.checks.lattice.by_window import side_by_side as windows_of
from tiling_diag.checks.lattice.candidates import candidates, families
from tiling_diag.checks.lattice.evidence import NAMES, evidence
from tiling_diag.checks.lattice.fitted_score import fitted_score
from tiling_diag.checks.lattice.levels import Level
from tiling_diag.checks.lattice.limits import LIMITS

SIZE = (200, 200)
ONE = torch.ones(2, dtype=torch.float64)
WINDOWS = 9


def level_of(windows, *, importance=None, coverage=1.0):
    """The windows of one wall in px of the wall, one list of layers for each or for all."""
    reach = (LIMITS.window_max_lag_px, LIMITS.window_max_lag_px)
    if len(windows) != WINDOWS:
        maps = [drawn(windows, max_lag_px=reach, importance=importance)] * WINDOWS
    else:
        maps = [drawn(one, max_lag_px=reach, importance=importance) for one in windows]
    return Level(
        scale=ONE,
        windows=side_by_side(maps),
        coverage=torch.as_tensor(coverage).expand(1, WINDOWS),
        centres_px=torch.full((WINDOWS, 2), 100.0, dtype=torch.float64),
        window_px=LIMITS.window_px * ONE,
    )


def families_of(layers, windows=None, *, importance=None):
    """Families of a wall, its maps and its windows, which show the same if nothing else is said."""
    whole = drawn(layers, size=SIZE, importance=importance)
    level = level_of(layers if windows is None else windows, importance=importance)
    return families(whole, ONE, SIZE, [level]), whole, windows_of([level])


def candidates_of(found, whole, windows):
    """Candidates ``(S, 2, 2)`` of families, by name their evidence ``(S,)``, and their logits."""
    tried = candidates(found, whole, ONE, SIZE)
    seen = evidence(tried, found, windows, whole, ONE, SIZE)
    there = tried.is_there[0]
    logits = fitted_score(seen.device).lattices(seen)[0][there]
    numbers = dict(zip(NAMES, seen[0][there].unbind(-1), strict=True))
    return tried.basis_px[0][there], numbers, logits


def lattice_of(layers, windows=None, *, importance=None):
    """``(2, 2)`` the likeliest lattice of drawn maps."""
    basis, _, logits = candidates_of(*families_of(layers, windows, importance=importance))
    return basis[logits.argmax()]
