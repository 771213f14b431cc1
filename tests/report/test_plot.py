"""The plots: they draw into what is given, say the answer, and touch nothing of the process."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

import tiling_diag as td
from tiling_diag.report.figures.draw import draw
from tiling_diag.report.figures.export import draw_all, pixels

pytestmark = pytest.mark.usefixtures("remembered")

SAMPLES = Path(__file__).parents[2] / "sample_data"
OF_ONE = (
    "overview", "radial_profile", "spectrum", "autocorrelation", "cepstrum", "local_period",
    "bands", "sweep",
)  # fmt: skip


@cache
def wall():
    return td.diagnose(SAMPLES / "brick_zones.jpg")


@pytest.mark.parametrize("name", OF_ONE)
def test_a_plot_draws_into_the_axes_given(name):
    figure = Figure()
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    assert getattr(td.plot, name)(wall(), left) is left
    assert left.has_data()
    assert not right.has_data()
    assert left.get_xlabel()
    figure.canvas.draw()


def test_the_curve_is_that_of_the_record():
    x, y = td.plot.cepstrum(wall()).lines[-2].get_data()
    assert np.array_equal(x, wall().cepstrum.quefrency_px.numpy())
    assert np.allclose(y, wall().cepstrum.along.numpy())


def test_losses_are_least_where_the_scale_is_right():
    for line in td.plot.sweep(wall()).lines[:4]:
        x, y = line.get_data()
        assert x[np.argmin(y)] == 1.0
        assert max(y) == pytest.approx(1.0)


def test_both_walls_are_shown_at_one_scale():
    ax = td.plot.comparison(wall(), td.diagnose(SAMPLES / "tile_grid.jpg"))
    widths = [x1 - x0 for x0, x1, _, _ in (image.get_extent() for image in ax.images)]
    assert widths == pytest.approx([768, 768])


def test_a_notebook_shows_the_figure():
    data = wall().plot()._repr_png_()
    assert data.startswith(b"\x89PNG")
    assert len(data) > 100_000


def test_threads_draw_what_one_draws_alone():
    alone = pixels(draw(wall(), "cepstrum"))
    with ThreadPoolExecutor(4) as pool:
        drawn = [pool.submit(lambda: pixels(draw(wall(), "cepstrum"))) for _ in range(4)]
        assert all(np.array_equal(one.result(), alone) for one in drawn)


@pytest.mark.parametrize(
    ("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_files_are_of_the_kind_and_size_asked_for(kind, start, tmp_path):
    one = draw_all(wall(), ["cepstrum"], file_format=kind, dpi=100, page=())["cepstrum"]
    again = draw_all(wall(), ["cepstrum"], file_format=kind, dpi=100, page=())["cepstrum"]
    assert one.file.startswith(start)
    assert one.file == again.file  # nothing of the day or of chance
    assert one.body == ""
    if kind == "png":
        (tmp_path / "one.png").write_bytes(one.file)
        with Image.open(tmp_path / "one.png") as picture:
            assert picture.width == 640
            assert picture.info["dpi"] == pytest.approx((100, 100), abs=0.1)


PROGRAM = """
import sys
from tiling_diag.process import plain_plots
plain_plots()
import tiling_diag.report.figures.export
assert "matplotlib" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
from matplotlib.font_manager import fontManager
import matplotlib
own = matplotlib.get_data_path()
print(len(fontManager.ttflist) > 10 and all(f.fname.startswith(own) for f in fontManager.ttflist))
"""


def test_a_first_run_looks_for_no_fonts_and_says_nothing(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o500)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MPL", "XDG"))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**kept, "HOME": str(home)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout == "True\n"
