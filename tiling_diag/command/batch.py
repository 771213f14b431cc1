"""`tiling-diag batch`: measure many pictures."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from tiling_diag.command.options import (
    CoursePx,
    FailFrom,
    GroupBy,
    Language,
    MaskPattern,
    Recursive,
    RefScale,
    Strict,
    UnitPx,
    Workers,
    in_language,
    out_option,
    place,
    print_json,
    print_result,
    say,
    user_errors,
)

EXAMPLES = """Examples:

  tiling-diag batch walls --out results

  tiling-diag batch walls --masks masks --refs tile.png -r --out results

  tiling-diag batch list.csv --out results --fail-on defect --junit walls.xml

  tiling-diag batch runs --watch --out results
"""
EXIT_CODES = """
Exit codes: 0 done; 1 --fail-on was met; 2 unusable input; 3 some pictures
could not be read (their rows say why); 70 a fault of the program;
130 interrupted.
"""


class EngineName(str, Enum):
    """What does the work."""

    local = "local"
    ray = "ray"


class FiguresFor(str, Enum):
    """Which pictures get a page with figures."""

    none = "none"
    flagged = "flagged"
    all = "all"


def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Folders, pictures, globs, lists (CSV or JSONL with pred, mask, ref), or URLs.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str, out_option("Folder for the results, or its URL.", place, show_default=False)
    ],
    masks: Annotated[
        str | None, typer.Option(help="Folder of masks, matched by relative path and stem.")
    ] = None,
    refs: Annotated[
        str | None, typer.Option(help="Folder of references, matched alike, or one for all.")
    ] = None,
    ref_scale: RefScale = 1.0,
    unit_px: UnitPx = None,
    course_px: CoursePx = None,
    mask_pattern: MaskPattern = None,
    strict: Strict = False,
    group_by: GroupBy = None,
    recursive: Recursive = False,
    workers: Workers = None,
    device: Annotated[
        str, typer.Option(help="auto (every GPU, else the CPU), cpu, cuda, cuda:N or mps.")
    ] = "auto",
    engine: Annotated[
        EngineName, typer.Option(help="What does the work: this machine, or a Ray cluster.")
    ] = EngineName.local,
    address: Annotated[
        str | None,
        typer.Option(help="Cluster of --engine ray: auto or HOST:PORT; one of its own without."),
    ] = None,
    figures: Annotated[
        FiguresFor, typer.Option(help="Which pictures get a page with figures.")
    ] = FiguresFor.flagged,
    storage_option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="K=V",
            help="For URLs, what their store is to be told, such as anon=true; may be repeated.",
        ),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Measure all again, whatever is there.")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Measure the folders below INPUT as they come, each into its own folder below "
            "--out, until interrupted.",
        ),
    ] = False,
    junit: Annotated[
        Path | None, typer.Option(help="Also write the verdicts as JUnit XML to this file.")
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the totals as one JSON document.")
    ] = False,
    lang: Language = None,
    fail_on: FailFrom = None,
) -> None:
    """Measure many pictures; run again, it does only what is missing or changed."""
    with in_language(lang), user_errors():
        from tiling_diag.batch import BatchOptions, run_batch
        from tiling_diag.batch.storage.files import parse_options
        from tiling_diag.batch.totals import render
        from tiling_diag.settings import Settings

        settings = Settings(
            unit_px=unit_px, course_px=course_px, ref_scale=ref_scale, device=device
        )
        options = BatchOptions(
            masks=masks,
            refs=refs,
            mask_pattern=mask_pattern,
            strict=strict,
            recursive=recursive,
            workers=workers,
            engine=engine.value,
            address=address,
            storage=parse_options(storage_option or []),
            figures=figures.value,
            restart=restart,
            fail_on=None if fail_on is None else fail_on.value,
            junit=junit,
            group_by=group_by,
        )
        if watch:
            from tiling_diag.command.watching import watch_checkpoints
            from tiling_diag.errors import InputError

            if json_:
                raise InputError("--watch has no one document for --json: read batch.json instead")
            watch_checkpoints(inputs, out, settings, options, say=say)
        totals = run_batch(inputs, out, settings, options, say=say)
        if json_:
            print_json(totals.plain())
        else:
            from tiling_diag.report.console import as_text

            print_result(as_text(lambda console: render(totals, console)))
    if totals.meets(None if fail_on is None else fail_on.value):
        raise typer.Exit(1)
    if totals.verdicts["error"]:
        raise typer.Exit(3)
