"""The limits of the checks for what upsampling, resizing and borders left.

Three sources are named below. *Corpus*: chosen on pictures of real materials, clean and with
generated defects, by ``python benchmarks/findings.py`` (with ``--only upsampling_grid``,
``--only resize_alias`` or ``--only edge_cross``); its tables are in
``docs/how_good_it_is/findings.md``. *Derived*: follows from the transform. *By hand*: set
once, never tuned.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ArtifactLimits:
    """All limits of this folder, grouped by module."""

    # upsampling_grid

    grid_line_bins: int = 2
    """[bins] Half width of a line, within which nothing is background. Derived: Hann window."""

    grid_least_spacing_bins: int = 8
    """[bins] Of lines nearer than this nothing is said: they leave no background. Derived."""

    grid_background_steps: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 8)
    """[bins] Steps at which the background is sampled; the largest counts. A picture that is one
    texture laid m times has power at every m-th bin only. Corpus."""

    grid_ring_bins: int = 4
    """[steps] Half side of the square around a line from which its background is taken. Corpus."""

    grid_axis_bins: int = 8
    """[steps] The same along the two axes, where edges of the material put power. Corpus."""

    grid_least_neighbours: int = 6
    """[bins] A background from fewer bins is left out. By hand."""

    grid_median_quantiles: tuple[float, float] = (0.85, 0.5)
    """[share] Quantiles of the material's own lines from which the power expected of such a line is
    taken; the larger answer counts, for a material's lines differ more than noise. Corpus."""

    grid_material_orders: int = 3
    """[orders] Reciprocal vectors of the material up to this order lead to its other lines, with
    which a line that both share is compared. By hand."""

    grid_least_shifts: int = 6
    """[vectors] With fewer such vectors off the grid's lines, lines that the material explains
    can't be told from the grid's and are left out. Corpus."""

    grid_least_on_axis: int = 3
    """[vectors] The same for a line on an axis, which is compared along that axis. By hand."""

    grid_explained_bins: float = 2.5
    """[bins] A line of the grid so near to a line of the material is explained by it. Corpus."""

    grid_least_free: float = 0.25
    """[share] With fewer lines of a shape off the material's own, these count, too. By hand."""

    grid_clear: float = 20.0
    """[ratio] A line so much above what is expected is the grid's in any shape. By hand."""

    grid_faintest_levels: float = 0.1
    """[grey levels, root mean square] A fainter pattern is no layer's. By hand."""

    grid_rival_octaves: float = 0.7
    """[octaves] Other lines on an axis so near a line on it are its rivals. By hand."""

    grid_rival_share: float = 4.5
    """[ratio] The highest of them over the mean of noise that is so high. Derived."""

    grid_least_noise: float = 0.1
    """[grey levels] Noise that every picture is taken to have: a flat one has rounding only."""

    grid_smooth_px: float = 12.0
    """[px] Blur that is taken off first; what repeats every 32 px stays. By hand."""

    grid_smooth_shrink: int = 3
    """[times] The picture is shrunk for it; no grid's period is a multiple. By hand."""

    grid_most_detail: float = 4.0
    """[times the median] Detail is cut off there. By hand."""

    grid_edge_px: int = 2
    """[px] So far from an edge a place is not smooth. 0, 1, 2 and 3 were tried."""

    grid_least_slope: float = 0.5
    """[grey levels/px] Added to the usual slope: rounding on a flat picture is no edge."""

    grid_least_detail: float = 12.0
    """[grey levels] But not below this: a grid on a flat picture stays whole. By hand."""

    grid_block_px: int = 64
    """[px] Least side of the blocks in which the phase of lines is compared. By hand."""

    grid_block_periods: int = 2
    """[periods] The same in periods. Derived: Hann window."""

    grid_block_cover: float = 0.9
    """[share] Blocks with less of the wall take no part. By hand."""

    grid_block_share: float = 0.5
    """[share of the fullest] Rows and columns of blocks that match less are not it. By hand."""

    grid_part: float = 0.6
    """[share of the picture] A grid whose place is smaller lies in a part of it. By hand."""

    grid_least_blocks: int = 9
    """[blocks] With fewer the scatter of a line is not known. By hand."""

    grid_least_rows: int = 4
    """[rows of blocks] The same for the scatter from row to row. By hand."""

    grid_amplitudes: tuple[float, ...] = (0.35, 0.7, 1.4, 2.8, 5.6, 11.2)
    """[grey levels, root mean square] Amplitudes that are tried; a person begins to see a grid of
    8 px at 1 to 1.5. Steps of a factor of 2, by hand."""

    grid_stray: float = 0.004
    """[probability] That a line stands out for another reason than a grid. Corpus."""

    grid_stray_on_axis: float = 0.03
    """[probability] The same on the axes: edges, textures laid a whole number of times. Corpus."""

    grid_share_on_axis: float = 0.5
    """[share] Part of a grid's mean square that is expected on the axes. By hand, from transposed
    convolutions and decoders drawn by `tiling_diag.synth.defects.grids`."""

    grid_share_factors: tuple[float, ...] = (0.03, 0.2, 1.0)
    """[ratio] Factors on each line's expected share, averaged: grids differ. Corpus."""

    grid_filled: tuple[float, ...] = (0.25, 0.5, 1.0)
    """[share] How many of its lines a grid may have; the likeliest counts. Corpus."""

    grid_lattice_miss: float = 0.006
    """[periods] So near to whole numbers a lattice of a grid must be. By hand."""

    grid_lattice_levels: float = 4.0
    """[grey levels, root mean square] A lattice on whole pixels with more contrast is a material's.
    By hand: visible grids have 1 to 3, drawn walls of little contrast 8."""

    grid_least_share: float = 0.1
    """[share of the wall] A grid is taken to lie in so many blocks at least. By hand."""

    # resizing

    trace_lines: int = 128
    """[rows or columns] Read per direction, evenly spread: more cost time and change nothing."""

    trace_rounding: float = 0.5 / 255
    """[luma] Differences below this are rounding to 8 bits."""

    trace_orders: tuple[int, ...] = (1, 2, 3)
    """[orders] Differences that are looked at. Repeated pixels show in the first, straight lines in
    the second and, at a factor of 2 where the second is even, in the third. Derived."""

    trace_least_side_px: int = 32
    """[px] In a smaller picture no trace is looked for. By hand."""

    trace_least_known: float = 0.1
    """[share of the fullest] Columns (rows) under less mask get the mean level. By hand."""

    trace_least_frequency: float = 0.235
    """[cycles/px] A trace is looked for above this: factors from 1.3 to 4.25 leave their line
    there, folded at 0.5. Derived."""

    trace_place_bins: float = 1.5
    """[1/side] How far a line may be off its place: sides are whole numbers. Derived."""

    trace_blocks: int = 20
    """[parts] Of the band from 0 to 1/2 cycles/px; four of them are around a line. By hand."""

    trace_block_cells: int = 12
    """[1/side] Parts are at least so wide. By hand."""

    trace_quantile: float = 0.75
    """[share] Of what is beside a line that it is compared with. By hand."""

    trace_least_beside: float = 1e-3
    """[natural log] There is always as much beside a line. By hand."""

    trace_least_comb_px: float = 2.0
    """[px] Shorter periods of a material have no comb. Derived."""

    trace_same_place: float = 0.05
    """[share of the unit] Courses shifted by less are not shifted. By hand."""

    trace_comb_parts: int = 4
    """[parts] Of the unit that courses may be shifted by. By hand."""

    trace_comb_miss: float = 0.02
    """[parts] How far a shift may be off these. By hand."""

    white_bins: int = 9
    """[bins] Over which a line's power is made even. Corpus."""

    white_floor: float = 1 / 255
    """[luma] Noise that is added before, so that what JPEG took out stays small. Corpus."""

    white_least: float = 0.1
    """[share of the deviation] Smaller values are rounding. By hand."""

    mirror_bands: tuple[tuple[float, float], ...] = ((0.1, 0.2), (0.2, 0.3))
    """[1/factor] Where filters differ most in what they leave of the mirrored spectrum. Derived."""

    mirror_both: tuple[float, float] = (0.3, 0.47)
    """[1/factor] Where every filter leaves enough of it to be seen. Derived."""

    trace_limit_half: float = 0.49
    """[cycles/px] A line above this may be the second harmonic of a factor of 4, whose straight
    lines over 4 px show best at 1/2 in the third differences. Derived."""

    trace_quarter_share: float = 0.5
    """[ratio] A factor of 4 is named if the line at 1/4 has more than this share of that at 1/2...
    Corpus."""

    trace_quarter_over_blocks: float = 2.0
    """[ratio] ...and this many times that at 3/8, which blocks of JPEG would have too. Corpus."""

    trace_least_factor: float = 1.35
    """[ratio] A mirrored line of a smaller factor is read as the unmirrored one. Corpus."""

    trace_skewness: float = 0.3
    """[skewness] Repeated pixels by a factor above 2 leave less than half of the differences large:
    profiles more skewed than this are read so. Corpus."""

    trace_slow_px: int = 17
    """[px] Mean that is taken off before the skewness is measured. By hand."""

    trace_strays: tuple[float, float] = (0.02, 0.98)
    """[share] Quantiles beyond which a profile is cut off before that. By hand."""

    half_size_least_px: int = 8
    """[px] In a picture of which the half is smaller, its fundamental is not looked for."""

    half_size_nyquist: float = 0.48
    """[cycles/px] A fundamental above this is lost at half size (the limit is 0.5). By hand."""

    # jpeg_blocks

    jpeg_reach: int = 5
    """[orders] Coefficients up to this sum of row and column are looked at; higher ones are 0 at
    most qualities. By hand."""

    jpeg_least_step: float = 2.0
    """[grey levels] Smaller steps drown in the rounding to 8 bits. Derived."""

    jpeg_least_step_resized: float = 12.0
    """[grey levels] The same after a resize there and back. Corpus."""

    jpeg_least_blocks: int = 24
    """[blocks] With fewer no quality is looked for. By hand."""

    jpeg_most_blocks: int = 1500
    """[blocks] More cost time and change nothing. By hand."""

    jpeg_least_coefficients: int = 40
    """[coefficients] Off zero, without which a quality is not known. By hand."""

    jpeg_nearly_best: float = 0.93
    """[share of the best fit] Qualities that fit so well may be multiples. Corpus."""

    jpeg_same_quality: int = 3
    """[quality] Among so many above the lowest one the best counts. By hand."""

    jpeg_sure: float = 0.35
    """[mean cosine] From here on a picture was a JPEG without doubt. Corpus."""

    jpeg_least_side_px: int = 96
    """[px] In a smaller picture no comb of blocks is looked for. By hand."""

    jpeg_smallest_px: float = 8.4
    """[px] Smallest side of blocks that were made larger. By hand."""

    jpeg_largest_px: float = 24.0
    """[px] Their largest side. By hand."""

    jpeg_step_px: float = 0.02
    """[px] Step of the search. Derived: a third of a bin at the third harmonic in 512 px."""

    jpeg_comb_orders: int = 2
    """[orders] Harmonics of the comb that must all be there. By hand."""

    jpeg_least_comb: float = 3.0
    """[over the median of the profile's spectrum] Height of the lowest of them. Corpus."""

    # edge_cross

    cross_least_step: float = 0.05
    """[share of the power] Below this a cross moves no period: spectra are not compared. Corpus."""

    cross_bands: int = 12
    """[bands] Bands across the picture whose means tell light that falls off from a material whose
    borders differ; the outermost ones are the borders. Corpus."""

    cross_least_deviation: float = 1e-9
    """[luma squared] A picture with less variance is flat and has no cross. Rounding of float32."""


LIMITS = ArtifactLimits()
