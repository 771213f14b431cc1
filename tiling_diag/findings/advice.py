"""What usually brings a defect about, and what usually helps: one entry for each code, and
findings that carry it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tiling_diag.findings.finding import Evidence, Finding, Severity, Zone, severity_of

_AGAIN = "make it again with another seed or size"


@dataclass(frozen=True)
class Advice:
    """What usually brings a defect about, and what usually helps.

    Attributes:
        cause: what usually brings it about.
        fix: what helps who trains the model or runs the pipeline.
        remedy: what helps who has only this picture; empty where nothing is needed.
    """

    cause: str
    fix: str
    remedy: str = ""


_OCTAVE_FIX = (
    "train with SpectralPeriodLoss or ACFPeriodLoss (for RGB within ColourLoss); "
    "apply a window before any FFT loss"
)

ADVICE = {
    "period_doubled": Advice(
        "the model paints at half of the material's frequency, so bricks or tiles are twice too "
        "large",
        _OCTAVE_FIX,
        f"{_AGAIN}, or scale the material down to half along that axis",
    ),
    "period_halved": Advice(
        "the model paints at twice the material's frequency, so bricks or tiles are half as large",
        _OCTAVE_FIX,
        f"{_AGAIN}, or crop a part and enlarge it",
    ),
    "period_off": Advice(
        "the model paints the material at another scale than the reference or the expected size",
        "train with LogPolarAlignLoss and ScaleConsistencyLoss",
        f"{_AGAIN}, or divide the size of the picture by that ratio",
    ),
    "doubling_bands": Advice(
        "the model switches to twice or half the period from zone to zone, often where the wall "
        "recedes from the viewer",
        "train with PatchwiseLoss, which judges every patch by itself; replace transposed "
        "convolutions by a resize and a convolution",
        f"inpaint the zone, {_AGAIN}, or crop the zone away",
    ),
    "upsampling_grid": Advice(
        "a transposed or sub-pixel convolution, or a VAE or token grid (8 px is the VAE's stride, "
        "16 px a Flux token)",
        "replace it by a resize and a convolution, or make its kernel size a multiple of its "
        "stride",
        f"{_AGAIN} or another decoder; a notch filter at that period hides it, a blur does not",
    ),
    "jpeg_blocks": Advice(
        "the picture was saved as JPEG at a low quality; the blocks are JPEG's, not a decoder's",
        "save as PNG, or at a quality of 90 and more",
        "take the file from before it was saved as JPEG, if there is one",
    ),
    "resize_alias": Advice(
        "the picture was enlarged by repeated pixels, or by another filter that leaves jagged "
        "edges",
        "resize with antialias=True, blur before strided layers (BlurPool), or make the picture "
        "at its full size",
        "take the picture from before it was resized; what is lost can't be brought back",
    ),
    "enlarged": Advice(
        "the picture was made larger by a filter, as image programs and pipelines do",
        "make it at its full size if its details matter",
        "take the picture from before it was enlarged, if there is one",
    ),
    "edge_cross": Advice(
        "light or tone differs between opposite borders, and a spectrum without a window takes "
        "that for a jump",
        "use a Hann or Tukey window, or the periodic-plus-smooth split, before the FFT",
        "nothing to do: the periods reported here are measured with a window",
    ),
    "perspective_drift": Advice(
        "the wall is seen at an angle", "none needed: perspective is no defect"
    ),
    "no_period": Advice("the wall does not repeat, or too little of it is seen", "-"),
}


def named(
    code: str,
    probability: float,
    title: str,
    evidence: list[Evidence],
    where: tuple[Zone, ...] = (),
    severity: Severity | None = None,
) -> Finding:
    """A finding with its cause, its fix and what helps who has only the picture."""
    return Finding(
        code=code,
        probability=probability,
        severity=severity or severity_of(probability),
        title=title,
        evidence=tuple(evidence),
        where=where,
        cause=ADVICE[code].cause,
        fix=ADVICE[code].fix,
        remedy=ADVICE[code].remedy,
    )
