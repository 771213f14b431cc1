"""The limits of what is read from spectra.

Three sources are named below. *Corpus*: chosen on pictures of real materials by
``python benchmarks/lattice.py``; figures are with the field. *Derived*: follows from the
transform. *By hand*: set once, never tuned.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SpectraLimits:
    """All limits of this folder, grouped by module."""

    # power
    least_rings: int = 16
    """[rings] Of a profile, even of tiny pictures. By hand."""
    most_rings: int = 512
    """[rings] Of a profile; more are of no use. By hand."""
    ring_share: float = 0.08
    """[share of the frequency] Half width of the rings at f, 2f and f/2. By hand."""
    least_ring_bins: float = 1.5
    """[rings] The same is no less than this. Derived: Hann window."""
    axis_deg: float = 5.0
    """[degrees] How far from an axis still counts as on it. By hand."""
    unknown_frequency: float = 0.25
    """[cycles/px] Stands in for a fundamental that is not known; its answers are left out."""
    harmonics: int = 6
    """[orders] Of the comb whose stretch gives the spectrum's own period. By hand."""
    stretch: float = 0.12
    """[share of the fundamental] How far the comb is stretched, either way. By hand."""
    stretch_steps: int = 193
    """[steps] In which it is stretched, 1/800 each. By hand."""
    highest_harmonic: float = 0.48
    """[cycles/px] Harmonics beyond it are left out. Derived."""

    # autocorrelation
    lag_samples: int = 1024
    """[samples] Along the fundamental's wave vector. By hand."""
    significant_share: float = 0.2
    """[share of the largest] A maximum is significant if both its height and its rise from the
    lowest valley before it are at least this: the first such counts, not the best, as whole
    multiples repeat as well (YIN's threshold rule, de Cheveigne and Kawahara 2002, step 4). By
    height alone, lobes beside a high peak pass; by rise alone, lobes between harmonics. Of 42 walls
    with a lattice, corpus and samples, 33 then agree with the fundamental within 8 %; by 0.4 of the
    height 26 did. Corpus."""
    least_lag_share: float = 0.25
    """[share of the fundamental's period] Maxima before it are none of the lattice. By hand."""

    # cepstrum
    samples_per_cycle: int = 2048
    """[samples per cycle/px] Of the ray: quefrencies reach half as many px. By hand."""
    highest: float = 0.4
    """[cycles/px] Where the ray ends. By hand."""
    search_factor: float = 2.6
    """[ratio] The cepstrum's own period is looked for within this factor of the fundamental's, so
    that an octave error would show. By hand."""


LIMITS = SpectraLimits()
