"""The limits of the search for a wall's plane.

*Views*: chosen on the corpus's textures straight on and seen at an angle of 1.3:1 to 2:1, and its
rows in perspective, by ``python benchmarks/local_field.py --seeds 0``. *Bands*: on the same walls
with bands of doubled or halved period, by ``python benchmarks/local_field.py --seeds 2``. *Both*:
on both together. *By hand*: set once, never tuned.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PlaneLimits:
    """All limits of this folder, grouped by module."""

    # measure

    least_change: float = 0.05
    """[relative] Walls whose scale changes less than this from corner to corner are taken as seen
    straight on. Views."""

    kept_probability: float = 0.7
    """[share of the probability before] The lattice of a rectified wall must be this likely, but
    for what the resampling blurs. Views."""

    hopeless: float = 0.05
    """[probability] A less likely lattice shows no plane. Views."""

    weak_probability: float = 0.8
    """[probability] Lattices of less are doubted where `weak_misfit` is exceeded too. Views."""

    shallow_tilt: float = 0.6
    """[ratio] Of the tilt under which a wall repeats best, tried where that one shows no likely
    lattice ... Views."""

    shallow_gain: float = 0.2
    """[repetition, 0 to 2] ... although the wall repeats so much better under it. Views."""

    weak_misfit: float = 0.4
    """[share of the picture] Weak lattices that so much of the picture does not have are doubted,
    and other tilts are tried. Views."""

    as_likely: float = 0.95
    """[share] Of its probability that a lattice must keep on a plane that was fitted anew. By
    hand."""

    better_probability: float = 1.3
    """[times the probability before] A doubted lattice is given up for one with this. Views."""

    better_misfit: float = 0.85
    """[times the misfit before] ... or for one with less misfit than this. Views."""

    least_in_view: float = 1.8
    """[periods] A rectified wall's shortest period, at the scale of the picture's middle, must fit
    so many times along the longer side: of two facades without a lattice the tilt made near parts
    so large that they showed one of 0.75 and 0.9 times that side. By hand."""

    rectified_rounds: int = 3
    """[rounds] Of lattice and tilt in turns. By hand."""

    rectified_sides: int = 2
    """[times the side in which lattices are searched] Longest side of a rectified wall: fine
    periods are looked at in windows of it. By hand."""

    whole_px_mask: float = 0.99
    """[share] A rectified px belongs to the wall if so much of it does. By hand."""

    least_side_px: int = 32
    """[px of the searched wall] Smaller walls show no plane, and parts of them no lattice. By
    hand."""

    strong_ratio: float = 3.0
    """[scale of the nearest part over that of the farthest] Of walls from here on the near parts
    alone are looked at too ... Views."""

    near_ratio: float = 2.5
    """[scale of the nearest part over that of the farthest] ... those that look no smaller than by
    this. Of 6 photographs in perspective 1 is right without, 4 at 2.2 and at 3 where the tilt is
    known. Views."""

    parts_doubted: float = 0.8
    """[probability] Walls with less likely lattices are looked at in parts. Scenes."""

    level_doubted: float = 0.8
    """[probability] Less likely lattices at an angle are searched again with level rows. Views."""

    level_deg: float = 4.0
    """[degrees] Rows nearer to an axis are level. By hand."""

    focal_length: float = 1.0
    """[longer sides of the picture] What cameras are taken to have. By hand."""

    least_gain_of_repetition: float = 0.1
    """[repetition, 0 to 2] Walls that repeat so much better under a tilt show one. Views."""

    # windows

    window_periods: float = 3.7
    """[long lattice vectors] Side of a window: twice the vector must stay within the longest lag.
    Both."""

    most_periods: float = 6.0
    """[long lattice vectors] Fine materials have windows of at most so many. Both."""

    least_share: float = 0.1
    """[share of the picture's shorter side] Fine materials have windows of at least this. Both."""

    largest_share: float = 0.5
    """[share of the picture's shorter side] Coarse materials have windows of at most this ...
    Both."""

    least_periods: float = 1.9
    """[long lattice vectors] ... unless their lags would not reach the long vector. Both."""

    largest_of_all: float = 0.8
    """[share of the picture's shorter side] No window is larger. Both."""

    least_side_of_window_px: float = 8.0
    """[px of the flat wall] No window is smaller. By hand."""

    taper: float = 0.5
    """[share] Part of a window under the taper's slopes. Both."""

    smooth_samples: float = 0.8
    """[samples] Deviation of the Gaussian that smooths autocorrelations: joints wander. Both."""

    least_overlap: float = 0.05
    """[share of the overlap at zero lag] Lags of less are taken as without repetition. By hand."""

    fine_px: float = 7.0
    """[px of the searched wall] Units and courses smaller than this are looked at in a larger
    picture. Both."""

    pyramid_levels: int = 5
    """[levels] Of halved pictures that wide windows are sampled from. By hand."""

    # window_lattices

    factors: int = 17
    """[steps] Of the stretch along each axis, evenly in logarithms. Both."""

    largest_factor: float = 2.5
    """[ratio] The largest stretch of the wall's lattice, and the inverse of the smallest: an octave
    and a bit. Both."""

    nearness: float = 0.02
    """[correlation per natural logarithm] What a stretch costs: of equal fits the one nearest the
    wall's own lattice is taken. Both."""

    near_samples: tuple[int, ...] = (3, 2)
    """[samples] How far from their place maxima are looked for, in each round. Both."""

    shortest_lag_samples: float = 1.5
    """[samples] Lags in the peak around zero lag count for nothing. By hand."""

    largest_correction: float = 0.35
    """[relative] Fitted vectors further than this from the stretch they started at are not of the
    same lattice. Both."""

    least_determinant: float = 0.02
    """[share of the largest possible] Below it the maxima found lie on one line. By hand."""

    # local_period

    wall_octaves: float = 0.25
    """[octaves] A place belongs to the wall if its lattice is this near to the wall's, or an octave
    of it. Both."""

    same_as_around: float = 0.12
    """[octaves] Lattices of neighbouring places are the same if they differ by less. By hand."""

    shared_around: float = 0.37
    """[share of the places around] So many have the same lattice where it is not the wall's, or the
    place's own is not believed: the three beside the corner of a zone. By hand, on
    sample_data/brick.jpg: its window."""

    most_octaves: float = 1.25
    """[octaves] Nor is one that is larger or smaller by more: `largest_factor` is 1.32. By hand."""

    # plane_fit

    plane_places: int = 8
    """[windows] Along each side of the picture. Views."""

    plane_rounds: int = 4
    """[rounds] Of windows and plane in turns. Views."""

    settled: float = 0.01
    """[relative] Rounds end when the scale at the corners moves by less. Views."""

    min_coverage: float = 0.35
    """[share of a window] So much of it must lie on the wall. Both."""

    min_confidence: float = 0.07
    """[correlation] Windows that show their lattice less clearly count for nothing. Both."""

    misfit_scale: float = 0.05
    """[relative] A place whose period is so far from a plane's is half explained by it. Views."""

    least_gain: float = 0.85
    """[share] A wall is tilted if that leaves at most this of what is not explained without a tilt:
    true tilts of 1.1 to 1 leave 0.77 or less, bands and uneven walls 0.93 or more. Both."""

    area_scale: float = 0.2
    """[natural logarithm] Places whose cell area is further off are no part of the plane. Views."""

    # tilt_from_repetition

    tilt_stages: tuple[tuple[float, float], ...] = ((0.75, 0.15), (0.1, 0.05))
    """[change of scale from the middle to a border] How far from the best tilt before grids reach,
    and their steps. Views."""

    tilt_channels: tuple[int, ...] = (0, 3)
    """[channels] Tones and edges. Views."""

    tilt_side_px: int = 96
    """[px] Side of the canvases on which tilts are tried. Views."""

    # local_period

    places: int = 18
    """[places] Of the local field along the longer side: a cell is half a unit where eight units
    are in view. Both."""

    drift_scale: float = 0.15
    """[natural logarithm] Periods further than this off the drift count for little. By hand."""

    least_drift_places: int = 6
    """[places] Fewer show no drift. By hand."""


LIMITS = PlaneLimits()
