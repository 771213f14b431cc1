"""Probability that a candidate lattice is right, from its evidence.

Boosted regression trees (Friedman, "Greedy function approximation: a gradient boosting machine",
Annals of Statistics 29(5), 2001) over the evidence, one set for lattices of rank 2 and one for
periods of rank 1, and a logistic map that says how often the best candidate of a wall is right.
`score.json` beside this file is written by `benchmarks/fit_lattice_score.py`, which also says how
well it does on materials that it was not fitted on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import torch
from torch import Tensor

TABLE = "score.json"


@dataclass(frozen=True, eq=False)
class Trees:
    """A sum of trees, each a row of nodes; a leaf leads to itself.

    Attributes:
        feature: ``(T, n)`` int64; which number a node looks at.
        limit: ``(T, n)``; a node leads to `left` where its number is at most this.
        left, right: ``(T, n)`` int64.
        value: ``(T, n)`` what a leaf adds, in logits.
        start: what is added to.
        depth: steps from a root to the farthest leaf.
    """

    feature: Tensor
    limit: Tensor
    left: Tensor
    right: Tensor
    value: Tensor
    start: float
    depth: int

    def __call__(self, evidence: Tensor) -> Tensor:
        """Logits ``(...)`` of ``evidence (..., F)``."""
        rows = evidence.flatten(0, -2)
        node = torch.zeros(len(rows), len(self.feature), dtype=torch.int64, device=rows.device)
        tree = torch.arange(len(self.feature), device=rows.device)
        for _ in range(self.depth):
            seen = rows.gather(1, self.feature[tree, node])
            at_most = seen <= self.limit[tree, node]
            node = torch.where(at_most, self.left[tree, node], self.right[tree, node])
        return (self.value[tree, node].sum(-1) + self.start).view(evidence.shape[:-1])


@dataclass(frozen=True, eq=False)
class Score:
    """The fitted score.

    Attributes:
        lattices: trees over `evidence.NAMES`.
        stripes: trees over `rank_one.NAMES` and the logit of the best lattice of the wall.
        slope, intercept: of the map from the best logit of a wall to that of being right.
    """

    lattices: Trees
    stripes: Trees
    slope: float
    intercept: float

    def probability(self, logit: Tensor) -> Tensor:
        """How likely the best candidate of a wall is right, by its logit."""
        return torch.sigmoid(self.slope * logit + self.intercept)


@cache
def fitted_score(device: torch.device) -> Score:
    """The score that the package carries, on a device."""
    text = (files("tiling_diag.checks.lattice") / TABLE).read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return Score(
        lattices=_trees(table["lattices"], device),
        stripes=_trees(table["stripes"], device),
        slope=table["calibration"]["slope"],
        intercept=table["calibration"]["intercept"],
    )


def _trees(table: dict[str, Any], device: torch.device) -> Trees:
    def tensor(name: str, kind: torch.dtype) -> Tensor:
        return torch.tensor(table[name], dtype=kind, device=device)

    return Trees(
        feature=tensor("feature", torch.int64),
        limit=tensor("limit", torch.float32),
        left=tensor("left", torch.int64),
        right=tensor("right", torch.int64),
        value=tensor("value", torch.float32),
        start=table["start"],
        depth=table["depth"],
    )
