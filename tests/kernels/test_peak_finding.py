import math

import numpy as np
import pytest
import scipy.ndimage
import torch

from tiling_diag.errors import InputError
from tiling_diag.kernels.peaks import (
    is_inside,
    local_maxima,
    parabola_shift,
    refine_peak,
    sample_bicubic,
    sample_bilinear,
)
from tiling_diag.kernels.running import running_max

F64 = torch.float64


@pytest.mark.parametrize("length", range(1, 13))
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_running_max_is_the_max_of_each_window(length, dim, rng):
    values = torch.rand(12, 15, generator=rng)
    expected = values.unfold(dim, length, 1).amax(-1)
    assert torch.equal(running_max(values, length, dim), expected)


@pytest.mark.parametrize("radius", [1, 2, 3, 7])
def test_peaks_are_scipys_maximum_filter(size, radius, rng):
    maps = torch.rand(3, *size, generator=rng)
    values, places = local_maxima(maps, radius, 200)
    for item in range(3):
        array = maps[item].numpy()
        top = scipy.ndimage.maximum_filter(array, 2 * radius + 1, mode="constant", cval=-np.inf)
        expected = {tuple(p) for p in np.argwhere(array == top).tolist()}
        found = values[item] > -math.inf
        assert {tuple(p) for p in places[item][found].tolist()} == expected
        assert (places[item][~found] == 0).all()
        assert (values[item][found].diff() <= 0).all()
        rows, columns = places[item][found].unbind(-1)
        assert torch.equal(maps[item][rows, columns], values[item][found])


def test_of_equal_neighbours_the_first_counts(device):
    map_ = torch.zeros(12, 20, device=device)
    map_[3, 5:8] = 1.0
    map_[4, 5:7] = 1.0
    map_[9, 15] = 2.0
    values, places = local_maxima(map_, 2, 2)
    assert values.tolist() == [2.0, 1.0]
    assert places.tolist() == [[9, 15], [3, 5]]


def test_a_flat_map_is_one_plateau():
    values, places = local_maxima(torch.zeros(9, 9), 2, 3)
    assert values.tolist() == [0.0, -math.inf, -math.inf]
    assert places.tolist() == [[0, 0]] * 3


def test_more_peaks_than_pixels():
    values, places = local_maxima(torch.tensor([[1.0, 3.0]]), 1, 5)
    assert values.tolist() == [3.0] + [-math.inf] * 4
    assert places[0].tolist() == [0, 1]


def quadratic(size, centre_xy, hessian, height):
    y, x = torch.meshgrid(*(torch.arange(n, dtype=F64) for n in size), indexing="ij")
    d = torch.stack((x - centre_xy[0], y - centre_xy[1]), dim=-1)
    return height + 0.5 * torch.einsum("hwi,ij,hwj->hw", d, torch.tensor(hessian, dtype=F64), d)


@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.3, -0.4), (-0.5, 0.25)])
@pytest.mark.parametrize("hessian", [[[-1.0, 0.0], [0.0, -1.0]], [[-2.0, 0.7], [0.7, -0.5]]])
def test_the_summit_of_a_quadratic_is_exact(offset, hessian):
    centre = (6 + offset[0], 4 + offset[1])
    map_ = quadratic((9, 13), centre, hessian, 0.8)
    value, xy = refine_peak(map_, torch.tensor([[4, 6]]))
    np.testing.assert_allclose(xy[0], centre, atol=1e-12)
    assert value.item() == pytest.approx(0.8, abs=1e-12)


def test_the_fit_is_numpys_least_squares(rng):
    maps = torch.rand(2, 7, 9, generator=rng, dtype=F64)
    maps[:, 3, 4] += 2
    maps[:, 2, 6] += 2
    places = torch.tensor([[[3, 4], [2, 6]]]).expand(2, -1, -1)
    values, xy = refine_peak(maps, places)
    y, x = (g.ravel() for g in np.mgrid[-1:2, -1:2])
    design = np.stack([np.ones(9), x, y, x * x / 2, x * y, y * y / 2], 1)
    for item in range(2):
        for p, (row, column) in enumerate([(3, 4), (2, 6)]):
            patch = maps[item, row - 1 : row + 2, column - 1 : column + 2].numpy().ravel()
            c, gx, gy, hxx, hxy, hyy = np.linalg.lstsq(design, patch, rcond=None)[0]
            d = -np.linalg.solve([[hxx, hxy], [hxy, hyy]], [gx, gy])
            assert np.abs(d).max() <= 1
            np.testing.assert_allclose(xy[item, p], [column + d[0], row + d[1]], atol=1e-12)
            height = c + 0.5 * (gx * d[0] + gy * d[1])
            assert values[item, p].item() == pytest.approx(height, abs=1e-12)


def test_borders_saddles_and_flat_places_stay(device):
    map_ = torch.zeros(7, 7, dtype=F64, device=device)
    map_[0, 3] = 1.0
    y, x = (g.to(map_) for g in torch.meshgrid(torch.arange(7), torch.arange(7), indexing="ij"))
    saddle = (x - 3.2) ** 2 - (y - 3.1) ** 2
    for surface, place in ((map_, [0, 3]), (map_, [5, 5]), (saddle, [3, 3])):
        value, xy = refine_peak(surface, torch.tensor([place], device=device))
        assert xy.tolist() == [[place[1], place[0]]]
        assert value.item() == surface[place[0], place[1]].item()


def test_the_peaks_of_a_lattice_of_cosines_are_found_between_pixels():
    y, x = torch.meshgrid(*(torch.arange(n, dtype=F64) for n in (40, 50)), indexing="ij")
    map_ = torch.cos(2 * math.pi * (x - 6.37) / 11) + torch.cos(2 * math.pi * (y - 5.81) / 9)
    _, places = local_maxima(map_, 3, 16)
    values, xy = refine_peak(map_, places)
    expected = [[6.37 + 11 * i, 5.81 + 9 * j] for j in range(4) for i in range(4)]
    order = (xy[:, 1].round() * 100 + xy[:, 0]).argsort()
    # On a cosine the quadratic answers cot(w / 2) tan(w d) / 2 for an offset d, w = 2 pi / period:
    # off by 0.005 px along x and 0.007 px along y here.
    np.testing.assert_allclose(xy[order], expected, atol=0.01)
    np.testing.assert_allclose(values, 2.0, atol=0.01)


@pytest.mark.parametrize("sample", [sample_bilinear, sample_bicubic])
def test_sampling_at_pixels_is_reading_them(sample, rng, device):
    map_ = torch.rand(2, 6, 9, generator=rng, dtype=F64).to(device)
    rows, columns = torch.meshgrid(torch.arange(6), torch.arange(9), indexing="ij")
    xy = torch.stack((columns, rows), dim=-1).reshape(-1, 2).to(map_)
    torch.testing.assert_close(sample(map_, xy), map_.flatten(-2), rtol=0, atol=1e-15)


def test_bilinear_is_scipys(rng):
    map_ = torch.rand(8, 11, generator=rng, dtype=F64)
    xy = torch.rand(300, 2, generator=rng, dtype=F64) * torch.tensor([10.0, 7.0], dtype=F64)
    expected = scipy.ndimage.map_coordinates(map_.numpy(), xy.flip(-1).T.numpy(), order=1)
    np.testing.assert_allclose(sample_bilinear(map_, xy), expected, atol=1e-13)


def test_bicubic_is_keys_kernel_summed_directly(rng):
    map_ = torch.rand(9, 12, generator=rng, dtype=F64)
    xy = 1 + torch.rand(100, 2, generator=rng, dtype=F64) * torch.tensor([9.0, 6.0], dtype=F64)

    def kernel(s):
        s = np.abs(s)
        near = 1.5 * s**3 - 2.5 * s**2 + 1
        far = -0.5 * s**3 + 2.5 * s**2 - 4 * s + 2
        return np.where(s <= 1, near, np.where(s < 2, far, 0))

    wx = kernel(xy[:, :1].numpy() - np.arange(12))
    wy = kernel(xy[:, 1:].numpy() - np.arange(9))
    expected = np.einsum("ph,hw,pw->p", wy, map_.numpy(), wx)
    np.testing.assert_allclose(sample_bicubic(map_, xy), expected, atol=1e-13)


@pytest.mark.parametrize("sample", [sample_bilinear, sample_bicubic])
def test_outside_is_zero(sample, device):
    map_ = torch.ones(5, 8, device=device, requires_grad=True)
    nan = float("nan")
    xy = [[0, 0], [7, 4], [7.01, 2], [-0.01, 2], [3, 4.5], [nan, 1], [1e9, 1]]
    xy = torch.tensor(xy, device=device, requires_grad=True)
    values = sample(map_, xy)
    assert values.tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert is_inside(xy, (5, 8)).tolist() == [True, True, False, False, False, False, False]
    values.sum().backward()
    assert torch.isfinite(map_.grad).all()
    assert torch.isfinite(xy.grad).all()


def test_leading_dimensions_broadcast(rng):
    maps = torch.rand(2, 1, 7, 9, generator=rng)
    xy = torch.rand(3, 5, 2, generator=rng) * 6
    values = sample_bilinear(maps, xy)
    assert values.shape == (2, 3, 5)
    for b in range(2):
        for lattice in range(3):
            single = sample_bilinear(maps[b, 0], xy[lattice])
            assert torch.equal(values[b, lattice], single)


def test_gradients(rng):
    map_ = torch.rand(5, 6, generator=rng, dtype=F64, requires_grad=True)
    xy = 1.1 + torch.rand(4, 2, generator=rng, dtype=F64) * 0.8
    xy = xy.requires_grad_()
    assert torch.autograd.gradcheck(sample_bilinear, (map_, xy))
    assert torch.autograd.gradcheck(sample_bicubic, (map_, xy))
    hill = quadratic((5, 6), (2.2, 2.3), [[-1.0, 0.2], [0.2, -1.0]], 1.0).requires_grad_()
    place = torch.tensor([[2, 2]])
    assert torch.autograd.gradcheck(lambda m: refine_peak(m, place), (hill,))


def test_arguments():
    with pytest.raises(InputError, match="at least 1"):
        local_maxima(torch.rand(5, 5), 0, 3)
    with pytest.raises(InputError, match="at least 3 x 3"):
        refine_peak(torch.rand(2, 5), torch.zeros(1, 2, dtype=torch.long))


@pytest.mark.parametrize("top", [-0.5, -0.2, 0.0, 0.4])
def test_a_parabola_has_its_top_where_it_was_put(top):
    before, middle, after = (torch.tensor(3.0 - 2 * (x - top) ** 2, dtype=F64) for x in (-1, 0, 1))
    assert parabola_shift(before, middle, after) == pytest.approx(top, abs=1e-12)


def test_a_parabola_without_a_top_shifts_nothing():
    before = torch.tensor([1.0, 0.0, 2.0, math.nan, 0.0], dtype=F64)
    middle = torch.tensor([0.0, 1.0, 2.0, 1.0, 0.0], dtype=F64)
    after = torch.tensor([1.0, 2.0, 2.0, 0.0, -1e-9], dtype=F64)
    assert parabola_shift(before, middle, after, flattest=1e-6).tolist() == [0.0] * 5


def test_a_parabola_shifts_no_further_than_its_limit():
    before, middle, after = (torch.tensor(v, dtype=F64) for v in (0.0, 1.0, 1.9))
    assert parabola_shift(before, middle, after, limit=0.5) == 0.5
    assert parabola_shift(before, middle, after, limit=20.0) == pytest.approx(9.5)


def test_a_penalty_orders_peaks_and_leaves_some_out():
    map_ = torch.zeros(1, 20, 20)
    for place, height in (((4, 4), 1.0), ((4, 14), 0.9), ((14, 9), 0.8)):
        map_[0][place] = height
    penalty = torch.zeros(20, 20)
    penalty[4, 4], penalty[14, 9] = 0.3, math.inf
    values, places = local_maxima(map_, 2, 3, penalty)
    assert values[0, :2].tolist() == pytest.approx([0.9, 1.0])
    assert places[0, :2].tolist() == [[4, 14], [4, 4]]
    assert [14, 9] not in places[0].tolist()
