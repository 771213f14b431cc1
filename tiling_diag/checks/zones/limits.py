"""The limits of the search for zones of doubled or halved period.

*Bands*: chosen on corpus textures straight on and at an angle, with bands and without, by ``python
benchmarks/local_field.py --seeds 2``. *Findings*: chosen with the table of probabilities, by
``python benchmarks/findings.py --only doubling_bands``. *Zones*: corpus walls with zones, scenes
(``python benchmarks/scenes.py``) and photographs of buildings (``python benchmarks/cases.py --only
negatives``). *By hand*: set once, never tuned.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ZoneLimits:
    """All limits of this folder, grouped by module."""

    # flat_wall

    flat_side_px: int = 1024
    """[px] Longer side of a wall in which zones are looked for, at most ... By hand."""

    flat_period_px: float = 12.0
    """[px] ... but its shorter period is no smaller than this for that. By hand."""

    # lag_maps

    lag_spacing_px: float = 12.0
    """[px] The shorter of unit and course is shown so large, if the picture is: half of it is half
    as large in a halved zone. Bands."""

    lag_side_px: int = 512
    """[px] Longer side of the wall that is looked at, at most. By hand."""

    lag_blur_px: float = 1.0
    """[px] Deviation of the Gaussian over what is looked at: lags are whole pixels, and units
    wander. By hand."""

    cells: int = 48
    """[cells along the shorter side] In which products are summed, if a cell is ... By hand."""

    least_cell_px: int = 2
    """[px] ... no smaller than this. By hand."""

    # band_search

    bins: int = 32
    """[bins] Across each direction, while the clearest one is looked for. By hand."""

    fine_bins: int = 72
    """[bins] Across that one, for its borders. By hand."""

    oblique_share: float = 0.9
    """[share] What an oblique band counts for against one along rows or columns. Bands."""

    least_share: float = 0.06
    """[share of the wall] Smaller bands are chance, on either side. Bands."""

    sameness: float = 0.7
    """[share] What likeness to the rest as it is takes off likeness to the rest stretched: half of
    a lattice's points stay where they are when it is stretched along one axis. Of 97 walls with
    bands 92 % have more clarity than 98 % of 260 without; 0.9 without this. Bands."""

    next_share: float = 0.5
    """[share] Further bands are at least so much like the best one. Bands."""

    most_bands: int = 4
    """[bands] That are looked for. By hand."""

    least_of_wall: float = 0.01
    """[share of the wall's energy] A lag is known on a side with so much of it there ... Bands."""

    least_of_side: float = 0.25
    """[share of the side's energy] ... and with so much of what there is at short lags: long ones
    reach over the borders. Bands."""

    least_lags: float = 0.6
    """[share of the lags] That must be known on both sides. Bands."""

    least_correlation: float = 0.3
    """[correlation] Of a zone with the stretched rest. By hand."""

    least_contrast: float = 0.5
    """[share of the contrast] That the zone has of the rest's. Bands."""

    # hidden_lattice

    part_clarity: float = 0.5
    """[clarity] A part's lattice counts for the wall if bands are so clear with it: they are likely
    then on walls with a lattice. Findings."""

    hidden_probability: float = 0.15
    """[probability] A lattice less likely than this is not looked at any further. Bands."""

    # measure

    least_on_wall: float = 0.1
    """[share of the places] Where fewer show the wall's lattice single windows are too small or too
    noisy to say where the wall is, and zones lie on all of it. Drawn walls (``synth``)."""

    run_share: float = 0.35
    """[share of a row or column] Rows and columns with more doubled places make a run. As in the
    original tool."""

    swap_share: float = 0.5
    """[share of the picture] Bands that take more are the wall, where no size is expected: what
    lies between them are the zones. By hand."""

    least_clarity: float = 0.3
    """[clarity] Less clear bands are no zones, whatever their lattice. Bands."""

    least_nearer: float = 0.12
    """[correlation] The clearest zone is nearer to the stretched rest than to the rest itself by as
    much. Bands."""

    proof_probability: float = 0.3
    """[probability] Of a zone's own lattice, from which it is a proof. Zones."""

    proof_of_lines: float = 0.5
    """[probability] The same, of a zone that repeats along one axis only, or of strips along both
    borders. Zones."""

    proof_against: float = 0.1
    """[probability] From which a zone that has the lattice of the rest is none. Zones."""

    proof_octaves: float = 0.15
    """[octaves] A zone's period is this near to an octave of the rest's, or to it. Zones."""

    proof_miss: float = 0.08
    """[share of a lattice vector] The same by the points of both lattices, where their units and
    courses are read in other directions. By hand."""

    rest_holds: float = 0.4
    """[share of the places outside] With so many of the wall's lattice it is that of the rest; else
    it is searched there. Zones."""

    even_share: float = 0.5
    """[share of the places] Of two sides that are an octave apart the one with twice the period is
    the zone, if it takes no more. Zones."""

    least_alike: float = 0.3
    """[share] Both sides look like the picture's largest part at least so far. Zones."""

    least_units: float = 1.5
    """[units or courses of the wall, or the zone if these are smaller] A zone is that wide: two,
    less what its borders may be off. By hand."""

    least_units_proven: float = 1.25
    """[units or courses] The same if it has a lattice of its own: zones that are blended with the
    wall are found narrower than they are. Bands."""

    least_side_px: int = 24
    """[px] A zone that is narrower shows no lattice. By hand."""

    clear_alone: float = 0.58
    """[clarity] Clearer bands need no lattice of their own, if they have not that of the rest ...
    Zones."""

    covered_alone: float = 0.35
    """[share of the picture] ... where so much shows the wall. Zones."""

    octave_limit: float = 0.25
    """[octaves] How far a wall's period may be from an octave of the expected one. By hand."""


LIMITS = ZoneLimits()
