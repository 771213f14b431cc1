"""LogPolarAlignLoss: scale and rotation as shifts of the log-polar spectrum."""

from __future__ import annotations

from torch import Tensor

from .base import NYQUIST, PairLoss, Terms, check_options, pair_loss
from .inputs import Spectra
from .profiles import centred, log_map
from .shifts import MATCH_SHARE, correlation, largest_shift, mismatch, shift_and_turn_distance

TAU = 0.06
# Shifts to a ring: a line is hardly wider than one of the 128 rings, and a belief over whole rings
# hardly changes while it moves from one to the next.
SHIFTS_PER_RING = 2
# A radian of rotation counts a quarter of a natural log unit of scale.
TURN_SHARE = 0.25


class LogPolarAlignLoss(PairLoss):
    """How far the log-polar spectra are shifted in log radius and in angle.

    The belief over both shifts together: its distance in log scale, plus a quarter of its
    distance in radians, both rounded off below 0.015, plus a tenth of how far the amplitudes
    differ, times ``w``.

    Args:
        out_r: rings, evenly spaced in log frequency.
        out_t: sectors of half a turn.
        r_min: lowest frequency over Nyquist (0.5 cycles/px); never below two cycles across the
            picture.
        w: weight.
        reduction: "mean" over the items that count, or "none" for ``(B,)``.

    Raises:
        InputError: if an option is out of its range.
    """

    def __init__(
        self,
        out_r: int = 128,
        out_t: int = 180,
        r_min: float = 1e-2,
        w: float = 1.0,
        *,
        reduction: str = "mean",
    ) -> None:
        """Check and keep the options."""
        super().__init__(reduction)
        _check(out_r, out_t, r_min)
        self.out_r, self.out_t, self.r_min, self.w = out_r, out_t, r_min, w

    def forward(self, pred: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """The loss.

        Args:
            pred: ``(B, C, H, W)``, C = 1 or 3, floating point.
            target: the same size; it takes no gradient.
            mask: ``(B, 1, H, W)`` in [0, 1], or None for the whole picture.

        Raises:
            InputError: if shapes, dtypes or devices do not fit.
        """
        return self._loss(pred, target, mask)

    def terms(self, spectra: Spectra, center_override: Tensor | None = None) -> Terms:
        """``shift``, ``turn`` and ``lines``, weighted, each ``(B,)``."""
        return log_polar_align_terms(
            spectra, out_r=self.out_r, out_t=self.out_t, r_min=self.r_min, w=self.w
        )


def log_polar_align_terms(
    spectra: Spectra, *, out_r: int, out_t: int, r_min: float, w: float
) -> Terms:
    """``shift``, ``turn`` and ``lines`` of `LogPolarAlignLoss`, weighted, each ``(B,)``."""
    grid = log_map(spectra.size, out_r, out_t, r_min * NYQUIST)
    maps = spectra.maps(grid)
    pred, target = (centred(profile.excess, grid.step) for profile in maps)
    target = target.detach()
    most = largest_shift(grid.rings, grid.step)
    cross, own = (correlation(target, one, most, SHIFTS_PER_RING) for one in (pred, target))
    shift, turn = shift_and_turn_distance(cross, own, TAU, grid.step / SHIFTS_PER_RING)
    match = mismatch(maps[1].amplitude.detach(), maps[0].amplitude, most_turn_deg=0.0)
    return {"shift": w * shift, "turn": w * TURN_SHARE * turn, "lines": w * MATCH_SHARE * match}


def _check(out_r: int, out_t: int, r_min: float) -> None:
    check_options(
        out_r >= 16 and out_t >= 8,
        f"out_r={out_r}, out_t={out_t}: use at least 16 rings and 8 sectors",
    )
    check_options(0 < r_min <= 0.5, f"r_min={r_min}: use a share of Nyquist in (0, 0.5]")


def log_polar_align_loss(
    pred: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    *,
    out_r: int = 128,
    out_t: int = 180,
    r_min: float = 1e-2,
    w: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """`LogPolarAlignLoss` as a function."""
    _check(out_r, out_t, r_min)

    def terms(spectra: Spectra) -> Terms:
        return log_polar_align_terms(spectra, out_r=out_r, out_t=out_t, r_min=r_min, w=w)

    return pair_loss(pred, target, mask, terms, reduction)
