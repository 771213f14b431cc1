"""The language of what people read: English in the code, other languages from a catalogue.

Texts are English wherever they are made, and in all JSON. What shows them to a person passes them
through `said`, which looks them up in the catalogue of the chosen language: ``ru.po`` beside this
file, in the format of GNU gettext. A text that is not in it stays English.

An entry may have ``{}`` for parts that change, such as numbers. So a sentence with its numbers in
it is found as well, also one that was read from a file. Parts are translated in turn, but for those
that the translation has ``{=}`` for: names of files stay as they are.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple


class LanguageCode(str, Enum):
    """Languages that texts are shown in: English, and those that there is a catalogue of."""

    en = "en"
    ru = "ru"


LANGUAGES = tuple(one.value for one in LanguageCode)
_CHOSEN = ContextVar("language", default="en")
_HOLE = re.compile(r"\{[^{}]*\}")
_AS_IT_IS = "{=}"
_ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n)+)', re.MULTILINE)
# What may stand in the holes of an entry: words if it has as many letters of its own, else numbers.
_LETTERS = 6
_WORDS, _NUMBERS = "([^;]*?)", "((?:[-+0-9., %]|e-)*)"
# Between sentences that are made apart and shown together.
_SEPARATORS = ("; ", ". ")


class _Pattern(NamedTuple):
    """An entry with holes: a text that it fits, and what it becomes."""

    fits: re.Pattern[str]
    becomes: str


def language() -> str:
    """The code of the language that texts are shown in, such as ``en``."""
    return _CHOSEN.get()


def language_of_system() -> str:
    """What `LC_ALL`, `LC_MESSAGES` or `LANG` ask for; English without a catalogue of it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            code = value[:2].lower()
            return code if code in LANGUAGES else "en"
    return "en"


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Show texts in another language.

    Args:
        code: one of `LANGUAGES`.
    """
    token = _CHOSEN.set(code)
    try:
        yield
    finally:
        _CHOSEN.reset(token)


def said(text: str) -> str:
    """A text in the chosen language; English where the catalogue does not have it."""
    code = _CHOSEN.get()
    return text if code == "en" else translated(text, code)


@lru_cache(maxsize=4096)
def translated(text: str, code: str) -> str:
    """A text in a language; English where the catalogue does not have it.

    Parts that stand for ``{}`` in an entry are translated in turn. Sentences that were put together
    by a semicolon or a full stop are translated one by one.
    """
    found = _known(text, code)
    if found is not None:
        return found
    for separator in _SEPARATORS:
        parts = text.split(separator)
        for k in range(len(parts) - 1, 0, -1):
            head = _known(separator.join(parts[:k]), code)
            if head is not None:
                return head + separator + translated(separator.join(parts[k:]), code)
    return text


def _known(text: str, code: str) -> str | None:
    """A text that is one entry, translated; None where there is no such entry."""
    entries = catalogue(code)
    if text in entries:
        return entries[text]
    for pattern in _patterns(code):
        if match := pattern.fits.fullmatch(text):
            pieces, holes = _HOLE.split(pattern.becomes), _HOLE.findall(pattern.becomes)
            parts = [
                part if hole == _AS_IT_IS else translated(part, code)
                for part, hole in zip(match.groups(), holes, strict=True)
            ]
            return "".join(map(str.__add__, pieces, [*parts, ""]))
    return None


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """Texts of a language by their English."""
    source = (Path(__file__).parent / f"{code}.po").read_text(encoding="utf-8")
    found = {}
    for entry in _ENTRY.finditer(source + "\n"):
        english, text = (
            "".join(map(ast.literal_eval, part.splitlines())) for part in entry.groups()
        )
        if english and text:
            found[english] = text
    return found


@cache
def _patterns(code: str) -> tuple[_Pattern, ...]:
    """Entries with holes; those that say most come first, so that the closest one is taken."""
    with_holes = [(key, text) for key, text in catalogue(code).items() if _HOLE.search(key)]
    with_holes.sort(key=lambda entry: -len(_HOLE.sub("", entry[0])))
    return tuple(_Pattern(_fitting(key), text) for key, text in with_holes)


def _fitting(key: str) -> re.Pattern[str]:
    pieces = _HOLE.split(key)
    hole = _WORDS if len("".join("".join(pieces).split())) >= _LETTERS else _NUMBERS
    return re.compile(hole.join(map(re.escape, pieces)))
