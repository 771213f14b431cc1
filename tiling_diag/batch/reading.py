"""The files of a job, read so that its row's fingerprint is of what was measured."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

from tiling_diag.batch.work import Job, Work, digests_of, fingerprint
from tiling_diag.errors import TilingDiagError
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
    for _ in range(_TRIES):
        before = digests_of(job)
        known = None if before is None else fingerprint(job, work.settings, before)
        if known is not None and known == job.done:
            return Read(job, 0.0, known, fresh=True)
        wall, error, may_pass = _read(job, None if before is None else before[-1])
        if may_pass:
            known = None
        if digests_of(job) == before:
            break
        _reference.cache_clear()  # it may hold the new content under the digest of the old
    else:
        known, wall = None, None
        error = f"{printable(job.path)}: it, its mask or reference changes while it is read"
    return Read(job, time.perf_counter() - start, known, wall, error)


def _read(job: Job, ref_digest: bytes | None) -> tuple[WallInput | None, str | None, bool]:
    """The wall, or why there is none and whether that may pass."""
    try:
        ref = None if job.ref is None else _reference(job.ref, ref_digest)
        return read_wall(job.path, job.mask, ref), None, False
    except Exception as failed:
        place = f"{printable(job.path)} can't be read"
        if is_out_of_memory(failed):
            return None, f"{place}: {out_of_memory(failed, BATCH_ADVICE)}", True
        if isinstance(failed, TilingDiagError):
            return None, str(failed), False
        return None, f"{place} ({' '.join(f'{type(failed).__name__}: {failed}'.split())})", True


@lru_cache(maxsize=4)
def _reference(path: str, digest: bytes | None) -> LoadedImage:
    """A reference, which many pictures may share; `digest` is of its content."""
    return load_image(path)
