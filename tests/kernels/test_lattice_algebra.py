import itertools
import math

import pytest
import torch

from tiling_diag.errors import InputError
from tiling_diag.kernels.lattice_algebra import (
    cell_area,
    lattice_index,
    points_within,
    reciprocal,
    reduce_basis,
    same_lattice,
    sublattices,
    superlattices,
)

F64 = torch.float64

RUNNING_BOND = [[60.0, 0.0], [30.0, 20.0]]
STACK_BOND = [[48.0, 0.0], [0.0, 30.0]]
HEXAGONAL = [[40.0, 0.0], [20.0, 20 * math.sqrt(3)]]
SLANTED = [[31.0, 7.0], [-12.0, 25.0]]
ALL = [RUNNING_BOND, STACK_BOND, HEXAGONAL, SLANTED]


def tensor(basis):
    return torch.tensor(basis, dtype=F64)


def shuffled(bases, rng, steps=8):
    """Other bases of the same lattices: products of random shears and swaps."""
    change = torch.eye(2, dtype=F64).expand(*bases.shape[:-2], 2, 2)
    for step in range(steps):
        k = torch.randint(-2, 3, bases.shape[:-2], generator=rng).double()
        shear = torch.eye(2, dtype=F64).repeat(*bases.shape[:-2], 1, 1)
        shear[..., step % 2, 1 - step % 2] = k
        change = shear @ change
    return change @ bases


def two_shortest(basis, reach=30):
    """Lengths of the shortest vector and the shortest independent of it, by trying them all."""
    steps = [p for p in itertools.product(range(-reach, reach + 1), repeat=2) if p != (0, 0)]
    vectors = torch.tensor(steps, dtype=F64) @ basis
    lengths = torch.linalg.vector_norm(vectors, dim=-1)
    first = vectors[lengths.argmin()]
    cross = (first[0] * vectors[:, 1] - first[1] * vectors[:, 0]).abs()
    independent = cross > 1e-6 * cell_area(basis)
    return lengths.min().item(), lengths[independent].min().item()


def test_reduction_finds_the_two_shortest_vectors(rng):
    bases = torch.randn(20, 2, 2, generator=rng, dtype=F64) * 30
    reduced = reduce_basis(shuffled(bases, rng, 3))
    lengths = torch.linalg.vector_norm(reduced, dim=-1)
    for i in range(20):
        assert lengths[i].tolist() == pytest.approx(two_shortest(reduced[i]), rel=1e-9)
        # The same lattice: whole steps, determinant 1.
        steps = reduced[i] @ torch.linalg.inv(bases[i])
        torch.testing.assert_close(steps, steps.round(), rtol=0, atol=1e-6)
        assert torch.linalg.det(steps).abs().item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("basis", ALL)
def test_equal_lattices_get_equal_bases(basis, rng):
    bases = tensor(basis).expand(40, 2, 2)
    reduced = reduce_basis(shuffled(bases, rng))
    torch.testing.assert_close(reduced, reduced[:1].expand_as(reduced), rtol=0, atol=1e-6)
    a, b = reduced[0]
    assert a[0] > 1e-9 or (a[0].abs() < 1e-9 and a[1] > 0)
    assert a[0] * b[1] - a[1] * b[0] > 0
    torch.testing.assert_close(reduce_basis(reduced), reduced)


def test_reduced_forms_of_the_common_bonds():
    # (30, 20) is shorter than (60, 0): the reduced basis is the two half-brick diagonals.
    torch.testing.assert_close(
        reduce_basis(tensor(RUNNING_BOND)), tensor([[30.0, 20.0], [-30.0, 20.0]])
    )
    torch.testing.assert_close(
        reduce_basis(tensor([[0.0, -30.0], [-48.0, 60.0]])), tensor([[0.0, 30.0], [-48.0, 0.0]])
    )
    assert same_lattice(tensor(STACK_BOND), tensor([[0.0, -30.0], [-48.0, 60.0]]))


def test_a_very_long_basis_is_reduced(device):
    basis = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=F64, device=device)
    shear = torch.tensor([[1.0, 0.0], [1e5 + 1, 1.0]], dtype=F64, device=device)
    other = torch.tensor([[1.0, 987.0], [0.0, 1.0]], dtype=F64, device=device)
    assert same_lattice(other @ shear @ basis, basis, 1e-4)


@pytest.mark.parametrize("basis", ALL)
def test_area_and_reciprocal(basis, rng):
    basis = shuffled(tensor(basis).expand(5, 2, 2), rng, 3)
    torch.testing.assert_close(cell_area(basis), torch.linalg.det(basis).abs())
    torch.testing.assert_close(reciprocal(basis), torch.linalg.inv(basis).mT)
    identity = torch.eye(2, dtype=F64).expand(5, 2, 2)
    torch.testing.assert_close(basis @ reciprocal(basis).mT, identity, rtol=0, atol=1e-9)
    torch.testing.assert_close(reciprocal(reciprocal(basis)), basis)


@pytest.mark.parametrize(("index", "count"), [(1, 1), (2, 3), (3, 4), (4, 7), (6, 12)])
@pytest.mark.parametrize("basis", ALL)
def test_all_sub_and_superlattices_are_there_once(basis, index, count):
    basis = tensor(basis)
    for lattices, sub in ((sublattices(basis, index), True), (superlattices(basis, index), False)):
        assert lattices.shape == (count, 2, 2)
        factor = index if sub else 1 / index
        torch.testing.assert_close(cell_area(lattices), (cell_area(basis) * factor).expand(count))
        coarse, dense = (lattices, basis) if sub else (basis, lattices)
        assert (lattice_index(coarse, dense) == index).all()
        same = same_lattice(lattices[:, None], lattices[None], 0.01)
        assert torch.equal(same, torch.eye(count, dtype=torch.bool))


def test_index_two_of_a_stack_bond_are_the_three_octave_errors():
    found = sublattices(tensor(STACK_BOND), 2)
    doubled = tensor(
        [
            [[96.0, 0.0], [0.0, 30.0]],
            [[48.0, 0.0], [0.0, 60.0]],
            [[48.0, 30.0], [48.0, -30.0]],
        ]
    )
    assert same_lattice(doubled[:, None], found[None]).any(-1).all()


def test_index_is_zero_between_unrelated_lattices():
    one, other = tensor(STACK_BOND), tensor([[55.0, 0.0], [0.0, 30.0]])
    assert lattice_index(one, other) == 0
    assert lattice_index(other, one) == 0
    # Coarse and dense exchanged: not a sub-lattice.
    assert lattice_index(one, sublattices(one, 2)[0]) == 0


def test_equality_has_a_tolerance_and_knows_octaves(rng):
    bases = tensor(ALL)
    nudged = bases * (1 + 0.02 * torch.randn(4, 2, 2, generator=rng, dtype=F64).clamp(-1, 1))
    assert same_lattice(shuffled(bases, rng, 3), nudged, 0.06).all()
    assert not same_lattice(bases, bases * 1.08, 0.05).any()
    for index in (2, 3, 4):
        assert not same_lattice(bases[:, None], sublattices(bases, index)).any()
        assert not same_lattice(bases[:, None], superlattices(bases, index)).any()


def test_equality_is_symmetric(rng):
    a = torch.randn(200, 2, 2, generator=rng, dtype=F64)
    b = a + 0.08 * torch.randn(200, 2, 2, generator=rng, dtype=F64)
    same = same_lattice(a, b, 0.1)
    assert torch.equal(same, same_lattice(b, a, 0.1))
    assert 0 < same.sum() < 200


@pytest.mark.parametrize("basis", ALL)
def test_points_within_a_circle_are_all_there(basis):
    basis, radius = reduce_basis(tensor(basis)), 150.0
    shortest = torch.linalg.vector_norm(basis, dim=-1).min().item()
    points, inside, orders = points_within(basis, radius, math.ceil(1.155 * radius / shortest))
    expected = {
        (i, j)
        for i, j in itertools.product(range(-40, 41), repeat=2)
        if math.dist((0, 0), (i * basis[0] + j * basis[1]).tolist()) <= radius
    }
    assert {tuple(map(int, o)) for o in orders[inside].tolist()} == expected
    torch.testing.assert_close(points, orders @ basis)
    _, half_inside, half_orders = points_within(basis, radius, 12, half=True)
    half = {tuple(map(int, o)) for o in half_orders[half_inside].tolist()}
    assert half | {(-i, -j) for i, j in half} | {(0, 0)} == expected
    assert len(half) * 2 + 1 == len(expected)


def test_points_of_a_batch_with_a_radius_each():
    bases = tensor(ALL)
    radii = torch.tensor([70.0, 90.0, 50.0, 120.0], dtype=F64)
    _, inside, _ = points_within(bases, radii, 6)
    for i in range(4):
        assert torch.equal(inside[i], points_within(bases[i], float(radii[i]), 6)[1])


def test_dtype_and_device_are_kept(device):
    basis = torch.tensor(RUNNING_BOND, device=device)
    for result in (reduce_basis(basis), sublattices(basis, 3), reciprocal(basis)):
        assert result.dtype == torch.float32
        assert result.device == basis.device
    assert same_lattice(basis, basis.double().float())


def test_gradients(rng):
    basis = tensor(SLANTED).requires_grad_()
    assert torch.autograd.gradcheck(reduce_basis, (basis,))
    assert torch.autograd.gradcheck(cell_area, (basis,))
    assert torch.autograd.gradcheck(reciprocal, (basis,))


def test_arguments():
    with pytest.raises(InputError, match=r"\(\.\.\., 2, 2\)"):
        reduce_basis(torch.rand(2, 3))
    with pytest.raises(InputError, match="floating"):
        cell_area(torch.ones(2, 2, dtype=torch.int64))
    with pytest.raises(InputError, match="index=0"):
        sublattices(tensor(STACK_BOND), 0)
    with pytest.raises(InputError, match="max_order=0"):
        points_within(tensor(STACK_BOND), 100, 0)
