"""The limits by which measurements become findings.

*Benchmark*: chosen on pictures of real materials, clean and with generated defects, by ``python
benchmarks/findings.py``; its tables are in ``docs/how_good_it_is/findings.md``. *Contract*: part of
what outputs promise. *By hand*: set once, never tuned. The maps
from evidence to probability are fitted, not chosen: ``calibration.json``, written by ``python
benchmarks/findings.py --write-table``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class FindingLimits:
    """All limits of this folder, grouped by finding."""

    # period_doubled, period_halved, period_off

    off_octaves: float = math.log2(1.08)
    """[octaves] A period further from the expected one is off: 8 %. Contract."""

    same_octaves: float = 0.5 * math.log2(1.08)
    """[octaves] Lattices whose reduced vectors differ by less are one lattice. Benchmark."""

    octave_window: float = 0.25
    """[octaves] A period nearer than this to twice or half the expected one is called doubled or
    halved. By hand."""

    least_excess: float = -2.0
    """[octaves of `off_octaves`] A period that is off by less (2 %) is no clearer than that.
    Benchmark: evidence without outliers."""

    most_excess: float = 1.0
    """[octaves of `off_octaves`] Nor is one that is off by more (17 %). Benchmark."""

    least_off_octaves: float = 1e-3
    """[octaves] Smallest difference whose logarithm is taken; below `least_excess`."""

    # unjudged

    reference_units: float = 3.0
    """[units or courses] A reference that shows fewer may show no period. By hand."""

    # upsampling_grid, jpeg_blocks

    jpeg_score: float = 0.35
    """[mean cosine] From here on a picture was a JPEG. Benchmark."""

    jpeg_levels: float = 1.0
    """[sixteenths of a step] Patterns of less are of the blocks of JPEG. Derived, and checked by
    the benchmark."""

    jpeg_quality: float = 85.0
    """[quality] Blocks of a higher one are not worth a word. By hand."""

    grid_own_score: float = 1.0
    """[log likelihood] Of a period's own lines, with which it is named. Benchmark."""

    grid_longer_gain: float = 1.1
    """[ratio] Over the amplitude of likelier periods that divide it. Benchmark."""

    grid_least_levels: float = 0.3
    """[grey levels, root mean square] A weaker grid nobody sees: it is information. Contract."""

    grid_wide_px: int = 32
    """[px] Materials have as much as a weak grid of this period or a longer one by chance ...
    Corpus."""

    grid_wide_levels: float = 0.6
    """[grey levels, root mean square] ... so a weaker one than this is information. Corpus."""

    # resize_alias, enlarged

    most_trace: float = 3.0
    """[natural log] Traces that are higher are no clearer. Benchmark."""

    least_coherence: float = 0.02
    """[coherence] Less is chance. Benchmark."""

    least_mirrored: float = 1.5e-3
    """[share] Less of the mirrored spectrum is none. Benchmark."""

    same_factor: float = 0.05
    """[share] Factors that differ by less are said as one. By hand."""

    # edge_cross

    least_cross_step: float = 3e-3
    """[share of the power] Steps that are no larger are none. By hand."""

    least_cross_trend: float = 0.05
    """[share of the variance] Twelve bands say no more of a straight line than that it has this
    much, or all but this much. Benchmark."""

    cross_move: float = 0.05
    """[share of the period] A cross that moves the period by more is more than information.
    By hand."""

    # perspective_drift

    least_scale_change: float = 1.05
    """[ratio] Below this size at the nearest corner over that at the farthest, a wall counts as
    seen straight on. By hand."""

    least_drift_probability: float = 0.5
    """[probability] That `perspective_drift` has at least; above it is the plane's R2. By hand."""


LIMITS = FindingLimits()
