"""A batch from its inputs to its files: find the work, have it done, keep rows, write tables."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tiling_diag._version import __version__
from tiling_diag.batch.cluster.engine import RayEngine
from tiling_diag.batch.contact_sheet import contact_sheet
from tiling_diag.batch.folder import ABOUT_FILE, SHEET_FILE, has_page, page_file, thumb_file
from tiling_diag.batch.gallery import write_gallery
from tiling_diag.batch.groups import groups_of
from tiling_diag.batch.here import HereEngine
from tiling_diag.batch.inputs import Inputs, discover
from tiling_diag.batch.junit import write_junit
from tiling_diag.batch.local import LocalEngine
from tiling_diag.batch.locations import is_url, name_of
from tiling_diag.batch.options import BatchOptions
from tiling_diag.batch.places import FolderPlace, Place
from tiling_diag.batch.progress import Progress
from tiling_diag.batch.results import ResultsFile
from tiling_diag.batch.selection import Selection
from tiling_diag.batch.storage.files import Files
from tiling_diag.batch.storage.spool import SpoolPlace
from tiling_diag.batch.tables import Tables, kinds_of
from tiling_diag.batch.totals import Totals
from tiling_diag.batch.whole_files import WholeFile
from tiling_diag.batch.work import Engine, Job, Outcome, Work
from tiling_diag.errors import InputError
from tiling_diag.report.write import write_atomically
from tiling_diag.settings import Settings


@dataclass
class _Run:
    """A run under way: its place, what it works on, and what came of it so far."""

    out: str
    place: Place
    options: BatchOptions
    inputs: Inputs
    work: Work
    engine: Engine
    say: Callable[[str], None]
    groups: dict[str, str]
    totals: Totals = field(default_factory=Totals)


def run_batch(
    sources: list[str],
    out: str | os.PathLike[str],
    settings: Settings | None = None,
    options: BatchOptions | None = None,
    *,
    engine: Engine | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Totals:
    """Measure many pictures; what `out` already holds and still fits is kept.

    Args:
        sources: folders, files, globs and manifests, or URLs of them.
        out: folder for the results, or its URL.
        settings: of the diagnosis.
        options: of the batch.
        engine: what does the work; by default the one that `options` names.
        say: called with a line for people.

    Raises:
        InputError: if an input, an option or the folder can't be used, or another run has it.
    """
    settings, options = settings or Settings(), options or BatchOptions()
    options.check()
    start, files = time.monotonic(), Files(options.storage)
    place = _place(os.fsdecode(out), files, restart=options.restart)
    if options.junit is not None:
        WholeFile(options.junit).try_out()
    inputs = discover(
        sources,
        masks=options.masks,
        refs=options.refs,
        mask_pattern=options.mask_pattern,
        strict=options.strict,
        recursive=options.recursive,
        skip=place.inner(),
        files=files,
    )
    for line in inputs.messages:
        say(line)
    names = ((job.path, name_of(job.path, inputs.roots), job.columns) for job in inputs.jobs)
    groups = groups_of(names, options.group_by)
    run = _Run(
        out=os.fsdecode(out),
        place=place,
        options=options,
        inputs=inputs,
        work=Work(settings, options.figures, files),
        engine=engine or _engine(options, settings.device, inputs.jobs),
        say=say,
        groups=groups,
    )
    with place, ResultsFile(place.folder) as results:
        _do(run, results)
        run.totals.seconds = time.monotonic() - start
        _finish(run, results)
    return run.totals


def _place(out: str, files: Files, *, restart: bool) -> Place:
    if is_url(out):
        return SpoolPlace(out, files, restart=restart)
    return FolderPlace(Path(out), restart=restart)


def _engine(options: BatchOptions, device: str, jobs: list[Job]) -> Engine:
    private = next((one.path for one in jobs if one.path.startswith("memory://")), None)
    if options.engine == "ray":
        if private is not None:
            raise InputError(f"{private} is in the memory of this process: use engine local")
        return RayEngine(options.workers, device, options.address)
    return HereEngine(device) if private else LocalEngine(options.workers, device)


def _do(run: _Run, results: ResultsFile) -> None:
    """Have every job done that is not done yet."""
    if results.damaged:
        run.say(
            f"{len(results.damaged)} lines of {results.path} are no rows and are left out; their "
            f"pictures are done again ({results.damaged[0]})"
        )
    columns = {job.path: job.columns for job in run.inputs.jobs}
    jobs = [_with_done(job, run, results) for job in run.inputs.jobs]
    outcomes = run.engine.run(run.work, jobs)
    with Progress(len(jobs)) as progress:
        try:
            for outcome in outcomes:
                measured = outcome.line is not None
                if measured:
                    _store(run.place, results, outcome)
                    run.totals.done += 1
                else:
                    results.set_columns(outcome.path, columns[outcome.path])
                status = outcome.status or results.entries[outcome.path].status
                progress.step(status, measured=measured)
        finally:
            # Workers end now, not when somebody collects the iterator.
            outcomes.close()


def _with_done(job: Job, run: _Run, results: ResultsFile) -> Job:
    """The job with the fingerprint of its row, if the row has all its files."""
    entry = results.entries.get(job.path)
    if entry is None or entry.fingerprint is None:
        return job
    needed = [] if entry.status == "error" else [thumb_file(job.path)]
    if has_page(entry.status, run.options.figures):
        needed.append(page_file(job.path))
    whole = all(run.place.has(name) for name in needed)
    return job._replace(done=entry.fingerprint) if whole else job


def _store(place: Place, results: ResultsFile, outcome: Outcome) -> None:
    """Files first: a row says that they are there."""
    for name, data in outcome.files.items():
        place.write(name, data)
    assert outcome.line is not None, "kept rows are not stored again"
    results.append(outcome.path, outcome.line, outcome.status)
    place.added(outcome.line)


def _finish(run: _Run, results: ResultsFile) -> None:
    """Put the rows in order and write everything that is made of them."""
    paths = [job.path for job in run.inputs.jobs]
    totals, options, folder = run.totals, run.options, run.place.folder
    totals.out = run.out
    totals.dropped = results.keep_only(paths)
    if totals.dropped:
        run.say(f"{totals.dropped} rows of pictures that are no longer inputs were taken out")
    results.finish()
    columns = kinds_of(job.columns for job in run.inputs.jobs)
    selection = Selection()
    with Tables(folder, columns) as tables:
        for row in results.rows(paths):
            tables.add(row)
            totals.add(row, run.groups.get(row["path"]))
            selection.add(row)
    write_gallery(
        folder,
        results.rows(paths[index] for index in selection.indices()),
        totals,
        roots=run.inputs.roots,
        figures=options.figures,
        columns=tuple(columns),
        note=selection.note(),
        groups=run.groups,
        is_local=isinstance(run.place, FolderPlace),
    )
    _write_sheet(run, results.rows(paths))
    if options.junit is not None:
        write_junit(options.junit, results.rows(paths), totals, options.fail_on)
    run.place.clear_pictures(results.entries)
    write_atomically(folder / ABOUT_FILE, _about(run).encode())
    run.place.finish()


def _write_sheet(run: _Run, rows: Iterable[dict[str, Any]]) -> None:
    """Write the contact sheet, or take away that of an earlier run if no picture could be read."""
    sheet = contact_sheet(
        rows,
        run.totals,
        roots=run.inputs.roots,
        thumbnail=lambda path: run.place.read(thumb_file(path)),
    )
    path = run.place.folder / SHEET_FILE
    if sheet is None:
        path.unlink(missing_ok=True)
    else:
        write_atomically(path, sheet)


def _about(run: _Run) -> str:
    """What the batch was, as JSON."""
    settings: dict[str, Any] = dict(vars(run.work.settings))
    about = {
        "version": __version__,
        "roots": run.inputs.roots,
        "settings": settings,
        "figures": run.options.figures,
        "totals": run.totals.plain(),
        "unmatched": run.inputs.unmatched,
    }
    return json.dumps(about, indent=1, allow_nan=False) + "\n"
