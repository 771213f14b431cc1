"""The two sides of a comparison as lists of measured walls, and which belong together."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tiling_diag.batch.folder import RESULTS_FILE, folder_of, page_file, read_about, thumb_file
from tiling_diag.batch.groups import NONE, Grouping
from tiling_diag.batch.locations import name_of, split_name
from tiling_diag.batch.rows import NUMBERS, badness, found_codes, read_rows, status_of
from tiling_diag.compare.steps import Step, without_step
from tiling_diag.errors import InputError
from tiling_diag.report.values import look_up


class Wall(NamedTuple):
    """What a comparison needs of a row.

    Attributes:
        name: relative to the batch's inputs.
        path: of the picture.
        status: verdict, or ``error``.
        badness: see `rows.badness`.
        codes: of its findings.
        numbers: in the order of `rows.NUMBERS`, NaN where not measured.
        group: that it belongs to; None without groups.
        octaves: by which its period is off what was expected or the reference's, as log2 of their
            ratio, that axis which is off more; NaN where neither is known.
    """

    name: str
    path: str
    status: str
    badness: float
    codes: frozenset[str]
    numbers: tuple[float, ...]
    group: str | None = None
    octaves: float = math.nan


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes:
        folder: of the results.
        walls: what is in them.
        settings: that they were measured with, and the version; empty where that is not known.
    """

    folder: Path
    walls: list[Wall]
    settings: dict[str, Any]

    def thumbnail(self, wall: Wall) -> Path:
        """Where the small picture of a wall is, if it has one."""
        return self.folder / thumb_file(wall.path)

    def page(self, wall: Wall) -> Path:
        """Where the page of a wall is, if it has one."""
        return self.folder / page_file(wall.path)


def read_side(location: str, grouping: Grouping | None = None) -> Side:
    """Read the results of a batch.

    Args:
        location: of the results.
        grouping: which group a picture belongs to.

    Raises:
        InputError: if they can't be read or hold nothing, or no picture has a group.
    """
    folder = folder_of(location)
    about = read_about(folder)
    rows = list(_walls(read_rows(folder / RESULTS_FILE), about, grouping))
    if not rows:
        raise InputError(f"{folder / RESULTS_FILE} has no rows: run the batch first")
    settings = {**about.get("settings", {}), "version": about.get("version")} if about else {}
    settings.pop("device", None)
    return Side(folder, rows, settings)


def _walls(
    rows: Iterable[dict[str, Any]], about: dict[str, Any], grouping: Grouping | None
) -> list[Wall]:
    roots, settings = about.get("roots"), about.get("settings", {})
    walls, said, columns = [], [], dict[str, None]()
    for row in rows:
        summary = row["summary"] or {}
        numbers = tuple(_number(look_up(summary, key)) for key, _ in NUMBERS)
        walls.append(
            Wall(
                row["path"] if roots is None else name_of(row["path"], roots),
                row["path"],
                status_of(row),
                badness(row),
                frozenset(found_codes(row["summary"])),
                numbers,
                octaves=_octaves(summary, settings),
            )
        )
        said.append(row.get("columns"))
        columns |= dict.fromkeys(row.get("columns", {}))
    if roots is None and walls:
        walls = _below_common(walls)
    if grouping is None or not walls:
        return walls
    groups = [grouping.of(wall.name, one) for wall, one in zip(walls, said, strict=True)]
    grouping.check(groups, walls[0].name, columns)
    return [wall._replace(group=group or NONE) for wall, group in zip(walls, groups, strict=True)]


def _below_common(walls: list[Wall]) -> list[Wall]:
    """Walls of a batch that was not finished: relative paths count from where it ran.

    That is here, most likely.
    """
    places = [os.path.abspath(wall.path) for wall in walls]
    try:
        common = os.path.commonpath([os.path.dirname(place) for place in places])
    except ValueError:  # two drives
        return walls
    return [
        wall._replace(name=name_of(place, [common]))
        for wall, place in zip(walls, places, strict=True)
    ]


def _octaves(summary: dict[str, Any], settings: dict[str, Any]) -> float:
    """By how much the period is off; what was given in px counts for more than a reference."""
    ratios = {}
    for axis, name in (("x", "unit_px"), ("y", "course_px")):
        ratios[name] = _number(look_up(summary, f"reference.scale_ratio_{axis}"))
        if settings.get(name) is not None:
            ratios[name] = _number(look_up(summary, f"lattice.{name}")) / settings[name]
    known = [math.log2(ratio) for ratio in ratios.values() if ratio > 0 and math.isfinite(ratio)]
    return max(known, key=abs, default=math.nan)


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


class Pairs(NamedTuple):
    """Walls of both sides that belong together, and the names of those that are alone."""

    both: list[tuple[Wall, Wall]]
    only_a: list[str]
    only_b: list[str]


def pair(a: list[Wall], b: list[Wall], steps: Sequence[Step] = ()) -> Pairs:
    """Pair walls of the same name, and then those of the same folder and stem, if that is clear.

    Args:
        a: walls of one side.
        b: of the other.
        steps: of both, which names may have in them: ``3_step1000.png``, ``step_1000/3.png``.
    """
    by_name = {wall.name: wall for wall in b}
    both = [(wall, by_name[wall.name]) for wall in a if wall.name in by_name]
    paired = {wall.name for wall, _ in both}
    left_a, left_b = (
        _by_stem([wall for wall in side if wall.name not in paired], step)
        for side, step in itertools.zip_longest((a, b), steps)
    )
    for stem, walls in left_a.items():
        others = left_b.get(stem, [])
        if len(walls) == len(others) == 1:
            both.append((walls[0], others[0]))
    done_a, done_b = ({walls[k].name for walls in both} for k in (0, 1))
    return Pairs(
        sorted(both, key=lambda walls: walls[0].name),
        sorted(wall.name for wall in a if wall.name not in done_a),
        sorted(wall.name for wall in b if wall.name not in done_b),
    )


def _by_stem(walls: list[Wall], step: Step | None) -> dict[tuple[str, str], list[Wall]]:
    stems: dict[tuple[str, str], list[Wall]] = {}
    for wall in walls:
        name = wall.name if step is None else without_step(wall.name, step)
        stems.setdefault(split_name(name), []).append(wall)
    return stems
