"""How steady the lines of a grid are from one part of the picture to the next.

A grid that upsampling leaves has the same phase wherever it is. What edges, stains and the blocks
of JPEG put on the same lines has another phase in every part. The picture is cut into blocks of
whole periods, and the scatter of a line's complex amplitude over the blocks says how much power it
has by chance; for a line of noise the ratio has an F distribution, whatever the level of the noise
(Thomson, "Spectrum estimation and harmonic analysis", Proc. IEEE 70(9), 1982, section XIII, with
blocks in place of tapers).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from tiling_diag.checks.artifacts.limits import LIMITS
from tiling_diag.kernels.tapers import hann


@dataclass(frozen=True)
class Blocks:
    """Complex amplitudes of all lines in the blocks of a picture.

    Attributes:
        amplitude: ``(B, N, L)`` of the luma; 0 in blocks that are not on the wall.
        on_wall: ``(B, N)`` 1 in blocks that are, else 0.
        order: ``(L, 2)`` whole numbers k: the lines are at k over their period.
        shape: ``(rows, columns)`` of the blocks, N of them.
        side_px: side of a block.
    """

    amplitude: Tensor
    on_wall: Tensor
    order: Tensor
    shape: tuple[int, int]
    side_px: int

    @property
    def steadiness(self) -> Tensor:
        """``(B, L)`` power of the mean amplitude over what chance gives it; 1 on average without a
        line, and infinite where there are too few blocks to tell.

        Courses run through all blocks of a row, and so does what they add to a line of rows by
        chance: such a line is compared with its scatter from row to row, too.
        """
        weight = self.on_wall[..., None].to(self.amplitude.real.dtype)
        count = weight.sum(1)
        lines = self.amplitude * weight
        by_chance = _scatter(lines, weight)
        for axis in (0, 1):
            # A line (0, l) along y is that of rows, a line (k, 0) that of columns.
            own = self.order[:, axis] == 0
            rows = lines[..., own].reshape(len(lines), *self.shape, -1).sum(2 - axis)
            filled = weight.reshape(len(lines), *self.shape, 1).sum(2 - axis)
            enough = (filled > 0).sum(1) >= LIMITS.grid_least_rows
            by_chance[:, own] = torch.maximum(by_chance[:, own], _scatter(rows, filled) * enough)
        mean = lines.sum(1) / count.clamp_min(1)
        ratio = mean.abs().square() / by_chance.clamp_min(1e-20)
        return ratio.masked_fill(count < LIMITS.grid_least_blocks, torch.inf)

    def place(self, mine: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Where the pattern of some lines lies.

        Args:
            mine: ``(L,)`` which lines, K of them.
            wanted: ``(B, K)`` weight of each.

        Returns:
            ``(B,)`` share of the wall, and ``(B, 4)`` a box x0, y0, x1, y1 in px around it.
        """
        lines = self.amplitude[..., mine]
        weight = self.on_wall[..., None].to(wanted.dtype)
        mean = (lines * weight).sum(1) / weight.sum(1).clamp_min(1)
        # How much of the mean pattern each block has.
        part = (lines * mean.conj()[:, None]).real * wanted[:, None] * weight
        match = part.sum(-1)
        total, square = match.clamp_min(0).sum(1), match.clamp_min(0).square().sum(1)
        count = self.on_wall.sum(1).clamp_min(1)
        share = (total.square() / square.clamp_min(1e-30) / count).clamp(0, 1)
        # The mean of the blocks that have it is that of all over the share.
        full = total / (share * count).clamp_min(1e-9)
        there = (match > full[:, None] / 2).reshape(-1, *self.shape)
        boxes = []
        for axis in (2, 1):
            # Single blocks match by chance.
            part = there.to(wanted.dtype).mean(3 - axis)
            along = part > LIMITS.grid_block_share * part.amax(1, keepdim=True)
            place = torch.arange(along.shape[1], device=along.device).expand_as(along)
            low = place.masked_fill(~along, along.shape[1]).amin(1)
            boxes.append((low, place.masked_fill(~along, -1).amax(1) + 1))
        (x0, x1), (y0, y1) = boxes
        box = torch.stack([x0, y0, x1, y1], -1).to(wanted.dtype) * self.side_px
        return share, box.masked_fill(~there.flatten(1).any(1)[:, None], torch.nan)


def _scatter(sums: Tensor, weight: Tensor) -> Tensor:
    """``(B, L)`` power that the mean over parts of a picture has by chance.

    Args:
        sums: ``(B, N, L)`` complex amplitudes, times the weights.
        weight: ``(B, N, 1)`` of the parts.
    """
    total = weight.sum(1).clamp_min(1)
    mean = sums.sum(1) / total
    count = (weight > 0).sum(1)
    off = (sums - mean[:, None] * weight).abs().square().sum(1) / total.square()
    return off * count / (count - 1).clamp_min(1)


def measure_blocks(luma: Tensor, mask: Tensor, order: Tensor, period: int) -> Blocks:
    """Amplitudes of lines in blocks of whole periods.

    Args:
        luma: ``(B, H, W)``, mean 0.
        mask: ``(B, H, W)`` where the wall is.
        order: ``(L, 2)`` the lines are at ``order / period`` cycles/px.
        period: px.
    """
    height, width = luma.shape[-2:]
    side = period * max(LIMITS.grid_block_periods, -(-LIMITS.grid_block_px // period))
    rows, columns = height // side, width // side
    if rows * columns < 1:
        nothing = luma.new_zeros(len(luma), 1, len(order))
        return Blocks(nothing.to(torch.complex64), nothing[..., 0], order, (1, 1), side)
    tiles = luma[:, : rows * side, : columns * side].reshape(-1, rows, side, columns, side)
    tiles = tiles.transpose(2, 3).flatten(1, 2)
    taper = hann((side, side), device=luma.device, dtype=luma.dtype)
    # The mean of a block would leak into the lines next to zero.
    level = (tiles * taper).sum((-2, -1), keepdim=True) / taper.sum()
    planes = torch.fft.fft2((tiles - level) * taper) / taper.sum()
    at = (order * (side // period)) % side
    amplitude = planes[..., at[:, 1], at[:, 0]]
    covered = avg_pool2d(mask[:, None], side)[:, 0].flatten(1)
    on_wall = (covered >= LIMITS.grid_block_cover).to(luma)
    return Blocks(amplitude, on_wall, order, (rows, columns), side)
