"""What usually brings a defect about, and what usually helps: one entry for each code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """What usually brings a defect about, and what usually helps."""

    cause: str
    fix: str


ADVICE = {
    "period_doubled": Advice(
        "the model sits on a subharmonic of the material's frequency",
        "train with SpectralPeriodLoss or ACFPeriodLoss (for RGB within ColourLoss); "
        "put a window before any FFT loss",
    ),
    "period_halved": Advice(
        "the model sits on a harmonic of the material's frequency",
        "train with SpectralPeriodLoss or ACFPeriodLoss (for RGB within ColourLoss); "
        "put a window before any FFT loss",
    ),
    "period_off": Advice(
        "the scale drifts away from the reference",
        "train with LogPolarAlignLoss and ScaleConsistencyLoss",
    ),
    "doubling_bands": Advice(
        "the model switches harmonics from zone to zone, often across the perspective",
        "use patch-wise losses (PatchwiseLoss); resize then convolve in place of deconvolution",
    ),
    "upsampling_grid": Advice(
        "a transposed or sub-pixel convolution, or a VAE or token grid (8 px is the VAE's stride, "
        "16 px a Flux token)",
        "resize, then convolve; make the kernel size a multiple of the stride",
    ),
    "jpeg_blocks": Advice(
        "the picture was saved as JPEG at a low quality; the blocks are JPEG's, not a decoder's",
        "save as PNG, or at a quality of 90 and more",
    ),
    "resize_alias": Advice(
        "the picture was reduced without a low-pass and enlarged again, or enlarged from less",
        "resize with antialias=True, or put BlurPool before strides; make it at its full size",
    ),
    "edge_cross": Advice(
        "opposite borders differ, and a spectrum without a window shows that as a cross",
        "use a Hann or Tukey window, or the periodic-plus-smooth split, before the FFT",
    ),
    "perspective_drift": Advice("the wall is seen at an angle", "none is needed in perspective"),
    "no_period": Advice("the wall does not repeat, or too little of it is seen", "-"),
}
