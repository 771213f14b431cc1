"""Where tensors are computed: on which processor."""

from __future__ import annotations

import re
import warnings

import torch
from torch import Tensor

from tiling_diag.errors import InputError

_KNOWN = re.compile(r"cpu|mps(:0)?|cuda(:\d{1,4})?")


def pick_device(name: str, like: Tensor) -> torch.device:
    """The device that a setting names; ``auto`` stays where a GPU tensor is, else takes a GPU.

    Raises:
        InputError: if there is no such device, or it is not here.
    """
    if name == "auto" and like.device.type != "cpu":
        return like.device
    if name == "auto":
        return torch.device("cuda" if _gpus() else "cpu")
    # Checked before torch sees it: torch warns of some names of its own.
    if not _KNOWN.fullmatch(name):
        raise InputError(f"device={name!r} is unknown: use auto, cpu, cuda, cuda:N or mps")
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= _gpus():
        raise InputError(f"device={name!r} is not here: use auto or cpu")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise InputError("device='mps' is not here: use auto or cpu")
    return device


def _gpus() -> int:
    """How many GPUs torch can use; it warns where a driver is too old, which is then none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.cuda.device_count() if torch.cuda.is_available() else 0
