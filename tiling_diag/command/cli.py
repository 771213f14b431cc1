"""The command line: parse, call, render."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from tiling_diag._version import __version__
from tiling_diag.command.usage import OneLineErrors
from tiling_diag.errors import InputError, TilingDiagError
from tiling_diag.process import heavy_imports

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


# Options that several commands have.
RefScale = Annotated[float, typer.Option(help="Wall pixels per pixel of the reference.")]
UnitPx = Annotated[float | None, typer.Option(help="Expected length of a unit along its row, px.")]
CoursePx = Annotated[float | None, typer.Option(help="Expected distance from row to row, px.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes; one per core or GPU without it.")
]
Recursive = Annotated[
    bool, typer.Option("--recursive", "-r", help="Go through folders to the bottom.")
]
FailFrom = Annotated[FailOn | None, typer.Option(help="Exit with 1 from this verdict on.")]


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
    ref_scale: RefScale = 1.0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for numbers, figures and report.html."),
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
    rectify: Annotated[
        bool,
        typer.Option("--rectify", help="Also write the wall and its lattice laid flat to --out."),
    ] = False,
    fail_on: FailFrom = None,
) -> None:
    """Measure one picture, say what is wrong with it and, with --out, write a report."""
    with user_errors():
        if rectify and out is None:
            raise InputError("--rectify writes files: say where with --out FOLDER")
        with heavy_imports():
            from tiling_diag.diagnosis import diagnose
            from tiling_diag.report.summary import MAP_FILE, summarize
            from tiling_diag.report.write import write_report
            from tiling_diag.settings import Settings

        settings = Settings(
            unit_px=unit_px, course_px=course_px, ref_scale=ref_scale, device=device
        )
        diagnosis = diagnose(pred, mask, ref, settings)
        summary = summarize(diagnosis, map_file=None if out is None else MAP_FILE)
        files = []
        if out is not None:
            files = write_report(diagnosis, summary, out, figures=not no_figures)
            if rectify:
                from tiling_diag.report.figures.rectified import write_rectified

                files = [*write_rectified(diagnosis, out), *files]
        if json_:
            import json

            print_result(json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False))
        else:
            from tiling_diag.report.console import rendered

            print_result(rendered(diagnosis, summary))
        if files:
            typer.echo(f"report: {files[-1]}", err=True)
    if fail_on is not None and diagnosis.verdict in (fail_on.value, "defect"):
        raise typer.Exit(1)


BATCH_EXAMPLES = """Examples:

  tiling-diag batch walls --out results

  tiling-diag batch walls --masks masks --refs tile.png --recursive --out results

  tiling-diag batch list.csv --out results --fail-on defect --junit walls.xml
"""
BATCH_EXIT_CODES = """
Exit codes: 0 done; 1 --fail-on was met; 2 unusable input; 3 some pictures could not be read (their
rows say why); 130 interrupted.
"""


class FiguresFor(str, Enum):
    """Which pictures get a page with figures."""

    none = "none"
    flagged = "flagged"
    all = "all"


@app.command(epilog=BATCH_EXAMPLES + BATCH_EXIT_CODES)
def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Folders, pictures, globs, or lists (CSV or JSONL with pred, mask, ref).",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the results.", show_default=False)
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
    recursive: Recursive = False,
    workers: Workers = None,
    device: Annotated[
        str, typer.Option(help="auto (every GPU, else the CPU), cpu, cuda, cuda:N or mps.")
    ] = "auto",
    figures: Annotated[
        FiguresFor, typer.Option(help="Which pictures get a page with figures.")
    ] = FiguresFor.flagged,
    restart: Annotated[
        bool, typer.Option("--restart", help="Measure all again, whatever is there.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option(help="Also write the verdicts as JUnit XML to this file.")
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the totals as one JSON document.")
    ] = False,
    fail_on: FailFrom = None,
) -> None:
    """Measure many pictures; run again, it does only what is missing or changed."""
    with user_errors():
        from tiling_diag.batch import BatchOptions, run_batch
        from tiling_diag.batch.totals import render
        from tiling_diag.settings import Settings

        totals = run_batch(
            inputs,
            out,
            Settings(unit_px=unit_px, course_px=course_px, ref_scale=ref_scale, device=device),
            BatchOptions(
                masks=masks,
                refs=refs,
                recursive=recursive,
                workers=workers,
                figures=figures.value,
                restart=restart,
                fail_on=None if fail_on is None else fail_on.value,
                junit=junit,
            ),
            say=lambda line: typer.echo(f"tiling-diag: {line}", err=True),
        )
        if json_:
            import json

            print_result(json.dumps(totals.plain(), indent=2))
        else:
            from tiling_diag.report.console import as_text

            print_result(as_text(lambda console: render(totals, console)))
    if totals.meets(None if fail_on is None else fail_on.value):
        raise typer.Exit(1)
    if totals.verdicts["error"]:
        raise typer.Exit(3)


COMPARE_EXAMPLES = """Examples:

  tiling-diag compare before.jpg after.jpg --out comparison

  tiling-diag compare results/step_1000 results/step_2000 --out comparison --fail-on-regression
"""
COMPARE_EXIT_CODES = """
Exit codes: 0 done; 1 --fail-on-regression was met; 2 unusable input; 130 interrupted.
"""


@app.command(epilog=COMPARE_EXAMPLES + COMPARE_EXIT_CODES)
def compare(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="A picture, a folder of pictures or the results of a batch."
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="What it is compared with.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the comparison.", show_default=False)
    ],
    masks: Annotated[str | None, typer.Option(help="For folders: masks of both.")] = None,
    refs: Annotated[
        str | None, typer.Option(help="References of both: a folder, or one picture for all.")
    ] = None,
    ref_scale: RefScale = 1.0,
    unit_px: UnitPx = None,
    course_px: CoursePx = None,
    recursive: Recursive = False,
    workers: Workers = None,
    device: Device = "auto",
    json_: Annotated[
        bool, typer.Option("--json", help="Print the comparison as one JSON document.")
    ] = False,
    fail_on_regression: Annotated[
        bool,
        typer.Option(
            "--fail-on-regression",
            help="Exit with 1 if the share of defects rises beyond its 95 % interval "
            "(of two pictures: if B is a defect and A is none).",
        ),
    ] = False,
) -> None:
    """Compare two pictures, or two sets of pictures with statistics over their pairs."""
    with user_errors():
        from tiling_diag.batch import BatchOptions
        from tiling_diag.compare.report import render, write_comparison
        from tiling_diag.compare.run import compare as compare_all
        from tiling_diag.settings import Settings

        comparison = compare_all(
            a,
            b,
            out,
            Settings(unit_px=unit_px, course_px=course_px, ref_scale=ref_scale, device=device),
            BatchOptions(masks=masks, refs=refs, recursive=recursive, workers=workers),
            say=lambda line: typer.echo(f"tiling-diag: {line}", err=True),
        )
        files = write_comparison(comparison, out)
        if json_:
            import json

            print_result(json.dumps(comparison.plain(), indent=2, allow_nan=False))
        else:
            from tiling_diag.report.console import as_text

            print_result(as_text(lambda console: render(comparison, console)))
        typer.echo(f"comparison: {files[-1]}", err=True)
    if fail_on_regression and comparison.is_regression:
        raise typer.Exit(1)


SYNTH_EXAMPLES = """Examples:

  tiling-diag synth --out check

  tiling-diag synth --picture wall.jpg --defects grid_8,alias_nearest --strength 0.3 --out check
"""


@app.command(epilog=SYNTH_EXAMPLES)
def synth(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the pictures.", show_default=False)
    ],
    picture: Annotated[
        Path | None, typer.Option(help="Put the defects on this picture; drawn walls without it.")
    ] = None,
    walls: Annotated[int, typer.Option(help="How many walls to draw.")] = 3,
    defects: Annotated[
        str | None, typer.Option(help="Names of defects, with commas; all without it.")
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="From 0 to 1; each defect's own without it.")
    ] = None,
    size: Annotated[int, typer.Option(help="Side of drawn walls in px.")] = 512,
    seed: Annotated[int, typer.Option(help="Other walls and defects.")] = 0,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the truth as one JSON document.")
    ] = False,
) -> None:
    """Write walls, clean and with defects of known place and strength, to check a pipeline with."""
    with user_errors():
        from tiling_diag.command.synthesis import TRUTH_FILE, write_pictures

        truth = write_pictures(
            out,
            picture=picture,
            walls=walls,
            defects=None if defects is None else [name.strip() for name in defects.split(",")],
            strength=strength,
            size=(size, size),
            seed=seed,
        )
        if json_:
            import json

            print_result(json.dumps(truth, indent=2, allow_nan=False))
        else:
            pictures = truth["pictures"]
            lines = [
                f"{e['file']}  {', '.join(e['expected_codes']) or 'no finding'}" for e in pictures
            ]
            print_result("\n".join(lines))
        typer.echo(f"truth: {out / TRUTH_FILE}", err=True)
