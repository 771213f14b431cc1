"""How torch computes while a wall is read and measured, whatever the program around it has set.

In float32 at full precision and, on a CPU, on one thread: results then depend on the picture alone,
not on autocast, on default types, or on how many threads share a sum. Batches are quickest with one
thread a picture, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch


@contextmanager
def plain_numerics() -> Iterator[None]:
    """Compute as this module says: a context, or a decorator of a function.

    What the program has set otherwise is put back at the end. Default type, precision and
    determinism belong to the whole process: threads beside see them change, if they do.
    """
    with ExitStack() as stack:
        for device in _devices():
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        for change, before, value in (
            (torch.set_default_dtype, torch.get_default_dtype(), torch.float32),
            (torch.set_float32_matmul_precision, torch.get_float32_matmul_precision(), "highest"),
            # Some steps have no deterministic form on a GPU; on a CPU all are deterministic.
            (torch.set_deterministic_debug_mode, torch.get_deterministic_debug_mode(), 0),
            (torch.set_num_threads, torch.get_num_threads(), 1),
        ):
            _set(stack, change, before, value)
        yield


def _devices() -> list[str]:
    """Kinds of devices that autocast may be on for."""
    return ["cpu", "cuda", *(["mps"] if torch.backends.mps.is_available() else [])]


def _set(stack: ExitStack, change: Callable[[Any], Any], before: Any, value: Any) -> None:
    """Set `value` until the stack ends, unless it is set already."""
    if before != value:
        change(value)
        stack.callback(change, before)
