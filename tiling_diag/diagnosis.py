"""From a picture to a verdict: the one place where a wall is diagnosed."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any

from torch import Tensor

from tiling_diag.finding import Finding, Verdict, verdict_of
from tiling_diag.results import (
    AutocorrelationResult,
    BandingResult,
    CepstrumResult,
    EdgeCrossResult,
    GridResult,
    LatticeResult,
    LocalPeriodResult,
    ReferenceResult,
    ResizeResult,
    ShiftResult,
    SpectralResult,
)
from tiling_diag.settings import Settings


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis:
    """What is known of one wall: the picture, what the checks measured, and the findings.

    Tensors are those of one wall (see `tiling_diag.results`), in main memory.

    Attributes:
        image: ``(C, H, W)`` in [0, 1].
        mask: ``(H, W)`` in [0, 1], 1 where the wall is.
        names: file names by role: ``pred``, ``mask``, ``ref``; None where there was no file.
        notes: what was done to read the input, as sentences.
        reference: None without a reference.
        findings: worst first.
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
    grid: GridResult
    edge_cross: EdgeCrossResult
    reference: ReferenceResult | None
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """``ok``, ``suspect`` or ``defect``: the worst severity among the findings."""
        return verdict_of(self.findings)

    def summary(self) -> dict[str, Any]:
        """The content of `summary.json`: plain numbers, strings, lists and dicts."""
        from tiling_diag.summary import summarize

        return summarize(self)

    def save(self, out: str | PathLike[str], *, figures: bool = True) -> None:
        """Write `summary.json`, `local_period.npy`, the figures and `report.html` to folder `out`."""
        from tiling_diag.report import write_report

        write_report(self, out, figures=figures)

    def _repr_html_(self) -> str:
        from tiling_diag.report import notebook_html

        return notebook_html(self)
