"""The limits of the comparison with a reference.

*Halves*: chosen on left and right halves of the flat corpus pictures by ``python
benchmarks/reference_halves.py``. *Crops*: chosen on crops of one picture with known ratios by
``python benchmarks/reference_ratio.py --pairs 4``. *By hand*: set once, never tuned.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReferenceLimits:
    """All limits of this folder, grouped by module."""

    # lattice_ratio: of all choices of basis the one of least cost is taken. The cost is the sum of
    # the squares of skew, turn and octaves, each over its scale below.

    skew_scale: float = 0.01
    """[cosine] How far from square a stretch leaves the axes, at a cost of 1. Crops."""

    turn_scale_deg: float = 10.0
    """[deg] How far a stretch turns the wall, at a cost of 1. Crops."""

    octaves_scale: float = 2.0
    """[octaves] How far a stretch is from none, at a cost of 1. Crops."""

    largest_skew: float = 0.06
    """[cosine] Beyond this no stretch along and across the rows takes one lattice to the other;
    the units and courses as they were read are compared instead. Crops."""

    largest_entry: int = 2
    """[lattice vectors] Entries of the matrices that change the basis. By hand."""

    # texture_ratio

    largest_octaves: float = 1.2
    """[octaves] The largest stretch that is tried: an octave and a bit. By hand."""

    coarse_octaves: float = 0.1
    """[octaves] Step of the search. Halves."""

    fine_octaves: float = 0.025
    """[octaves] Step of the second search, around the best of the first. Halves."""

    lag_share: float = 0.32
    """[share of the wall's maximum lag] Lags that are compared. Further out the many periods of
    fine materials fit between the steps. Halves."""

    lag_count: int = 48
    """[lags] Compared across, and half as many down. By hand."""

    shortest_lag: float = 4.0
    """[samples] No lag in the peak around zero is compared. By hand."""

    least_in_view: float = 0.25
    """[share] A stretch counts if it leaves so many of the lags within the reference's. Halves."""

    in_view: float = 0.98
    """[share of the reference's maximum lag] Lags beyond this are out of view. By hand."""

    apart_octaves: float = 0.3
    """[octaves] Stretches further than this from the best one are its rivals. Halves."""

    least_lead: float = 0.06
    """[correlation] By so much the best stretch must beat its rivals to be believed. Halves: none
    that did was wrong, and chance comes to 0.05."""


LIMITS = ReferenceLimits()
