"""What a batch does, whatever runs it: jobs in, outcomes out.

An engine is called with the work and its jobs and yields their outcomes in any order. It writes
nothing and decides nothing: rows and files come back as bytes for the caller to store.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from tiling_diag._version import __version__
from tiling_diag.batch.folder import Figures
from tiling_diag.batch.storage.files import Files
from tiling_diag.language import language
from tiling_diag.settings import Settings


class Job(NamedTuple):
    """A picture to measure.

    Attributes:
        path, mask, ref: where the picture, its mask and its reference are.
        done: fingerprint of the row that is already there; it is kept if it still fits.
        columns: what a list says of it besides, such as its prompt; None for nothing.
    """

    path: str
    mask: str | None = None
    ref: str | None = None
    done: str | None = None
    columns: dict[str, Any] | None = None


@dataclass(frozen=True)
class Work:
    """What to do with every job.

    Attributes:
        settings: of the diagnosis.
        figures: which pictures get a page.
        files: what reads URLs.
        language: of the pages.
    """

    settings: Settings
    figures: Figures = "flagged"
    files: Files = field(default_factory=Files)
    language: str = field(default_factory=language)


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        path: of the job.
        line: its row as JSON with a line end; None if the row that was there still fits.
        status: the verdict, or ``error``; empty where `line` is None.
        files: contents by name below the folder of the results.
    """

    path: str
    line: bytes | None
    status: str = ""
    files: dict[str, bytes] = field(default_factory=dict)


class Engine(Protocol):
    """Something that gets jobs done."""

    def run(self, work: Work, jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        """Yield one outcome for every job, in any order; closing the iterator ends the work."""
        ...


def digests_of(
    job: Job, contents: Mapping[str, bytes] = MappingProxyType({})
) -> tuple[bytes | None, ...] | None:
    """Digests of the picture, its mask and its reference; None if one of them can't be read.

    Args:
        job: whose files they are.
        contents: of those files that were read already.
    """
    try:
        return tuple(_digest(path, contents) for path in (job.path, job.mask, job.ref))
    except (OSError, ValueError, MemoryError):  # said with more words where the file is decoded
        return None


def _digest(path: str | None, contents: Mapping[str, bytes]) -> bytes | None:
    if path is None:
        return None
    if path in contents:
        return hashlib.blake2b(contents[path], digest_size=16).digest()
    if not os.path.isfile(path):  # a pipe would keep us waiting
        raise FileNotFoundError(path)
    with open(path, "rb") as file:
        return hashlib.blake2b(file.read(), digest_size=16).digest()


def fingerprint(job: Job, settings: Settings, digests: tuple[bytes | None, ...]) -> str:
    """What a row depends on, as 32 hex digits: the files' content, settings and version.

    The device is left out: results are those of the CPU to rounding.

    Args:
        job: whose row it is.
        settings: of the diagnosis.
        digests: of the job's files, as `digests_of` gives them.
    """
    chosen = {name: value for name, value in asdict(settings).items() if name != "device"}
    digest = hashlib.blake2b(repr((__version__, sorted(chosen.items()))).encode(), digest_size=16)
    for path, content in zip((job.path, job.mask, job.ref), digests, strict=True):
        # Names of masks and references are in the row as well.
        named = path is not None and path != job.path
        digest.update(os.fsencode(f"|{path}" if named else "|"))
        digest.update(content or b"")
    return digest.hexdigest()
