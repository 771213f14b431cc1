"""Where numbers and pictures of a training run go: any of the usual loggers, by what they can do.

Nothing is imported for a logger; what it offers decides how it is spoken to.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tiling_diag.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pictures = Mapping[str, NDArray[Any]]

# Step, numbers by tag, pictures by tag as uint8 ``(H, W, 3)``.
Sink = Callable[[int, Mapping[str, float], "Pictures"], object]


def as_sink(target: object) -> Sink:
    """How to write to a logger.

    Args:
        target: a TensorBoard `SummaryWriter`, an accelerate `Accelerator` (all its trackers) or one
            of its trackers, a W&B-like run with ``log``, or a callable of step, numbers and
            pictures.

    Raises:
        InputError: if it is none of them.
    """
    if hasattr(target, "add_scalar") and hasattr(target, "add_image"):
        return lambda step, numbers, pictures: _write_summaries(target, step, numbers, pictures)
    if hasattr(target, "trackers") and hasattr(target, "log"):
        return lambda step, numbers, pictures: _write_all(target, step, numbers, pictures)
    if hasattr(target, "log_images") and hasattr(target, "log"):
        return lambda step, numbers, pictures: _write_tracker(target, step, numbers, pictures)
    if hasattr(target, "log"):
        return lambda step, numbers, pictures: _write_run(target, step, numbers, pictures)
    if callable(target):
        return target
    raise InputError(
        f"{type(target).__name__} is no logger: give a SummaryWriter, an Accelerator, a run with "
        "log(), or a callable of (step, numbers, pictures)"
    )


def _write_summaries(
    writer: Any, step: int, numbers: Mapping[str, float], pictures: Pictures
) -> None:
    for tag, value in numbers.items():
        writer.add_scalar(tag, value, step)
    for tag, pixels in pictures.items():
        writer.add_image(tag, pixels, step, dataformats="HWC")


def _write_all(
    accelerator: Any, step: int, numbers: Mapping[str, float], pictures: Pictures
) -> None:
    accelerator.log(dict(numbers), step=step)
    for tracker in accelerator.trackers:
        _draw(tracker, step, pictures)


def _write_tracker(
    tracker: Any, step: int, numbers: Mapping[str, float], pictures: Pictures
) -> None:
    tracker.log(dict(numbers), step=step)
    _draw(tracker, step, pictures)


def _draw(tracker: Any, step: int, pictures: Pictures) -> None:
    # A tracker of TensorBoard wants another order of axes than the others; its writer is told.
    writer = getattr(tracker, "tracker", None)
    if hasattr(writer, "add_image"):
        _write_summaries(writer, step, {}, pictures)
    elif pictures and hasattr(tracker, "log_images"):
        tracker.log_images({tag: pixels[None] for tag, pixels in pictures.items()}, step=step)


def _write_run(run: Any, step: int, numbers: Mapping[str, float], pictures: Pictures) -> None:
    # A W&B run wants its own kind of picture; who has one has loaded the package.
    wandb: Any = sys.modules.get("wandb")
    own = type(run).__module__.partition(".")[0] == "wandb" and wandb is not None
    shown = {tag: wandb.Image(pixels) if own else pixels for tag, pixels in pictures.items()}
    run.log({**numbers, **shown}, step=step)
