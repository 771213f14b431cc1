"""Fonts for names in any alphabet, drawn on a picture: found on this system, none is shipped."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

# Unicode never gives this code to a letter: fonts that have it are those "of last resort".
_NO_LETTER = 0xFDD0


class Lettering:
    """Fonts for some texts.

    DejaVu Sans, which comes with matplotlib, has Latin, Greek, Cyrillic, Arabic and Hebrew letters.
    Where a text has others (Chinese, say), the system's fonts are looked through.

    Args:
        texts: all that will be written.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Find the fonts."""
        letters = frozenset("".join(texts))
        own = _own_font()
        # Each font with letters that it has.
        self._fonts = [(own, _letters(own))]
        if not letters <= self._fonts[0][1]:
            self._fonts += [(path, letters & _letters(path)) for path in _system_fonts()]

    def of(self, text: str) -> tuple[str, str]:
        r"""The font to write a text with, and the text as that font can write it.

        Returns:
            The font's file: the first one that has all letters, else one that has the most. Letters
            that it has not are escaped, as ``\u58c1``: so two names can still be told apart.
        """
        wanted = frozenset(text)
        path, there = max(self._fonts, key=lambda font: len(wanted & font[1]))
        return path, "".join(one if one in there else _escaped(one) for one in text)

    def write(
        self,
        pen: ImageDraw.ImageDraw,
        at: tuple[float, float],
        text: str,
        width: float,
        size: int,
        color: str,
    ) -> int:
        """Write text, cut to a width in px, and say how wide it is."""
        path, text = self.of(text)
        chosen = font(path, size)
        text = cut_to(text, chosen, width)
        pen.text(at, text, color, chosen)
        return round(chosen.getlength(text))


@functools.lru_cache(64)
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    """A font file at a size in px."""
    from PIL import ImageFont

    return ImageFont.truetype(path, size)


def cut_to(text: str, font: ImageFont.FreeTypeFont, width_px: float) -> str:
    """A text that fits a width: without its middle, since names often differ at their ends."""
    kept = len(text)
    short = text
    while kept and font.getlength(short) > width_px:
        kept -= 1
        head = -(-kept // 2)
        short = f"{text[:head].rstrip()}...{text[len(text) - (kept - head) :].lstrip()}"
    return short if kept else ""


def _escaped(letter: str) -> str:
    return letter.encode("ascii", "backslashreplace").decode()


def _own_font() -> str:
    import matplotlib

    return os.path.join(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


def _system_fonts() -> list[str]:
    """Files of the system's fonts, upright ones of usual weight first."""
    from matplotlib.font_manager import findSystemFonts

    found = findSystemFonts()
    usual = [path for path in found if "regular" in os.path.basename(path).lower()]
    return [*sorted(usual), *sorted(set(found) - set(usual))]


def _letters(path: str) -> frozenset[str]:
    """Letters that a font has; none where it can't be read, or draws a box for any letter."""
    from matplotlib.ft2font import FT2Font

    try:
        codes = FT2Font(path).get_charmap()
    except (OSError, RuntimeError):
        return frozenset()
    return frozenset() if _NO_LETTER in codes else frozenset(map(chr, codes))
