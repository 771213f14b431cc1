"""The command line: parse, call, render."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from tiling_diag._version import __version__
from tiling_diag.errors import InputError, TilingDiagError

app = typer.Typer(
    name="tiling-diag",
    help="Measure the tiling of brick and tile walls, and find what is wrong with it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

EXAMPLES = """Examples:

  tiling-diag diag --pred wall.jpg

  tiling-diag diag --pred wall.jpg --mask wall.png --ref tile.png --out report

  tiling-diag diag --pred wall.jpg --unit-px 64 --json --fail-on suspect
"""


class FailOn(str, Enum):
    """From which verdict on the exit code is 1."""

    suspect = "suspect"
    defect = "defect"


@contextmanager
def user_errors() -> Iterator[None]:
    """What a user can fix becomes one line on stderr and exit code 2."""
    try:
        yield
    except TilingDiagError as error:
        typer.echo("tiling-diag: " + " ".join(str(error).split()), err=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        typer.echo("tiling-diag: interrupted", err=True)
        raise typer.Exit(130) from None


def _version(value: bool) -> None:
    if value:
        typer.echo(f"tiling-diag {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Measure the tiling of brick and tile walls, and find what is wrong with it."""


@app.command(epilog=EXAMPLES)
def diag(
    pred: Annotated[Path, typer.Option(help="Picture to measure.", show_default=False)],
    mask: Annotated[Path | None, typer.Option(help="White where the wall is.")] = None,
    ref: Annotated[Path | None, typer.Option(help="The material as it should be.")] = None,
    ref_scale: Annotated[
        float, typer.Option(help="Pixels of the wall that one of the reference stands for.")
    ] = 1.0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the report; none without it.")
    ] = None,
    unit_px: Annotated[
        float | None, typer.Option(help="Expected distance between units along the rows.")
    ] = None,
    course_px: Annotated[float | None, typer.Option(help="Expected distance between rows.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    json_: Annotated[
        bool, typer.Option("--json", help="Print the summary as one JSON document.")
    ] = False,
    no_figures: Annotated[
        bool, typer.Option("--no-figures", help="Write numbers only, no figures and no page.")
    ] = False,
    rectify: Annotated[
        bool,
        typer.Option("--rectify", help="Also write the wall and its lattice laid flat to --out."),
    ] = False,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="Exit with 1 from this verdict on.")
    ] = None,
) -> None:
    """Measure one picture, say what is wrong with it and, with --out, write a report."""
    with user_errors():
        if rectify and out is None:
            raise InputError("--rectify writes files: say where with --out FOLDER")
        from tiling_diag.diagnosis import diagnose
        from tiling_diag.settings import Settings
        from tiling_diag.summary import MAP_FILE, summarize

        settings = Settings(
            unit_px=unit_px, course_px=course_px, ref_scale=ref_scale, device=device
        )
        diagnosis = diagnose(pred, mask, ref, settings)
        files = []
        if out is not None:
            from tiling_diag.report import write_report

            files = write_report(diagnosis, out, figures=not no_figures)
            if rectify:
                from tiling_diag.report.rectified import write_rectified

                files = [*write_rectified(diagnosis, out), *files]
        if json_:
            import json

            summary = summarize(diagnosis, map_file=MAP_FILE if out is not None else None)
            typer.echo(json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False))
        else:
            from rich.console import Console

            from tiling_diag.report.console import render

            render(diagnosis, Console(highlight=False))
        if files:
            typer.echo(f"report: {files[-1]}", err=True)
    if fail_on is not None and diagnosis.verdict in (fail_on.value, "defect"):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a file's name should still show the rest.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app()
