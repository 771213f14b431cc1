"""The files of a job, read so that its row's fingerprint is of what was measured."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from tiling_diag.batch.locations import is_url
from tiling_diag.batch.storage.files import Files
from tiling_diag.batch.work import Job, Work, digests_of, fingerprint
from tiling_diag.errors import TilingDiagError
from tiling_diag.inputs.content import PictureFile
from tiling_diag.inputs.images import LoadedImage, load_image
from tiling_diag.inputs.wall_input import WallInput, read_wall
from tiling_diag.memory import BATCH_ADVICE, is_out_of_memory, out_of_memory
from tiling_diag.text import printable

# How often files are read that change meanwhile.
_TRIES = 3


@dataclass(frozen=True, eq=False)
class Read:
    """A job whose files were read.

    Attributes:
        job: it.
        seconds: that reading took.
        fingerprint: None where the files could not be read.
        wall: None where there is nothing to measure, for one of the reasons below.
        error: why the picture can't be measured.
        fresh: whether the row that is there still fits.
    """

    job: Job
    seconds: float
    fingerprint: str | None = None
    wall: WallInput | None = None
    error: str | None = None
    fresh: bool = False


def read_job(job: Job, work: Work) -> Read:
    """Read a job's files, unless its row still fits.

    A file that is replaced meanwhile is read again: what was hashed before and after is the same.
    """
    start = time.perf_counter()
    known, wall, error = None, None, None
    try:
        contents = _fetched(job, work)
    except (OSError, MemoryError, TilingDiagError) as failed:
        return Read(job, time.perf_counter() - start, error=_not_fetched(job, failed))
    for _ in range(_TRIES):
        before = digests_of(job, contents)
        known = None if before is None else fingerprint(job, work.settings, before)
        if known is not None and known == job.done:
            return Read(job, 0.0, known, fresh=True)
        wall, error, may_pass = _read(job, contents, None if before is None else before[-1])
        if may_pass:
            known = None
        if digests_of(job, contents) == before:
            break
        _reference.cache_clear()  # it may hold the new content under the digest of the old
    else:
        known, wall = None, None
        error = f"{printable(job.path)}: it, its mask or reference changes while it is read"
    return Read(job, time.perf_counter() - start, known, wall, error)


def _fetched(job: Job, work: Work) -> dict[str, bytes]:
    """What lies behind the URLs among a job's files."""
    contents = {one: work.files.read(one) for one in (job.path, job.mask) if one and is_url(one)}
    if job.ref is not None and is_url(job.ref):
        contents[job.ref] = _fetched_reference(job.ref, json.dumps(work.files.options))
    return contents


@lru_cache(maxsize=4)
def _fetched_reference(url: str, options: str) -> bytes:
    """What lies behind the URL of a reference, which many pictures may share; fetched once."""
    return Files(json.loads(options)).read(url)


def _not_fetched(job: Job, error: BaseException) -> str:
    place = error.filename if isinstance(error, OSError) and error.filename else job.path
    reason = getattr(error, "strerror", None) or str(error)
    if is_out_of_memory(error):
        reason = out_of_memory(error, BATCH_ADVICE)
    return f"{printable(place)} can't be read: {reason}"


def _source(path: str, contents: Mapping[str, bytes]) -> str | PictureFile:
    return PictureFile(contents[path], path) if path in contents else path


def _read(
    job: Job, contents: Mapping[str, bytes], ref_digest: bytes | None
) -> tuple[WallInput | None, str | None, bool]:
    """The wall, or why there is none and whether that may pass."""
    try:
        ref = None if job.ref is None else _reference_of(job.ref, contents, ref_digest)
        mask = None if job.mask is None else _source(job.mask, contents)
        return read_wall(_source(job.path, contents), mask, ref), None, False
    except Exception as failed:
        place = f"{printable(job.path)} can't be read"
        if is_out_of_memory(failed):
            return None, f"{place}: {out_of_memory(failed, BATCH_ADVICE)}", True
        if isinstance(failed, TilingDiagError):
            return None, str(failed), False
        return None, f"{place} ({' '.join(f'{type(failed).__name__}: {failed}'.split())})", True


def _reference_of(path: str, contents: Mapping[str, bytes], digest: bytes | None) -> LoadedImage:
    """A reference, decoded once for the pictures that share it."""
    if path in contents:
        return _decoded(path, contents[path])
    return _reference(path, digest)


@lru_cache(maxsize=4)
def _reference(path: str, digest: bytes | None) -> LoadedImage:
    """A reference, which many pictures may share; `digest` is of its content."""
    return load_image(path)


@lru_cache(maxsize=4)
def _decoded(name: str, data: bytes) -> LoadedImage:
    return load_image(PictureFile(data, name))
