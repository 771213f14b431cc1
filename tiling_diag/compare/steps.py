"""Checkpoints by their names: what to call them, their step, their order."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

_STEP = re.compile(
    r"(?:global_step|checkpoint|ckpt|step|iteration|iter|it|epoch|ep)[-_ =.]?(\d+)", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+")


class Step(NamedTuple):
    """A checkpoint.

    Attributes:
        label: the part of its location in which it differs from the others.
        number: its step; None where its name has none.
    """

    label: str
    number: int | None


def steps_of(locations: Sequence[str]) -> list[Step]:
    """Name the checkpoints, and read their steps.

    A step is the number after a word such as ``step``, ``checkpoint``, ``iter`` or ``epoch``; else
    the last number of the name. Without a number of its own for each, no checkpoint has a step.

    Args:
        locations: of the results or pictures; no two are the same.
    """
    labels = _labels(locations)
    numbers = [_number(label) for label in labels]
    if None in numbers or len(set(numbers)) < len(numbers):
        numbers = [None] * len(labels)
    return [Step(label, number) for label, number in zip(labels, numbers, strict=True)]


def in_order(steps: Sequence[Step]) -> list[int]:
    """Indices by step, or as they were named where there are no steps."""
    return sorted(range(len(steps)), key=lambda k: (steps[k].number or 0, k))


def _number(label: str) -> int | None:
    found = _STEP.findall(label) or _NUMBER.findall(label)
    return int(found[-1]) if found else None


def _labels(locations: Sequence[str]) -> list[str]:
    """Locations without what all have in common at their beginning and end."""
    parts = [os.path.abspath(one).replace(os.sep, "/").split("/") for one in locations]
    while len({one[0] for one in parts}) == 1 and min(map(len, parts)) > 1:
        parts = [one[1:] for one in parts]
    while len({one[-1] for one in parts}) == 1 and min(map(len, parts)) > 1:
        parts = [one[:-1] for one in parts]
    return ["/".join(one) for one in parts]


def without_step(name: str, step: Step) -> str:
    """The name of a picture without its checkpoint's step: ``3_step1000.png`` is ``3_.png``."""
    if step.number is None:
        return name
    return _STEP.sub(lambda m: "" if int(m.group(1)) == step.number else m.group(0), name)
