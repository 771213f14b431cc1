"""What the tests of pictures and masks share: sizes, what is compared, what an error is."""

import contextlib

import numpy as np
import pytest
import torch
from bad_inputs import ordinary_user
from picture_builders import HEIGHT, WIDTH

from tiling_diag.errors import InputError

SIZE = (HEIGHT, WIDTH)
# Rounding of values in [0, 1] to float32, a few operations long.
ROUNDING = 1e-6


def channels_first(values):
    values = np.asarray(values, np.float64)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)


def assert_pixels(loaded, expected, tolerance=ROUNDING):
    expected = channels_first(expected)
    assert tuple(loaded.pixels.shape) == expected.shape
    assert loaded.pixels.dtype == torch.float32
    assert loaded.pixels.is_contiguous()
    assert loaded.pixels.min() >= 0 and loaded.pixels.max() <= 1
    assert np.abs(loaded.pixels.cpu().numpy() - expected).max() <= tolerance


def built(case, folder):
    """The case's path, and the context to read it in."""
    path = case.build(folder)
    return path, ordinary_user() if case.as_ordinary_user else contextlib.nullcontext()


def error_of(call, *arguments, **options):
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()
    return str(caught.value)


def channels_last(grey, count):
    return np.repeat(grey[..., None], count, axis=-1)
