"""Scores of painted walls for `benchmarks/training.py`, with intervals, and the table of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from tables import markdown_table
from torch import Tensor
from training_walls import Walls

import tiling_diag as td
from tiling_diag.training.numbers import codes_of, is_octave_error, period_error

DRAWS = 2000
# Above it lines at twice the size are seen: right walls have less than 0.02, doubled ones over 0.6.
TWICE_SEEN = 0.2


def octaves(found: td.Diagnosis, size_px: Tensor) -> float | None:
    """The larger ``log2`` of measured over true size among unit and course; None without both."""
    lattice = found.summary()["lattice"] or {}
    sizes = [lattice.get("unit_px"), lattice.get("course_px")]
    if None in sizes:
        return None
    unit, course = size_px.tolist()
    # Which side of a square tile is its course is a matter of chance.
    ways = [
        [math.log2(a / b) for a, b in zip(sizes, way, strict=True)]
        for way in ((unit, course), (course, unit))
    ]
    return max(min(ways, key=lambda way: sum(map(abs, way))), key=abs)


def score(painted: Tensor, walls: Walls) -> list[dict[str, Any]]:
    """A row for each painted wall."""
    rows = []
    for picture, size_px in zip(painted, walls.sizes_px, strict=True):
        unit, course = size_px.tolist()
        found = td.diagnose(picture, settings=td.Settings(unit_px=unit, course_px=course))
        codes = sorted(codes_of(found))
        row = {"octaves": octaves(found, size_px), "codes": codes, "verdict": found.verdict}
        rows.append(row | {"twice": power_at_twice(picture, size_px)})
    return rows


def power_at_twice(picture: Tensor, size_px: Tensor) -> float:
    """Share of the lines at twice the true size, of the lines there and at the size, in [0, 1].

    The larger of both axes, on the means of rows and of columns. It is defined for walls too whose
    lines are too uneven for `diagnose` to call them a lattice.
    """
    grey, shares = picture.mean(0), []
    for axis, period in ((0, size_px[0]), (1, size_px[1])):
        means = grey.mean(axis)
        line = (means - means.mean()) * torch.hann_window(len(means))
        places = torch.arange(len(line))

        def power(frequency: float, line: Tensor = line, places: Tensor = places) -> float:
            near = frequency * torch.linspace(0.92, 1.08, 9)[:, None]
            waves = torch.polar(torch.ones(9, len(line)), -2 * math.pi * near * places)
            return float((line * waves).sum(1).abs().square().max())

        own, twice = power(1 / float(period)), power(0.5 / float(period))
        shares.append(twice / (own + twice))
    return max(shares)


def interval(rows: list[dict[str, Any]], count: int, value: Callable[[Any], float]) -> str:
    """A statistic of the rows and its 95 % interval, materials drawn with replacement."""
    groups: list[list[dict[str, Any]]] = [rows[i::count] for i in range(count)]
    chance = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        chosen = [row for i in chance.integers(0, count, count) for row in groups[i]]
        draws.append(value(chosen))
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return f"{100 * value(rows):.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def octave_rate(rows: list[dict[str, Any]]) -> float:
    found = [row["octaves"] for row in rows if row["octaves"] is not None]
    return sum(map(is_octave_error, found)) / len(found) if found else math.nan


def median_error(rows: list[dict[str, Any]]) -> float:
    found = [period_error(row["octaves"]) for row in rows if row["octaves"] is not None]
    return float(np.median(found)) if found else math.nan


def share(rows: list[dict[str, Any]], chosen: Callable[[dict[str, Any]], bool]) -> float:
    return sum(map(chosen, rows)) / len(rows)


def twice_seen(rows: list[dict[str, Any]]) -> float:
    return share(rows, lambda row: row["twice"] > TWICE_SEEN)


def table(results: dict[str, Any], count: int) -> str:
    """A row for each arm that was run."""
    lines = []
    for arm, result in results.items():
        rows = result["rows"]
        lines.append(
            [
                arm,
                interval(rows, count, octave_rate),
                interval(rows, count, twice_seen),
                interval(rows, count, median_error),
                f"{100 * share(rows, lambda row: row['octaves'] is None):.0f} %",
                f"{100 * share(rows, lambda row: row['verdict'] == 'defect'):.0f} %",
                f"{np.mean(result['velocity']):.4f}" if result["velocity"] else "-",
                f"{1000 * np.mean(result['seconds']):.0f} ms" if result["seconds"] else "-",
                f"{len(rows) // count}",
            ]
        )
    header = ("loss", "octave errors", "lines at twice the size", "median period error")
    more = ("no lattice", "defect", "velocity MSE", "step", "seeds")
    return markdown_table((*header, *more), lines)
