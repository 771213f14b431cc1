"""Constant tensors, built once for each size, device and dtype and kept out of `state_dict`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import torch

Params = ParamSpec("Params")
Result = TypeVar("Result")


def constant_result(build: Callable[Params, Result]) -> Callable[Params, Result]:
    """Cache the tensors that `build` makes of its hashable arguments.

    They are made outside autograd and inference mode (a tensor born there could not be saved for
    a backward pass). `torch.compile` can't look into the cache: there they are part of the graph.
    """

    @lru_cache(maxsize=64)
    def once(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        with torch.inference_mode(False), torch.no_grad():
            return build(*args, **kwargs)

    @wraps(build)
    def constant(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        if torch.compiler.is_compiling():
            return build(*args, **kwargs)
        return once(*args, **kwargs)  # type: ignore[arg-type]

    return constant
