"""Is a reported lattice the true one? The verdicts every benchmark of this folder counts.

`right`: the same lattice, whatever its basis, within the case's tolerance; for a material without
a period, no lattice. `octave`: one lattice holds the other, 2, 3 or 4 times as many points.
`wrong`: any other lattice. `missed`: no lattice reported where there is one. `false alarm`: a
lattice reported where there is none. Vectors are (x, y) in px.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tiling_diag.kernels.lattice_algebra import (
    lattice_index,
    reciprocal,
    reduce_basis,
    same_lattice,
)

Vector = tuple[float, float]
VERDICTS = ("right", "octave", "wrong", "missed", "false alarm")
OCTAVES = (2, 3, 4)
# How far a wrong lattice may miss a sub- or super-lattice and still be called an octave error, as
# a share of the shortest vector; along one direction and for single periods a share of the period.
OCTAVE_TOLERANCE = 0.1
# What one-period methods are allowed: the bin of an FFT with 10 cycles in view is 10 % wide.
PERIOD_TOLERANCE = 0.05


@dataclass(frozen=True)
class Truth:
    """What is known about a picture.

    Attributes:
        a: first lattice vector, None where nothing repeats (or nothing is scored but that).
        b: second one, None where only one direction repeats.
        unit_px: distance between units along x, None where unknown.
        course_px: distance between rows along y, None where unknown.
        tolerance: largest relative error of a lattice vector that is right.
        is_periodic: whether the material repeats; with `a` None this alone is scored.
    """

    a: Vector | None
    b: Vector | None = None
    unit_px: float | None = None
    course_px: float | None = None
    tolerance: float = 0.01
    is_periodic: bool = True


@dataclass(frozen=True)
class Answer:
    """What an estimator reports: `diagnose`'s words, see `estimators.ours`."""

    a: Vector | None = None
    b: Vector | None = None
    unit_px: float | None = None
    course_px: float | None = None
    is_periodic: bool = False
    strength: float | None = None
    probability: float | None = None


@dataclass(frozen=True)
class OnePeriod:
    """What a method reports that knows one period and no direction; None for no period."""

    period_px: float | None


@dataclass(frozen=True)
class AxisPeriods:
    """What a method reports that looks along x and along y on their own."""

    x_px: float | None
    y_px: float | None


def judge(truth: Truth, answer: Answer | OnePeriod | AxisPeriods) -> str:
    """The verdict on any kind of answer, one of `VERDICTS`."""
    if isinstance(answer, OnePeriod):
        said = answer.period_px is not None
    elif isinstance(answer, AxisPeriods):
        said = answer.x_px is not None or answer.y_px is not None
    else:
        said = answer.is_periodic
    if not truth.is_periodic:
        return "false alarm" if said else "right"
    if not said:
        return "missed"
    if truth.a is None:
        return "right"
    if isinstance(answer, OnePeriod):
        return _judge_period(answer.period_px, known_periods(truth))
    if isinstance(answer, AxisPeriods):
        return _judge_axes(truth, answer)
    return _judge_lattice(truth, answer)


def relative_error(measured: float | None, true: float | None) -> float | None:
    """``|measured / true - 1|``, None where either is unknown."""
    return None if measured is None or true is None else abs(measured / true - 1)


def vector_error(truth: Truth, answer: Answer) -> float | None:
    """How far the truth's vectors lie from the answer's lattice, relative to their length.

    The larger of the two for a lattice; None where the answer has another number of directions or
    of points.
    """
    if truth.a is None or answer.a is None or (truth.b is None) != (answer.b is None):
        return None
    if truth.b is None or answer.b is None:
        return _nearest_sign(answer.a, truth.a)
    true, seen = reduce_basis(_basis(truth.a, truth.b)), _basis(answer.a, answer.b)
    steps = torch.round(true @ reciprocal(seen).mT)
    if round(float(torch.linalg.det(steps).abs())) != 1:
        return None
    miss = true - steps @ seen
    return float((miss.norm(dim=-1) / true.norm(dim=-1)).max())


def longest_vector(a: Vector, b: Vector | None) -> float:
    """Length in px of the longer of the two shortest lattice vectors, or of the only one."""
    if b is None:
        return math.hypot(*a)
    return float(reduce_basis(_basis(a, b)).norm(dim=-1).max())


def known_periods(truth: Truth) -> list[float]:
    """Every period a one-period method may rightly report: it cannot say which one it means.

    Unit, course, the lengths of the two shortest lattice vectors and the distances of the two
    widest families of lattice lines (the fundamental among them).
    """
    periods = [p for p in (truth.unit_px, truth.course_px) if p is not None]
    if truth.a is not None and truth.b is None:
        periods.append(math.hypot(*truth.a))
    elif truth.a is not None and truth.b is not None:
        basis = reduce_basis(_basis(truth.a, truth.b))
        periods += basis.norm(dim=-1).tolist()
        periods += (1 / reduce_basis(reciprocal(basis)).norm(dim=-1)).tolist()
    return periods


def axis_periods(truth: Truth) -> tuple[list[float], list[float]]:
    """What may rightly be reported along x and along y: the unit or course, and what is left of
    them in means over columns and rows (half a brick, where every other course is moved by half).
    """
    x = [] if truth.unit_px is None else [truth.unit_px]
    y = [] if truth.course_px is None else [truth.course_px]
    if truth.a is not None and truth.b is None:
        for periods, part in ((x, truth.a[0]), (y, truth.a[1])):
            if abs(part) > 0.5 * math.hypot(*truth.a):
                periods.append(math.hypot(*truth.a) ** 2 / abs(part))
    elif truth.a is not None and truth.b is not None:
        # Means over columns keep the wave vectors along x only: the shortest of them.
        waves = reciprocal(_basis(truth.a, truth.b))
        steps = torch.arange(-6, 7, dtype=waves.dtype)
        grid = torch.cartesian_prod(steps, steps) @ waves
        for periods, axis in ((x, 0), (y, 1)):
            along, across = grid[:, axis], grid[:, 1 - axis].abs()
            level = along[(along > 1e-9) & (across < 0.02 * along)]
            periods += [] if level.numel() == 0 else [1 / float(level.min())]
    return x, y


def _judge_lattice(truth: Truth, answer: Answer) -> str:
    if answer.a is None or truth.a is None or (truth.b is None) != (answer.b is None):
        return "wrong"
    if truth.b is None or answer.b is None:
        return _judge_direction(truth.a, answer.a, truth.tolerance)
    true, seen = _basis(truth.a, truth.b), _basis(answer.a, answer.b)
    if bool(same_lattice(true, seen, truth.tolerance)):
        return "right"
    index = {
        int(lattice_index(true, seen, OCTAVE_TOLERANCE)),
        int(lattice_index(seen, true, OCTAVE_TOLERANCE)),
    }
    return "octave" if index & set(OCTAVES) else "wrong"


def _judge_direction(true: Vector, seen: Vector, tolerance: float) -> str:
    if _nearest_sign(seen, true) <= tolerance:
        return "right"
    ratios = [float(k) for k in OCTAVES] + [1 / k for k in OCTAVES]
    octave = any(
        _nearest_sign(seen, (r * true[0], r * true[1])) <= OCTAVE_TOLERANCE for r in ratios
    )
    return "octave" if octave else "wrong"


def _judge_period(period: float | None, known: list[float]) -> str:
    if period is None:
        return "missed"
    if any(abs(period / p - 1) <= PERIOD_TOLERANCE for p in known):
        return "right"
    ratios = [float(k) for k in OCTAVES] + [1 / k for k in OCTAVES]
    off = min((abs(period / (p * r) - 1) for p in known for r in ratios), default=math.inf)
    return "octave" if off <= PERIOD_TOLERANCE else "wrong"


def _judge_axes(truth: Truth, answer: AxisPeriods) -> str:
    verdicts = {
        _judge_period(seen, known)
        for seen, known in zip((answer.x_px, answer.y_px), axis_periods(truth), strict=True)
        if known
    }
    # A turned lattice has no short period along either axis: nothing here can be right.
    order = ("wrong", "missed", "octave", "right")
    return next((v for v in order if v in verdicts), "wrong")


def _nearest_sign(seen: Vector, true: Vector) -> float:
    """Distance of `seen` from `true` or its opposite, relative to the length of `true`."""
    apart = min(math.hypot(seen[0] - s * true[0], seen[1] - s * true[1]) for s in (1, -1))
    return apart / math.hypot(*true)


def _basis(a: Vector, b: Vector) -> Tensor:
    return torch.tensor([a, b], dtype=torch.float64)
