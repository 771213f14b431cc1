"""Numbers as they are written: to six significant digits, in one place.

No claim of this package is finer than a part in a million, and float32 differs by a few parts in
ten million between processors. What is left of that shows in the sixth digit at most.
"""

from __future__ import annotations

import math
from typing import Any

DIGITS = 6
# No number is written finer: what is smaller is rounding itself.
MOST_DECIMALS = 12


def rounded(value: Any) -> Any:
    """A document of dicts, lists and plain values with every float rounded; the rest as it is.

    A list of numbers is one vector, whose parts are rounded alike: to `DIGITS` of the largest. A
    part that is nothing but rounding of a long vector is 0 then.
    """
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(one, (int, float)) for one in value):
            largest = max(abs(one) for one in value)
            return [_rounded(one, largest) for one in value]
        return [rounded(one) for one in value]
    return _rounded(value, abs(value)) if isinstance(value, float) else value


def _rounded(value: float, size: float) -> float:
    """`value` to as many decimals as show `DIGITS` digits of `size`; never a negative zero."""
    if not isinstance(value, float) or size == 0 or not math.isfinite(size):
        return value
    decimals = DIGITS - 1 - math.floor(math.log10(size))
    return round(value, min(decimals, MOST_DECIMALS)) + 0.0
