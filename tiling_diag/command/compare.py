"""`tiling-diag compare`: compare pictures or batches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tiling_diag.command.options import (
    CoursePx,
    Device,
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
    print_json,
    print_result,
    say,
    user_errors,
)
from tiling_diag.language import said

EXAMPLES = """Examples:

  tiling-diag compare before.jpg after.jpg --out comparison

  tiling-diag compare results/old results/new --out ab --fail-on-regression

  tiling-diag compare results/step_* --group-by prompt --out trend
"""
EXIT_CODES = """
Exit codes: 0 done; 1 --fail-on-regression was met; 2 unusable input; 70 a
fault of the program; 130 interrupted.
"""


def compare(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="A B...",
            help="Pictures, folders or lists of pictures, or results of batches; three and more "
            "are checkpoints.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, out_option("Folder for the comparison.", show_default=False)],
    masks: Annotated[
        list[str] | None,
        typer.Option(help="Masks: once for all inputs, or once for each, in order."),
    ] = None,
    refs: Annotated[
        list[str] | None,
        typer.Option(help="References (a folder, or one picture for all): once, or once for each."),
    ] = None,
    ref_scale: RefScale = 1.0,
    unit_px: UnitPx = None,
    course_px: CoursePx = None,
    mask_pattern: MaskPattern = None,
    strict: Strict = False,
    group_by: GroupBy = None,
    recursive: Recursive = False,
    workers: Workers = None,
    device: Device = "auto",
    json_: Annotated[
        bool, typer.Option("--json", help="Print the comparison as one JSON document.")
    ] = False,
    lang: Language = None,
    fail_on_regression: Annotated[
        bool,
        typer.Option(
            "--fail-on-regression",
            help="Exit with 1 if the share of defects rises beyond its 95 % interval "
            "(of checkpoints: at the last against the best before; of two pictures: if B is a "
            "defect and A is none, or its period an octave from A's).",
        ),
    ] = False,
) -> None:
    """Compare two pictures, two sets of pictures, or many checkpoints, with statistics."""
    with in_language(lang), user_errors():
        from tiling_diag.batch import BatchOptions
        from tiling_diag.compare.report import render, write_comparison
        from tiling_diag.compare.run import compare as compare_all
        from tiling_diag.settings import Settings

        comparison = compare_all(
            inputs,
            out,
            Settings(unit_px=unit_px, course_px=course_px, ref_scale=ref_scale, device=device),
            BatchOptions(
                mask_pattern=mask_pattern,
                strict=strict,
                recursive=recursive,
                workers=workers,
                group_by=group_by,
            ),
            masks=masks or [],
            refs=refs or [],
            say=say,
        )
        files = write_comparison(comparison, out)
        if json_:
            print_json(comparison.plain())
        else:
            from tiling_diag.report.console import as_text

            print_result(as_text(lambda console: render(comparison, console)))
        typer.echo(f"{said('comparison:')} {files[-1]}", err=True)
    if fail_on_regression and comparison.is_regression:
        raise typer.Exit(1)
