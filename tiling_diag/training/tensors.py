"""Diagnostics of one batch, as the original tool had it: numbers for the logger, and pictures."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

from torch import Tensor

from tiling_diag.diagnosis import Diagnosis, diagnose_batch
from tiling_diag.numerics import plain_numerics
from tiling_diag.report.summary import summarize
from tiling_diag.report.write import write_report
from tiling_diag.training.numbers import Numbers, mean_numbers
from tiling_diag.training.sinks import as_sink

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


@plain_numerics()
def run_diagnostics_from_tensors(
    pred_bchw: Tensor,
    mask_bchw: Tensor | None,
    out_dir: str | PathLike[str] | None,
    ref_chw: Tensor | None = None,
    global_step: int = 0,
    writer: Writer | None = None,
    tag_prefix: str = "train",
) -> Numbers:
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
    mask = None if mask_bchw is None else mask_bchw.detach()
    diagnoses = diagnose_batch(pred_bchw.detach(), mask, ref_chw)
    first, *others = diagnoses
    own = summarize(first) if out_dir is None else write_report(first, out_dir).summary
    numbers = mean_numbers(diagnoses, [own, *map(summarize, others)])
    if writer is not None:
        pictures = {f"{tag_prefix}/{name}": figure(first, name) for name in LOGGED_FIGURES}
        as_sink(writer)(global_step, tagged(numbers, tag_prefix), pictures)
    return numbers


def tagged(numbers: Numbers, prefix: str) -> dict[str, float]:
    """What can be logged as a scalar, under tags that begin with `prefix`."""
    return {f"{prefix}/{name}": v for name, v in numbers.items() if isinstance(v, float)}


def figure(diagnosis: Diagnosis, name: str) -> NDArray[Any]:
    """A figure of the report, uint8 ``(H, W, 3)``."""
    from tiling_diag.report.figures.draw import draw
    from tiling_diag.report.figures.export import pixels

    return pixels(draw(diagnosis, name))
