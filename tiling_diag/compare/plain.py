"""Numbers of comparisons as JSON holds them: what is not known is null."""

from __future__ import annotations

import math

from tiling_diag.compare.statistics import Interval


def interval_plain(interval: Interval | None, name: str) -> dict[str, float | None]:
    """An estimate under `name`, and the ends of its 95 % interval as ``low`` and ``high``."""
    values = (None, None, None) if interval is None else interval
    return {
        key: value if value is not None and math.isfinite(value) else None
        for key, value in zip((name, "low", "high"), values, strict=True)
    }
