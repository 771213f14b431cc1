"""The limits of the search for lattices.

Few are left that decide anything: which of many candidates is right is decided by a fitted score
(``python benchmarks/fit_lattice_score.py``). *Corpus*: chosen on pictures of real materials by
``python benchmarks/lattice.py``. *Scenes*: on these with other things in the picture, by ``python
benchmarks/scenes.py``. *Drawn*: on drawn walls, by ``python benchmarks/drawn_walls.py``. *By hand*:
set once, never tuned.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LatticeLimits:
    """All limits of this folder, grouped by module."""

    # measure

    least_probability: float = 0.5
    """[probability] A lattice is reported from here on. Contract."""

    least_side_px: int = 24
    """[px] Walls that are thinner, or have fewer px than a square of this side, are too small. By
    hand."""

    flat_deviation: float = 1e-4
    """[grey levels of 1] A picture that varies less is flat. By hand."""

    spectrum_cells: float = 16.0
    """[cells in view] From here on the whole wall's spectrum refines the lattice; fewer cells leave
    harmonics too near each other. Corpus."""

    fine_px: float = 7.5
    """[px of the searched wall] Rows of points nearer than this are refined in a larger picture.
    Drawn."""

    fine_enlarged: int = 4
    """[times the searched wall] Size of that picture, at most. By hand."""

    largest_move_bins: float = 0.6
    """[frequency bins] A refinement that moves a wave vector further has lost its way. Corpus."""

    kept_repetition: float = 0.97
    """[share] Of the mean autocorrelation at a lattice's points that a refinement must keep.
    Corpus."""

    fitted_near: float = 0.1
    """[share of the vectors] A fit to the whole wall further away than this is of another lattice.
    By hand."""

    same_answer: float = 0.06
    """[share of the vectors] Lattices that differ by less are no second answer. By hand."""

    as_likely: float = 0.5
    """[logit] Periods across joints that are so nearly as likely as the best are as good; the
    shortest is taken. By hand."""

    # views

    sure_of_part: float = 0.8
    """[probability] Lattices from here on are not looked for again in the part that looks alike: of
    102 scenes none of the 60 that had as much was wrong. Scenes."""

    sure_of_light: float = 0.9
    """[probability] The same without striped light: the shadows of blinds have a period of their
    own, which had 0.88 once. Scenes."""

    cells_of_windows: float = 40.0
    """[cells] A lattice of no more may be that of windows. Scenes: 9 to 33 cells."""

    finer_than_windows: float = 3.0
    """[times the cells] The wall's own has so many at least. Scenes: 5 to 16 times."""

    sure_finer: float = 0.6
    """[probability] From which it counts in spite of theirs. By hand: right ones had 0.79 to 0.93,
    none was wrong."""

    hidden: float = 0.05
    """[probability] A lattice that is hidden still shows so much: of 60 scenes and photographs
    views mended none of less than 0.057. Scenes."""

    least_alike: float = 0.15
    """[share of the wall] A smaller part that looks alike shows too little. Scenes."""

    most_alike: float = 0.95
    """[share of the wall] From here on all of it looks alike. By hand."""

    least_striped: float = 0.2
    """[share of the variance of log luma] Light in one direction that is less hides nothing.
    Scenes."""

    # levels

    level_scales: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    """[times the side of the searched wall] Sizes of the picture that windows are cut from.
    Scenes."""

    window_px: int = 80
    """[px of the level] Side of a window. Scenes."""

    window_max_lag_px: int = 40
    """[px of the level] The longest lag in a window. Scenes."""

    windows_per_side: int = 5
    """[windows] At most so many along a side of a level. Scenes."""

    window_step_share: float = 0.6
    """[share of a window] Windows are at least this far apart. By hand."""

    level_vector_px: float = 15.0
    """[px of the level] A lattice is looked at in the level that shows its longer vector nearest to
    this length. Scenes."""

    least_coverage: float = 0.5
    """[share of a window] Windows with less wall in them are left out. By hand."""

    # proposals, candidates

    shortest_px: float = 4.5
    """[px] Shorter vectors are not looked for. Corpus."""

    least_sine: float = 0.2
    """[sine] Lattices whose vectors enclose a smaller angle are left out. Corpus."""

    cells_in_view: float = 3.8
    """[cells] So many must fit into the wall: about two periods both ways. Corpus."""

    longest_share: float = 0.55
    """[share of the sides] Longer vectors are not in view twice. Corpus."""

    peaks: int = 28
    """[maxima] Of the whole wall's map that are paired. Corpus."""

    window_peaks: int = 8
    """[maxima] Of a window's map. Scenes."""

    starts: int = 12
    """[lattices] That the whole wall proposes. Corpus."""

    window_starts: int = 3
    """[lattices] That a window proposes. Scenes."""

    rest_starts: int = 6
    """[lattices] That the whole wall proposes without its strongest lines. Scenes."""

    window_rest_starts: int = 2
    """[lattices] That a window proposes without its strongest lines. Scenes."""

    starts_per_octave: int = 4
    """[lattices] At most so many of about one cell area. Corpus."""

    lag_penalty: float = 0.15
    """[correlation per shorter side] Far maxima are multiples of near ones: what a lag costs.
    Corpus."""

    few_points: float = 6.0
    """[points] Lattices of few points repeat well by chance: the number at which half counts.
    Corpus."""

    few_window_points: float = 2.0
    """[points] The same in a window. By hand."""

    families: int = 14
    """[lattices] That are kept of all that is proposed. Scenes."""

    candidates: int = 48
    """[lattices] That are scored, of the families and those nested in and around them. Scenes."""

    same_lattice: float = 0.05
    """[share of the vectors] Proposed lattices that differ by less are one. Corpus."""

    same_candidate: float = 0.03
    """[share of the vectors] The same among candidates. By hand."""

    # nested

    looked_at_cells: float = 5.0
    """[roots of a cell's area] Points further out are not looked at. Corpus."""

    least_repetition: float = 0.03
    """[correlation] A channel that repeats less says nothing of octaves. Corpus."""

    # peak_fit

    near_px: int = 3
    """[px] How far from its place a lattice point's maximum is looked for. Corpus."""

    # by_window

    some_share: float = 0.5
    """[share] A window repeats if it does at least this of the two that repeat best ... By hand."""

    some_least: float = 0.1
    """[strength] ... which count as at least this. By hand."""

    all_there: float = 0.35
    """[contrast] A lattice is all there in a window if a coarser one has less. By hand."""

    told_apart: float = 0.4
    """[contrast] It is no denser one there if that has more. By hand."""

    # rank_one

    profile_step_px: float = 0.5
    """[px] Step of the profile across joints. By hand."""

    profile_places: int = 24
    """[places] Along the joints over which profiles are averaged. By hand."""

    profile_share: float = 0.35
    """[share of the lags along the joints] Over which these places are spread. By hand."""

    shortest_rank_1_px: float = 5.0
    """[px] Shorter periods are not looked for. Corpus."""

    longest_rank_1_share: float = 0.52
    """[share of the extent] Two periods must be in view. Corpus."""

    trials: int = 8
    """[periods] The best of all, which are looked at with their multiples and parts. By hand."""

    straight: float = 0.15
    """[correlation] A channel tells of joints where it is at least this alike along them.
    Corpus."""

    tones_count: float = 0.4
    """[share] What tones count beside edges: of few boards every second or third may have a tone in
    common by chance. Corpus."""

    # spectral_refinement

    highest_cycles_per_px: float = 0.45
    """[cycles/px] Harmonics above are not looked at. By hand."""

    harmonic_power: float = 5.0
    """[times the power that the same energy has without a period] Harmonics count from here on.
    Corpus."""

    largest_step_bins: float = 0.25
    """[frequency bins] The largest move in one step. By hand."""

    # reading

    equal_share: float = 0.5
    """[share of the most energy] Vectors whose lines carry at least this are equal: rows run along
    the one nearest to x. Corpus, as it is and turned upright."""

    near_x_deg: float = 10.0
    """[deg] Angles to x count in steps of this, so that noise does not choose. By hand."""

    square_cosine: float = 0.1
    """[cosine] Lattices of a smaller one are rectangles. By hand."""

    square_ratio: float = 1.06
    """[longer over shorter side] Rectangles of less are squares. By hand."""

    single_share: float = 0.6
    """[share] A square's diagonal whose lines carry less than this of the other's has none: 0.14 to
    0.42 in half bonds, 0.9 and more in ornaments. Corpus, as it is, turned upright and turned."""

    diagonal_share: float = 0.5
    """[share] What lines along the diagonals of a rectangle, which ornaments have, count beside
    joints. Corpus."""

    readable_share: float = 0.6
    """[share of the longest lag] Windows show the lines of lattices whose longer vector is at most
    this; larger ones are read in the whole wall. By hand."""

    # parts

    part_share: float = 0.62
    """[share of a side] Of four overlapping parts of a wall. Scenes: parts of 0.45 mend half as
    many again, and spoil six times as many."""

    periods_of_part: float = 2.5
    """[periods] So many must fit along the longer side of a part. By hand: plaster has a pitch that
    fits once."""

    sure_part: float = 0.6
    """[probability] A part's lattice counts from here on, ... Scenes."""

    same_part: float = 0.06
    """[relative] ... if another part has the same one. Scenes."""

    sure_part_of_lines: float = 0.83
    """[probability] The first for lines along one direction, as rows of windows are, too. Of 22
    scenes nine were wrong, all below; 11 of the 13 right ones were above. Scenes."""


LIMITS = LatticeLimits()
