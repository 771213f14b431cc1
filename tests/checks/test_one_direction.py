"""The pitch of joints in autocorrelations drawn by hand."""

import math

import pytest
import torch
from drawn_autocorrelation import drawn, points, ridges

from tiling_diag.checks.lattice.one_direction import find_one_direction


def turned(pitch, angle_deg):
    return pitch * math.cos(math.radians(angle_deg)), pitch * math.sin(math.radians(angle_deg))


@pytest.mark.parametrize("pitch", [9.0, 14.5, 31.0])
@pytest.mark.parametrize("angle_deg", [0.0, 27.0, 90.0, 141.0])
def test_the_vector_is_square_to_the_joints_and_as_long_as_their_pitch(pitch, angle_deg):
    found = find_one_direction(drawn([ridges(turned(pitch, angle_deg), 0.8)]))
    assert float(found.vector.norm()) == pytest.approx(pitch, rel=0.005)
    angle = math.degrees(math.atan2(*found.vector.flip(0).tolist()))
    assert (angle - angle_deg + 90) % 180 - 90 == pytest.approx(0.0, abs=0.3)
    assert found.strength == pytest.approx(0.8, abs=0.15)


@pytest.mark.parametrize(("between", "expected"), [(0.1, 40.0), (0.7, 20.0)])
def test_every_other_joint_makes_a_longer_pitch_only_if_the_rest_hardly_repeats(between, expected):
    maps = drawn([ridges((0.0, 40.0), 0.8), ridges((0.0, 20.0), between)])
    assert float(find_one_direction(maps).vector.norm()) == pytest.approx(expected, rel=0.01)


def test_tones_that_boards_share_by_chance_do_not_make_the_pitch_longer():
    every, second = [ridges((0.0, 20.0), 0.8)], [ridges((0.0, 40.0), 0.8)]
    tone = drawn([*[second] * 3, *[every] * 5])
    edge = drawn([*[every] * 5, *[second] * 3])
    assert float(find_one_direction(tone).vector.norm()) == pytest.approx(20.0, rel=0.01)
    assert float(find_one_direction(edge).vector.norm()) == pytest.approx(40.0, rel=0.01)


def test_joints_followed_by_joints_half_as_surely_have_half_the_support():
    straight = [ridges((0.0, 0.9 * 220), 0.8)]  # only the ridge through zero lag is in view
    whole = find_one_direction(drawn([ridges((0.0, 20.0), 0.8)]))
    half = find_one_direction(drawn([*straight, ridges((0.0, 20.0), 0.4)]))
    # Half the height, and half as sure.
    assert half.support == pytest.approx(whole.support / 4, rel=0.1)


def test_too_little_support_is_nothing():
    maps = drawn([ridges((0.0, 20.0), 0.5)])
    assert find_one_direction(maps) is not None
    assert find_one_direction(maps, 0.9) is None


def test_a_picture_too_small_for_two_pitches_shows_none():
    assert find_one_direction(drawn([ridges((0.0, 5.0), 0.8)], size=(10, 10))) is None


def test_points_have_less_support_than_joints():
    bricks = find_one_direction(drawn([points((48, 0), (24, 16), 0.8)]))
    boards = find_one_direction(drawn([ridges((0.0, 16.0), 0.8)]))
    assert bricks.support < 0.5 * boards.support


def test_nothing_drawn_has_no_pitch():
    found = find_one_direction(drawn([[lambda lags: torch.zeros(lags.shape[:-1])]] * 8))
    assert found is None or found.support < 1e-6
