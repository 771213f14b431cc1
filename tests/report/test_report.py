"""Figures and page: drawn for any wall, on the joints, complete and self-contained."""

import io
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import tiling_diag as td
from tiling_diag.report.figures.canvas import ticks
from tiling_diag.report.figures.draw import FIGURES, draw, draw_all
from tiling_diag.report.figures.notes import FIGURE_NAMES
from tiling_diag.report.figures.overlay import lattice_overlay
from tiling_diag.report.html import notebook_html, page
from tiling_diag.report.measures import MEASURES
from tiling_diag.synth import Material, View, draw_wall

SAMPLES = Path(__file__).parents[2] / "sample_data"


def drawn(height, width, unit_px=48.0, course_px=20.0, bond="running_bond"):
    material = Material(bond=bond, width_px=unit_px, height_px=course_px, mortar_px=3.0, seed=1)
    return draw_wall(material, View(size=(height, width), seed=1)).image


def sample(name):
    pixels = np.asarray(Image.open(SAMPLES / name).convert("RGB"))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255


def round_mask(height, width):
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    radius = 0.4 * min(height, width)
    return ((y - height / 2).hypot(x - width / 2) < radius).float()


WALLS = {
    "smallest and flat": lambda: td.diagnose(torch.full((3, 8, 8), 0.5)),
    "small": lambda: td.diagnose(drawn(64, 80, 16.0, 8.0)),
    "tall": lambda: td.diagnose(drawn(900, 96)),
    "wide": lambda: td.diagnose(drawn(80, 1500)),
    "boards": lambda: td.diagnose(drawn(300, 400, 0.0, 24.0, "plank_1d")),
    "grey": lambda: td.diagnose(sample("brick_reference.jpg").mean(0)),
    "masked": lambda: td.diagnose(drawn(400, 500), round_mask(400, 500)),
    "zones": lambda: td.diagnose(sample("brick_zones.jpg"), ref=sample("brick_reference.jpg")),
    "noise": lambda: td.diagnose(torch.rand(3, 128, 160)),
}


@cache
def wall(name):
    torch.manual_seed(0)
    return WALLS[name]()


@pytest.mark.parametrize("name", WALLS)
def test_every_figure_is_drawn_and_fits_a_screen(name):
    figures = draw_all(wall(name))
    assert list(figures) == list(FIGURES)
    assert set(FIGURES) == set(FIGURE_NAMES)
    for title, note in ((one.title, one.note) for one in figures.values()):
        assert title and note
        assert "nan" not in title.lower()
    for one in figures.values():
        with Image.open(io.BytesIO(one.png)) as picture, Image.open(io.BytesIO(one.body)) as body:
            assert picture.mode == "RGB"
            assert 300 <= picture.width <= 1100
            assert 90 <= picture.height <= 800
            assert body.width == picture.width
            assert 40 <= picture.height - body.height <= 120  # title, and a note of 1 to 3 lines


@pytest.mark.parametrize("name", WALLS)
def test_the_page_has_all_and_needs_nothing(name):
    diagnosis = wall(name)
    text = page(diagnosis.summary(), draw_all(diagnosis), diagnosis.notes)
    assert text.count("data:image/") == len(FIGURES)
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", text)
    assert "nan" not in re.sub(r"base64,[^\"]*", "", text).lower().split()
    for measure in MEASURES:
        assert f"<code>{measure.key}</code>" in text
    for finding in diagnosis.findings:
        # The verdict, then what is wrong, then pictures and numbers.
        place = text.index(f"<strong>{finding.code}</strong>")
        assert text.index('class="badge') < place < text.index('id="figures"')


@pytest.mark.parametrize("turned", [False, True], ids=["level courses", "upright courses"])
def test_lattice_lines_lie_on_the_joints(turned):
    image = sample("brick_reference.jpg")
    image = image.rot90(1, (-2, -1)) if turned else image
    overlay = lattice_overlay(td.diagnose(image), gap_px=9.0)
    middle = overlay.lines.mean(1)
    height, width = image.shape[-2:]
    inside = (middle > 0).all(1) & (middle[:, 0] < width - 1) & (middle[:, 1] < height - 1)
    x, y = middle[inside].astype(int).T
    luma = image.mean(0).numpy()
    # Mortar is pale and bricks are dark: joints are where the picture is brightest.
    assert len(x) > 100
    assert (luma[y, x] > np.percentile(luma, 75)).mean() > 0.8


def color_share(canvas, color, slack=40):
    pixels = np.asarray(canvas.image).astype(int)
    wanted = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)])
    return (np.abs(pixels - wanted).max(-1) < slack).mean((1,))


def test_the_overview_marks_the_zone_where_it_is():
    canvas = draw(wall("zones"), "overview")
    rows = np.flatnonzero(color_share(canvas, "#ff2f6d") > 0.5)
    (finding,) = (f for f in wall("zones").findings if f.code == "doubling_bands")
    _, top, _, bottom = finding.where[0].box_px
    zoom = 720 / 768
    start = canvas.head_px + 10
    assert rows.min() == pytest.approx(start + top * zoom, abs=4)
    assert rows.max() == pytest.approx(start + bottom * zoom, abs=4)


def test_the_notebook_shows_verdict_and_picture():
    text = notebook_html(wall("zones"))
    assert "DEFECT" in text
    assert "doubling_bands" in text
    assert text.count("data:image/jpeg") == 1


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-0.3, 0.31), (3.2, 970), (0, 1e-6), (-5, -1), (2, 2)]
)
def test_ticks_are_round_few_and_inside(low, high):
    at = ticks(low, high)
    assert 1 <= len(at) <= 8
    slack = 1e-9 * max(1, abs(high))
    assert all(low - slack <= value <= high + slack for value in at)
    if len(at) > 1:
        step = at[1] - at[0]
        mantissa = step / 10 ** np.floor(np.log10(step) + 1e-9)
        assert min(abs(mantissa - m) for m in (1, 2, 5)) < 1e-6
