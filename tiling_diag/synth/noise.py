"""Seeded randomness for drawn walls: values per unit, rough surfaces, slow wander.

Everything comes from a CPU `torch.Generator`, so one seed gives one picture on any device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_TABLE_BITS = 16
_TABLE_SIZE = 1 << _TABLE_BITS


def generator(*seeds: int) -> torch.Generator:
    """A CPU generator seeded by several whole numbers; their order matters."""
    mixed = 0x9E3779B97F4A7C15
    for seed in seeds:
        mixed = ((mixed ^ (seed & 0xFFFFFFFF)) * 0xD1342543DE82EF95 + 0x632BE59BD9B4E019) % (
            1 << 64
        )
        mixed ^= mixed >> 29
    return torch.Generator().manual_seed(mixed >> 1)


@dataclass(frozen=True)
class UnitNoise:
    """Random numbers attached to whole-number addresses (one brick, one joint), by table look-up.

    An address ``(x, y)`` is hashed as ``first[x] ^ second[y]``; no shift of addresses maps the
    hashes onto themselves, so the numbers do not repeat with any period.
    """

    first: Tensor
    second: Tensor
    normals: Tensor

    @staticmethod
    def seeded(*seeds: int, device: torch.device | str = "cpu") -> UnitNoise:
        """Tables drawn from `generator(*seeds)`."""
        source = generator(*seeds)
        first, second = (
            torch.randint(0, _TABLE_SIZE, (_TABLE_SIZE,), generator=source, dtype=torch.int32)
            for _ in range(2)
        )
        normals = torch.randn(_TABLE_SIZE, generator=source).clamp_(-2.5, 2.5)
        return UnitNoise(first.to(device), second.to(device), normals.to(device))

    def _hash(self, x: Tensor, y: Tensor, channel: int) -> Tensor:
        wrap = _TABLE_SIZE - 1
        return self.first[(x + 7919 * channel) & wrap] ^ self.second[(y + 104729 * channel) & wrap]

    def normal(self, x: Tensor, y: Tensor, channel: int) -> Tensor:
        """Standard normal numbers, cut at 2.5, one per address and `channel`."""
        return self.normals[self._hash(x, y, channel)]

    def uniform(self, x: Tensor, y: Tensor, channel: int) -> Tensor:
        """Numbers uniform in [0, 1), one per address and `channel`."""
        return self._hash(x, y, channel).to(torch.float32) / _TABLE_SIZE


def rough_surface(
    size: tuple[int, int],
    source: torch.Generator,
    *,
    scale: float = 1.0,
    coarsest_px: float = 100.0,
    slope: float = 1.0,
    count: int = 1,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Stationary Gaussian fields whose amplitude falls as ``1 / (f + 1 / coarsest_px) ** slope``.

    A sum of filtered white noise, so it has no lattice of its own, not even in its local
    variance (interpolated grid noise has one).

    Args:
        size: ``(H, W)`` in image px.
        source: where the white noise comes from.
        scale: image px per material px. The density per material frequency stays, so the same
            material looks the same when it is seen larger.
        coarsest_px: period, in material px, above which the amplitude stays flat.
        slope: 0 is white, 1 is the usual surface.
        count: how many independent fields.
        device: where the result lives.

    Returns:
        ``(count, H, W)`` float32, mean about 0, variance 1 for a material seen at scale 1.
    """
    height, width = (math.ceil(n / 64) * 64 for n in size)
    white = torch.randn(count, height, width, generator=source).to(device)
    fy = torch.fft.fftfreq(height, device=device)[:, None]
    fx = torch.fft.rfftfreq(width, device=device)
    amplitude = _surface_amplitude(torch.hypot(fx, fy) * scale, coarsest_px, slope)
    unit = torch.fft.fftfreq(256, device=device)
    reference = _surface_amplitude(torch.hypot(unit, unit[:, None]), coarsest_px, slope)
    amplitude = amplitude * scale / reference.square().mean().sqrt()
    field: Tensor = torch.fft.irfft2(torch.fft.rfft2(white) * amplitude, s=(height, width))
    return field[:, : size[0], : size[1]]


def _surface_amplitude(frequency: Tensor, coarsest_px: float, slope: float) -> Tensor:
    amplitude = (frequency + 1.0 / coarsest_px) ** -slope
    # The mean level belongs to the colour, not to the texture.
    return torch.where(frequency == 0, torch.zeros_like(amplitude), amplitude)


def slow_field(points: Tensor, source: torch.Generator, shortest_px: float, count: int) -> Tensor:
    """Smooth random fields made of 12 cosines each, wavelengths 1 to 3 times `shortest_px`.

    Args:
        points: ``(..., 2)`` positions ``(x, y)`` in px.
        source: where directions and phases come from.
        shortest_px: shortest wavelength in px.
        count: how many independent fields.

    Returns:
        ``(count, ...)`` with variance 1 over the plane.
    """
    waves = 12
    direction, phase, stretch = torch.rand(3, count, waves, generator=source).to(points.device)
    radius = 2 * math.pi / (shortest_px * (1 + 2 * stretch))
    total = torch.zeros((count, *points.shape[:-1]), device=points.device)
    for wave in range(waves):
        angle = 2 * math.pi * direction[:, wave]
        kx, ky = (
            (radius[:, wave] * f).view(-1, *(1,) * (points.dim() - 1))
            for f in (angle.cos(), angle.sin())
        )
        shift = (2 * math.pi * phase[:, wave]).view_as(kx)
        total += torch.cos(points[..., 0] * kx + points[..., 1] * ky + shift)
    return total * math.sqrt(2.0 / waves)
