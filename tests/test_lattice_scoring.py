"""Verdicts on answers about lattices, and the baselines that give some."""

import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_corpus import (
    BOARDS,
    LATTICE,
    NOTHING,
    A,
    B,
    as_tensor,
    combine,
    cosines,
    said,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import baselines
from scoring import Answer, AxisPeriods, OnePeriod, Truth, judge, known_periods, vector_error


@pytest.mark.parametrize(
    ("truth", "answer", "verdict"),
    [
        (LATTICE, said(A, B), "right"),
        (LATTICE, said(combine(1, 1), combine(2, 1)), "right"),  # another basis
        (LATTICE, said(combine(1.008, 0), B), "right"),
        (LATTICE, said(combine(1.012, 0), B), "wrong"),
        (LATTICE, said(combine(2, 0), B), "octave"),
        (LATTICE, said(combine(1, 1), combine(1, -1)), "octave"),  # a checkerboard's colours
        (LATTICE, said(combine(0.5, 0), B), "octave"),
        (LATTICE, said(combine(0.5, 0.5), B), "octave"),
        (LATTICE, said(combine(2, 0), combine(0, 2)), "octave"),
        (LATTICE, said(combine(5, 0), B), "wrong"),
        (LATTICE, said(A), "wrong"),
        (LATTICE, Answer(), "missed"),
        (BOARDS, said((0.0, -25.1)), "right"),
        (BOARDS, said((0.0, 50.0)), "octave"),
        (BOARDS, said((25.0, 0.0)), "wrong"),
        (BOARDS, said((0.0, 25.0), (40.0, 0.0)), "wrong"),
        (NOTHING, Answer(strength=0.1), "right"),
        (NOTHING, said(A, B), "false alarm"),
        (Truth(a=None), said(A, B), "right"),  # perspective: only whether it repeats
        (Truth(a=None), Answer(), "missed"),
        (BOARDS, OnePeriod(25.9), "right"),
        (BOARDS, OnePeriod(12.4), "octave"),
        (BOARDS, OnePeriod(34.0), "wrong"),
        (BOARDS, OnePeriod(None), "missed"),
        (BOARDS, AxisPeriods(123.0, 25.0), "right"),  # along the boards anything goes
        (BOARDS, AxisPeriods(25.0, 75.0), "octave"),
        (NOTHING, AxisPeriods(None, 9.0), "false alarm"),
    ],
)
def test_verdicts(truth, answer, verdict):
    assert judge(truth, answer) == verdict


def test_the_periods_of_running_bond_include_brick_course_and_fundamental():
    truth = Truth(a=(100.0, 0.0), b=(50.0, 30.0), unit_px=100.0, course_px=30.0)
    periods = known_periods(truth)
    for period in (100.0, 30.0, math.hypot(50, 30)):
        assert min(abs(p - period) for p in periods) < 1e-9
    # Means over columns see two courses on top of each other: half a brick.
    assert judge(truth, AxisPeriods(50.0, 30.0)) == "right"
    assert judge(truth, AxisPeriods(100.0, 30.0)) == "right"
    assert judge(truth, AxisPeriods(200.0, 30.0)) == "octave"


def test_vector_error_is_relative_and_only_between_lattices_of_as_many_points():
    assert vector_error(LATTICE, said(combine(1.002, 0), B)) == pytest.approx(0.002, rel=0.01)
    assert vector_error(LATTICE, said(combine(2, 0), B)) is None
    assert vector_error(LATTICE, said(A)) is None
    assert vector_error(BOARDS, said((0.0, -25.5))) == pytest.approx(0.02)


def stack_bond(size=(256, 320), unit=32, course=16):
    """Bins of the transform: 10 units and 16 courses fit exactly."""
    y, x = np.mgrid[: size[0], : size[1]]
    return as_tensor(
        0.5 + 0.1 * np.cos(2 * np.pi * x / unit) + 0.2 * np.cos(2 * np.pi * y / course)
    )


def test_the_strongest_bin_is_the_stronger_cosine():
    assert baselines.fft_bin(stack_bond(), None).period_px == pytest.approx(16)


def test_the_strongest_bin_under_a_mask():
    mask = torch.zeros(256, 320)
    mask[30:200, 40:290] = 1
    # Zero-padded bins are one cycle per picture apart: at 16 cycles 1 / 16 of the period.
    assert baselines.fft_bin(stack_bond(), mask).period_px == pytest.approx(16, rel=1 / 16)


def test_the_first_peak_of_the_autocorrelation_is_the_shortest_vector():
    image = as_tensor(cosines((256, 320), A, B))
    # Lags are whole pixels.
    assert baselines.acf_peak(image, None).period_px == pytest.approx(math.hypot(*B), abs=0.75)
    mask = torch.ones(256, 320)
    mask[60:140, 100:220] = 0
    assert baselines.acf_peak(image, mask).period_px == pytest.approx(math.hypot(*B), abs=0.75)


def test_noise_has_no_peak_of_autocorrelation():
    noise = torch.rand(3, 200, 200, generator=torch.Generator().manual_seed(0))
    assert baselines.acf_peak(noise, None).period_px is None


def test_the_soft_argmax_of_a_flat_spectrum_is_the_middle_of_its_range():
    noise = torch.rand(1, 256, 256, generator=torch.Generator().manual_seed(0))
    # Rings 2 to 128: 65. The rings' geometric means of white noise scatter by a few percent, and
    # the least, with few bins, lie 10 % off.
    assert baselines.soft_argmax(noise, None).period_px == pytest.approx(256 / 65, rel=0.05)


@pytest.mark.skipif(importlib.util.find_spec("librosa") is None, reason="needs the bench extra")
def test_yin_finds_unit_and_course_of_an_upright_wall():
    found = baselines.yin_means(stack_bond(), None)
    # YIN interpolates its difference function by a parabola.
    assert found.x_px == pytest.approx(32, rel=0.01)
    assert found.y_px == pytest.approx(16, rel=0.01)
