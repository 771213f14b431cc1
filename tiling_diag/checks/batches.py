"""Batched results: one wall cut out or put in, and all of them moved to main memory."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from torch import Tensor

Result = TypeVar("Result")
# Metadata of fields that all walls of a batch share.
SHARED = {"shared": True}


def item(result: Result, index: int) -> Result:
    """Wall `index` of a batched result; settings shared by the batch stay as they are."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(result):  # type: ignore[arg-type]
        value = getattr(result, field.name)
        shared = field.metadata.get("shared", False)
        if isinstance(value, Tensor) and not shared:
            value = value[index]
        elif dataclasses.is_dataclass(value):
            value = item(value, index)
        values[field.name] = value
    return type(result)(**values)


def items(batch: Result, index: Tensor) -> Result:
    """Items ``index (n,)`` of a batch's results, as a batch of n."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(batch):  # type: ignore[arg-type]
        value = getattr(batch, field.name)
        values[field.name] = value[index] if isinstance(value, Tensor) else items(value, index)
    return type(batch)(**values)


def with_items(batch: Result, index: Tensor, own: Result) -> Result:
    """The results of a batch with items ``index (n,)`` replaced by those of a batch of n."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(batch):  # type: ignore[arg-type]
        value, new = getattr(batch, field.name), getattr(own, field.name)
        is_tensor = isinstance(value, Tensor)
        values[field.name] = (
            value.index_copy(0, index, new) if is_tensor else with_items(value, index, new)
        )
    return type(batch)(**values)


def to_cpu(result: Result) -> Result:
    """The same result with every tensor in main memory, for files and figures."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(result):  # type: ignore[arg-type]
        value = getattr(result, field.name)
        if isinstance(value, Tensor):
            value = value.detach().cpu()
        elif dataclasses.is_dataclass(value):
            value = to_cpu(value)
        values[field.name] = value
    return type(result)(**values)
