"""What every loss starts from: checked inputs, weights from the mask, one spectrum per picture.

Pictures are ``(B, C, H, W)``; everything is computed in float32 (float64 if a picture is float64),
outside any autocast region. An item without power (a flat picture, an empty mask) does not count.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.kernels.luma import luma
from tiling_diag.kernels.spectrum import power_spectrum
from tiling_diag.kernels.tapers import feather, tukey

from .profiles import LogMap, Profile, padded_size, sector_profiles
from .tables import constant_result

SMALLEST_SIDE_PX = 16
# The mask's border is softened over this share of the shorter side.
FEATHER_SHARE = 1 / 16
# An eighth at each side is tapered: a Hann window sees fewer units, and their wander weighs more.
WINDOW_TAPER = 0.25
# Below this standard deviation, in rounding errors of float32 times the mean, a picture is flat.
FLAT_IN_ROUNDING_ERRORS = 16.0
# Pictures with larger values are scaled down first. By hand: no picture has them.
HUGE = 65536.0
# A smaller sum of squared weights holds no lattice: it is less than four 4 x 4 px units.
LEAST_AREA_PX = 64.0


@dataclass
class Spectra:
    """One-sided power of two pictures under one mask, and the profiles taken of it so far."""

    powers: tuple[Tensor, Tensor]  # each (B, h, w // 2 + 1), (h, w) = `padded_size(size)`
    size: tuple[int, int]  # of the pictures
    counts: Tensor  # (B,) bool: False for an item that has nothing to compare
    _maps: dict[LogMap, tuple[Profile, Profile]] = field(default_factory=dict)

    def maps(self, grid: LogMap) -> tuple[Profile, Profile]:
        """`sector_profiles` of both pictures, computed once per grid."""
        if grid not in self._maps:
            first, second = self.powers
            self._maps[grid] = (sector_profiles(first, grid), sector_profiles(second, grid))
        return self._maps[grid]


def check_pictures(pred: Tensor, target: Tensor, mask: Tensor | None) -> None:
    """Raise `InputError` unless shapes, dtypes and devices fit; values are not looked at."""
    for name, image in (("pred", pred), ("target", target)):
        if image.ndim != 4 or image.shape[1] not in (1, 3):
            raise InputError(
                f"{name} is {tuple(image.shape)}: pass (B, C, H, W) with C = 1 or 3, "
                "e.g. image[None] for a single picture"
            )
        if not image.is_floating_point():
            raise InputError(f"{name} is {image.dtype}: pass floating point, e.g. x.float() / 255")
    if pred.shape[0] == 0 or target.shape[0] == 0:
        raise InputError("the batch is empty (B = 0): skip the loss where there are no pictures")
    if pred.shape[0] != target.shape[0] or pred.shape[-2:] != target.shape[-2:]:
        raise InputError(
            f"pred is {tuple(pred.shape)} but target is {tuple(target.shape)}: batch, height and "
            "width must agree; crop the target, or resize it if its scale is known"
        )
    if min(pred.shape[-2:]) < SMALLEST_SIDE_PX:
        raise InputError(
            f"the pictures are {tuple(pred.shape[-2:])} px: use at least "
            f"{SMALLEST_SIDE_PX} x {SMALLEST_SIDE_PX}"
        )
    if pred.device != target.device:
        raise InputError(
            f"pred is on {pred.device} but target on {target.device}: move one with .to(device)"
        )
    if mask is not None:
        _check_mask(mask, pred)


def _check_mask(mask: Tensor, pred: Tensor) -> None:
    expected = (pred.shape[0], 1, *pred.shape[-2:])
    if tuple(mask.shape) != expected:
        raise InputError(
            f"mask is {tuple(mask.shape)} but the pictures need {expected}: "
            "(B, 1, H, W), or None for the whole picture"
        )
    if not mask.is_floating_point():
        raise InputError(f"mask is {mask.dtype}: pass floating point in [0, 1], e.g. mask.float()")
    if mask.device != pred.device:
        raise InputError(
            f"mask is on {mask.device} but pred on {pred.device}: move one with .to(device)"
        )


def compute_spectra(
    pred: Tensor, target: Tensor, mask: Tensor | None, *, both: bool = False
) -> Spectra:
    """Spectra of two pictures under one mask.

    Args:
        pred: ``(B, C, H, W)``, C = 1 or 3, floating point.
        target: like `pred`; it takes no gradient unless `both`.
        mask: ``(B, 1, H, W)`` in [0, 1], or None for ones.
        both: whether gradient flows to `target` too.

    Raises:
        InputError: if shapes, dtypes or devices do not fit.
    """
    check_pictures(pred, target, mask)
    dtype = torch.promote_types(torch.promote_types(pred.dtype, target.dtype), torch.float32)
    size = (pred.shape[-2], pred.shape[-1])
    weights = _weights(mask, size, pred.device, dtype)
    first = luma(_moderate(pred.to(dtype)))
    second = luma(_moderate((target if both else target.detach()).to(dtype)))
    padded = padded_size(size)
    powers = (power_spectrum(first, weights, padded), power_spectrum(second, weights, padded))
    area = weights.square().sum((-2, -1))
    counts = _has_power(first, powers[0], area) & _has_power(second, powers[1], area)
    # Ones in place of nothing: a flat spectrum has no profile, no loss and no gradient.
    keep = counts[:, None, None]
    filled = (torch.where(keep, powers[0], 1.0), torch.where(keep, powers[1], 1.0))
    return Spectra(filled, size, counts)


def _moderate(image: Tensor) -> Tensor:
    """Pictures of huge values over their largest one: squares overflow from 1e19 on.

    The losses do not depend on contrast. What is not finite stays so, and shows in the loss.
    """
    largest = image.detach().abs().amax((1, 2, 3), keepdim=True)
    huge = (largest > HUGE) & (largest < torch.inf)
    return image / torch.where(huge, largest, 1.0)


def _has_power(image: Tensor, power: Tensor, area: Tensor) -> Tensor:
    """``(B,)`` bool; a non-finite item counts, so that its loss shows it."""
    # Half the plane is enough: it decides between something and rounding errors.
    energy = power.detach().sum((-2, -1))
    level = image.detach().abs().mean((-2, -1))
    info = torch.finfo(torch.float32)
    floor = (FLAT_IN_ROUNDING_ERRORS * info.eps * level).square() * area + info.tiny
    return ~((energy <= floor) | (area < LEAST_AREA_PX))


def _weights(
    mask: Tensor | None, size: tuple[int, int], device: torch.device, dtype: torch.dtype
) -> Tensor:
    """``(H, W)``, or ``(B, H, W)`` with a mask: its feathered inside under the window."""
    window = _window(size, device, dtype)
    if mask is None:
        return window
    return feather(mask.detach().to(dtype)[:, 0].clamp(0, 1), FEATHER_SHARE * min(size)) * window


@constant_result
def _window(size: tuple[int, int], device: torch.device, dtype: torch.dtype) -> Tensor:
    return tukey(size, taper=WINDOW_TAPER, device=device, dtype=dtype)
