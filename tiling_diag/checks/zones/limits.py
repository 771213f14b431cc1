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

    # similarity

    shortest_lag: float = 2.5
    """[samples] Near zero lag all windows are alike. Bands."""

    ridge_samples: int = 4
    """[samples] Half the width of joints along boards: where one direction repeats only, lags this
    near to the line across them count. Bands."""

    # band_search

    oblique_share: float = 0.9
    """[share] What the contrast of an oblique band counts for against one along rows or columns.
    Bands."""

    least_share: float = 0.06
    """[share of the windows] Smaller bands are chance, on either side. Bands."""

    next_share: float = 0.5
    """[share] Further bands are at least so much like the best one. Bands."""

    # band_windows

    least_on_wall: float = 0.1
    """[share of the places] Where fewer show the wall's lattice single windows are too small or too
    noisy to say where the wall is, and all of them are searched. Drawn walls (``synth``)."""

    doubted: float = 0.02
    """[share of the wall] Where more does not have the wall's lattice, windows half as wide are
    searched too: clean drawn walls have less, and next to no wall with bands. Findings."""

    same_octaves: float = 0.07
    """[octaves] Local lattices this near to the wall's own are the same. Findings."""

    least_periods: float = 1.25
    """[long lattice vectors] What windows must hold. Bands."""

    # hidden_lattice

    part_clarity: float = 0.3
    """[clarity] A part's lattice counts for the wall if bands are so clear with it: they are likely
    then on walls with a lattice. Findings."""

    hidden_probability: float = 0.15
    """[probability] A lattice less likely than this is not looked at any further. Bands."""

    # measure

    run_share: float = 0.35
    """[share of a row or column] Rows and columns with more doubled places make a run. As in the
    original tool."""

    swap_share: float = 0.5
    """[share of the picture] Bands that take more are the wall, where no size is expected: what
    lies between them are the zones. By hand."""

    least_clarity: float = 0.1
    """[clarity] Less clear bands are not drawn; chance reaches it on few walls. Findings."""

    proof_probability: float = 0.3
    """[probability] Of a zone's own lattice, from which it is a proof. Zones."""

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

    even_share: float = 0.6
    """[share of the places] Of two sides that are an octave apart the one with twice the period is
    the zone, if it takes no more. Zones."""

    least_alike: float = 0.3
    """[share] Both sides look like the picture's largest part at least so far. Zones."""

    least_units: float = 1.75
    """[units or courses of the wall] A zone is that wide: two, less what its borders may be off. By
    hand."""

    least_side_px: int = 24
    """[px] A zone that is narrower shows no lattice. By hand."""

    clear_alone: float = 0.3
    """[clarity] Clearer bands need no lattice of their own, if they have not that of the rest ...
    Zones."""

    covered_alone: float = 0.35
    """[share of the picture] ... where so much shows the wall. Zones."""

    octave_limit: float = 0.25
    """[octaves] How far a wall's period may be from an octave of the expected one. By hand."""


LIMITS = ZoneLimits()
