"""Zones of another period as a person reads them: where, how large in px and in units, and what."""

from __future__ import annotations

import math

from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.measured import Measured
from tiling_diag.checks.results import BandAxis
from tiling_diag.findings.finding import Zone

AXES = {
    BandAxis.NONE: "",
    BandAxis.ROWS: "rows",
    BandAxis.COLUMNS: "columns",
    BandAxis.OBLIQUE: "oblique bands",
}


def band_zones(measured: Measured) -> tuple[str, tuple[Zone, ...]]:
    """Along what the zones of a wall run, and the zones; the best one first."""
    banding = measured.banding
    axis = AXES[BandAxis(int(banding.axis))]
    zones = []
    for box, polygon, factor, score in zip(
        banding.boxes_px.tolist(),
        banding.polygons_px.tolist(),
        banding.box_factor.tolist(),
        banding.box_score.tolist(),
        strict=True,
    ):
        if not (math.isfinite(score) and math.isfinite(box[0])):
            continue
        text = f"{_extent(measured, axis, box)}, period {_octave(factor)}{_periods(measured)}"
        corners = tuple(dict.fromkeys((x, y) for x, y in polygon))
        zones.append(Zone((box[0], box[1], box[2], box[3]), text, corners))
    return axis, tuple(zones)


def grid_zones(measured: Measured, index: int) -> tuple[Zone, ...]:
    """Where the grid of the period at `index` lies; nothing if that is most of the picture."""
    box = measured.grid.boxes_px[index].tolist()
    height, width = measured.image.shape[-2:]
    if not all(math.isfinite(side) for side in box):
        return ()
    share = (box[2] - box[0]) * (box[3] - box[1]) / (height * width)
    if share > LIMITS.grid_part:
        return ()
    text = f"x {box[0]:.0f} to {box[2]:.0f} px, y {box[1]:.0f} to {box[3]:.0f} px"
    return (Zone((box[0], box[1], box[2], box[3]), text),)


def _extent(measured: Measured, axis: str, box: list[float]) -> str:
    """Which rows or columns of the picture, and how many units or courses wide."""
    if axis not in ("rows", "columns"):
        return f"an oblique band at {float(measured.banding.angle_deg):.0f}°"
    low, high = (box[1], box[3]) if axis == "rows" else (box[0], box[2])
    lattice = measured.lattice
    unit, name = float(lattice.unit_px), "units"
    if (abs(float(lattice.angle_deg)) < 45) == (axis == "rows"):
        unit, name = float(lattice.course_px), "courses"
    many = f" ({(high - low) / unit:.1f} {name})" if math.isfinite(unit) else ""
    return f"{axis} {low:.0f} to {high:.0f} px{many}"


def _periods(measured: Measured) -> str:
    """What was measured both in the zone and outside it: unit and course, or one of them."""
    pairs = zip(measured.banding.zone_px.tolist(), measured.banding.rest_px.tolist(), strict=True)
    known = [pair for pair in pairs if math.isfinite(sum(pair))]
    here, there = (" x ".join(f"{pair[side]:.1f}" for pair in known) for side in (0, 1))
    return f": here {here} px, there {there} px" if known else ""


def _octave(factor: list[float]) -> str:
    along, across = factor
    if along == across:
        return f"{along:g}x"
    parts = [f"{along:g}x along the rows"] if along != 1 else []
    parts += [f"{across:g}x across the rows"] if across != 1 else []
    return " and ".join(parts)
