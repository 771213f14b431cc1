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
from tiling_diag.report.figures.draw import FIGURES, draw
from tiling_diag.report.figures.export import draw_all, pixels
from tiling_diag.report.figures.overlay import lattice_overlay
from tiling_diag.report.figures.texts import ALT, FIGURE_NAMES
from tiling_diag.report.html import notebook_html, page, page_figures
from tiling_diag.report.measures import MEASURES
from tiling_diag.synth import Material, View, draw_wall

pytestmark = pytest.mark.usefixtures("remembered")

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
    "tall boards": lambda: td.diagnose(drawn(640, 72, 0.0, 24.0, "plank_1d")),
    "masked": lambda: td.diagnose(drawn(280, 340), round_mask(280, 340)),
    "zones": lambda: td.diagnose(sample("brick_zones.jpg"), ref=sample("brick_reference.jpg")),
    "wide noise": lambda: td.diagnose(torch.rand(1, 60, 600)),
}


@cache
def wall(name):
    torch.manual_seed(0)
    return WALLS[name]()


@pytest.mark.parametrize("name", WALLS)
def test_every_figure_is_drawn_and_the_page_has_all_and_needs_nothing(name):
    diagnosis = wall(name)
    names = page_figures(diagnosis)
    assert len(names) == len(FIGURES) - (name != "masked")
    figures = draw_all(diagnosis, page=names)
    assert list(figures) == list(FIGURES)
    assert set(FIGURES) == set(FIGURE_NAMES)
    for shown, one in figures.items():
        assert one.title and one.note
        assert "nan" not in one.title.lower()
        with Image.open(io.BytesIO(one.file)) as picture:
            assert picture.mode == "RGB"
            assert picture.width == 1280  # twice what a page shows
            assert 180 <= picture.height <= 1300
        if shown in names:
            _, _, width, height = map(float, re.search(r'viewBox="([^"]*)"', one.body)[1].split())
            assert width == pytest.approx(72 * picture.width / 200, abs=1)
            # Without the title, and a note of 1 to 3 lines.
            assert 0.4 <= (picture.height / 200 - height / 72) <= 1.2
    text = page(diagnosis.summary(), figures, diagnosis.notes)
    assert text.count('class="shot"') == len(names)
    for shown in names:
        assert f'<svg role="img" aria-label="{ALT[shown]}: ' in text
    assert len(text) < 1_000_000
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", text)
    assert "nan" not in re.sub(r"base64,[^\"]*", "", text).lower().split()
    for measure in MEASURES:
        assert f"<code>{measure.key}</code>" in text
    for finding in diagnosis.findings:
        # The verdict, then what is wrong, then pictures and numbers.
        place = text.index(f"<strong>{finding.code}</strong>")
        assert text.index('class="badge') < place < text.index('id="figures"')


@cache
def joints():
    hexagons = drawn(300, 400, 48.0, 48 * 0.75**0.5, "hex")
    return {
        "level courses": sample("brick_reference.jpg"),
        "upright courses": sample("brick_reference.jpg").rot90(1, (-2, -1)),
        "tilted": sample("brick_perspective.jpg"),
        "boards": drawn(300, 400, 0.0, 24.0, "plank_1d"),
        "hexagons": hexagons,
        "upright hexagons": hexagons.rot90(1, (-2, -1)),
    }


@pytest.mark.parametrize("material", joints())
def test_lattice_lines_lie_on_the_joints(material):
    image = joints()[material].contiguous()
    overlay = lattice_overlay(td.diagnose(image), gap_px=9.0)
    middle = overlay.lines.mean(1)
    height, width = image.shape[-2:]
    inside = (middle > 0).all(1) & (middle[:, 0] < width - 1) & (middle[:, 1] < height - 1)
    x, y = middle[inside].astype(int).T
    luma = image.mean(0).numpy()
    # Mortar is pale and bricks are dark: joints are where the picture is brightest.
    assert len(x) > 100
    assert (luma[y, x] > np.percentile(luma, 75)).mean() > 0.9


def color_share(sheet, color, slack=40):
    wanted = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)])
    return (np.abs(pixels(sheet).astype(int) - wanted).max(-1) < slack).mean((1,))


def test_the_overview_marks_the_zone_where_it_is():
    sheet = draw(wall("zones"), "overview")
    rows = np.flatnonzero(color_share(sheet, "#ff2f6d") > 0.5)
    (finding,) = (f for f in wall("zones").findings if f.code == "doubling_bands")
    _, top, _, bottom = finding.where[0].box_px
    place = sheet.figure.axes[0].get_position()
    height = pixels(sheet).shape[0]
    start, zoom = (1 - place.y1) * height, place.height * height / 544
    assert rows.min() == pytest.approx(start + top * zoom, abs=8)
    assert rows.max() == pytest.approx(start + bottom * zoom, abs=8)


def test_the_notebook_shows_verdict_and_picture():
    text = notebook_html(wall("zones"))
    assert "DEFECT" in text
    assert "doubling_bands" in text
    assert text.count("data:image/") == 1
