"""From evidence to probability: logistic maps fitted on pictures with defects of known strength.

The table `calibration.json` beside this file is written by `benchmarks/findings.py --write-table`,
which also says how well it does on pictures that it was not fitted on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

TABLE = "calibration.json"


@cache
def _table() -> dict[str, Any]:
    text = (files("tiling_diag.findings") / TABLE).read_text(encoding="utf-8")
    maps: dict[str, Any] = json.loads(text)["maps"]
    return maps


def probability(name: str, evidence: Mapping[str, float]) -> float:
    """P(defect) of one kind, given its evidence.

    Args:
        name: a kind of `tiling_diag.findings.evidence.EVIDENCE`.
        evidence: its numbers, as that function returns them.

    Returns:
        A number in [0, 1]: of pictures like those the map was fitted on, half of them with the
        defect, that many with this evidence have it.
    """
    fitted = _table()[name]
    # Some kinds are kinds of another: first there must be that one.
    first = probability(fitted["given"], evidence) if "given" in fitted else 1.0
    total = fitted["intercept"] + sum(
        weight * evidence[feature] for feature, weight in fitted["weights"].items()
    )
    return first / (1 + math.exp(-max(-60.0, min(60.0, total))))


def limit(name: str) -> float | None:
    """Where the only number of a kind's evidence becomes suspect; None where it has several."""
    fitted = _table()[name]
    if len(fitted["weights"]) != 1:
        return None
    (weight,) = fitted["weights"].values()
    return float(-fitted["intercept"] / weight) if weight > 0 else None
