"""The command line: its commands, and what they have in common with each other."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

from tiling_diag._version import __version__
from tiling_diag.command import batch, compare, diag, schema, score, synth
from tiling_diag.command.usage import OneLineErrors

# Of commands that judge nothing.
EXIT_CODES = """
Exit codes: 0 done; 2 unusable input; 70 a fault of the program;
130 interrupted.
"""
app = typer.Typer(
    name="tiling-diag",
    cls=OneLineErrors,
    help="Measure the tiling of brick and tile walls, and find what is wrong with it.",
    epilog=diag.EXAMPLES + diag.EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(value: bool) -> None:
    if value:
        # Without importing torch, which would take seconds.
        typer.echo(f"tiling-diag {__version__} (torch {metadata.version('torch')})")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Show the versions of this and of torch.",
        ),
    ] = False,
) -> None:
    """Measure the tiling of brick and tile walls, and find what is wrong with it."""


app.command(epilog=diag.EXAMPLES + diag.EXIT_CODES)(diag.diag)
app.command(epilog=batch.EXAMPLES + batch.EXIT_CODES)(batch.batch)
app.command(epilog=compare.EXAMPLES + compare.EXIT_CODES)(compare.compare)
app.command(epilog=synth.EXAMPLES + EXIT_CODES)(synth.synth)
app.command(epilog=score.EXAMPLES + EXIT_CODES)(score.score)
app.command(epilog=schema.EXAMPLES + EXIT_CODES)(schema.schema)
