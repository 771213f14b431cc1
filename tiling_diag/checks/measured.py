"""What is known of one wall once every check has run: its inputs and its results."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from tiling_diag.checks.artifacts.results import (
    EdgeCrossResult,
    GridResult,
    JpegResult,
    ResizeResult,
)
from tiling_diag.checks.results import (
    AutocorrelationResult,
    BandingResult,
    CepstrumResult,
    LatticeResult,
    LocalPeriodResult,
    ReferenceResult,
    ShiftResult,
    SpectralResult,
)
from tiling_diag.settings import Settings


@dataclass(frozen=True, eq=False, repr=False)
class Measured:
    """The inputs and the results of one wall: what findings are judged by.

    Tensors are those of one wall (see `tiling_diag.checks.results`), in main memory.

    Attributes:
        image: ``(C, H, W)`` in [0, 1].
        mask: ``(H, W)`` in [0, 1], 1 where the wall is.
        names: file names by role: ``pred``, ``mask``, ``ref``; None where there was no file.
        notes: what was done to read the input, as sentences.
        settings: what the user chose.
        reference: None without a reference.
    """

    image: Tensor
    mask: Tensor
    names: dict[str, str | None]
    notes: tuple[str, ...]
    settings: Settings
    lattice: LatticeResult
    spectral: SpectralResult
    autocorrelation: AutocorrelationResult
    cepstrum: CepstrumResult
    local_period: LocalPeriodResult
    banding: BandingResult
    shift: ShiftResult
    resize: ResizeResult
    jpeg: JpegResult
    grid: GridResult
    edge_cross: EdgeCrossResult
    reference: ReferenceResult | None
