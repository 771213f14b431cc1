"""From what was named on the command line to jobs: a picture each, with mask and reference."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tiling_diag.batch.folder import SHEET_FILE
from tiling_diag.batch.locations import is_url, join, name_of, real, split_name, tidy
from tiling_diag.batch.manifest import is_manifest, read_manifest, resolve
from tiling_diag.batch.partners import Partners, check_pattern, owners, without_role
from tiling_diag.batch.storage.files import Files
from tiling_diag.batch.work import Job
from tiling_diag.errors import InputError
from tiling_diag.text import printable


@dataclass(frozen=True)
class Inputs:
    """What a batch works on.

    Attributes:
        jobs: one for each picture, in the order of the inputs, none twice.
        roots: folders that names of pictures are relative to.
        unmatched: masks and references that were not found, and those that belong to nothing.
        messages: the same as a few lines for people.
    """

    jobs: list[Job]
    roots: list[str]
    unmatched: dict[str, list[str]]
    messages: list[str]


@dataclass(frozen=True)
class _Listed:
    """A picture as it was listed: where it is, its name and what a list says about it."""

    path: str
    name: str
    root: str
    mask: str | None = None
    ref: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)


def discover(
    sources: list[str],
    *,
    masks: str | None = None,
    refs: str | None = None,
    mask_pattern: str | None = None,
    strict: bool = False,
    recursive: bool = False,
    skip: frozenset[str] = frozenset(),
    files: Files | None = None,
) -> Inputs:
    """Find the pictures and their partners.

    Args:
        sources: folders, files, globs and lists, or URLs of them.
        masks: folder of masks.
        refs: folder of references, or one picture for all.
        mask_pattern: what the mask of a picture is called, such as ``{stem}_seg.png``; in `masks`,
            or beside the picture.
        strict: whether what has no partner is an error.
        recursive: whether folders are gone through to the bottom.
        skip: real paths of folders that are no inputs, such as the one for the results.
        files: what answers for URLs.

    Raises:
        InputError: if a source is missing or nothing is found, or a store gives no answer; with
            `strict` if something has no partner.
    """
    search = _Search(files or Files(), recursive, skip)
    try:
        jobs, roots, partners = _discover(sources, search, masks, refs, mask_pattern)
    except OSError as error:
        raise InputError(f"{error.filename}: can't be read ({error.strerror})") from error
    unmatched = {}
    for role, found in partners.items():
        unmatched[f"without_{role}"] = found.missing
        unmatched[f"{role}s_without_picture"] = found.unused()
    messages = [line for found in partners.values() for line in found.messages(strict=strict)]
    if strict and messages:
        raise InputError("; ".join(messages))
    unread = [f"left out, for it can't be listed: {printable(one)}" for one in search.unread]
    return Inputs(jobs, roots, unmatched, [*unread, *messages])


@dataclass(frozen=True)
class _Search:
    """How pictures are looked for, and what could not be listed meanwhile."""

    files: Files
    recursive: bool
    skip: frozenset[str]
    unread: list[str] = field(default_factory=list)


def _discover(
    sources: list[str],
    search: _Search,
    masks: str | None,
    refs: str | None,
    mask_pattern: str | None,
) -> tuple[list[Job], list[str], dict[str, Partners]]:
    """Jobs, their roots, and who looked for masks and references."""
    files = search.files
    if masks is not None and not files.is_folder(masks):
        raise InputError(f"{masks} is not a folder: --masks takes the folder of the masks")
    refs_folder = refs if refs is not None and files.is_folder(refs) else None
    if refs is not None and refs_folder is None and not files.is_file(refs):
        raise InputError(f"there is no file or folder {refs}, which --refs names")
    if mask_pattern is not None:
        check_pattern(mask_pattern)
    folders = {"mask": masks, "ref": refs_folder}
    search = replace(
        search, skip=search.skip.union(real(one) for one in folders.values() if one is not None)
    )
    listed = _once((one for source in sources for one in _listed(source, search)), search.skip)
    partners = {}
    for role, folder in folders.items():
        pattern = mask_pattern if role == "mask" else None
        if folder is not None or pattern is not None:
            partners[role], listed = _partners(role, folder, pattern, listed, search)
    if not listed:
        hint = "" if search.recursive else "; --recursive also looks into the folders below"
        raise InputError(f"there are no pictures in {', '.join(sources)}{hint}")
    one_ref = tidy(refs) if refs is not None and "ref" not in partners else None
    jobs = [_job(one, partners, one_ref) for one in listed]
    return jobs, list(dict.fromkeys(one.root for one in listed)), partners


def _job(one: _Listed, partners: dict[str, Partners], one_ref: str | None) -> Job:
    found = {"mask": one.mask, "ref": one.ref or one_ref}
    for role, some in partners.items():
        found[role] = found[role] or some.of(one.name, one.path, one.root)
    return Job(one.path, found["mask"], found["ref"], columns=one.columns or None)


def _once(listed: Iterable[_Listed], skip: frozenset[str]) -> list[_Listed]:
    """Each picture once, wherever it was named: `a.png`, `./a.png` and `x/../a.png` are one.

    Results may lie among the pictures: the contact sheet is none of them.
    """
    folders: dict[str, str] = {}
    kept: dict[tuple[str, str], _Listed] = {}
    for one in listed:
        folder, file = os.path.split(one.path)
        if folder not in folders:
            folders[folder] = real(folder)
        if file == SHEET_FILE and folders[folder] in skip:
            continue
        # The first name stays, and what was said last counts.
        first = kept.get((folders[folder], file), one)
        kept[folders[folder], file] = replace(one, path=first.path, name=first.name)
    return list(kept.values())


def _partners(
    role: str, folder: str | None, pattern: str | None, listed: list[_Listed], search: _Search
) -> tuple[Partners, list[_Listed]]:
    """The partners in a folder, and the pictures without them: both may lie in one folder."""
    files, names = search.files, list[str]()
    if folder is not None:
        names += files.pictures(folder, recursive=True, unread=search.unread, skip=frozenset())
    root = None if folder is None else tidy(folder)
    pictures = {split_name(one.name) for one in listed}
    partners = Partners(role, root, names, pictures, pattern, files)
    if pattern is not None:
        return partners, _without_named(partners, listed)
    home = real(folder or os.curdir)
    beside = {one.name for one in listed if real(one.root) == home}
    if beside:
        stems = {(f, s) for f, stem in map(split_name, beside) for s in _stems(stem)}
        names = [name for name in names if _is_partner(name, role, stems)]
        listed = [
            one
            for one in listed
            if real(one.root) != home or not _is_partner(one.name, role, stems)
        ]
        pictures = {split_name(one.name) for one in listed}
    return Partners(role, root, names, pictures, files=files), listed


def _without_named(partners: Partners, listed: list[_Listed]) -> list[_Listed]:
    """The pictures that are not what the pattern calls the mask of another one."""
    masks = set()
    for one in listed:
        home = one.root if partners.root is None else partners.root
        folder, stem = split_name(one.name)
        named = {tidy(join(home, partners.wanted(folder, s))) for s in _stems(stem)}
        masks |= named - {one.path}
    return [one for one in listed if one.path not in masks]


def _is_partner(name: str, role: str, stems: set[tuple[str, str]]) -> bool:
    """Whether a picture is, by its name, the mask or reference of one beside it."""
    folder, stem = split_name(name)
    return any((folder, owner) in stems for owner in owners(stem, role))


def _stems(stem: str) -> tuple[str, str]:
    return stem, without_role(stem, "pred")


def _listed(source: str, search: _Search) -> Iterator[_Listed]:
    """The pictures that one source stands for."""
    files = search.files
    if files.is_folder(source):
        root = tidy(source)
        for name in files.pictures(
            source, recursive=search.recursive, unread=search.unread, skip=search.skip
        ):
            yield _Listed(join(root, name), name, root)
    elif files.is_file(source) and is_manifest(source):
        yield from _of_list(source, files)
    elif files.is_file(source) or (not is_url(source) and os.path.lexists(source)):
        path = tidy(source)
        yield _Listed(path, os.path.basename(path), os.path.dirname(path))
    elif glob.has_magic(source):
        root = source[: min(source.find(c) for c in "*?[" if c in source)]
        root = tidy(os.path.dirname(root))
        found = files.matching(source)
        if not found:
            raise InputError(f"nothing fits {source}")
        for path in map(tidy, found):
            yield _Listed(path, name_of(path, [root]), root)
    else:
        raise InputError(f"there is no file or folder {source}")


def _of_list(source: str, files: Files) -> Iterator[_Listed]:
    folder = tidy(os.path.dirname(source))
    for entry in read_manifest(source, files):
        places = {
            role: None if written is None else tidy(resolve(source, written))
            for role, written in entry.paths.items()
        }
        path = str(places["pred"])
        name = name_of(path, [folder])
        yield _Listed(path, name, folder, places["mask"], places["ref"], entry.columns)
