"""What keeps a wall from being judged: then nothing found does not mean that nothing is wrong."""

from __future__ import annotations

import math

from tiling_diag.checks.measured import Measured
from tiling_diag.checks.results import Reason, ReferenceResult
from tiling_diag.findings.limits import LIMITS

_NOT_MEASURABLE = (Reason.FLAT, Reason.TOO_SMALL, Reason.TOO_THIN)


def why_unjudged(d: Measured) -> str | None:
    """Why what was asked of a wall could not be judged; None where it could.

    A picture that is flat, too small or too thin can't be judged at all. A wall without a period
    can, unless its period was to be compared: with a reference, or with a size in px. A reference
    and a wall that both repeat in one direction only are compared in that direction.
    """
    reason = Reason(int(d.lattice.reason))
    if reason in _NOT_MEASURABLE:
        return reason.sentence
    parts = [_expected_size(d, "unit"), _expected_size(d, "course")]
    if d.reference is not None:
        if math.isfinite(float(d.reference.scale_ratio)):
            parts += [_reference_axis(d, d.reference, name) for name in ("unit", "course")]
        else:
            parts.append(_reference(d, d.reference))
    found = [part for part in parts if part is not None]
    return "; ".join(dict.fromkeys(found)) or None


def _expected_size(d: Measured, name: str) -> str | None:
    """Why a size in px that the user expects could not be compared."""
    expected = getattr(d.settings, f"{name}_px")
    if expected is None or math.isfinite(_size(d, name)):
        return None
    if not bool(d.lattice.is_periodic):
        return f"{name}: not measured, the wall shows no lattice to compare with {expected:g} px"
    return f"{name}: not measured, the wall repeats in one direction only"


def _reference(d: Measured, reference: ReferenceResult) -> str:
    """Why nothing could be compared with the reference."""
    bare = [
        name
        for name, lattice in (("wall", d.lattice), ("reference", reference.lattice))
        if not bool(lattice.is_periodic)
    ]
    if not bare:
        return "the reference repeats in another direction than the wall: give a larger one"
    return (
        f"no lattice was found in the {' or the '.join(bare)}, so their periods can't be compared: "
        "give a reference that shows more of the material"
    )


def _reference_axis(d: Measured, reference: ReferenceResult, name: str) -> str | None:
    """Why one axis could not be compared with the reference."""
    ratio = reference.scale_ratio_x if name == "unit" else reference.scale_ratio_y
    own, other = _size(d, name), float(getattr(reference.lattice, f"{name}_px"))
    given = getattr(d.settings, f"{name}_px") is not None
    if given or math.isfinite(float(ratio)) or math.isfinite(own) == math.isfinite(other):
        return None
    if math.isfinite(other):
        return f"{name}: not measured, the wall shows too few of them or none"
    least = math.ceil(LIMITS.reference_units * own / d.settings.ref_scale)
    things = "units" if name == "unit" else "courses"
    return (
        f"{name}: not measured, the reference shows too few {things}; give one of at least "
        f"{least} px"
    )


def _size(d: Measured, name: str) -> float:
    return float(getattr(d.lattice, f"{name}_px"))
