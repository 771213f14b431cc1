"""Diagnostics in a training loop: numbers for the logger, pictures now and then."""

from __future__ import annotations

from collections import Counter
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

from torch import Tensor

from tiling_diag.diagnosis import Diagnosis, diagnose_batch
from tiling_diag.numerics import plain_numerics
from tiling_diag.report.summary import summarize
from tiling_diag.report.write import write_report

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Writer(Protocol):
    """What is needed of a TensorBoard `SummaryWriter`."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> Any:
        """Log a number."""

    def add_image(
        self, tag: str, img_tensor: NDArray[Any], global_step: int, *, dataformats: str
    ) -> Any:
        """Log a picture."""


# Figures that are worth a place in a training log.
LOGGED_FIGURES = ("overview", "local_period_px", "fft_log_hann")
# What the original tool returned, under its names: see `tiling_diag.report.measures`.
ORIGINAL_KEYS = (
    "fundamental_radius_bin",
    "acf_first_peak_radius_bin",
    "ref_radius_bin",
    "E2f_over_Ef",
    "Ehalf_over_Ef",
    "axis_ratio_at_f",
    "shift_mse_dx1",
    "shift_mse_dy1",
    "resize_mse_downUp",
    "resize_delta_r",
    "band_axis_hint",
    "band_base_period_px",
    "band_row_frac_max",
    "band_col_frac_max",
    "band_row_max_run",
    "band_col_max_run",
    "band_score",
    "band_max_run",
)
_SECTIONS = ("periodicity", "lattice", "periods", "reference", "local_period")


@plain_numerics()
def run_diagnostics_from_tensors(
    pred_bchw: Tensor,
    mask_bchw: Tensor | None,
    out_dir: str | PathLike[str] | None,
    ref_chw: Tensor | None = None,
    global_step: int = 0,
    writer: Writer | None = None,
    tag_prefix: str = "train",
) -> dict[str, float | str | None]:
    """Diagnose a batch of predictions and log what was found.

    Args:
        pred_bchw: ``(B, C, H, W)`` in [0, 1], C in {1, 3}; any device, gradients are not followed.
        mask_bchw: ``(B, 1, H, W)`` in [0, 1]; None for whole pictures.
        out_dir: the report of the first item is written here; None writes nothing.
        ref_chw: ``(C, H, W)`` the material as it should be.
        global_step: step for the logger.
        writer: a `SummaryWriter`; one `add_scalar` per number.
        tag_prefix: first part of every tag.

    Returns:
        Means over the items in which a number could be measured, under the keys of
        `summary.json` (sections joined with ``/``), ``defect_share``, and ``share/<code>`` for
        every finding that is more than information. `ORIGINAL_KEYS` are always there, None where
        nothing could be measured; ``band_axis_hint`` is the most frequent one, not logged.

    Raises:
        InputError: if shapes don't fit or values are not finite.
    """
    pred = pred_bchw.detach()
    diagnoses = diagnose_batch(pred, None if mask_bchw is None else mask_bchw.detach(), ref_chw)
    first, *others = diagnoses
    own = summarize(first) if out_dir is None else write_report(first, out_dir).summary
    numbers = _numbers(diagnoses, [own, *map(summarize, others)])
    if writer is not None:
        for name, value in numbers.items():
            if isinstance(value, float):
                writer.add_scalar(f"{tag_prefix}/{name}", value, global_step)
        _log_figures(first, writer, tag_prefix, global_step)
    return numbers


def _numbers(
    diagnoses: list[Diagnosis], summaries: list[dict[str, Any]]
) -> dict[str, float | str | None]:
    collected: dict[str, list[float]] = {}
    for summary in summaries:
        for name, value in _flat(summary).items():
            collected.setdefault(name, []).append(value)
    numbers: dict[str, float | str | None] = dict.fromkeys(ORIGINAL_KEYS)
    numbers |= {name: sum(values) / len(values) for name, values in collected.items()}
    hints = Counter(s["band_axis_hint"] for s in summaries if s["band_axis_hint"] is not None)
    numbers["band_axis_hint"] = hints.most_common(1)[0][0] if hints else None
    count = len(diagnoses)
    numbers["defect_share"] = sum(d.verdict == "defect" for d in diagnoses) / count
    codes = sorted({f.code for d in diagnoses for f in d.findings if f.severity != "info"})
    for code in codes:
        has = [any(f.code == code and f.severity != "info" for f in d.findings) for d in diagnoses]
        numbers[f"share/{code}"] = sum(has) / count
    return numbers


def _flat(summary: dict[str, Any]) -> dict[str, float]:
    """The summary's numbers under one-level names; what was not measured is left out."""
    parts = {name: value for name, value in summary.items() if name != "schema_version"}
    for section in _SECTIONS:
        for name, value in (parts.pop(section) or {}).items():
            parts[f"{section}/{name}"] = value
    return {name: float(v) for name, v in parts.items() if isinstance(v, (bool, int, float))}


def _log_figures(diagnosis: Diagnosis, writer: Writer, prefix: str, step: int) -> None:
    import numpy as np

    from tiling_diag.report.figures.draw import draw

    for name in LOGGED_FIGURES:
        pixels = np.asarray(draw(diagnosis, name).image)
        writer.add_image(f"{prefix}/{name}", pixels, step, dataformats="HWC")
