"""Power spectra over the radius: rings, log-polar maps and the background under their peaks.

Radii are in cycles per pixel on both axes, so that a ring is round whatever the picture's shape.
Sums run in a fixed order: the same input gives the same bits, backward too.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.kernels.spectrum import check_one_sided, column_counts, frequency_grid


def ring_radii(
    bins: int,
    r_max: float = 0.5,
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Radii of the rings of `radial_profile`, ``(bins,)``: 0 to `r_max` cycles/px, evenly."""
    return torch.linspace(0.0, r_max, bins, device=device, dtype=dtype)


def radial_table(
    size: tuple[int, int],
    bins: int,
    *,
    r_max: float = 0.5,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """How `radial_profile` shares the plane out, to be computed once.

    Returns:
        ``index (h * (w // 2 + 1),)``: the inner ring of each bin of the flattened one-sided
        plane, `bins` for those beyond the last; ``weight (2, h * (w // 2 + 1))``: its shares in
        that ring and in the next; ``scale (bins,)``: one over the sum of a ring's shares, 0 for
        an empty ring.
    """
    if bins < 2 or not r_max > 0:
        raise InputError(f"bins={bins} and r_max={r_max}: use at least 2 rings and r_max above 0")
    fx, fy = frequency_grid(size, device=device, dtype=dtype)
    counts = column_counts(size, device=device, dtype=dtype)
    place = torch.hypot(fx, fy[:, None]) * ((bins - 1) / r_max)
    inner = place.floor()
    outer_share = (place - inner) * counts
    weight = torch.stack((counts - outer_share, outer_share)).flatten(-2)
    index = inner.clamp_max(bins).long().flatten()
    total = _add_rings(index, weight, bins)
    return index, weight, torch.where(total > 0, 1.0 / total, 0.0)


def radial_profile(
    power: Tensor,
    size: tuple[int, int],
    bins: int,
    *,
    r_max: float = 0.5,
    table: tuple[Tensor, Tensor, Tensor] | None = None,
) -> Tensor:
    """Mean power over the rings at `ring_radii`, the whole plane counted.

    Each bin of the plane is shared between the two rings it lies between, in proportion to its
    nearness, so a profile moves smoothly with the frequency of a peak.

    Args:
        power: one-sided ``(..., h, w // 2 + 1)``.
        size: the ``(h, w)`` of the transform.
        bins: number of rings; ``max(h, w) // 2 + 1`` of them are one cycle per ``max(h, w)`` px
            apart (exactly so for an even length).
        r_max: radius of the last ring in cycles/px; power beyond it is left out.
        table: ``radial_table`` of the same arguments, if at hand (a loss keeps it).

    Returns:
        ``(..., bins)``; 0 for a ring too thin to meet a bin of the plane.

    Raises:
        InputError: if the plane does not fit `size` or the table, `bins` is below 2 or `r_max`
            not positive.
    """
    check_one_sided(power, size)
    index, weight, scale = table or radial_table(
        size, bins, r_max=r_max, device=power.device, dtype=power.dtype
    )
    if index.shape[0] != power.shape[-2] * power.shape[-1] or scale.shape[0] != bins:
        raise InputError(
            f"table is for {index.shape[0]} bins in {scale.shape[0]} rings, but the plane is "
            f"{tuple(power.shape[-2:])} and bins={bins}: "
            "build it with radial_table and the same arguments"
        )
    return _add_rings(index, power.flatten(-2)[..., None, :] * weight, bins) * scale


def _add_rings(index: Tensor, shares: Tensor, bins: int) -> Tensor:
    """Sum of ``shares (..., 2, n)`` in the rings ``index`` and ``index + 1``, ``(..., bins)``."""
    inner, outer = _add_at(index, shares, bins + 1).unbind(-2)
    return inner[..., :bins] + F.pad(outer[..., : bins - 1], (1, 0))


def log_polar_grid(
    out_r: int,
    out_t: int,
    r_min: float,
    r_max: float,
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, Tensor]:
    """Radii ``(out_r,)`` in cycles/px and angles ``(out_t,)`` in radians of `log_polar`.

    Radii grow by one factor per step from `r_min` to `r_max`, both included; angles run from 0
    (the x axis) towards y in steps of ``pi / out_t``: half a turn, the other half mirrors it.
    """
    if out_r < 2 or out_t < 1 or not 0 < r_min < r_max <= 0.5:
        raise InputError(
            f"out_r={out_r}, out_t={out_t}, r_min={r_min}, r_max={r_max}: use out_r >= 2, "
            "out_t >= 1 and 0 < r_min < r_max <= 0.5 cycles/px"
        )
    log_r = torch.linspace(math.log(r_min), math.log(r_max), out_r, device=device, dtype=dtype)
    return log_r.exp().clamp(r_min, r_max), torch.arange(out_t, device=device, dtype=dtype) * (
        math.pi / out_t
    )


def log_polar_table(
    size: tuple[int, int],
    out_r: int,
    out_t: int,
    r_min: float,
    r_max: float,
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, Tensor]:
    """Where `log_polar` reads, to be computed once: ``index`` and ``weight (out_r, out_t, 4)``.

    ``index`` counts along the flattened one-sided plane; the weights are bilinear.
    """
    h, w = size
    radius, angle = log_polar_grid(out_r, out_t, r_min, r_max, device=device, dtype=torch.float64)
    x = radius[:, None] * torch.cos(angle) * w
    y = radius[:, None] * torch.sin(angle) * h
    left, top = x.floor(), y.floor()
    dx, dy = x - left, y - top
    step = torch.tensor([0, 1], device=device)
    kx = left.long()[..., None, None] + step
    ky = top.long()[..., None, None] + step[:, None]
    # The plane repeats, and its missing half mirrors the one that is stored.
    column = kx % w
    mirrored = column > w // 2
    column = torch.where(mirrored, w - column, column)
    row = torch.where(mirrored, -ky, ky) % h
    wx = torch.stack((1 - dx, dx), dim=-1)[..., None, :]
    wy = torch.stack((1 - dy, dy), dim=-1)[..., :, None]
    index = (row * (w // 2 + 1) + column).flatten(-2)
    weight = (wx * wy).flatten(-2)
    return index, weight.to(dtype or torch.get_default_dtype())


def log_polar(
    power: Tensor,
    size: tuple[int, int],
    out_r: int,
    out_t: int,
    r_min: float,
    r_max: float,
    *,
    table: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Log-polar map of a one-sided plane, bilinear: scaling shifts it down, turning shifts it on.

    An image shrunk by s has its frequencies multiplied by s, which is a shift of
    ``log(s) / log(r_max / r_min) * (out_r - 1)`` rows; a turn is a circular shift of columns.

    Args:
        power: ``(..., h, w // 2 + 1)``: power, or its logarithm.
        size: the ``(h, w)`` of the transform.
        out_r: rows.
        out_t: columns.
        r_min: radius of the first row, cycles/px, above 0.
        r_max: radius of the last row, at most 0.5.
        table: ``log_polar_table`` of the same arguments, if at hand (a loss keeps it).

    Returns:
        ``(..., out_r, out_t)`` at the points of `log_polar_grid`.

    Raises:
        InputError: if the plane does not fit `size` or the radii are out of range.
    """
    check_one_sided(power, size)
    index, weight = table or log_polar_table(
        size, out_r, out_t, r_min, r_max, device=power.device, dtype=power.dtype
    )
    if tuple(index.shape) != (out_r, out_t, 4):
        raise InputError(
            f"table is for {tuple(index.shape[:2])} but (out_r, out_t) is {(out_r, out_t)}: "
            "build it with log_polar_table and the same arguments"
        )
    corners = _take(power.flatten(-2), index.flatten())
    return (corners.reshape(*power.shape[:-2], *index.shape) * weight).sum(-1)


def background(
    log_power: Tensor, radii: Tensor, *, degree: int = 3, iterations: int = 6, spread: float = 0.3
) -> Tensor:
    """The smooth fall (about 1/f) of a log power profile, from below its peaks.

    A polynomial in log radius, fitted by least squares in which points above the curve count
    less the higher they stand (asymmetric least squares), every octave counting alike. Lines
    and rings of a lattice stand on it; ``log_power - background`` is what they add.

    Args:
        log_power: ``(..., n)`` natural logarithm of power.
        radii: ``(n,)`` cycles/px, rising, all above 0 (leave zero frequency out).
        degree: of the polynomial; 1 is a pure power law.
        iterations: rounds of reweighting.
        spread: how far above the curve, in units of log power, a point still counts half.

    Returns:
        ``(..., n)``.

    Raises:
        InputError: if the shapes disagree or there are too few points for the degree.
    """
    n = log_power.shape[-1]
    if radii.shape != (n,) or n < degree + 2:
        raise InputError(
            f"radii are {tuple(radii.shape)} for a profile of {n} points: give one radius each, "
            f"and at least {degree + 2} points for degree {degree}"
        )
    log_r = torch.log(radii.to(log_power.dtype))
    span = (log_r[-1] - log_r[0]) / 2
    basis = _legendre((log_r - log_r[0]) / span - 1, degree)
    octave = torch.gradient(log_r)[0]
    weight = octave.expand_as(log_power)
    ridge = 1e-6 * octave.sum() * torch.eye(degree + 1, device=radii.device, dtype=log_r.dtype)
    curve = log_power
    for _ in range(iterations):
        weighted = basis * weight[..., None, :]
        moment = (weighted * log_power[..., None, :]).sum(-1, keepdim=True)
        solution = torch.linalg.solve(weighted @ basis.mT + ridge, moment)
        curve = (solution.mT @ basis)[..., 0, :]
        above = (log_power - curve).clamp_min(0.0) / spread
        weight = octave / (1 + above.square())
    return curve


def _legendre(x: Tensor, degree: int) -> Tensor:
    """Legendre polynomials 0..degree at `x` in [-1, 1], ``(degree + 1, n)`` (Bonnet)."""
    rows = [torch.ones_like(x), x]
    for m in range(1, degree):
        rows.append(((2 * m + 1) * x * rows[m] - m * rows[m - 1]) / (m + 1))
    return torch.stack(rows[: degree + 1])


# scatter_add adds in index order on the CPU but in any order on CUDA, where index_put sorts
# first; index_put in turn runs in any order on several CPU threads. Each backs the other's
# gradient, so each device uses its ordered pair.
def _add_at(index: Tensor, values: Tensor, count: int) -> Tensor:
    """Sum of ``values (..., n)`` by ``index (n,)`` into ``(..., count)``, in a fixed order."""
    sums = values.new_zeros((*values.shape[:-1], count))
    if values.device.type == "cpu":
        return sums.scatter_add(-1, index.expand_as(values), values)
    by_bin = sums.movedim(-1, 0).index_put((index,), values.movedim(-1, 0), accumulate=True)
    return by_bin.movedim(0, -1)


def _take(flat: Tensor, index: Tensor) -> Tensor:
    """``flat (..., n)`` at ``index (m,)``; its gradient sums in a fixed order."""
    if flat.device.type == "cpu":
        return flat.gather(-1, index.expand(*flat.shape[:-1], -1))
    return flat.movedim(-1, 0)[index].movedim(0, -1)
