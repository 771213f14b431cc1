"""What a user may choose about a diagnosis: one set for the command line and for Python."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass

from tiling_diag.errors import InputError

# Smaller units are no pixels, and larger ones fit into no picture that can be read.
LIMITS = {"unit_px": (1.0, 1e5), "course_px": (1.0, 1e5), "ref_scale": (1e-3, 1e3)}

LARGEST_GRID_PX = 1024


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Options of `diagnose`; the command line offers the same under the same names.

    Attributes:
        unit_px: expected distance between units along the rows in px; None = unknown.
        course_px: expected distance between rows in px; None = unknown.
        ref_scale: how many px of the wall one px of the reference stands for.
        grid_periods_px: periods at which upsampling grids are looked for.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; where tensors given to Python
            calls already live counts for more than ``auto``.

    Raises:
        InputError: if a length or scale is not a positive number within `LIMITS`, or a grid period
            is no whole number from 2 to `LARGEST_GRID_PX`.
    """

    unit_px: float | None = None
    course_px: float | None = None
    ref_scale: float = 1.0
    grid_periods_px: tuple[int, ...] = (2, 4, 8, 16, 32)
    device: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what can't be meant."""
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if value is None and name != "ref_scale":
                continue
            if not _is_number(value) or not (math.isfinite(value) and value > 0):
                raise InputError(f"{name}={value!r} must be a positive number of pixels")
            if not low <= value <= high:
                raise InputError(f"{name}={value:g} can't be meant: give {low:g} to {high:g} px")
        periods = self.grid_periods_px
        if not isinstance(periods, tuple | list) or not periods or not all(map(_is_grid, periods)):
            raise InputError(
                f"grid_periods_px={periods!r}: give whole numbers of at least 2 px, such as (8, 16)"
            )
        if not isinstance(self.device, str):
            raise InputError(f"device={self.device!r}: name auto, cpu, cuda, cuda:N or mps")


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_grid(period: object) -> bool:
    if not _is_number(period):
        return False
    size = float(period)  # type: ignore[arg-type]
    return 2 <= size <= LARGEST_GRID_PX and size.is_integer()
