import pytest
import torch

from tiling_diag.errors import InputError
from tiling_diag.kernels.grid_search import grid_search, newton_step

STAGES = ((1.0, 0.25), (0.25, 0.125))
# Off the points of the grids, and two walls at once.
TOPS = torch.tensor([[0.31, -0.57], [-0.8, 0.06]], dtype=torch.float64)


def hill(points):
    """An oblique quadratic with its top at `TOPS`."""
    x, y = (points - TOPS[:, None]).unbind(-1)
    return 2.0 - x.square() - 2 * y.square() - 0.8 * x * y


def test_the_best_point_of_the_finest_grid_is_found():
    found = grid_search(hill, torch.zeros_like(TOPS), STAGES)
    assert found.place.tolist() == [[0.375, -0.625], [-0.75, 0.0]]
    torch.testing.assert_close(found.score, hill(found.place[:, None])[:, 0])


def test_between_the_points_of_a_grid_a_quadratic_has_its_own_top():
    found = grid_search(hill, torch.zeros_like(TOPS), STAGES, between=True)
    torch.testing.assert_close(found.place, TOPS)
    torch.testing.assert_close(found.score, torch.full((2,), 2.0, dtype=torch.float64))


def test_a_place_between_points_hardly_moves_with_noise():
    """Halfway between two points the best one of a grid is chosen by rounding."""
    top = torch.tensor([[0.0625, 0.0]], dtype=torch.float64)

    def noisy(sign):
        def score(points):
            bump = 1e-5 * (points[..., 0] > top[:, :1]).double()
            return 2.0 - (points - top[:, None]).square().sum(-1) + sign * bump

        return score

    plus, minus = (
        [grid_search(noisy(s), torch.zeros_like(top), STAGES, between=b).place for b in (0, 1)]
        for s in (1, -1)
    )
    assert (plus[0] - minus[0]).abs().max() == 0.125
    assert (plus[1] - minus[1]).abs().max() < 1e-4


def test_in_one_dimension_all_of_the_first_grid_is_given():
    peak = grid_search(lambda p: -(p[..., 0] - 33.3).abs(), torch.tensor([[89.5]]), ((89.5, 1.0),))
    assert peak.place.tolist() == [[33.0]]
    assert peak.tried[0, :, 0].tolist() == list(range(180))
    assert peak.scores.shape == (1, 180)


def test_points_that_are_not_allowed_are_not_chosen():
    def half(points):
        return hill(points).masked_fill(points[..., 0] > 0, -torch.inf)

    assert (grid_search(half, torch.zeros_like(TOPS), STAGES).place[:, 0] <= 0).all()


@pytest.mark.parametrize(("dimensions", "stages"), [(3, STAGES), (2, ())])
def test_what_cannot_be_searched_is_an_error(dimensions, stages):
    with pytest.raises(InputError, match="use at least one stage"):
        grid_search(hill, torch.zeros(2, dimensions), stages)


def test_noise_does_not_choose_among_the_cells_of_a_ridge():
    """On a ridge 300 times as long as wide neighbouring cells are as good to 1e-6."""
    top = torch.tensor([[0.11, 0.07]], dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)

    def ridge(points):
        x, y = (points - top[:, None]).unbind(-1)
        return -(x + y).square() - 0.003 * (x - y).square()

    def noisy(points):
        noise = torch.randn(points.shape[:2], generator=generator, dtype=torch.float64)
        return ridge(points) + 1e-8 * noise

    stages = ((0.5, 0.1), (0.05, 0.05), (0.025, 0.025))
    found = grid_search(noisy, torch.zeros_like(top), stages, between=True).place
    # The slope along the ridge is seen over 0.025: 1e-8 / 0.025 over a bend of 0.012 is 3e-5.
    torch.testing.assert_close(found, top, atol=1e-4, rtol=0)


def test_of_equal_points_the_middle_one_is_taken():
    found = grid_search(lambda p: torch.ones(p.shape[:2]), torch.zeros(1, 2), STAGES, between=True)
    assert found.place.tolist() == [[0.0, 0.0]]


def test_a_place_beside_points_that_are_not_allowed_stays_allowed():
    def walled(points):
        return hill(points).masked_fill(points[..., 0] > -0.9, -torch.inf)

    found = grid_search(walled, torch.zeros_like(TOPS), STAGES, between=True)
    assert (found.place[:, 0] <= -0.9).all() and found.score.isfinite().all()


def test_in_one_dimension_the_top_lies_between_points_too():
    top = torch.tensor([[33.3]], dtype=torch.float64)

    def score(turn):
        return torch.deg2rad(turn - top[:, None])[..., 0].cos()

    found = grid_search(score, torch.zeros_like(top), ((90.0, 5.0), (4.0, 2.0)), between=True)
    torch.testing.assert_close(found.place, top, atol=1e-3, rtol=0)


def test_a_slope_without_a_top_is_climbed_by_one_step():
    around = torch.cartesian_prod(*[torch.arange(-1.0, 2.0)] * 2)
    step = newton_step((3 * around[:, 0])[None], around)
    torch.testing.assert_close(step, torch.tensor([[1.0, 0.0]]))
