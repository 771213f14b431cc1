"""The limits of the search for a wall's lattice.

Four sources are named below. *Corpus*: chosen on pictures of real materials, as they are and under
stress, by ``python benchmarks/lattice.py``; its tables are in ``docs/method.md``. *Drawn*: chosen
on walls of known lattice, by ``python benchmarks/drawn_walls.py --walls 300``. *Derived*: follows
from geometry or from the transform. *By hand*: set once, never tuned.

Px are those of the searched wall, whose longer side is 256 px at most.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LatticeLimits:
    """All limits of this folder, grouped by module."""

    # measure
    least_side_px: int = 24
    """[px of the picture] Walls with fewer px each way, or in all fewer than its square, are too
    small to be searched. By hand."""
    flat_deviation: float = 1e-4
    """[of 0 to 1] A wall none of whose colours deviates so much from its mean is flat. By hand."""

    # contrast
    shortest_px: float = 4.0
    """[px] Shorter vectors are no lattice: maxima less far apart are not told from each other.
    Finer walls are magnified. By hand."""
    radius_cells: float = 5.0
    """[square roots of the cell's area] Lattice points farther out are not looked at; about forty
    lie within, one of each pair of opposites. Corpus."""
    orders: tuple[int, int] = (10, 6)
    """[steps along the shorter and the longer vector] How far points are counted: enough for
    `radius_cells` and cells up to four times as long as wide. Derived."""
    orders_between: tuple[int, int] = (7, 4)
    """[steps] The same for points between those of a lattice, which are many. By hand."""
    orders_in_view: int = 40
    """[steps] The same for all points in view, of cells from a fiftieth of the side on. Derived."""
    coarser_steps: tuple[int, ...] = (2, 3, 5)
    """[index] Sub-lattices a lattice is compared with; larger steps are made of these. Five is that
    of pinwheel floors, whose coarser lattices no smaller steps lead to. Corpus."""
    denser_steps: tuple[int, ...] = (2, 3)
    """[index] Super-lattices a lattice is compared with. Corpus."""
    shifts: tuple[float, ...] = (0.25, 0.375, 0.5)
    """[periods] By how much a lattice is moved along a vector to see whether the wall changes that
    way. By hand."""
    least_lag_px: float = 2.0
    """[px] Shorter lags lie on the peak around zero lag. Derived."""
    repeating_share: float = 0.5
    """[share of the best channel's mean] A channel counts fully from here on. Corpus."""
    least_repeating: float = 0.06
    """[autocorrelation] A channel that repeats no better than this does not count. Corpus."""
    least_denominator: float = 0.02
    """[autocorrelation] Contrasts are relative to no less than this. By hand."""
    strength_channels: int = 4
    """[channels] The strength of a lattice is the mean over so many of the best ones. Corpus."""

    # octaves
    contrast: float = 0.45
    """[contrast] Above it the coarser of two nested lattices is right, below it the denser one.
    True lattices have at most 0.38 against any coarser one, in walls with doubled zones (0.23
    elsewhere), and at least 0.58 against any denser one. Corpus."""
    least_coarser: float = 0.1
    """[autocorrelation] What a coarser lattice must repeat, in the best channel, to be moved to.
    Corpus."""
    ambiguous: float = 0.8
    """[contrast] A lattice that stands no clearer than this against a denser one is held against
    parts of the wall: a zone of twice the size makes every other point of the rest look odd.
    Corpus."""
    part_contrast: float = 0.42
    """[contrast] A part in which the denser lattice has no more than this proves it. True lattices
    have at most 0.38 in some part against all coarser ones, and at least 0.54 in all parts against
    denser ones. Corpus."""
    part_strength: float = 0.6
    """[share of the whole wall's strength] A part that repeats less proves nothing. Corpus."""
    least_in_line: int = 3
    """[points] Along rows so many must be in view before every other one is left out. Corpus."""
    other_directions: float = 0.5
    """[share of the contrast along the rows] Other directions must tell less than this: of walls
    with irregular bonds they tell a quarter, in zones two thirds. Corpus."""
    votes_in_line: int = 3
    """[channels] That must agree along the rows: the three of tone may, by chance, in a few units.
    Corpus."""

    # candidates
    peaks: int = 40
    """[maxima] Of the mean map, from whose pairs candidates are made. Corpus."""
    most_maxima: int = 2000
    """[maxima] Of the mean map, among which the best `peaks` are looked for. By hand."""
    lag_penalty: float = 0.15
    """[autocorrelation at the longest lag] Taken off far maxima: they are multiples of near ones.
    Corpus."""
    starts_per_octave: int = 3
    """[candidates] Kept of every octave of cell area. Corpus."""
    start_share: float = 0.25
    """[share of the best one's support] Candidates below it are dropped. Corpus."""
    few_points: float = 6.0
    """[points] Support is halved where a lattice has so many in view: few repeat well by chance.
    Corpus."""
    longest_share: float = 0.55
    """[share of the side] The longest vector across and down: about two periods must be in view.
    Corpus."""
    least_cells: float = 3.8
    """[cells] That must fit into the wall: two periods both ways, but for rounding. Corpus."""
    least_sine: float = 0.25
    """[sine of the angle between the vectors] Flatter cells than this are no reduced bases.
    Derived: theirs is 0.87 or more; before fitting, fewer steps may have been enough."""
    same_lattice: float = 0.02
    """[share of the vectors' lengths] Candidates this near each other lead to one lattice. By
    hand."""

    # peak_fit
    fit_radius_px: int = 3
    """[px] How far from its place a lattice point's maximum is looked for. Corpus."""
    fit_orders: int = 5
    """[steps] Points up to here always take part in a fit. By hand."""
    fit_most_orders: int = 40
    """[steps] Points beyond add nothing to a fit. By hand."""
    fit_stages: tuple[float, ...] = (2.2, 4.0, 8.0)
    """[multiples of the longer vector] How far out maxima are taken, in turns. Corpus."""
    last_fit_stages: tuple[float, ...] = (2.2, 4.0, 8.0, 16.0, 32.0)
    """[multiples of the longer vector] The same for the lattice that is chosen. Corpus."""

    # search
    free_direction: float = 0.7
    """[contrast] A direction along which the wall does not change has 0 between a lattice and its
    copies moved that way; true lattices have 0.75 and more. Corpus."""
    denser_share: float = 0.5
    """[share of the best support] The densest lattice of at least this support is chosen: a coarser
    one is right only if it repeats more than twice as well. Corpus."""
    same_cell: float = 1.1
    """[ratio of cell areas] Lattices up to this count as equally dense. By hand."""
    support: float = 0.12
    """[support] What a lattice needs to be believed. Corpus, pictures without a period included."""
    faint_support: float = 0.065
    """[support] The same where nothing else is found and more than `faint_cells` are in view: what
    noise leaves at the points of a lattice falls with their number. Corpus and drawn."""
    faint_cells: float = 50.0
    """[cells] See `faint_support`. Corpus and drawn."""
    slender: float = 6.0
    """[ratio of the two vectors' lengths] Longer cells need `slender_support`: grain along one
    direction leaves such. Corpus and drawn."""
    slender_support: float = 0.25
    """[support] See `slender`. Corpus and drawn."""
    rank_1_lead: float = 1.5
    """[ratio of supports] By how much one direction must lead over a lattice. Corpus."""

    # one_direction
    rank_1_support: float = 0.14
    """[support] What one direction needs to be believed. Boards have 0.15 and more, as they are and
    under stress; walls of stones of a few fixed heights up to 0.135. Corpus."""
    direction_stages_deg: tuple[tuple[float, float], ...] = ((89.5, 1.0), (1.0, 0.1))
    """[degrees] How far the directions tried along the joints reach either way, and their step:
    half a turn, then around the best. By hand."""
    profile_step_px: float = 0.5
    """[px] Between samples across the joints. By hand."""
    profile_places: int = 31
    """[places] Along the joints, over which profiles are averaged. By hand."""
    profile_share: float = 0.35
    """[share of the longest lag] How far along the joints these reach, either way. By hand."""
    rank_1_shortest_px: float = 5.0
    """[px] The shortest pitch of joints. By hand."""
    rank_1_longest_share: float = 0.52
    """[share of the wall's extent across the joints] Two periods must be in view. Derived."""
    rank_1_parts: tuple[int, ...] = (2, 3)
    """[periods] By which a pitch is made longer or shorter. Corpus."""
    pitch_share: float = 0.6
    """[share of the best support] The shortest pitch of at least this support is chosen. Corpus."""
    pitch_starts: int = 10
    """[pitches] That are tried at the most. By hand."""
    straight: float = 0.15
    """[autocorrelation] A channel tells of joints where it is at least this alike along them.
    Corpus."""
    tones_count: float = 0.4
    """[ratio] How far tones count in the contrast of pitches. Of few boards every second or third
    may have a tone in common by chance: 0.56 to 0.63 in contrast and, with one multiple in view,
    1.05 where joints do not agree. Boards of two tones in turn have 1.5 to 2. Corpus and drawn."""
    profile_channels: int = 3
    """[channels] Support across joints is the mean over so many of the best ones. Corpus."""

    # magnified
    fine_px: float = 7.5
    """[px] Rows of points nearer than this are magnified: on drawn walls octaves are decided
    wrongly below. Drawn."""
    sharp_px: float = 16.0
    """[px] The spacing to which such rows are magnified. Drawn."""
    close_px: float = 24.0
    """[px] Rows nearer than this are magnified where the support is below `doubtful_support`: what
    shows as a coarse lattice or as one direction may be fine units blurred. Drawn."""
    doubtful_support: float = 0.45
    """[support] Clear lattices have more. Drawn."""
    magnification: float = 2.0
    """[ratio] By which a wall is magnified where its rows are not fine. Drawn."""
    finer_share: float = 0.7
    """[ratio of cell areas] A cell this many times as large counts as finer. Drawn."""
    clearly_better: float = 1.2
    """[ratio of supports] By which a finer lattice of a crop must be better. Corpus and drawn."""
    crop_longest_px: float = 50.0
    """[px of the crop] The longest pitch of one direction that is found in a crop only: five
    periods of it must show. Corpus, pictures without a period."""
    crop_coverage: float = 0.5
    """[share] Of a crop that must lie on the wall. By hand."""

    # spectral_refinement
    spectrum_cells: float = 16.0
    """[cells] From so many on the spectrum is asked; fewer leave harmonics too near each other.
    Corpus."""
    largest_move_bins: float = 0.6
    """[frequency bins] A wave vector that moves farther has lost its way. Corpus."""
    as_well: float = 0.985
    """[ratio of mean autocorrelations] The wall may not repeat worse at the points of the lattice
    after the move. Corpus and drawn."""
    blocks: int = 16
    """[blocks along the longer side] Into which the wall is demodulated: within one, the last
    fraction of a frequency bin turns the phase by little. Derived."""
    harmonics: int = 4
    """[orders] Up to which harmonics take part. Corpus."""
    first_harmonics: float = 1.5
    """[orders] The same in the first stage: low ones are right about coarse errors. By hand."""
    steps_per_stage: int = 4
    """[Newton steps] In each stage. By hand."""
    harmonic_power: float = 5.0
    """[ratio] Harmonics count from this many times the power that the same energy without a period
    has. By hand."""
    largest_step_bins: float = 0.25
    """[frequency bins] The largest move in one step. By hand."""
    highest_harmonic: float = 0.45
    """[cycles/px] Harmonics beyond it are left out, near the sampling limit. Derived."""

    # reading
    family_orders: int = 6
    """[orders] Harmonics by whose energy families of waves are compared. Corpus."""
    row_energy_share: float = 0.5
    """[share of the most energy] Rows run along the shortest of the lattice vectors near the x axis
    whose parallel lines carry at least this. Corpus."""
    family_highest: float = 0.48
    """[cycles/px] Harmonics beyond it are left out. Derived."""
    family_line_bins: int = 1
    """[frequency bins] Half side of the square that holds a harmonic. Derived: Hann window."""
    family_around_bins: int = 4
    """[frequency bins] Half side of the square whose median is its background. By hand."""


LIMITS = LatticeLimits()
