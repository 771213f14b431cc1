"""How large a wall's material is beside a reference, where one of them shows no lattice.

Enlarging a material stretches its autocorrelation. Many stretches along x and y are tried, and the
one is taken under which the reference's autocorrelation is most similar to the wall's. It counts if
no other stretch comes near. Materials that hardly repeat, such as boards of unlike lengths, have
such a scale too.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from tiling_diag.checks.autocorrelation_maps import AutocorrelationMaps
from tiling_diag.checks.reference.limits import LIMITS
from tiling_diag.checks.results import LatticeResult, Reason, ReferenceResult
from tiling_diag.checks.walls import Walls


def with_texture_ratio(
    compared: ReferenceResult, lattice: LatticeResult, walls: Walls, ref_scale: float
) -> ReferenceResult:
    """Ratios of walls to their reference, also where a lattice is missing.

    Without a lattice they are those along x and y of the picture.

    Args:
        compared: what the lattices say.
        lattice: of the walls.
        walls: the batch.
        ref_scale: how many px of the wall one of the reference's px stands for.
    """
    enough = _large_enough(lattice) & _large_enough(compared.lattice)
    missing = (compared.scale_ratio.isnan() & enough).nonzero()[:, 0].tolist()
    if not missing:
        return compared
    image = compared.image[:1]
    reference = Walls(image, torch.ones_like(image[:, 0]))
    seen = reference.small.autocorrelation_maps
    of_px = torch.tensor(walls.small_step_px) / torch.tensor(reference.small_step_px)
    x, y, both = (
        ratio.clone()
        for ratio in (compared.scale_ratio_x, compared.scale_ratio_y, compared.scale_ratio)
    )
    for index in missing:
        octaves, lead = best_stretch(
            walls.small.autocorrelation_maps.one(index), seen, of_px / ref_scale
        )
        if lead > LIMITS.least_lead:
            ratio = octaves.exp2()
            x[index], y[index], both[index] = ratio[0], ratio[1], ratio.prod().sqrt()
    return dataclasses.replace(compared, scale_ratio_x=x, scale_ratio_y=y, scale_ratio=both)


def _large_enough(lattice: LatticeResult) -> Tensor:
    """Whether walls ``(B,)`` are neither flat nor too thin to show a lattice."""
    return lattice.is_periodic | (lattice.reason == Reason.NOTHING_REPEATS)


def best_stretch(
    wall: AutocorrelationMaps, reference: AutocorrelationMaps, of_px: Tensor
) -> tuple[Tensor, float]:
    """The stretch along x and y that makes a reference look most like a wall.

    Args:
        wall: how the wall repeats, a batch of one.
        reference: how the reference does, a batch of one.
        of_px: ``(2,)`` width and height of the wall's px in those of the reference.

    Returns:
        ``(2,)`` octaves, and by how much their correlation, in [-1, 1], leads over that of others.
    """
    match = _Match(wall, reference, of_px)
    largest, step, finer = LIMITS.largest_octaves, LIMITS.coarse_octaves, LIMITS.fine_octaves
    steps = torch.arange(-largest, largest + step / 2, step)
    tried = torch.cartesian_prod(steps, steps)
    value = match(tried)
    near = torch.arange(-step, step + finer / 2, finer)
    closer = tried[value.argmax()] + torch.cartesian_prod(near, near)
    fine = match(closer)
    best = closer[fine.argmax()]
    others = value[(tried - best).abs().amax(-1) > LIMITS.apart_octaves]
    return best.double(), float(fine.max() - others.max())


class _Match:
    """Correlation of a wall's autocorrelation with a reference's under stretches of it."""

    def __init__(
        self, wall: AutocorrelationMaps, reference: AutocorrelationMaps, of_px: Tensor
    ) -> None:
        my, mx = wall.max_lag_px
        x = torch.linspace(-LIMITS.lag_share * mx, LIMITS.lag_share * mx, LIMITS.lag_count)
        y = torch.linspace(0, LIMITS.lag_share * my, LIMITS.lag_count // 2)
        lags = torch.cartesian_prod(x, y)
        lags = lags[lags.norm(dim=-1) > LIMITS.shortest_lag]
        self.own, _ = _at(_without_rings(wall.maps[0].cpu()), lags)
        self.lags = lags * of_px
        self.reference = _without_rings(reference.maps[0].cpu())
        importance = (wall.importance * reference.importance)[0].cpu()
        self.share = (importance / importance.sum().clamp_min(1e-9))[:, None]

    def __call__(self, octaves: Tensor) -> Tensor:
        """``(S,)`` for stretches ``(S, 2)``; -1 where too few lags are in view."""
        found, inside = _at(self.reference, self.lags / octaves.exp2()[:, None])
        count = inside.sum(-1)
        own, other = (
            (values - (values * inside).sum(-1, keepdim=True) / count.clamp_min(1)[:, None])
            * inside
            for values in (self.own[:, None], found)
        )
        energy = own.square().sum(-1) * other.square().sum(-1)
        alike = (own * other).sum(-1) / energy.clamp_min(1e-12).sqrt()
        few = count < LIMITS.least_in_view * len(self.lags)
        return (alike * self.share).sum(0).masked_fill(few, -1.0)


def _at(maps: Tensor, lags: Tensor) -> tuple[Tensor, Tensor]:
    """Values ``(K, ...)`` of maps ``(K, h, w)`` at lags ``(..., 2)``, and which are inside."""
    max_lag = maps.new_tensor([maps.shape[-1] // 2, maps.shape[-2] // 2])
    place = lags / max_lag
    flat = place.reshape(1, 1, -1, 2)
    values = grid_sample(maps[None], flat, align_corners=True)[0, :, 0]
    return values.reshape(-1, *lags.shape[:-1]), (place.abs() < LIMITS.in_view).all(-1).to(maps)


def _without_rings(maps: Tensor) -> Tensor:
    """Maps ``(K, h, w)`` less their mean at each distance from zero lag: that has no direction."""
    my, mx = maps.shape[-2] // 2, maps.shape[-1] // 2
    y, x = torch.arange(-my, my + 1.0)[:, None], torch.arange(-mx, mx + 1.0)
    ring = torch.hypot(y, x).round().long().flatten()
    count = torch.bincount(ring).to(maps)
    sums = maps.new_zeros(len(maps), len(count)).index_add(1, ring, maps.flatten(1))
    return maps - (sums / count.clamp_min(1))[:, ring].reshape(maps.shape)
