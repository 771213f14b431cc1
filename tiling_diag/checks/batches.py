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


def one_of(batch: Result, index: int) -> Result:
    """Item `index` of a batch's results, as a batch of one."""
    fields = dataclasses.fields(batch)  # type: ignore[arg-type]
    own = slice(index, index + 1)
    return type(batch)(**{field.name: getattr(batch, field.name)[own] for field in fields})


def with_item(batch: Result, index: int, one: Result) -> Result:
    """The results of a batch with item `index` replaced by those of a batch of one."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(batch):  # type: ignore[arg-type]
        values[field.name] = getattr(batch, field.name).clone()
        values[field.name][index] = getattr(one, field.name)[0]
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
