"""What repeats: the lattice of every wall of a batch, and how sure that is.

Windows and the whole wall propose lattices (`proposals`, `candidates`), each gets one vector of
evidence (`evidence`, `rank_one`), a fitted score says how likely each is right (`fitted_score`),
and the likeliest is refined (`peak_fit`, `spectral_refinement`) and read (`reading`). Which of
nested lattices is right, that is the octave, is decided by the score: `nested` has what tells them
apart.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.lattice.evidence import NAMES
from tiling_diag.checks.lattice.fitted_score import fitted_score
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.reading import Reading, read, read_rank_one
from tiling_diag.checks.lattice.refinement import refined, with_turned
from tiling_diag.checks.lattice.search import Looks, look
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.lattice_algebra import reduce_basis, same_lattice

# A lattice is reported from this probability on.
LEAST_PROBABILITY = LIMITS.least_probability
# Logit of what is not there.
NO_CANDIDATE = -12.0


@dataclass(frozen=True, eq=False)
class _Choice:
    """The likeliest lattice of every wall, px of the full wall.

    Attributes:
        basis_px: ``(B, 2, 2)`` finite; for rank 1 the second vector is the first one turned.
        is_single: ``(B,)`` bool; whether it is of rank 1.
        logit: ``(B,)`` of the score.
        family: ``(B,)`` the family of the best lattice of rank 2.
        second_px: ``(B, 2, 2)`` the next best lattice, as `basis_px`.
        second_is_single: ``(B,)`` bool; whether that is of rank 1.
        second_family: ``(B,)`` its family, for rank 2.
        strength: ``(B,)`` how well it repeats.
    """

    basis_px: Tensor
    is_single: Tensor
    logit: Tensor
    family: Tensor
    second_px: Tensor
    second_is_single: Tensor
    second_family: Tensor
    strength: Tensor


def measure_lattice(walls: Walls) -> LatticeResult:
    """The likeliest lattice of every wall of a batch, on the CPU in float64.

    `claimed` says which of them are to be believed.
    """
    flat, thin = _flat(walls.small), _thin(walls)
    if bool((flat | thin).all()):
        return _unmeasurable(flat)
    seen = look(walls)
    chosen = _choose(seen)
    basis = refined(walls, seen, chosen.basis_px, chosen.is_single)
    reading = _read(seen, chosen.family, chosen.is_single, basis)
    second = reduce_basis(chosen.second_px, 6)
    second = torch.where(chosen.second_is_single[:, None, None], chosen.second_px, second)
    other = _read(seen, chosen.second_family, chosen.second_is_single, second)
    probability = fitted_score(walls.image.device).probability(chosen.logit)
    reason = torch.full_like(flat, Reason.FOUND, dtype=torch.int64)
    reason = reason.masked_fill(probability < LEAST_PROBABILITY, Reason.NOTHING_REPEATS)
    reason = reason.masked_fill(thin, Reason.TOO_SMALL).masked_fill(flat, Reason.FLAT)
    there = ~(flat | thin)
    probability = probability.masked_fill(flat | thin, 0.0)
    nothing = torch.full_like(basis, torch.nan)
    missing = torch.stack([torch.zeros_like(chosen.is_single), chosen.is_single], dim=-1)
    basis = torch.where(missing[..., None], nothing, basis)

    def known(values: Tensor) -> Tensor:
        measurable = there.view(-1, *[1] * (values.dim() - 1))
        return torch.where(measurable, values.double(), torch.nan).cpu()

    return LatticeResult(
        basis_px=known(basis),
        is_periodic=(reason == Reason.FOUND).cpu(),
        probability=probability.double().cpu(),
        second_unit_px=known(other.unit_px),
        second_course_px=known(other.course_px),
        second_angle_deg=known(other.angle_deg),
        strength=known(chosen.strength),
        reason=reason.cpu(),
        unit_px=known(reading.unit_px),
        course_px=known(reading.course_px),
        angle_deg=known(reading.angle_deg),
        wave_vector=known(reading.wave_vector),
        fundamental_px=known(1 / reading.wave_vector.norm(dim=-1)),
    )


def _unmeasurable(flat: Tensor) -> LatticeResult:
    """Of walls ``(B,)`` that are all flat or too small: there is nothing to search."""
    missing = torch.full(flat.shape, torch.nan, dtype=torch.float64)
    pair = missing[:, None].expand(-1, 2)
    return LatticeResult(
        basis_px=pair[:, None].expand(-1, 2, -1),
        is_periodic=torch.zeros_like(flat).cpu(),
        probability=torch.zeros_like(missing),
        second_unit_px=missing,
        second_course_px=missing,
        second_angle_deg=missing,
        strength=missing,
        reason=torch.where(flat, int(Reason.FLAT), int(Reason.TOO_SMALL)).cpu(),
        unit_px=missing,
        course_px=missing,
        angle_deg=missing,
        wave_vector=pair,
        fundamental_px=missing,
    )


def claimed(lattice: LatticeResult) -> LatticeResult:
    """The lattices that are likely enough; NaN for the others."""
    sure = lattice.is_periodic

    def known(values: Tensor) -> Tensor:
        return torch.where(sure.view(-1, *[1] * (values.dim() - 1)), values, torch.nan)

    return dataclasses.replace(
        lattice,
        basis_px=known(lattice.basis_px),
        strength=known(lattice.strength),
        unit_px=known(lattice.unit_px),
        course_px=known(lattice.course_px),
        angle_deg=known(lattice.angle_deg),
        wave_vector=known(lattice.wave_vector),
        fundamental_px=known(lattice.fundamental_px),
    )


def by_probability(lattice: LatticeResult) -> LatticeResult:
    """Lattices that may have been assumed, each claimed if it is likely enough."""
    likely = lattice.probability >= LEAST_PROBABILITY
    decided = (lattice.reason == Reason.FOUND) | (lattice.reason == Reason.NOTHING_REPEATS)
    reason = torch.where(likely, int(Reason.FOUND), int(Reason.NOTHING_REPEATS))
    reason = torch.where(decided, reason, lattice.reason)
    return dataclasses.replace(lattice, is_periodic=reason == Reason.FOUND, reason=reason)


def assumed(lattice: LatticeResult) -> LatticeResult:
    """The likeliest lattices, as if all of them were sure."""
    there = lattice.basis_px[:, 0].isfinite().all(-1)
    reason = torch.where(there, torch.full_like(lattice.reason, Reason.FOUND), lattice.reason)
    return dataclasses.replace(lattice, is_periodic=there, reason=reason)


def _flat(walls: Walls) -> Tensor:
    weights = walls.mask[:, None]
    total = weights.sum((-2, -1)).clamp_min(1e-9)
    mean = (walls.image * weights).sum((-2, -1)) / total
    square = ((walls.image - mean[..., None, None]).square() * weights).sum((-2, -1)) / total
    return square.amax(-1).sqrt() < LIMITS.flat_deviation


def _thin(walls: Walls) -> Tensor:
    side = walls.mask.sum((-2, -1)).sqrt()
    return (side < LIMITS.least_side_px) | torch.full_like(
        side, min(walls.size) < LIMITS.least_side_px, dtype=torch.bool
    )


def _choose(seen: Looks) -> _Choice:
    """The likeliest candidate of every wall, of either rank."""
    score = fitted_score(seen.evidence.device)
    lattices = score.lattices(seen.evidence).masked_fill(~seen.lattices.is_there, NO_CANDIDATE)
    top, best = lattices.max(-1)
    own = top[:, None, None].expand(*seen.stripes.evidence.shape[:2], 1)
    stripes = score.stripes(torch.cat([seen.stripes.evidence, own], dim=-1))
    stripes = stripes.masked_fill(~seen.stripes.is_there, NO_CANDIDATE)
    top_stripe = stripes.amax(-1)
    # Multiples of a period repeat as well: of those about as likely the shortest is taken.
    likely = stripes >= top_stripe[:, None] - LIMITS.as_likely
    lengths = seen.stripes.vector_px.norm(dim=-1).masked_fill(~likely, torch.inf)
    best_stripe = lengths.argmin(-1)
    is_single = top_stripe > top
    vectors = seen.stripes.vector_px
    lattice, pair = _at(seen.lattices.basis_px, best), with_turned(_at(vectors, best_stripe))
    basis = torch.where(is_single[:, None, None], pair, lattice)
    others = lattices.masked_fill(
        same_lattice(seen.lattices.basis_px, lattice[:, None], LIMITS.same_answer, steps=0)
        & ~is_single[:, None],
        NO_CANDIDATE,
    )
    next_top, next_best = others.max(-1)
    by_stripe = ~is_single & (top_stripe > next_top)
    second = _at(seen.lattices.basis_px, next_best)
    repeats = _at(seen.evidence, best)[:, NAMES.index("whole_strength")]
    strength = torch.where(is_single, _at(seen.stripes.evidence, best_stripe)[:, 1], repeats)
    return _Choice(
        basis_px=basis,
        is_single=is_single,
        logit=torch.maximum(top, top_stripe),
        family=_at(seen.lattices.family, best),
        second_px=torch.where(by_stripe[:, None, None], pair, second),
        second_is_single=by_stripe,
        second_family=_at(seen.lattices.family, next_best),
        strength=strength,
    )


def _at(values: Tensor, index: Tensor) -> Tensor:
    """``values (B, S, ...)`` at ``index (B,)``."""
    picked = index.view(-1, *[1] * (values.dim() - 1)).expand(-1, 1, *values.shape[2:])
    return values.gather(1, picked)[:, 0]


def _family_maps(seen: Looks, family: Tensor) -> tuple[AutocorrelationMaps, Tensor]:
    """The pooled maps of one family of each wall, and their scale ``(B, 2)``."""
    maps = seen.families.maps
    batch = len(family)
    own = _at(maps.maps.unflatten(0, (batch, -1)), family)
    importance = _at(maps.importance.unflatten(0, (batch, -1)), family)
    return AutocorrelationMaps(own, importance), _at(seen.families.scale, family)


def _read(seen: Looks, family: Tensor, is_single: Tensor, basis: Tensor) -> Reading:
    maps, scale = _family_maps(seen, family)
    pair, single = (
        read(basis, maps, scale, seen.whole, seen.small_scale),
        read_rank_one(basis[:, 0]),
    )

    def either(one: Tensor, other: Tensor) -> Tensor:
        return torch.where(is_single.view(-1, *[1] * (one.dim() - 1)), other, one)

    return Reading(
        unit_px=either(pair.unit_px, single.unit_px),
        course_px=either(pair.course_px, single.course_px),
        angle_deg=either(pair.angle_deg, single.angle_deg),
        wave_vector=either(pair.wave_vector, single.wave_vector),
    )
