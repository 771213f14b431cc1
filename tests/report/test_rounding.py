"""Numbers of a summary have six significant digits, whatever kind of machine computed them."""

import math
import random

import pytest

from tiling_diag.report.rounding import DIGITS, rounded


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (70.512345678, 70.5123),
        (0.000123456789, 0.000123457),
        (1234567.8, 1234570.0),
        (-0.99999999, -1.0),
        (3e-14, 0.0),
        (0.0, 0.0),
        (2**60, 2**60),
        (True, True),
        (None, None),
        ("0.123456789", "0.123456789"),
    ],
)
def test_a_number_keeps_six_digits_and_all_else_stays(value, written):
    found = rounded({"a": [{"b": value}]})["a"][0]["b"]
    assert (found, type(found)) == (written, type(written))


def test_a_vector_is_rounded_as_one():
    assert rounded([70.512345678, 3.2e-6, -2]) == [70.5123, 0.0, -2]
    assert math.copysign(1, rounded([70.5, -1e-9])[1]) == 1
    assert rounded([[1.23456789, None], []]) == [[1.23457, None], []]


def test_numbers_a_few_roundings_apart_are_written_alike_or_a_digit_apart():
    chance = random.Random(1)
    for _ in range(1000):
        value = chance.uniform(1, 10) * 10.0 ** chance.randint(-5, 5)
        near = value * (1 + chance.uniform(-3e-7, 3e-7))
        step = 10.0 ** (math.floor(math.log10(value)) - DIGITS + 1)
        assert abs(rounded(value) - rounded(near)) < 1.01 * step
        assert rounded(rounded(value)) == rounded(value)
