"""What the figures are called, what each shows and how to read it: one text for file and page."""

from __future__ import annotations

# What a figure shows and how to read it.
_NOTES = {
    "overview": "Yellow: the lattice found, laid on the joints; it should meet them everywhere. "
    "Dark: not wall. "
    "Pink: zones at fault.",
    "pred": "What was read; what lies outside the mask is darkened and does not count.",
    "radial_profile": "Power over distance from zero frequency. Blue above the grey background is "
    "the material: f is its fundamental; much at f/2 hints at doubled zones.",
    "fft_log_hann": "Left all frequencies: spots at 1/2, 1/4, 1/8, 1/16 are upsampling grids. "
    "Right the middle: circles are where the lattice has its harmonics.",
    "fft_log_nohann": "The same without the window: a cross through the middle that the "
    "windowed spectrum lacks comes from the picture's borders.",
    "acf": "Red where the wall, moved by so much, falls on itself. The lattice's circles should "
    "lie on red spots, and no red spot between them.",
    "cepstrum": "A peak at the period and at its multiples. The mark is this method's own answer.",
    "local_period_px": "One even colour: one period. Steady change: perspective. A jump: a zone of "
    "another period. Grey: not measured.",
    "local_mask_coverage": "Windows with less than half of wall are not measured.",
    "local_period_bands": "Red places repeat at about twice the base period, blue ones at half of "
    "it. A band of them is the model switching its scale.",
}
_NOTES_WITHOUT_PERIOD = {
    "overview": "No lattice was found, so none is drawn.",
    "radial_profile": "Power over distance from zero frequency. A material that repeats would "
    "rise above the grey background in narrow peaks.",
    "fft_log_hann": "Left all frequencies: spots at 1/2, 1/4, 1/8, 1/16 are upsampling grids. "
    "Right the middle, where a lattice would show as a grid of spots.",
    "acf": "Red where the wall, moved by so much, falls on itself. A lattice would show as a grid "
    "of red spots.",
    "cepstrum": "A material that repeats would have a peak at its period and at its multiples.",
    "local_period_px": "There is no period to follow from place to place.",
    "local_period_bands": "There is no period that could be doubled or halved.",
}


FIGURE_NAMES = tuple(_NOTES)


def figure_note(name: str, is_periodic: bool) -> str:
    """What a figure shows and how to read it, in a sentence or two."""
    return _NOTES[name] if is_periodic else _NOTES_WITHOUT_PERIOD.get(name, _NOTES[name])
