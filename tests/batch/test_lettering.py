"""Names in any alphabet on the contact sheet: the system's fonts, and escapes for the rest."""

from pathlib import Path

import matplotlib
import pytest

from tiling_diag.batch import lettering
from tiling_diag.batch.lettering import Lettering, cut_to, font

# These come with matplotlib, on every system.
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
SANS, SERIF, BOXES = (
    str(FONTS / f"{name}.ttf") for name in ("DejaVuSans", "DejaVuSerif", "LastResortHE-Regular")
)
# A letter that the serif one has and the other has not, and one that neither has.
RARE, UNKNOWN = "\u1d15", "壁"


@pytest.fixture
def system(monkeypatch, tmp_path):
    """A system of few fonts, of which one is no font."""
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    asked = []

    def fonts():
        asked.append(1)
        return [str(broken), BOXES, SERIF]

    monkeypatch.setattr(lettering, "_system_fonts", fonts)
    return asked


def test_usual_letters_need_no_font_of_the_system(system):
    names = ["wall.png", "стена.png", "παντα.png", "جدار.png"]
    letters = Lettering(names)
    assert [letters.of(name) for name in names] == [(SANS, name) for name in names]
    assert system == []


def test_a_font_that_has_the_letters_is_found_and_what_none_has_is_escaped(system):
    letters = Lettering([f"{RARE}.png", f"{UNKNOWN}.png"])
    assert letters.of(f"{RARE}.png") == (SERIF, f"{RARE}.png")
    assert letters.of(f"{UNKNOWN}.png") == (SANS, "\\u58c1.png")
    assert letters.of(f"{RARE}{UNKNOWN}") == (SERIF, f"{RARE}\\u58c1")
    assert letters.of("plain") == (SANS, "plain")
    assert system == [1]


@pytest.mark.parametrize("width", [0, 5, 40, 120, 5000])
def test_a_long_name_keeps_both_ends(width):
    letters = font(SANS, 13)
    name = "step_1000/" + "red bricks " * 5 + "seed12.png"
    short = cut_to(name, letters, width)
    assert letters.getlength(short) <= width
    if short and short != name:
        head, tail = short.split("...")
        assert name.startswith(head) and name.endswith(tail)
        assert abs(len(head) - len(tail)) <= 3
    assert (short == name) == (width == 5000)
