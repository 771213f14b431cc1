"""The estimator under test, and how to put another one in its place."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache

import torch
from scoring import Answer, AxisPeriods, OnePeriod, Vector
from torch import Tensor

Estimator = Callable[[Tensor, Tensor | None], Answer | OnePeriod | AxisPeriods]
OURS = "estimators:ours"


def ours(image: Tensor, mask: Tensor | None) -> Answer:
    """What `tiling_diag.diagnose` says of ``image (C, H, W)`` under ``mask (H, W)`` or None."""
    import tiling_diag

    return from_summary(tiling_diag.diagnose(image, mask=mask).summary())


def from_summary(summary: dict) -> Answer:
    """The lattice in a summary, as `summary.json` has it."""
    periodicity, lattice = summary["periodicity"], summary["lattice"]
    if lattice is None:
        return Answer(is_periodic=periodicity["is_periodic"], strength=periodicity["strength"])
    return Answer(
        a=_vector(lattice["a_px"]),
        b=_vector(lattice["b_px"]),
        unit_px=lattice["unit_px"],
        course_px=lattice["course_px"],
        is_periodic=periodicity["is_periodic"],
        strength=periodicity["strength"],
    )


@cache
def load_estimator(name: str) -> Estimator:
    """The function ``MODULE:FUNCTION``; modules of this folder go by their bare name."""
    module, _, function = name.partition(":")
    if not function:
        raise SystemExit(f"--estimator {name}: write it as MODULE:FUNCTION, for example {OURS}")
    torch.set_num_threads(1)
    estimator: Estimator = getattr(importlib.import_module(module), function)
    return estimator


def _vector(values: list[float] | None) -> Vector | None:
    return None if values is None else (values[0], values[1])
