"""Groups of points by k-means, on points whose groups anyone can see."""

import torch

from tiling_diag.kernels.clusters import k_means


def clouds(middles, counts, spread=0.05):
    generator = torch.Generator().manual_seed(1)
    parts = [
        torch.tensor(middle) + spread * torch.randn(count, len(middle), generator=generator)
        for middle, count in zip(middles, counts, strict=True)
    ]
    return torch.cat(parts)[None]


def test_clouds_far_apart_are_the_groups():
    points = clouds([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]], [50, 30, 20])
    member = k_means(points, torch.ones(1, 100), 3)
    assert sorted(member.sum(-1)[0].tolist()) == [20, 30, 50]
    for first, last in ((0, 50), (50, 80), (80, 100)):
        assert (member[0, :, first:last].sum(-1) == last - first).any()


def test_every_point_is_in_one_group():
    member = k_means(torch.randn(2, 64, 4), torch.ones(2, 64), 3)
    assert torch.equal(member.sum(1), torch.ones(2, 64))


def test_points_without_weight_move_no_middle():
    points = clouds([[0.0], [4.0], [100.0]], [40, 40, 20])
    weights = torch.ones(1, 100)
    weights[:, 80:] = 0
    member = k_means(points, weights, 2)[0]
    assert sorted(member[:, :80].sum(-1).tolist()) == [40, 40]


def test_a_batch_is_its_items_one_by_one():
    points, weights = torch.randn(3, 80, 2), torch.rand(3, 80)
    together = k_means(points, weights, 3)
    alone = [k_means(points[k : k + 1], weights[k : k + 1], 3) for k in range(3)]
    assert torch.equal(together, torch.cat(alone))


def test_points_that_are_all_the_same_are_one_group():
    member = k_means(torch.ones(1, 30, 2), torch.ones(1, 30), 3)
    assert sorted(member.sum(-1)[0].tolist()) == [0, 0, 30]
