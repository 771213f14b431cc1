"""From what was named on the command line to jobs: a picture each, with mask and reference."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass

from tiling_diag.batch.locations import check_local, join, list_pictures, name_of, split_name
from tiling_diag.batch.manifest import is_manifest, read_manifest, resolve
from tiling_diag.batch.partners import Partners, without_ending
from tiling_diag.batch.work import Job
from tiling_diag.errors import InputError


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
    """A picture as it was listed: where it is, its name and what a manifest says about it."""

    path: str
    name: str
    root: str
    mask: str | None = None
    ref: str | None = None


def discover(
    sources: list[str],
    *,
    masks: str | None = None,
    refs: str | None = None,
    recursive: bool = False,
    skip: frozenset[str] = frozenset(),
) -> Inputs:
    """Find the pictures and their partners.

    Args:
        sources: folders, files, globs and manifests.
        masks: folder of masks.
        refs: folder of references, or one picture for all.
        recursive: whether folders are gone through to the bottom.
        skip: real paths of folders that are no inputs, such as the one for the results.

    Raises:
        InputError: if a source is missing or nothing is found.
    """
    if masks is not None and not os.path.isdir(check_local(masks)):
        raise InputError(f"{masks} is not a folder: --masks takes the folder of the masks")
    if refs is not None and not os.path.exists(check_local(refs)):
        raise InputError(f"there is no file or folder {refs}, which --refs names")
    folders = {"mask": masks, "ref": refs if refs is not None and os.path.isdir(refs) else None}
    skip = skip.union(os.path.realpath(one) for one in folders.values() if one is not None)
    listed = [one for source in sources for one in _listed(check_local(source), recursive, skip)]
    listed = list({one.path: one for one in listed}.values())
    partners = {}
    for role, folder in folders.items():
        if folder is not None:
            partners[role], listed = _partners(role, folder, listed)
    if not listed:
        hint = "" if recursive else "; --recursive also looks into the folders below"
        raise InputError(f"there are no pictures in {', '.join(sources)}{hint}")
    one_ref = refs if refs is not None and "ref" not in partners else None
    jobs = []
    for one in listed:
        mask, ref = one.mask, one.ref or one_ref
        if mask is None and "mask" in partners:
            mask = partners["mask"].of(one.name, one.path)
        if ref is None and "ref" in partners:
            ref = partners["ref"].of(one.name, one.path)
        jobs.append(Job(one.path, mask, ref))
    unmatched = {}
    for role, found in partners.items():
        unmatched[f"without_{role}"] = found.missing
        unmatched[f"{role}s_without_picture"] = found.unused()
    return Inputs(
        jobs,
        list(dict.fromkeys(one.root for one in listed)),
        unmatched,
        [line for found in partners.values() for line in found.messages()],
    )


def _partners(role: str, folder: str, listed: list[_Listed]) -> tuple[Partners, list[_Listed]]:
    """The partners in a folder, and the pictures without them: both may lie in one folder."""
    real = os.path.realpath(folder)
    beside = {one.name for one in listed if os.path.realpath(one.root) == real}
    names = list(list_pictures(folder, recursive=True))
    if beside:
        stems = {(f, s) for f, stem in map(split_name, beside) for s in _stems(stem)}
        names = [name for name in names if _is_partner(name, role, stems)]
        listed = [
            one
            for one in listed
            if os.path.realpath(one.root) != real or not _is_partner(one.name, role, stems)
        ]
    return Partners(role, folder, names), listed


def _is_partner(name: str, role: str, stems: set[tuple[str, str]]) -> bool:
    """Whether a picture is, by its name, the mask or reference of one beside it."""
    folder, stem = split_name(name)
    bare = without_ending(stem, role)
    return bare != stem and (folder, bare) in stems


def _stems(stem: str) -> tuple[str, str]:
    return stem, without_ending(stem, "pred")


def _listed(source: str, recursive: bool, skip: frozenset[str]) -> Iterator[_Listed]:
    """The pictures that one source stands for."""
    if os.path.isdir(source):
        for name in list_pictures(source, recursive=recursive, skip=skip):
            yield _Listed(join(source, name), name, source)
    elif os.path.isfile(source) and is_manifest(source):
        folder = os.path.dirname(source)
        for entry in read_manifest(source):
            places = {
                role: None if entry[role] is None else resolve(source, str(entry[role]))
                for role in ("pred", "mask", "ref")
            }
            path = str(places["pred"])
            yield _Listed(path, name_of(path, [folder]), folder, places["mask"], places["ref"])
    elif os.path.lexists(source):
        yield _Listed(source, os.path.basename(source), os.path.dirname(source))
    elif glob.has_magic(source):
        root = source[: min(source.find(c) for c in "*?[" if c in source)]
        root = os.path.dirname(root)
        found = [path for path in sorted(glob.glob(source, recursive=True)) if os.path.isfile(path)]
        if not found:
            raise InputError(f"nothing fits {source}")
        for path in found:
            yield _Listed(path, name_of(path, [root]), root)
    else:
        raise InputError(f"there is no file or folder {source}")
