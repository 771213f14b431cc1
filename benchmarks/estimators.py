"""The estimator under test, how to put another one in its place, and how it is measured."""

from __future__ import annotations

import dataclasses
import importlib
import time
from collections.abc import Callable
from functools import cache

import torch
from scoring import (
    Answer,
    AxisPeriods,
    OnePeriod,
    Truth,
    Vector,
    judge,
    relative_error,
    vector_error,
)
from torch import Tensor

Estimator = Callable[[Tensor, Tensor | None], Answer | OnePeriod | AxisPeriods]
OURS = "estimators:ours"


def ours(image: Tensor, mask: Tensor | None) -> Answer:
    """What `tiling_diag.diagnose` says of ``image (C, H, W)`` under ``mask (H, W)`` or None."""
    import tiling_diag

    return from_summary(tiling_diag.diagnose(image, mask=mask).summary())


def from_summary(summary: dict) -> Answer:
    """The lattice in a summary, as `summary.json` has it."""
    known = {key: summary["periodicity"][key] for key in ("is_periodic", "strength", "probability")}
    lattice = summary["lattice"]
    if lattice is None:
        return Answer(**known)
    return Answer(
        a=_vector(lattice["a_px"]),
        b=_vector(lattice["b_px"]),
        unit_px=lattice["unit_px"],
        course_px=lattice["course_px"],
        **known,
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


def measure(estimator: str, image: Tensor, mask: Tensor | None, truth: Truth) -> dict:
    """One raw row: what an estimator says of a picture, what that is worth, and what it took.

    A crash of the estimator is a result like another: it is counted, and shown with its message.
    """
    function, failure = load_estimator(estimator), None
    start = time.perf_counter()
    try:
        answer = function(image, mask)
    except Exception as error:
        answer, failure = Answer(), f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - start
    row = {
        "verdict": judge(truth, answer) if failure is None else "crash",
        "failure": failure,
        "seconds": seconds,
        "truth": dataclasses.asdict(truth),
        "answer": dataclasses.asdict(answer),
    }
    if isinstance(answer, Answer):
        row |= {
            "vector_error": vector_error(truth, answer),
            "unit_error": relative_error(answer.unit_px, truth.unit_px),
            "course_error": relative_error(answer.course_px, truth.course_px),
        }
    return row


def _vector(values: list[float] | None) -> Vector | None:
    return None if values is None else (values[0], values[1])
