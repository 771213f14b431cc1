"""Where tensors are computed: on which processor."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.errors import InputError


def pick_device(name: str, like: Tensor) -> torch.device:
    """The device that a setting names; ``auto`` stays where a GPU tensor is, else takes a GPU."""
    if name == "auto":
        if like.device.type != "cpu":
            return like.device
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(
            f"device={name!r} is unknown: use auto, cpu, cuda, cuda:N or mps"
        ) from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(f"device={name!r} is not here: use auto or cpu")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise InputError("device='mps' is not here: use auto or cpu")
    if device.type not in ("cpu", "cuda", "mps"):
        raise InputError(f"device={name!r} is not offered: use auto, cpu, cuda, cuda:N or mps")
    return device
