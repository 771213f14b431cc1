"""What spectra and autocorrelations drawn by hand say of the fundamental's period."""

import math
from types import SimpleNamespace

import pytest
import torch
from drawn_autocorrelation import drawn, ridges
from known_lattice import known, none

from tiling_diag.checks.spectra.autocorrelation import measure_autocorrelation
from tiling_diag.checks.spectra.cepstrum import measure_cepstrum
from tiling_diag.checks.spectra.power import own_period

SIZE = (256, 320)


def lines(wave, orders, height=1e4):
    """``(1, h, w // 2 + 1)`` power 1, and at these multiples of a wave vector `height` more."""
    fx = torch.fft.rfftfreq(SIZE[1]).double()
    fy = torch.fft.fftfreq(SIZE[0]).double()
    power = torch.ones(len(fy), len(fx), dtype=torch.float64)
    for k in orders:
        for sign in (1, -1):
            # In bins, along each axis.
            x = (fx - sign * k * wave[0]) * SIZE[1]
            y = (fy - sign * k * wave[1]) * SIZE[0]
            power += height * torch.exp(-(y[:, None].square() + x.square()) / 2)
    return power[None]


@pytest.mark.parametrize("off", [0.95, 1.0, 1.06])
@pytest.mark.parametrize("wave", [(1 / 21, 0.0), (0.0, 1 / 17.3), (0.031, -0.022)])
def test_the_comb_comes_to_the_lines(wave, off):
    power = lines(wave, range(1, 7))
    found = own_period(power, SIZE, torch.tensor([wave], dtype=torch.float64) * off)
    # Log power is read between bins along straight lines: up to 0.7 % off.
    assert float(found) == pytest.approx(1 / math.hypot(*wave), rel=0.03)


def test_the_comb_goes_by_harmonics_where_the_fundamental_is_missing():
    wave = (1 / 21, 0.0)
    found = own_period(lines(wave, [2, 3, 4]), SIZE, torch.tensor([[1 / 20, 0.0]]).double())
    assert float(found) == pytest.approx(21, rel=0.03)


def test_without_a_fundamental_there_is_no_period():
    power = lines((1 / 21, 0.0), range(1, 7)).expand(2, -1, -1)
    waves = torch.tensor([[math.nan, math.nan], [1 / 21, 0.0]], dtype=torch.float64)
    found = own_period(power, SIZE, waves)
    assert found[0].isnan()
    assert float(found[1]) == pytest.approx(21, rel=0.03)


def cepstrum(power, lattice):
    return measure_cepstrum(SimpleNamespace(power=power, size=SIZE), lattice)


@pytest.mark.parametrize("period", [12.0, 20.0, 31.0])
def test_the_quefrency_of_a_full_family_is_its_period(period):
    found = cepstrum(lines((1 / period, 0.0), range(1, int(0.4 * period) + 1)), known((period, 0)))
    assert float(found.period_px) == pytest.approx(period, rel=0.03)


def test_the_cepstrum_has_an_answer_of_its_own():
    """Every second line only: half the period, whatever the lattice says."""
    found = cepstrum(lines((0.0, 1 / 30), range(2, 13, 2)), known((0, 30)))
    assert float(found.period_px) == pytest.approx(15, rel=0.03)


def test_without_a_lattice_the_cepstrum_has_no_period():
    assert cepstrum(lines((1 / 20, 0.0), range(1, 9)), none()).period_px.isnan().all()


def autocorrelation(layers, lattice, step=(1.0, 1.0)):
    small = SimpleNamespace(autocorrelation_maps=drawn(layers))
    return measure_autocorrelation(SimpleNamespace(small=small, small_step_px=step), lattice)


@pytest.mark.parametrize(("pitch", "vector"), [(20.0, (20, 0)), (13.5, (0, 13.5))])
def test_the_first_peak_is_the_period(pitch, vector):
    found = autocorrelation([ridges(vector, 0.8)], known(vector))
    assert float(found.period_px) == pytest.approx(pitch, rel=0.01)


@pytest.mark.parametrize(("between", "period"), [(0.1, 40.0), (0.3, 20.0)])
def test_the_first_peak_counts_if_it_is_significant(between, period):
    """Of the highest, a fifth and more counts: 0.16 of 0.8."""
    layers = [ridges((40, 0), 0.8), ridges((20, 0), between)]
    found = autocorrelation(layers, known((40, 0)))
    assert float(found.period_px) == pytest.approx(period, rel=0.01)


def test_peaks_far_below_the_fundamental_are_none_of_the_lattice():
    layers = [ridges((60, 0), 0.8), ridges((12, 0), 0.4)]
    assert float(autocorrelation(layers, known((60, 0))).period_px) == pytest.approx(24, rel=0.03)


def test_lags_are_those_of_the_full_picture():
    found = autocorrelation([ridges((20, 0), 0.8)], known((50, 0)), step=(2.5, 2.0))
    assert float(found.period_px) == pytest.approx(50, rel=0.01)
    assert found.step_px.tolist() == [2.5, 2.0]


def test_without_a_lattice_the_autocorrelation_has_no_period():
    assert autocorrelation([ridges((20, 0), 0.8)], none()).period_px.isnan().all()
