"""What a resize did to the picture: traces of interpolation, and what a clean resize would change.

A picture that was enlarged by repeating pixels, or by straight lines between them, differs from
pixel to pixel by an amount that itself repeats: 1 / factor cycles per px, in every row and column
(Gallagher, "Detection of linear and cubic interpolation in JPEG compressed images", CRV 2005;
Mahdian and Saic, "Blind authentication using periodic properties of interpolation", IEEE TIFS 3(3),
2008). No low-pass was used then, on the way up at least. The logarithm keeps single joints from
counting for more than the thousands of pixels beside them; a material has lines of this kind too,
but a whole comb of them, and the blocks of JPEG have every multiple of 1/8.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d, interpolate, max_pool1d

from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.artifacts.results import ResizeResult
from tiling_diag.checks.artifacts.traces import wave_amplitudes
from tiling_diag.checks.results import LatticeResult
from tiling_diag.checks.spectra.power import own_period
from tiling_diag.checks.walls import Walls, resized
from tiling_diag.kernels.spectrum import fft_size


def measure_resize(
    walls: Walls, lattice: LatticeResult, profiles: tuple[Tensor, Tensor]
) -> ResizeResult:
    """Traces of a resize, what half size and back takes away, and where the fundamental is then.

    Args:
        walls: the batch.
        lattice: the fundamental's wave vector.
        profiles: as `traces.difference_profiles` gives them.
    """
    trace, amplitude, factor = _trace(profiles, walls.size)
    return ResizeResult(
        mse_down_up=_down_up(walls),
        period_px=half_size_period(walls.power, walls.size, lattice),
        trace=trace,
        trace_amplitude=amplitude,
        trace_factor=factor,
    )


def _down_up(walls: Walls) -> Tensor:
    """``(B,)`` mean squared difference to half size and back, low-passed, on the wall."""
    height, width = walls.size
    half = resized(walls.luma[:, None], (max(1, height // 2), max(1, width // 2)))
    # Nothing to low-pass on the way up.
    back = interpolate(half, size=walls.size, mode="bilinear", align_corners=False)[:, 0]
    square = back.sub_(walls.luma).square_()
    if walls.whole:
        return square.mean((-2, -1))
    total = walls.mask.sum((-2, -1))
    mean = (square * walls.mask).sum((-2, -1)) / total.clamp_min(1e-9)
    return mean.masked_fill(total <= 0, torch.nan)


def half_size_period(power: Tensor, size: tuple[int, int], lattice: LatticeResult) -> Tensor:
    """``(B,)`` period in px of the fundamental in the lower half of the spectrum.

    That is the spectrum of the picture at half its size after a perfect low-pass.

    Args:
        power: ``(B, H, W // 2 + 1)`` one-sided.
        size: ``(H, W)``.
        lattice: its wave vector says where to look.
    """
    height, width = 2 * (size[0] // 4), 2 * (size[1] // 4)
    wave = lattice.wave_vector.to(power)
    if min(height, width) < LIMITS.half_size_least_px:
        return torch.full_like(wave[:, 0], torch.nan)
    low = torch.cat([power[:, : height // 2], power[:, size[0] - height // 2 :]], dim=1)
    seen = wave * wave.new_tensor([size[1] / width, size[0] / height])
    period_small = own_period(low[..., : width // 2 + 1], (height, width), seen)
    lost = ~(seen.abs().amax(-1) < LIMITS.half_size_nyquist)
    period: Tensor = period_small * seen.norm(dim=-1) / wave.norm(dim=-1)
    return period.masked_fill(lost, torch.nan)


def _trace(profiles: tuple[Tensor, Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """The line that stands highest above all unrelated lines, along both axes at once.

    Returns:
        ``(B,)`` each: log of its height over the next one, its amplitude (natural logarithms of
        the differences), and the factor that it speaks for. The height is NaN where nothing could
        be told from the line.
    """
    shortest = min(size)
    if shortest < LIMITS.trace_least_side_px:
        nothing = torch.full_like(profiles[0][:, 0, 0], torch.nan)
        return nothing, nothing, nothing
    bins = fft_size(4 * max(size))
    frequency = torch.fft.rfftfreq(bins, device=profiles[0].device, dtype=profiles[0].dtype)
    half_width = math.ceil(LIMITS.trace_place_bins * bins / shortest)
    along = [
        max_pool1d(wave_amplitudes(p, bins), 2 * half_width + 1, 1, half_width) for p in profiles
    ]
    both = (along[0] * along[1]).sqrt()
    best = torch.where(frequency > LIMITS.trace_least_frequency, both, 0.0).argmax(-1)
    top = both.gather(-1, best[..., None])[..., 0]
    # The running maximum makes a plateau of a peak, of which `argmax` gives the first place.
    line = frequency[(best + half_width).clamp_max(len(frequency) - 1)]
    no_rival = _related(frequency, line, shortest) | (frequency < LIMITS.trace_slow)
    rivals = both.masked_fill(no_rival, 0.0)
    height = (top / rivals.amax(-1).clamp_min(1e-9)).clamp_min(1e-9).log()
    # In a small picture a line's harmonics may cover the whole band: then nothing is left that it
    # could stand above.
    cells = (~no_rival).to(height.dtype).mean(-1) * (shortest / 2)
    height = height.masked_fill(cells < LIMITS.trace_least_rivals, -torch.inf)
    order = height.argmax(-1)
    height, top, line = (x.gather(-1, order[:, None])[:, 0] for x in (height, top, line))
    # Straight lines over 4 px show best at 1/2 in the third differences; then 1/4 is there, too.
    quarter, blocks = (both[..., round(bins * at)].amax(-1) for at in (0.25, 0.375))
    by_four = (
        (line > LIMITS.trace_limit_half)
        & (quarter > LIMITS.trace_quarter_share * top)
        & (quarter > LIMITS.trace_quarter_over_blocks * blocks)
    )
    factor = torch.where(by_four, 4.0, _factor(profiles, line, order))
    return height.masked_fill(height.isneginf(), torch.nan), top, factor


def _related(frequency: Tensor, line: Tensor, shortest: int) -> Tensor:
    """``(B, 3, F)`` which frequencies belong to a trace at ``line (B, 3)``."""
    width = 2 * (LIMITS.trace_line_bins + LIMITS.trace_place_bins) / shortest
    orders = torch.arange(1, LIMITS.trace_harmonics + 1, device=line.device, dtype=line.dtype)
    places = line[..., None] * orders
    places = torch.minimum(places % 1, 1 - places % 1)
    # Blocks of JPEG have lines at the multiples of 1/8 that are no harmonics of anything.
    block = (8 * places - (8 * places).round()).abs() / 8 < width / 2
    places = places.masked_fill(block & (orders > 2), 2.0)
    return ((frequency - places[..., None]).abs() < width).any(-2)


def _factor(profiles: tuple[Tensor, Tensor], line: Tensor, order: Tensor) -> Tensor:
    """``(B,)`` how far the picture was enlarged: 1 / line, or its mirror image 1 / (1 - line).

    Between straight lines second differences vanish, if the lines are longer than 2 px; those
    under 2 px show best in third differences.
    """
    skewness = torch.stack([_skewness(p[:, 0]) for p in profiles]).mean(0)
    above_two = torch.where(order == 0, skewness > LIMITS.trace_skewness, order == 1)
    return torch.where(
        above_two | (1 / (1 - line) < LIMITS.trace_least_factor), 1 / line, 1 / (1 - line)
    )


def _skewness(profile: Tensor) -> Tensor:
    """``(B,)`` skewness of the fast part of a profile, its strays cut off."""
    taps = min(LIMITS.trace_slow_px, (profile.shape[-1] - 1) // 2 * 2 + 1)
    slow = avg_pool1d(profile[:, None], taps, 1, taps // 2, count_include_pad=False)[:, 0]
    fast = profile - slow
    ends = torch.tensor(LIMITS.trace_strays, device=profile.device, dtype=profile.dtype)
    low, high = fast.quantile(ends, dim=-1, keepdim=True)
    fast = fast.clamp(low, high)
    fast = fast - fast.mean(-1, keepdim=True)
    spread = fast.square().mean(-1).sqrt().clamp_min(1e-9)
    return fast.pow(3).mean(-1) / spread.pow(3)
