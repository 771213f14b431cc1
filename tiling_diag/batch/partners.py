"""Masks and references, found by relative path and stem; what has none is said, not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tiling_diag.batch.locations import join, split_name, tidy
from tiling_diag.batch.storage.files import Files
from tiling_diag.errors import InputError
from tiling_diag.text import printable

_WORDS = {
    "mask": "masks?|msk|matte|segmentation|segm?",
    "ref": "refs?|reference|target|gt",
    "pred": "preds?|prediction|out|output|gen|generated|result",
}
# What stems say of the picture, as in wall_mask, mask_wall or wall-ref.
_ENDINGS = {role: re.compile(rf"[-_. ]({w})$", re.IGNORECASE) for role, w in _WORDS.items()}
_BEGINNINGS = {
    role: re.compile(rf"^(wall[-_. ])?({w})[-_. ]", re.IGNORECASE) for role, w in _WORDS.items()
}
# X_wall_mask may belong to X_wall or to X.
_WALL = re.compile(r"[-_. ]wall$|^wall[-_. ]", re.IGNORECASE)
_NOUN = {"mask": "mask", "ref": "reference"}


def without_role(stem: str, role: str) -> str:
    """The stem without the word, last or first, that names the role: mask, ref or pred."""
    bare = _ENDINGS[role].sub("", stem)
    return bare if bare != stem else _BEGINNINGS[role].sub("", stem)


def owners(stem: str, role: str) -> tuple[str, ...]:
    """Stems of pictures whose mask or reference a file of this stem may be, the surest first."""
    bare = without_role(stem, role)
    return () if bare == stem else tuple(dict.fromkeys((bare, _WALL.sub("", bare))))


def check_pattern(pattern: str) -> str:
    """`pattern` itself, if it says where a picture's mask is.

    Raises:
        InputError: if it has no ``{stem}``, or another word in braces.
    """
    if "{stem}" not in pattern or re.search(r"[{}]", pattern.replace("{stem}", "")):
        raise InputError(
            f"mask_pattern={pattern!r} needs {{stem}}, the picture's name without its ending, and "
            "nothing else in braces, as in '{stem}_seg.png'"
        )
    return pattern


@dataclass
class Partners:
    """The masks or references of a folder, by the names of the pictures they belong to.

    Attributes:
        role: ``mask`` or ``ref``.
        root: the folder; None for that of each picture, with a pattern.
        names: of the files in it.
        pictures: folder and stem of every picture.
        pattern: what a partner is called, with ``{stem}``; None for the names in use.
        files: what knows whether a file is there.
        missing: pictures without a partner, with the reason.
    """

    role: str
    root: str | None
    names: Iterable[str]
    pictures: set[tuple[str, str]]
    pattern: str | None = None
    files: Files = field(default_factory=Files)
    missing: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Sort the files by folder and stem."""
        self._asked = 0
        self._exact: dict[tuple[str, str], list[str]] = {}
        self._bare: dict[tuple[str, str], list[str]] = {}
        self._unused, self._ambiguous = set(self.names), set[str]()
        for name in self._unused:
            folder, stem = split_name(name)
            self._exact.setdefault((folder, stem), []).append(name)
            for owner in owners(stem, self.role):
                self._bare.setdefault((folder, owner), []).append(name)
                if (folder, owner) in self.pictures:
                    break

    def of(self, name: str, path: str, root: str) -> str | None:
        """The partner of a picture, None (and noted) where there is none or more than one.

        Equal stems go before stems with a word, such as wall_mask; then the picture's own word, as
        in wall_pred, is left out.

        Args:
            name: of the picture, relative to its root.
            path: of the picture.
            root: of the picture.
        """
        self._asked += 1
        home = root if self.root is None else self.root
        for found in self._fitting(name, home):
            found = sorted(one for one in found if tidy(join(home, one)) != path)
            if len(found) == 1:
                self._unused.discard(found[0])
                return tidy(join(home, found[0]))
            if found:
                self.missing.append(f"{name} ({' and '.join(found)} both fit)")
                self._ambiguous |= set(found)
                return None
        self.missing.append(name)
        return None

    def _fitting(self, name: str, home: str) -> Iterable[list[str]]:
        """Names that may be meant, the surest first."""
        folder, stem = split_name(name)
        for wanted in dict.fromkeys((stem, without_role(stem, "pred"))):
            if self.pattern is not None:
                one = self.wanted(folder, wanted)
                yield [one] if self.files.is_file(join(home, one)) else []
                continue
            for table in (self._exact, self._bare):
                yield table.get((folder, wanted), [])

    def wanted(self, folder: str, stem: str) -> str:
        """What the pattern calls the partner of a picture."""
        assert self.pattern is not None, "only asked with a pattern"
        return "/".join(filter(None, (folder, self.pattern.replace("{stem}", stem))))

    def unused(self) -> list[str]:
        """Files that belong to no picture."""
        return sorted(self._unused)

    def messages(self, *, strict: bool = False) -> list[str]:
        """What could not be matched, one line for each side.

        Args:
            strict: whether nothing is measured because of it.
        """
        word, lines = _NOUN[self.role], []
        listed = "" if strict else " (all in batch.json)"
        if self.missing:
            done = "measured whole" if self.role == "mask" else "measured without"
            example, *advice = self._example()
            first = (
                f"{len(self.missing)} of {self._asked} pictures have no {word}"
                f"{'' if strict else f' and are {done}'}, such as {printable(example)}{listed}"
            )
            lines.append("; ".join([first, *advice]))
        if left := self.unused():
            example = next((one for one in left if one not in self._ambiguous), left[0])
            one = len(left) == 1
            lines.append(
                f"{len(left)} {word}{'' if one else 's'} without a picture"
                f"{':' if one else ', such as'} {printable(example)}{listed}"
            )
        return lines

    def _example(self) -> list[str]:
        """A picture without a partner, and what would match it, in parts of a sentence."""
        nothing_fits = (one for one in self.missing if not one.endswith("both fit)"))
        name = next(nothing_fits, None)
        if name is None:
            return [self.missing[0], "one of them must go"]
        folder, stem = split_name(name)
        place = f" in {printable(self.root)}" if self.root else ""
        if self.pattern is not None:
            return [name, f"{printable(self.wanted(folder, stem))}{place} would match"]
        stems = (stem, f"{stem}_{self.role}", f"{self.role}_{stem}")
        options = " or ".join(printable("/".join(filter(None, (folder, s)))) for s in stems)
        parts = [name, f"{options}, with any ending{place}, would match"]
        near = [one for one in self.unused() if stem in split_name(one)[1]]
        if near and self.role == "mask":
            pattern = near[0].rpartition("/")[2].replace(stem, "{stem}", 1)
            parts.append(f"perhaps --mask-pattern {printable(repr(pattern))}")
        return parts
