"""The pitch of joints in autocorrelations drawn by hand."""

import math

import pytest
import torch
from drawn_autocorrelation import drawn, points, ridges
from drawn_autocorrelation import side_by_side as maps_side_by_side
from drawn_looks import ONE, level_of

from tiling_diag.checks.lattice import rank_one
from tiling_diag.checks.lattice.by_window import side_by_side
from tiling_diag.checks.lattice.fitted_score import fitted_score
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.lattice.peak_fit import fit_period
from tiling_diag.checks.lattice.rank_one import NAMES, stripes

SIZE = (200, 200)
EVERY, SECOND = [ridges((0.0, 20.0), 0.8)], [ridges((0.0, 40.0), 0.8)]
NOTHING = [lambda lags: torch.zeros(lags.shape[:-1], dtype=torch.float64)]


def turned(pitch, angle_deg):
    return pitch * math.cos(math.radians(angle_deg)), pitch * math.sin(math.radians(angle_deg))


def stripes_of(layers, size=SIZE):
    return rank_one.stripes_of(drawn(layers, size=size), size)


def best(found, score, wall=0):
    """Pitch and direction, in degrees, of the candidate of the highest score."""
    vector = found.vector_px[wall, score.masked_fill(~found.is_there, -99.0)[wall].argmax()]
    return float(vector.norm()), math.degrees(math.atan2(vector[1], vector[0]))


def number(found, name, pitch):
    """What the candidates of about this pitch across level joints have for evidence."""
    along_y = (found.vector_px[0] - torch.tensor([0.0, pitch])).norm(dim=-1) < 0.6
    mine = found.is_there[0] & along_y
    assert mine.any()
    return found.evidence[0][mine][:, NAMES.index(name)].amax().item()


def likeliest(layers):
    """Pitch of the best by the fitted score, fitted, on a wall whose best lattice is unlikely."""
    level, maps = level_of(layers), drawn(layers, size=SIZE)
    found = stripes(maps, ONE, SIZE, [level], side_by_side([level]))
    lattice = torch.full((*found.is_there.shape, 1), -4.0)
    score = fitted_score(lattice.device).stripes(torch.cat([found.evidence, lattice], -1))
    chosen = score.masked_fill(~found.is_there, -99.0)[0].argmax()
    return float(fit_period(maps, found.vector_px[:, chosen]).norm())


@pytest.mark.parametrize("pitch", [9.0, 14.5, 31.0])
@pytest.mark.parametrize("angle_deg", [0.0, 27.0, 90.0, 141.0])
def test_the_vector_is_square_to_the_joints_and_as_long_as_their_pitch(pitch, angle_deg):
    found = stripes_of([ridges(turned(pitch, angle_deg), 0.8)])
    support = found.evidence[..., NAMES.index("support")]
    length, angle = best(found, support)
    # Periods are tried in steps of a quarter of a px.
    assert length == pytest.approx(pitch, abs=0.2)
    assert (angle - angle_deg + 90) % 180 - 90 == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize(("between", "expected"), [(0.1, 40.0), (0.7, 20.0)])
def test_every_other_joint_makes_a_longer_pitch_only_if_the_rest_hardly_repeats(between, expected):
    layers = [*SECOND, ridges((0.0, 20.0), between)]
    found = stripes_of(layers)
    assert likeliest(layers) == pytest.approx(expected, rel=0.01)
    contrast = (0.8 - between) / 0.8
    assert number(found, "longer_2", 20.0) == pytest.approx(contrast, abs=0.03)
    assert number(found, "shorter_2", 40.0) == pytest.approx(contrast, abs=0.03)


def test_tones_that_boards_share_by_chance_do_not_make_the_pitch_longer():
    layers = [*[SECOND] * 3, *[EVERY] * 5]
    tone, edge = stripes_of(layers), stripes_of([*[EVERY] * 5, *[SECOND] * 3])
    assert likeliest(layers) == pytest.approx(20.0, rel=0.01)
    assert number(tone, "longer_2", 20.0) == pytest.approx(LIMITS.tones_count, abs=0.02)
    assert number(edge, "longer_2", 20.0) == pytest.approx(1.0, abs=0.02)


@pytest.mark.xfail(
    reason="edges that miss every other joint in 3 of 8 channels do not decide", strict=False
)
def test_edges_that_miss_every_other_joint_make_the_pitch_longer():
    assert likeliest([*[EVERY] * 5, *[SECOND] * 3]) == pytest.approx(40.0, rel=0.01)


def test_joints_followed_by_joints_half_as_surely_have_half_the_support():
    straight = ridges((0.0, 0.9 * 220), 0.8)  # only the ridge through zero lag is in view
    whole, half = stripes_of(EVERY), stripes_of([straight, ridges((0.0, 20.0), 0.4)])
    for name in ("support", "strength", "followed"):
        ratio = number(half, name, 20.0) / number(whole, name, 20.0)
        assert ratio == pytest.approx(0.5, abs=0.03)


def test_points_have_less_support_than_joints():
    support = NAMES.index("support")
    bricks = stripes_of([points((48, 0), (24, 16), 0.8)]).evidence[..., support].max()
    boards = stripes_of([ridges((0.0, 16.0), 0.8)]).evidence[..., support].max()
    assert bricks < 0.5 * boards


def test_pitches_of_which_two_are_not_in_view_are_not_tried():
    found = stripes_of([ridges((0.0, 30.0), 0.8)], size=(50, 200))
    lengths = found.vector_px[0].norm(dim=-1)
    across = found.vector_px[0, :, 1].abs() > 1
    assert lengths[across & found.is_there[0]].max() <= 0.52 * 50 + 1e-3


def test_nothing_drawn_has_no_pitch():
    found = stripes_of([NOTHING] * 8)
    assert not found.is_there.any()
    assert found.evidence.isfinite().all()


def test_every_wall_has_its_own_joints():
    walls = [[ridges(turned(14.0, 90.0), 0.8)], [ridges(turned(23.0, 30.0), 0.8)]]
    maps = [drawn(layers, size=SIZE) for layers in walls]
    together = rank_one.stripes_of(maps_side_by_side(maps), SIZE)
    support = together.evidence[..., NAMES.index("support")]
    for wall, (pitch, one) in enumerate(zip((14.0, 23.0), maps, strict=True)):
        assert best(together, support, wall)[0] == pytest.approx(pitch, rel=0.01)
        alone = rank_one.stripes_of(one, SIZE)
        assert torch.equal(together.is_there[wall], alone.is_there[0])
        torch.testing.assert_close(together.evidence[wall], alone.evidence[0], atol=1e-4, rtol=0)
