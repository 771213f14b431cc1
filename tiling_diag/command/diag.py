"""`tiling-diag diag`: measure one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tiling_diag.command.options import (
    CoursePx,
    Device,
    FailFrom,
    FigureKind,
    Language,
    RefScale,
    UnitPx,
    in_language,
    out_option,
    print_json,
    print_result,
    user_errors,
)
from tiling_diag.command.waiting import said_if_slow
from tiling_diag.errors import InputError
from tiling_diag.findings.finding import reaches
from tiling_diag.language import said
from tiling_diag.process import heavy_imports

EXAMPLES = """Examples:

  tiling-diag diag wall.jpg

  tiling-diag diag wall.jpg --mask wall.png --ref tile.png --out report

  tiling-diag diag wall.jpg --unit-px 64 --json --fail-on suspect
"""
EXIT_CODES = """
Exit codes: 0 done; 1 --fail-on was met; 2 unusable input; 70 a fault of the
program; 130 interrupted.
"""


def diag(
    picture: Annotated[
        list[Path] | None, typer.Argument(help="Picture to measure.", show_default=False)
    ] = None,
    pred: Annotated[Path | None, typer.Option(help="The same, by name.")] = None,
    mask: Annotated[
        Path | None, typer.Option(help="Picture that is white where the wall is.")
    ] = None,
    ref: Annotated[
        Path | None, typer.Option(help="Picture of the material as it should be.")
    ] = None,
    ref_scale: RefScale = 1.0,
    out: Annotated[
        Path | None,
        out_option("Folder for numbers, figures and report.html."),
    ] = None,
    unit_px: UnitPx = None,
    course_px: CoursePx = None,
    device: Device = "auto",
    json_: Annotated[
        bool, typer.Option("--json", help="Print the summary as one JSON document.")
    ] = False,
    no_figures: Annotated[
        bool, typer.Option("--no-figures", help="Write numbers only: no figures, no page.")
    ] = False,
    figure_format: Annotated[
        FigureKind, typer.Option(help="Files of the figures: pixels, or lines and letters.")
    ] = FigureKind.png,
    dpi: Annotated[
        int,
        typer.Option(min=50, max=1200, help="Dots per inch of figures, 6.4 inches wide."),
    ] = 200,
    rectify: Annotated[
        bool,
        typer.Option("--rectify", help="Also write the wall and its lattice laid flat to --out."),
    ] = False,
    lang: Language = None,
    fail_on: FailFrom = None,
) -> None:
    """Measure one picture, say what is wrong with it and, with --out, write a report."""
    with in_language(lang), user_errors():
        if rectify and out is None:
            raise InputError("--rectify writes files: say where with --out FOLDER")
        wall = _one_picture([*(picture or []), *([] if pred is None else [pred])])
        with heavy_imports():
            from tiling_diag.diagnosis import diagnose
            from tiling_diag.report.summary import summarize
            from tiling_diag.report.write import write_report
            from tiling_diag.settings import Settings

        settings = Settings(
            unit_px=unit_px, course_px=course_px, ref_scale=ref_scale, device=device
        )
        with said_if_slow(said(f"measuring {wall}")):
            diagnosis = diagnose(wall, mask, ref, settings)
        files: list[Path] = []
        if out is None:
            summary = summarize(diagnosis)
        else:
            with said_if_slow(said(f"writing {out}")):
                summary, files = write_report(
                    diagnosis,
                    out,
                    figures=not no_figures,
                    figure_format=figure_format.value,
                    dpi=dpi,
                )
            if rectify:
                from tiling_diag.report.rectified import write_rectified

                files = [*write_rectified(diagnosis, out), *files]
        if json_:
            print_json(summary)
        else:
            from tiling_diag.report.console import rendered

            print_result(rendered(diagnosis, summary))
        if files:
            typer.echo(f"{said('report:')} {files[-1]}", err=True)
    if fail_on is not None and reaches(diagnosis.verdict, fail_on.value):
        raise typer.Exit(1)


def _one_picture(pictures: list[Path]) -> Path:
    """The picture; diag takes one only."""
    if not pictures:
        raise InputError(
            "no picture is named: tiling-diag diag wall.jpg (see tiling-diag diag --help)"
        )
    if len(pictures) > 1:
        raise InputError(
            f"{len(pictures)} pictures are named and diag measures one: "
            "tiling-diag batch measures many, as in tiling-diag batch FOLDER --out results"
        )
    return pictures[0]
