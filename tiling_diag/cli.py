"""The command line: parse, call, render."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from tiling_diag._version import __version__
from tiling_diag.errors import TilingDiagError
from tiling_diag.process import heavy_imports, main
from tiling_diag.usage import OneLineErrors

__all__ = ["app", "main"]

EXAMPLES = """Examples:

  tiling-diag diag --pred wall.jpg

  tiling-diag diag --pred wall.jpg --mask wall.png --ref tile.png --out report

  tiling-diag diag --pred wall.jpg --unit-px 64 --json --fail-on suspect
"""
EXIT_CODES = """
Exit codes: 0 done; 1 --fail-on was met; 2 unusable input; 130 interrupted.
"""

app = typer.Typer(
    name="tiling-diag",
    cls=OneLineErrors,
    help="Measure the tiling of brick and tile walls, and find what is wrong with it.",
    epilog=EXAMPLES + EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


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


def print_result(text: str) -> None:
    """Write to standard output, and say so if that fails."""
    try:
        typer.echo(text)
    except BrokenPipeError:
        raise typer.Exit(141) from None  # as shells report a program that SIGPIPE ended
    except OSError as error:
        raise TilingDiagError(
            f"standard output can't be written to ({error.strerror}): send it elsewhere"
        ) from None


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


@app.command(epilog=EXAMPLES + EXIT_CODES)
def diag(
    pred: Annotated[Path, typer.Option(help="Picture to measure.", show_default=False)],
    mask: Annotated[
        Path | None, typer.Option(help="Picture that is white where the wall is.")
    ] = None,
    ref: Annotated[
        Path | None, typer.Option(help="Picture of the material as it should be.")
    ] = None,
    ref_scale: Annotated[float, typer.Option(help="Wall pixels per pixel of the reference.")] = 1.0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for numbers, figures and report.html."),
    ] = None,
    unit_px: Annotated[
        float | None, typer.Option(help="Expected length of a unit along its row, px.")
    ] = None,
    course_px: Annotated[
        float | None, typer.Option(help="Expected distance from row to row, px.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    json_: Annotated[
        bool, typer.Option("--json", help="Print the summary as one JSON document.")
    ] = False,
    no_figures: Annotated[
        bool, typer.Option("--no-figures", help="Write numbers only: no figures, no page.")
    ] = False,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="Exit with 1 from this verdict on.")
    ] = None,
) -> None:
    """Measure one picture, say what is wrong with it and, with --out, write a report."""
    with user_errors():
        with heavy_imports():
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
        if json_:
            import json

            summary = summarize(diagnosis, map_file=MAP_FILE if out is not None else None)
            print_result(json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False))
        else:
            from tiling_diag.report.console import rendered

            print_result(rendered(diagnosis))
        if files:
            typer.echo(f"report: {files[-1]}", err=True)
    if fail_on is not None and diagnosis.verdict in (fail_on.value, "defect"):
        raise typer.Exit(1)
