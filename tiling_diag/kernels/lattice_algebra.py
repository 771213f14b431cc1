"""Lattice algebra in the plane: reduction, index, sub- and super-lattices, equality.

A basis is ``(..., 2, 2)``: two rows ``(dx, dy)`` in pixels. Any basis of a lattice may come in;
where the result is a basis, it is the reduced one.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tiling_diag.errors import InputError

# All but the last two Lagrange steps shorten the longer vector by a factor of at least sqrt(3):
# enough for vectors up to 3 ** 11 times as long as they need be.
REDUCTION_STEPS = 24
# Two lengths or projections this close (relative) are one: exact bases choose the same way
# whatever their rounding.
TIE = 1e-5


def reduce_basis(basis: Tensor, steps: int = REDUCTION_STEPS) -> Tensor:
    """Lagrange-Gauss reduction: `a` shortest, `b` the shortest vector independent of it.

    Signs and ties are settled so that equal lattices get equal bases: `a` points right (or
    straight down) and is, of equally short vectors, the one nearest the x axis, downwards first;
    `b` lies clockwise of `a` on the screen (y down) and leans, of two equally short ones, the way
    of `a`.

    Args:
        basis: ``(..., 2, 2)``, rows ``(dx, dy)``, linearly independent.
        steps: of Lagrange's; fewer are enough where the vectors are nearly the shortest.

    Returns:
        ``(..., 2, 2)`` of the same lattice. Differentiable almost everywhere.
    """
    a, b = shortened(basis, steps).unbind(-2)
    # Every shortest vector and every shortest one independent of it is among these.
    half = torch.stack((a, b, a + b, a - b), dim=-2)
    vectors = torch.cat((half, -half), dim=-2)
    squares = _norm2(vectors)[..., 0]
    length = _safe(squares).sqrt()
    x, y = vectors[..., 0] / length, vectors[..., 1] / length
    forward = (x > TIE) | ((x >= -TIE) & (y > 0))
    first = _pick(vectors, squares, forward, y.abs() + torch.where(y < 0, TIE, 0.0))
    # (a + b) x (a - b) is two cells: independent, but no basis.
    cells = _cross(first, vectors)[..., 0] / _safe(_cross(a, b).abs())
    second = _pick(vectors, squares, (cells - 1).abs() < 0.5, -_dot(first, vectors)[..., 0])
    # Adding zero turns -0.0 into 0.0.
    return torch.cat((first, second), dim=-2) + 0.0


def shortened(basis: Tensor, steps: int = REDUCTION_STEPS) -> Tensor:
    """Lagrange's steps alone: `a` shortest, `b` the shortest independent of it, of either sign.

    Args and returns as `reduce_basis`.
    """
    check_basis(basis)
    a, b = torch.complex(basis[..., 0], basis[..., 1]).unbind(-1)
    for _ in range(steps):
        longer = a.abs() > b.abs()
        a, b = torch.where(longer, b, a), torch.where(longer, a, b)
        # The real part of b / a is b's share along a; a lattice has no vector of length 0.
        b = b - torch.round((b / a).real) * a
    return torch.view_as_real(torch.stack((a, b), dim=-1))


def _pick(vectors: Tensor, squares: Tensor, allowed: Tensor, cost: Tensor) -> Tensor:
    """Of the shortest allowed ``vectors (..., K, 2)`` the one of least cost, ``(..., 1, 2)``."""
    squares = squares.masked_fill(~allowed, math.inf)
    tied = squares <= squares.amin(-1, keepdim=True) * (1 + TIE)
    best = cost.masked_fill(~tied, math.inf).argmin(-1)[..., None, None]
    return vectors.gather(-2, best.expand(*best.shape[:-1], 2))


def cell_area(basis: Tensor) -> Tensor:
    """Area of one lattice cell in square pixels, ``(...)``: the same for every basis."""
    check_basis(basis)
    a, b = basis.unbind(-2)
    return _cross(a, b)[..., 0].abs()


def reciprocal(basis: Tensor) -> Tensor:
    """Basis of the lattice of wave vectors, ``(..., 2, 2)``: rows ``(fx, fy)`` in cycles/px.

    Row i has product 1 with row i of `basis` and 0 with the other. The reciprocal of the
    reciprocal is the basis itself.
    """
    check_basis(basis)
    a, b = basis.unbind(-2)
    turned_b = torch.stack((b[..., 1], -b[..., 0]), dim=-1)
    turned_a = torch.stack((-a[..., 1], a[..., 0]), dim=-1)
    return torch.stack((turned_b, turned_a), dim=-2) / _cross(a, b)[..., None]


def reciprocal_vector(vectors: Tensor) -> Tensor:
    """The pitch from line to line of wave vectors ``(..., 2)``, or the wave vectors of pitches."""
    return vectors / vectors.square().sum(-1, keepdim=True)


def lattice_index(coarse: Tensor, dense: Tensor, tolerance: float = 0.1) -> Tensor:
    """How many points of `dense` lie in one cell of `coarse`, if it is a sub-lattice of it.

    Args:
        coarse: ``(..., 2, 2)``.
        dense: ``(..., 2, 2)``, broadcast against `coarse`.
        tolerance: how far a coarse vector may lie from a point of `dense`, as a share of the
            shorter vector of `dense`.

    Returns:
        ``(...)`` int64: 1 for the same lattice, 2 for an octave error, 0 where `coarse` is not a
        sub-lattice of `dense`.
    """
    coarse, dense = reduce_basis(coarse), reduce_basis(dense)
    steps = torch.round(coarse @ reciprocal(dense).mT)
    miss = (coarse - steps @ dense).square().sum(-1).amax(-1)
    shortest = dense.square().sum(-1).amin(-1)
    index = torch.round(cell_area(steps)).to(torch.int64)
    return torch.where(miss <= tolerance**2 * shortest, index, 0)


def sublattices(basis: Tensor, index: int) -> Tensor:
    """All lattices of which every point is one of `basis`, with cells `index` times as large.

    Returns:
        ``(..., K, 2, 2)`` reduced bases; K is the sum of the divisors of `index`: 1, 3, 4, 7 for
        index 1 to 4.
    """
    check_basis(basis)
    return reduce_basis(sublattice_forms(index).to(basis) @ basis[..., None, :, :])


def superlattices(basis: Tensor, index: int) -> Tensor:
    """All lattices that hold every point of `basis`, with cells `index` times as small.

    Returns:
        ``(..., K, 2, 2)`` reduced bases, as many as `sublattices` has.
    """
    check_basis(basis)
    forms = reciprocal(sublattice_forms(index)).to(basis)
    return reduce_basis(forms @ basis[..., None, :, :])


def same_lattice(
    a: Tensor, b: Tensor, tolerance: float = 0.05, steps: int = REDUCTION_STEPS
) -> Tensor:
    """Whether two bases span the same lattice, whatever the basis.

    Args:
        a: ``(..., 2, 2)``.
        b: ``(..., 2, 2)``, broadcast against `a`.
        tolerance: each vector of either reduced basis must lie within this share of its own
            length of a point of the other lattice.
        steps: of Lagrange's; none are needed for bases that are reduced.

    Returns:
        ``(...)`` bool.
    """
    a, b = shortened(a, steps), shortened(b, steps)
    return _lies_in(a, b, tolerance) & _lies_in(b, a, tolerance)


def _lies_in(vectors: Tensor, basis: Tensor, tolerance: float) -> Tensor:
    # By coordinates: matrices of two rows are slow by the hundred thousand.
    (ax, ay), (bx, by) = (row[..., None].unbind(-2) for row in basis.unbind(-2))
    x, y = vectors.unbind(-1)
    cell = ax * by - ay * bx
    i, j = ((x * by - y * bx) / cell).round(), ((ax * y - ay * x) / cell).round()
    miss = (x - i * ax - j * bx).square() + (y - i * ay - j * by).square()
    near = (miss <= tolerance**2 * (x.square() + y.square())).all(-1)
    index = i[..., 0] * j[..., 1] - i[..., 1] * j[..., 0]
    return near & (index.abs().round() == 1)


def points_within(
    basis: Tensor, radius_px: float | Tensor, max_order: int, *, half: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    """Lattice points ``i a + j b`` with ``|i|, |j| <= max_order``, and which are in a circle.

    The number of points is fixed, so that batches stay rectangular. For a reduced basis no point
    of the circle is missed if ``max_order >= 1.155 * radius_px / |a|``.

    Args:
        basis: ``(..., 2, 2)``.
        radius_px: of the circle, one number or a tensor of the leading shape.
        max_order: the largest step along each vector.
        half: leave out zero and one of each pair ``p, -p``.

    Returns:
        ``points_px (..., K, 2)`` as ``(x, y)``; ``inside (..., K)`` bool; ``orders (K, 2)`` the
        whole numbers ``(i, j)`` in the dtype of the basis. K is ``(2 * max_order + 1) ** 2``, or
        half of what remains of it without zero.
    """
    check_basis(basis)
    if max_order < 1:
        raise InputError(f"max_order={max_order} leaves no points: use at least 1")
    steps = torch.arange(-max_order, max_order + 1, device=basis.device, dtype=basis.dtype)
    orders = torch.cartesian_prod(steps, steps)
    if half:
        orders = orders[orders.shape[0] // 2 + 1 :]
    points = orders @ basis
    radius = torch.as_tensor(radius_px, device=basis.device, dtype=basis.dtype)
    inside = points.square().sum(-1) <= radius.square()[..., None]
    return points, inside, orders


def check_basis(basis: Tensor) -> None:
    """Raise `InputError` unless `basis` is a floating-point ``(..., 2, 2)``."""
    if basis.ndim < 2 or basis.shape[-2:] != (2, 2) or not basis.is_floating_point():
        raise InputError(
            f"basis is {basis.dtype} of shape {tuple(basis.shape)}: a lattice basis is floating "
            "point (..., 2, 2), rows (dx, dy) in pixels"
        )


def sublattice_forms(index: int) -> Tensor:
    """Whole-number matrices that take a basis to each of its sub-lattices, ``(K, 2, 2)`` float64.

    Hermite normal forms of determinant `index`: one per sub-lattice, in the order of `sublattices`
    and, inverted and transposed, of `superlattices`.
    """
    if index < 1:
        raise InputError(f"index={index}: the index of a sub-lattice is a whole number from 1")
    forms = [
        [[index // d, shift], [0, d]]
        for d in range(1, index + 1)
        if index % d == 0
        for shift in range(d)
    ]
    return torch.tensor(forms, dtype=torch.float64)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(-1, keepdim=True)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[..., :1] * b[..., 1:] - a[..., 1:] * b[..., :1]


def _norm2(a: Tensor) -> Tensor:
    return _dot(a, a)


def _safe(x: Tensor) -> Tensor:
    return x.clamp_min(torch.finfo(x.dtype).tiny)
