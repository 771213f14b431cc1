"""What the checks for traces of how a picture was made measure, as frozen dataclasses of tensors.

Shapes and units are as in `tiling_diag.checks.results`: those of one wall, NaN for what could not
be measured, vectors ``(x, y)`` in px.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import IntEnum

from torch import Tensor

from tiling_diag.checks.batches import SHARED


@dataclass(frozen=True)
class ResizeResult:
    """Traces of a resize, and what half size and back after a low-pass does to the picture.

    Attributes:
        mse_down_up, period_px: mean squared difference of luma, and the fundamental's period after.
        trace: how far the line that interpolation leaves stands above what is beside it, as a
            natural logarithm; NaN where the picture is too small.
        trace_amplitude: of that line, in natural logarithms of the differences of neighbours.
        trace_factor: how far the picture would have been enlarged.
        mirrored: ``(2,)`` what the filter left of the mirrored spectrum, in two bands, as a share
            of the amplitude.
        coherence: of the spectrum with its mirror image, from 0 to 1.
    """

    mse_down_up: Tensor
    period_px: Tensor
    trace: Tensor
    trace_amplitude: Tensor
    trace_factor: Tensor
    mirrored: Tensor
    coherence: Tensor


class GridAxis(IntEnum):
    """Along what the lines of a grid run; tensors hold the numbers."""

    BOTH = 0
    ROWS = 1
    COLUMNS = 2


@dataclass(frozen=True)
class GridResult:
    """Lines at exact fractions of the sampling rate, locked to the pixel origin.

    Attributes:
        period_px: ``(k,)`` periods looked for.
        amplitude: ``(k,)`` root mean square of the grid in grey levels (of 255), where it is.
        score: ``(k,)`` log likelihood of a grid of that period less that of none; NaN where the
            picture is too small for it.
        axis: ``(k,)`` whole numbers, a `GridAxis`: of the likeliest shape.
        share: ``(k,)`` share of the wall that has it.
        boxes_px: ``(k, 4)`` x0, y0, x1, y1 around that.
    """

    period_px: Tensor = dataclasses.field(metadata=SHARED)
    amplitude: Tensor = dataclasses.field(kw_only=True)
    score: Tensor = dataclasses.field(kw_only=True)
    axis: Tensor = dataclasses.field(kw_only=True)
    share: Tensor = dataclasses.field(kw_only=True)
    boxes_px: Tensor = dataclasses.field(kw_only=True)


@dataclass(frozen=True)
class JpegResult:
    """Whether the picture was a JPEG, and of which quality.

    Attributes:
        quality: 1 to 100, as the Independent JPEG Group scales it; NaN where it is not known.
        score: from about 0 to 1, how well the coefficients lie on the multiples of its steps.
        block_px: side of the blocks; more than 8 where the picture was made larger afterwards.
        step: of the lowest coefficients, in grey levels.
    """

    quality: Tensor
    score: Tensor
    block_px: Tensor
    step: Tensor


@dataclass(frozen=True)
class EdgeCrossResult:
    """The cross that the picture's borders put on the spectrum's axes.

    Attributes:
        before, after: share of the picture's power that lies on the axes, without and with the
            periodic-plus-smooth split.
        step: share of the power that a step between the borders puts there, single joints at the
            borders left out.
        trend: share of the variance of twelve bands' means across the picture that is on
            a straight line: near 1 for light that falls off to one side.
        period_px, split_period_px: the fundamental's period in the spectrum without a window, and
            after the split; NaN where there is no cross.
    """

    before: Tensor
    after: Tensor
    step: Tensor
    trend: Tensor
    period_px: Tensor
    split_period_px: Tensor
