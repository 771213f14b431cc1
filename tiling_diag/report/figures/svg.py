"""SVG of matplotlib made small: the same drawing, without what no page needs."""

from __future__ import annotations

import re

# Of coordinates, which are points: a hundredth of one is far below what a screen can show.
DECIMALS = 2

_NUMBER = re.compile(r"-?\d+\.\d+")
_AROUND_LETTERS = re.compile(r" ?([A-Za-z]) ?")
_PLACE = re.compile(r' (d|x|y)="([^"]*)"')
# matplotlib turns every text, most of them by nothing.
_NO_TURN = re.compile(r' transform="rotate\(-?0 [^"]*\)"')


def small_svg(svg: str) -> str:
    """SVG that draws the same in about half the bytes.

    Comments, names and space between elements go, and so do groups that say nothing and turns by no
    angle. Coordinates keep `DECIMALS` decimals. Letters are in the font of the page.
    """
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    # What groups are called is of no use, and would be there twice on a page.
    svg = re.sub(r'<g id="[^"]*"', "<g", svg).replace("xlink:href", "href")
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    svg = re.sub(r">\s+<", "><", svg)
    return _without_bare_groups(re.sub(r"<[a-z][^>]*>", _small_element, svg))


def _small_element(found: re.Match[str]) -> str:
    return _PLACE.sub(_small_place, _NO_TURN.sub("", found[0]))


def _small_place(found: re.Match[str]) -> str:
    name, value = found.groups()
    value = _NUMBER.sub(lambda number: _rounded(number[0]), " ".join(value.split()))
    return f' {name}="{_AROUND_LETTERS.sub(lambda letter: letter[1], value)}"'


def _rounded(number: str) -> str:
    short = f"{float(number):.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def _without_bare_groups(svg: str) -> str:
    """Without groups that have no attribute; what is in them stays where it is."""
    kept: list[bool] = []
    parts = []
    for part in re.split(r"(<g\b[^>]*>|</g>)", svg):
        if part.startswith("<g"):
            # One that closes itself holds nothing.
            if part.endswith("/>"):
                continue
            kept.append(part != "<g>")
            part = part if kept[-1] else ""
        elif part == "</g>":
            part = part if kept.pop() else ""
        parts.append(part)
    return "".join(parts)
