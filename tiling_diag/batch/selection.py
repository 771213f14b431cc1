"""Which pictures a page shows of more than a browser takes: the worst, and some of the others."""

from __future__ import annotations

import random
from array import array
from typing import Any

from tiling_diag.batch.rows import badness

# A page of this many rows is some 3 MB and sorts at once.
MOST_WORST, MOST_SAMPLES = 4000, 1000


class Selection:
    """The pictures of a gallery, chosen as rows go by; eight bytes a row are kept.

    Args:
        worst: how many of the worst are shown.
        samples: how many of the others, drawn at random, the same for the same rows.
    """

    def __init__(self, worst: int = MOST_WORST, samples: int = MOST_SAMPLES) -> None:
        """No row has gone by."""
        self._worst, self._samples = worst, samples
        self._badness = array("d")

    def add(self, row: dict[str, Any]) -> None:
        """A row goes by."""
        self._badness.append(badness(row))

    def indices(self) -> list[int]:
        """Which rows are shown, in the order in which they went by."""
        count = len(self._badness)
        if count <= self._worst + self._samples:
            return list(range(count))
        ranked = sorted(range(count), key=lambda k: -self._badness[k])
        others = ranked[self._worst :]
        return sorted(ranked[: self._worst] + random.Random(0).sample(others, self._samples))

    def note(self) -> str | None:
        """What is shown, in words; None where all is."""
        others = len(self._badness) - self._worst
        if others <= self._samples:
            return None
        return (
            f"shown: the worst {self._worst:,} and {self._samples:,} drawn at random of the other "
            f"{others:,}; all are in results.csv and results.parquet"
        )
