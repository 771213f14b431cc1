"""Background-free log-polar profiles of a power spectrum: only the lines of a lattice are left.

Mean power per cell of a log-polar grid, in natural log units over its smooth fall (about 1/f) in
that direction; what stands clearly above it is kept, blurred a little and centred. The profile does
not see brightness or contrast at all; enlarging a picture by s moves it down by ``log(s)``,
turning it is a circular shift.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.kernels.sectors import sector_map, sector_table
from tiling_diag.kernels.spectrum import fft_size

from .tables import constant_result

# Chosen on the 27 corpus pictures of benchmarks/losses.py, all together, at 256 px.
# Power added to each cell, as a share of the mean power: faint lines below it do not count.
FLOOR_SHARE = 0.2
# Log units: width of the background's blur, height over it at which a line counts, softness of
# that threshold, width of the blur whose result is taken away to centre, width of the last blur.
BACKGROUND_WIDTH = 0.4
# Grain and boards of many tones fill some directions only: the background is blurred over so much
# angle, not over all.
BACKGROUND_WIDTH_DEG = 20.0
THRESHOLD = 1.0
SOFTNESS = 0.5
CENTRING_WIDTH = 0.6
BLUR_WIDTH = 0.025
# Amplitudes are weighted by this power of their frequency: half way between grey levels (0) and
# amplitudes of one size in all octaves (1), since pictures fall off about as 1/f.
RISE = 0.5
# Pictures are zero-padded to so many times their sides: between bins of their own size the place
# of a narrow line is pulled to the nearer bin.
PADDING = 1.5
# Two cycles must fit across the longer side.
LEAST_CYCLES = 2.0


class LogMap(NamedTuple):
    """A log-polar grid for pictures of `size`: radii in cycles/px, half a turn of sectors."""

    size: tuple[int, int]
    rings: int
    sectors: int
    r_min: float
    r_max: float

    @property
    def step(self) -> float:
        """Natural log of the ratio of two neighbouring radii."""
        return math.log(self.r_max / self.r_min) / (self.rings - 1)

    @property
    def radii(self) -> Tensor:
        """``(rings,)`` float64 cycles/px."""
        return torch.logspace(
            math.log10(self.r_min), math.log10(self.r_max), self.rings, dtype=torch.float64
        ).clamp(max=0.5)


def padded_size(size: tuple[int, int]) -> tuple[int, int]:
    """The height and width of the transform of pictures of a size."""
    h, w = (fft_size(math.ceil(PADDING * side)) for side in size)
    return h, w


def log_map(
    size: tuple[int, int], rings: int, sectors: int, r_min: float, r_max: float = 0.5
) -> LogMap:
    """The grid of `rings` from `r_min` (at least two cycles across the picture) to `r_max`.

    Raises:
        InputError: if that leaves less than an octave.
    """
    lowest = max(r_min, LEAST_CYCLES / max(size))
    if r_max < 2 * lowest:
        raise InputError(
            f"frequencies from {lowest:.4g} to {r_max:.4g} cycles/px are less than an octave for "
            f"a {size[0]} x {size[1]} picture: lower the least, raise the largest bin, or use "
            "larger pictures"
        )
    return LogMap(size, rings, sectors, lowest, r_max)


class Profile(NamedTuple):
    """Three views of a spectrum, each ``(B, rings, sectors)``."""

    excess: Tensor
    """What stands above the background, natural log units, at least 0: faint lines count nearly as
    much as strong ones, so that all vote."""
    lines: Tensor
    """What stands above the background, grey levels, at least 0, of unit norm: what the lines
    weigh in the picture."""
    amplitude: Tensor
    """Grey levels times a power of the frequency, less their mean, of unit norm. In narrow sectors
    old lines can hide in a background that is raised: here it is left in."""


def sector_profiles(power: Tensor, grid: LogMap) -> Profile:
    """Lines of a spectrum over its background, and its amplitudes.

    Args:
        power: one-sided ``(B, h, w // 2 + 1)``, ``(h, w)`` the padded size of the grid's.
        grid: for the pictures' size.
    """
    table = _sectors(grid, power.device, power.dtype)
    floor = FLOOR_SHARE * power.mean((-2, -1))[:, None, None]
    cells = sector_map(power, padded_size(grid.size), table) + floor
    around = circular_smoothing(
        grid.sectors, BACKGROUND_WIDTH_DEG * grid.sectors / 180, power.device, power.dtype
    )
    blur = smoothing(grid.rings, BACKGROUND_WIDTH / grid.step, power.device, power.dtype)
    log_background = blur @ torch.log(cells @ around) + THRESHOLD
    excess = F.softplus((torch.log(cells) - log_background) / SOFTNESS) * SOFTNESS
    levels = torch.sqrt(cells)
    narrow = smoothing(grid.rings, BLUR_WIDTH / grid.step, power.device, power.dtype)
    lines = narrow @ F.relu(levels - torch.exp(0.5 * log_background))
    amplitude = narrow @ (levels * _rise(grid, power.device, power.dtype))
    amplitude = amplitude - amplitude.mean((-2, -1), keepdim=True)
    return Profile(excess, unit_norm(lines), unit_norm(amplitude))


def unit_norm(profile: Tensor) -> Tensor:
    """Divided by the root of its sum of squares over rings and sectors; 0 stays 0."""
    square = profile.square().sum((-2, -1), keepdim=True)
    return profile * torch.rsqrt(square + torch.finfo(profile.dtype).tiny)


def centred(profile: Tensor, step: float) -> Tensor:
    """Blurred, less its wide average along the rings, of unit norm: ``(B, rings, sectors)``."""
    band_pass = _band_pass(profile.shape[-2], step, profile.device, profile.dtype)
    return unit_norm(band_pass @ profile)


@constant_result
def smoothing(n: int, width: float, device: torch.device, dtype: torch.dtype) -> Tensor:
    """``(n, n)`` Gaussian averaging of `width` steps, renormalized at the ends."""
    place = torch.arange(n, dtype=torch.float64)
    taps = torch.exp(-0.5 * ((place[:, None] - place) / width).square())
    return (taps / taps.sum(-1, keepdim=True)).to(device=device, dtype=dtype)


@constant_result
def circular_smoothing(n: int, width: float, device: torch.device, dtype: torch.dtype) -> Tensor:
    """``(n, n)`` Gaussian averaging of `width` steps on a circle."""
    place = torch.arange(n, dtype=torch.float64)
    away = (place[:, None] - place + n / 2) % n - n / 2
    taps = torch.exp(-0.5 * (away / width).square())
    return (taps / taps.sum(-1, keepdim=True)).to(device=device, dtype=dtype)


@constant_result
def _band_pass(n: int, step: float, device: torch.device, dtype: torch.dtype) -> Tensor:
    cpu, double = torch.device("cpu"), torch.float64
    narrow = smoothing(n, BLUR_WIDTH / step, cpu, double)
    wide = smoothing(n, CENTRING_WIDTH / step, cpu, double)
    return (narrow @ (torch.eye(n, dtype=double) - wide)).to(device=device, dtype=dtype)


@constant_result
def _rise(grid: LogMap, device: torch.device, dtype: torch.dtype) -> Tensor:
    return grid.radii.pow(RISE)[:, None].to(device=device, dtype=dtype)


@constant_result
def _sectors(grid: LogMap, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    plane = padded_size(grid.size)
    index, weight = sector_table(plane, grid.radii, grid.sectors, dtype=dtype)
    return index.to(device), weight.to(device)
