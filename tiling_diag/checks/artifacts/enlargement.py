"""Whether a picture was enlarged, by what factor, and how well.

A pixel of an enlarged picture is a mean of its neighbours in the small one, and how much of a mean
it is repeats every `factor` px: so does the size of the differences of neighbouring pixels, in
every row and column (Gallagher, "Detection of linear and cubic interpolation in JPEG compressed
images", CRV 2005; Mahdian and Saic, "Blind authentication using periodic properties of
interpolation", IEEE TIFS 3(3), 2008). The logarithm keeps single joints from counting for more than
the thousands of pixels beside them. A material has lines of this kind too, but a comb of them at
the multiples of its own frequency, and the blocks of JPEG have the multiples of 1/8: a line counts
as far as it is higher than its neighbours in these combs.

Enlarging also mirrors a picture's spectrum at the small picture's highest frequency; the filter
takes that away, or does not. Repeated pixels leave ten times as much of it as cubics, and sixty
times as much as Lanczos.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d, max_pool1d, pad

from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.checks.artifacts.traces import centred_lines, wave_amplitudes, whitened_profile
from tiling_diag.checks.results import LatticeResult
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.spectrum import fft_size
from tiling_diag.kernels.tapers import hann


@dataclass(frozen=True)
class Trace:
    """The line that interpolation left, ``(B,)`` each.

    Attributes:
        height: natural logarithm of it over what is beside it; NaN where nothing can be told.
        amplitude: in natural logarithms of the differences of neighbours.
        factor: how far the picture would have been enlarged.
    """

    height: Tensor
    amplitude: Tensor
    factor: Tensor


def measure_trace(walls: Walls, lattice: LatticeResult, profiles: tuple[Tensor, Tensor]) -> Trace:
    """The line that stands highest above what is beside it, along both axes at once.

    Args:
        walls: the batch.
        lattice: of the material, whose comb is no trace.
        profiles: ``(B, 3, n)`` each, as `traces.difference_profiles` gives them.
    """
    shortest = min(walls.size)
    if shortest < LIMITS.trace_least_side_px:
        nothing = torch.full_like(profiles[0][:, 0, 0], torch.nan)
        return Trace(nothing, nothing, nothing)
    bins = fft_size(4 * max(walls.size))
    frequency = torch.fft.rfftfreq(bins, device=profiles[0].device, dtype=profiles[0].dtype)
    half_width = math.ceil(LIMITS.trace_place_bins * bins / shortest)
    along, over, sharp = [], [], []
    for axis, dim in enumerate((-1, -2)):
        each = torch.cat([profiles[axis], whitened_profile(walls, dim)[:, None]], 1)
        waves = wave_amplitudes(each, bins)
        amplitude = max_pool1d(waves, 2 * half_width + 1, 1, half_width)
        teeth = _teeth(amplitude, _comb(lattice, axis).to(amplitude), half_width)
        beside = torch.maximum(_level(amplitude, shortest), teeth) + LIMITS.trace_least_beside
        along.append(amplitude)
        sharp.append(waves)
        over.append((amplitude / beside).log())
    both = (along[0] * along[1]).sqrt()
    height = (over[0] + over[1]) / 2
    # The odd multiples of 1/8 are those of JPEG's blocks alone.
    tells = frequency > LIMITS.trace_least_frequency
    tells = tells & ((frequency - 0.375).abs() > (2 * half_width + 1) / bins)
    height = height.masked_fill(~tells, -torch.inf)
    place = height.amax(1).argmax(-1)
    at = place[:, None, None].expand(-1, height.shape[1], 1)
    heights, tops = height.gather(-1, at)[..., 0], both.gather(-1, at)[..., 0]
    order = heights[:, : len(LIMITS.trace_orders)].argmax(-1)
    top = tops.gather(-1, order[:, None])[:, 0]
    # The running maximum makes a plateau of a peak, somewhere on which the place is.
    mine = (sharp[0] + sharp[1]).gather(1, order[:, None, None].expand(-1, 1, len(frequency)))[:, 0]
    bin_of = torch.arange(len(frequency), device=place.device)
    there = (bin_of - place[:, None]).abs() <= half_width
    line = frequency[mine.masked_fill(~there, 0.0).argmax(-1)]
    factor = _factor(profiles, both, line, order, top)
    return Trace(heights.amax(-1), top, factor)


def _level(amplitude: Tensor, shortest: int) -> Tensor:
    """What amplitudes ``(B, C, F)`` are in the band around each frequency."""
    count = amplitude.shape[-1]
    parts = min(LIMITS.trace_blocks, max(4, shortest // (2 * LIMITS.trace_block_cells)))
    width = -(-count // parts)
    blocks = pad(amplitude, (0, parts * width - count), mode="replicate")
    blocks = pad(blocks, (2 * width, width), mode="reflect").unfold(-1, 4 * width, width)
    level = blocks.quantile(LIMITS.trace_quantile, dim=-1)
    return level.repeat_interleave(width, -1)[..., :count]


def _teeth(amplitude: Tensor, comb: Tensor, half_width: int) -> Tensor:
    """How high the neighbours of each frequency are in the combs that it may belong to.

    Args:
        amplitude: ``(B, C, F)`` a running maximum over ``2 * half_width + 1`` bins.
        comb: ``(B,)`` the material's frequency in cycles/px; NaN where it has none.
        half_width: bins.
    """
    count = amplitude.shape[-1]
    bins = 2 * (count - 1)
    place = torch.arange(count, device=amplitude.device)
    moves = torch.tensor([-2, -1, 1, 2], device=amplitude.device)
    steps = (comb.nan_to_num(0.0)[:, None] * moves * bins).round().long()
    near = (place + steps[..., None]).abs()
    near = torch.where(near > bins // 2, bins - near, near).clamp(0, count - 1)
    index = near[:, None].expand(-1, amplitude.shape[1], -1, -1)
    teeth = amplitude[:, :, None].expand(-1, -1, len(moves), -1).gather(-1, index)
    order = teeth.sort(2).values
    reach = 2 * half_width + 1
    at_end = place >= bins // 2 - reach
    # There the neighbours on both sides are the same two.
    second = torch.where(at_end, order[:, :, 1], order[:, :, 2])
    second = second.masked_fill(comb.isnan()[:, None, None], 0.0)
    jpeg = torch.maximum(amplitude[..., bins // 8], amplitude[..., 3 * bins // 8])[..., None]
    of_blocks = ((place - bins // 4).abs() <= reach) | at_end
    return torch.where(of_blocks, torch.maximum(second, jpeg), second)


def _comb(lattice: LatticeResult, axis: int) -> Tensor:
    """``(B,)`` the lowest frequency in the profile of a lattice along an axis; NaN without one.

    The lattice's translations along the axis are the multiples of one length if the shift from
    course to course is a simple share of the unit.
    """
    length = lattice.basis_px[..., axis].abs()
    longer, shorter = length.nan_to_num(0.0).amax(-1), length.nan_to_num(0.0).amin(-1)
    comb = 1 / longer.clamp_min(LIMITS.trace_least_comb_px)
    shifted = shorter > LIMITS.trace_same_place * longer
    parts = torch.arange(1, LIMITS.trace_comb_parts + 1, device=length.device)
    share = (shorter / longer.clamp_min(1e-9))[..., None] * parts
    fits = (share - share.round()).abs() < LIMITS.trace_comb_miss * parts
    part = torch.where(fits, parts, LIMITS.trace_comb_parts + 1).amin(-1)
    comb = torch.where(shifted, comb * part, comb)
    unknown = ~lattice.is_periodic | (longer < LIMITS.trace_least_comb_px)
    return comb.masked_fill(unknown | (shifted & ~fits.any(-1)), torch.nan)


def _factor(
    profiles: tuple[Tensor, Tensor], both: Tensor, line: Tensor, order: Tensor, top: Tensor
) -> Tensor:
    """``(B,)`` how far the picture was enlarged: 1 / line, or its mirror image 1 / (1 - line).

    Between straight lines second differences vanish, if the lines are longer than 2 px; those
    under 2 px show best in third differences.
    """
    bins = 2 * (both.shape[-1] - 1)
    skewness = torch.stack([_skewness(p[:, 0]) for p in profiles]).mean(0)
    above_two = torch.where(order == 0, skewness > LIMITS.trace_skewness, order == 1)
    factor = torch.where(
        above_two | (1 / (1 - line) < LIMITS.trace_least_factor), 1 / line, 1 / (1 - line)
    )
    # Straight lines over 4 px show best at 1/2 in the third differences; then 1/4 is there, too.
    quarter, blocks = (both[..., round(bins * at)].amax(-1) for at in (0.25, 0.375))
    by_four = (
        (line > LIMITS.trace_limit_half)
        & (quarter > LIMITS.trace_quarter_share * top)
        & (quarter > LIMITS.trace_quarter_over_blocks * blocks)
    )
    return torch.where(by_four, 4.0, factor)


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


def mirrored_share(walls: Walls, factor: Tensor) -> tuple[Tensor, Tensor]:
    """How much of the spectrum is found again one sampling rate of the small picture further on.

    A small picture enlarged by F has its spectrum again at every multiple of 1/F, times the
    filter's response there. The cross spectrum of both places over the power of the first is the
    ratio of the responses, whatever else is in the second place. F and its mirror image leave the
    same trace: a bad filter must look bad by both.

    Args:
        walls: the batch.
        factor: ``(B,)`` how far the pictures were enlarged; NaN where that is not known.

    Returns:
        ``(B, 2)`` amplitude ratios, geometric means over both axes, in the two bands of
        `LIMITS.mirror_bands`; and ``(B,)`` the coherence of both places in `LIMITS.mirror_both`,
        from 0 to 1.
    """
    shares, coherences = [], []
    # (B, 2, 1): of the factor and of its mirror image.
    rate = torch.stack([1 / factor, (factor - 1) / factor], -1)[..., None].to(walls.luma)
    for dim in (-1, -2):
        luma, _ = centred_lines(walls, dim)
        length = luma.shape[-1]
        place = torch.arange(length, device=luma.device)
        tapered = luma * hann((1, length), device=luma.device, dtype=luma.dtype)
        turned = tapered[:, None] * torch.exp(-2j * math.pi * rate * place)[:, :, None]
        here, there = torch.fft.fft(tapered.to(turned.dtype))[:, None], torch.fft.fft(turned)
        frequency = torch.fft.fftfreq(length, device=luma.device, dtype=luma.dtype)
        depth = -frequency / rate
        cross = (there * here.conj()).sum(2)
        power, other = (spectrum.abs().square().sum(2) for spectrum in (here, there))
        inside = _between(depth, LIMITS.mirror_both)
        both = ((power * inside).sum(-1) * (other * inside).sum(-1)).sqrt()
        coherences.append((cross * inside).sum(-1).abs() / both.clamp_min(1e-12))
        bands = torch.stack([_between(depth, band) for band in LIMITS.mirror_bands], -2)
        size = (cross[..., None, :] * bands).sum(-1).abs()
        shares.append(size / (power[..., None, :] * bands).sum(-1).clamp_min(1e-9))
    share = (shares[0] * shares[1]).sqrt().amin(1)
    coherence = (coherences[0] * coherences[1]).sqrt().amax(1)
    unknown = ~factor.isfinite()
    return share.masked_fill(unknown[:, None], torch.nan), coherence.masked_fill(unknown, torch.nan)


def _between(values: Tensor, band: tuple[float, float]) -> Tensor:
    """1 where values are in a band, else 0."""
    return ((values > band[0]) & (values < band[1])).to(values.dtype)
