"""What the checks measure, as frozen dataclasses of tensors.

Every check works on a batch: its tensors lead with ``B`` walls, and `batches.item` cuts one wall
out of it.
The shapes below are those of one wall. A number that could not be measured is NaN here and null in
`summary.json`. Vectors are ``(x, y)`` in px, maps are ``(row, column)``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import IntEnum

from torch import Tensor

from tiling_diag.checks.batches import SHARED


class Reason(IntEnum):
    """Why a wall has no lattice; tensors hold the numbers."""

    FOUND = 0
    FLAT = 1
    TOO_SMALL = 2
    NOTHING_REPEATS = 3
    TOO_THIN = 4

    @property
    def sentence(self) -> str | None:
        """What the user is told; None where a lattice was found."""
        sentences = (
            None,
            "the picture is flat: there is nothing to measure",
            "the wall is too small: too few pixels under the mask",
            "nothing repeats: no lattice explains the picture better than chance",
            "the picture is too thin to measure: crop it to at most 10 times as long as it is wide",
        )
        return sentences[self]


@dataclass(frozen=True)
class LatticeResult:
    """The lattice of the wall: see the words in the docs.

    Attributes:
        basis_px: ``(2, 2)`` rows `a`, `b` in px, reduced; `b` NaN where one direction repeats only,
            both NaN where nothing does.
        is_periodic: bool; whether the wall repeats measurably.
        strength: in [0, 1]; mean autocorrelation at the lattice points.
        probability: in [0, 1]; that the likeliest lattice is right, also where it is not reported.
        second_unit_px, second_course_px, second_angle_deg: the next best lattice as a mason reads
            it.
        reason: whole number, a `Reason`.
        unit_px, course_px, angle_deg: the lattice as a mason reads it.
        wave_vector, fundamental_px: ``(2,)`` lowest of the strongest family, and its period.
    """

    basis_px: Tensor
    is_periodic: Tensor
    strength: Tensor
    probability: Tensor
    second_unit_px: Tensor
    second_course_px: Tensor
    second_angle_deg: Tensor
    reason: Tensor
    unit_px: Tensor
    course_px: Tensor
    angle_deg: Tensor
    wave_vector: Tensor
    fundamental_px: Tensor


@dataclass(frozen=True)
class SpectralResult:
    """The power spectrum and what the fundamental looks like in it.

    Attributes:
        power: ``(h, w // 2 + 1)`` power of luma under the window, one-sided.
        power_no_window: the same under the mask alone, without the taper.
        profile: ``(bins,)`` log10 of the mean power per ring.
        background: ``(bins,)`` its smooth part.
        radius_cycles_per_px: ``(bins,)`` middle of the rings.
        period_px: the spectrum's own answer for the fundamental's period.
        e2f_over_ef, ehalf_over_ef, axis_ratio_at_f: as in the summary.
    """

    power: Tensor
    power_no_window: Tensor
    profile: Tensor
    background: Tensor
    radius_cycles_per_px: Tensor = dataclasses.field(metadata=SHARED)
    period_px: Tensor = dataclasses.field(kw_only=True)
    e2f_over_ef: Tensor = dataclasses.field(kw_only=True)
    ehalf_over_ef: Tensor = dataclasses.field(kw_only=True)
    axis_ratio_at_f: Tensor = dataclasses.field(kw_only=True)


@dataclass(frozen=True)
class AutocorrelationResult:
    """The masked, normalized autocorrelation, and its first peak along the fundamental.

    Attributes:
        autocorrelation: ``(2 my + 1, 2 mx + 1)`` mean over tones and edges, zero lag in the middle.
        step_px: ``(2,)`` lag in px, across and down, of one sample of it.
        lag_px: ``(n,)`` lags along the fundamental's wave vector, from 0.
        along: ``(n,)`` autocorrelation along it.
        period_px: first significant peak of `along`.
    """

    autocorrelation: Tensor
    step_px: Tensor = dataclasses.field(metadata=SHARED)
    lag_px: Tensor = dataclasses.field(kw_only=True)
    along: Tensor = dataclasses.field(kw_only=True)
    period_px: Tensor = dataclasses.field(kw_only=True)


@dataclass(frozen=True)
class CepstrumResult:
    """The power cepstrum ``(n,)`` along the fundamental's wave vector, and its family's period."""

    quefrency_px: Tensor
    along: Tensor
    period_px: Tensor


@dataclass(frozen=True)
class LocalPeriodResult:
    """The local lattice field: how the period changes over the wall.

    Attributes:
        period_px: ``(rows, columns)`` local fundamental period; NaN where it can't be measured.
        scale: ``(2, rows, columns)`` local period over the global one, along and across the rows.
        rotation_deg: ``(rows, columns)`` local row direction minus the global one.
        residual: ``(2, rows, columns)`` scale that the homography does not explain.
        confidence: ``(rows, columns)`` in [0, 1].
        on_wall: ``(rows, columns)`` bool; whether the wall's lattice, or an octave of it, holds.
        coverage: ``(rows, columns)`` share of each window that lies on the wall.
        center_x_px: ``(columns,)``, center_y_px: ``(rows,)`` middles of the windows.
        window_px, stride_px: size and step of the windows.
        median_px, p05_px, p95_px: of `period_px`.
        drift_x, drift_y: relative change across the wall.
        tilt: ``(2,)`` in 1/px: things look ``1 + tilt . x`` times as large as in the picture's
            middle, x px from it; 0 where the wall is seen straight on.
        scale_change: how many times larger things look at the nearest corner than at the farthest.
        homography: ``(3, 3)`` from picture px to the flat wall, which keeps the picture's middle
            in place and in size; NaN where there is no lattice.
        homography_r2: share of the field's variance that it explains.
    """

    period_px: Tensor
    scale: Tensor
    rotation_deg: Tensor
    residual: Tensor
    confidence: Tensor
    on_wall: Tensor
    coverage: Tensor
    center_x_px: Tensor
    center_y_px: Tensor
    window_px: Tensor
    stride_px: Tensor
    median_px: Tensor
    p05_px: Tensor
    p95_px: Tensor
    drift_x: Tensor
    drift_y: Tensor
    tilt: Tensor
    scale_change: Tensor
    homography: Tensor
    homography_r2: Tensor


class BandAxis(IntEnum):
    """Along what zones run; tensors hold the numbers."""

    NONE = 0
    ROWS = 1
    COLUMNS = 2
    OBLIQUE = 3


@dataclass(frozen=True)
class BandingResult:
    """Zones whose period is about twice or half the base.

    Attributes:
        factor: ``(rows, columns)`` of the local map: 2, 0.5 or 1 per place; NaN where not measured.
        row_frac, col_frac: ``(rows,)``, ``(columns,)`` share of doubled places.
        base_period_px: the base local period.
        row_max_run, col_max_run: longest run of rows or columns over 0.35.
        axis: whole number, a `BandAxis`.
        angle_deg: direction of the zones against the x axis, clockwise, on the flat wall.
        boxes_px: ``(k, 4)`` x0, y0, x1, y1 around the zones; NaN rows where there are fewer.
        polygons_px: ``(k, 12, 2)`` corners of the zones; the last one is repeated.
        box_factor: ``(k, 2)`` period over base, along and across the rows.
        box_score: ``(k,)`` how much nearer a zone is to the stretched rest than to the rest,
            as a difference of correlations.
        zone_px, rest_px: ``(2,)`` periods along and across the rows in the best zone and outside
            all zones, each as it was found there; NaN where the zone shows none of its own.
        proof: probability that the lattice found in the zone is right, in [0, 1]; NaN where the
            zone shows none that is an octave off, or one that repeats in one direction only.
        clarity: correlation of the zones with the stretched rest, less 0.7 times that with the rest
            as it is, -1.7 to 1.7. Also where it is too little for a zone; 0 where a proof speaks
            against the zones.
    """

    factor: Tensor
    row_frac: Tensor
    col_frac: Tensor
    base_period_px: Tensor
    row_max_run: Tensor
    col_max_run: Tensor
    axis: Tensor
    angle_deg: Tensor
    boxes_px: Tensor
    polygons_px: Tensor
    box_factor: Tensor
    box_score: Tensor
    zone_px: Tensor
    rest_px: Tensor
    proof: Tensor
    clarity: Tensor


@dataclass(frozen=True)
class ShiftResult:
    """Mean squared difference of luma in [0, 1], inside the mask, to the picture moved by 1 px."""

    mse_dx1: Tensor
    mse_dy1: Tensor


@dataclass(frozen=True)
class ReferenceResult:
    """How the wall compares with the reference material.

    Attributes:
        lattice: the reference's own lattice, in its px.
        image: ``(C, H, W)`` the reference picture.
        scale_ratio, scale_ratio_x, scale_ratio_y: predicted over reference, along and across the
            rows; without a lattice along x and y of the picture.
        confidence: in [0, 1].
    """

    lattice: LatticeResult
    image: Tensor
    scale_ratio: Tensor
    scale_ratio_x: Tensor
    scale_ratio_y: Tensor
    confidence: Tensor
