"""What the commands share: options, errors as one line, and printing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from tiling_diag.errors import TilingDiagError
from tiling_diag.language import LanguageCode, language_of_system, said, speaking
from tiling_diag.memory import is_out_of_memory, out_of_memory
from tiling_diag.text import json_text


class FailOn(str, Enum):
    """From which verdict on the exit code is 1."""

    unjudged = "unjudged"
    suspect = "suspect"
    defect = "defect"


class FigureKind(str, Enum):
    """Files of the figures."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


def in_language(chosen: LanguageCode | None) -> AbstractContextManager[None]:
    """Everything shown in a language; in that of the system where none is chosen."""
    return speaking(language_of_system() if chosen is None else chosen.value)


def folder(text: str) -> Path:
    """A folder to write to; an empty name would be the one that the command runs in."""
    if not text.strip():
        raise typer.BadParameter("it is empty; name a folder, or . for this one")
    return Path(text)


def place(text: str) -> str:
    """A folder to write to, or the URL of one."""
    return text if "://" in text else str(folder(text))


def out_option(help: str, parser: Callable[[str], Any] = folder, **more: Any) -> Any:
    """`--out`, which every command has."""
    return typer.Option("--out", "-o", parser=parser, metavar="<folder>", help=help, **more)


# Options that several commands have.
RefScale = Annotated[
    float,
    typer.Option(
        help="Px of the wall per px of the reference: 2 if it was taken from twice as far."
    ),
]
UnitPx = Annotated[float | None, typer.Option(help="Expected length of a unit along its row, px.")]
CoursePx = Annotated[float | None, typer.Option(help="Expected distance from row to row, px.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes; one per core or GPU without it.")
]
Recursive = Annotated[
    bool, typer.Option("--recursive", "-r", help="Go through folders to the bottom.")
]
MaskPattern = Annotated[
    str | None,
    typer.Option(help="What the mask of a picture is called, such as '{stem}_seg.png'."),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Stop with 2 if a mask, reference or picture is alone."),
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="A column of the list, such as prompt, or a pattern of the names: '{material}/*'.",
    ),
]
Language = Annotated[
    LanguageCode | None,
    typer.Option("--lang", help="Language of what people read; that of LANG without it."),
]
FailFrom = Annotated[FailOn | None, typer.Option(help="Exit with 1 from this verdict on.")]


def say(line: str) -> None:
    """A line for people on standard error, in their language."""
    typer.echo(f"tiling-diag: {said(line)}", err=True)


@contextmanager
def user_errors() -> Iterator[None]:
    """What a user can fix becomes one line on stderr and exit code 2."""
    try:
        yield
    except TilingDiagError as error:
        # On one line; blanks stay as they are in names.
        say(" ".join(str(error).splitlines()))
        raise typer.Exit(2) from None
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        say(out_of_memory(error))
        raise typer.Exit(2) from None


def print_json(document: Any) -> None:
    """Write a JSON document to standard output, valid whatever the encoding there is."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    print_result(json_text(document, indent=2, ascii_only=encoding != "utf8"))


def print_result(text: str) -> None:
    """Write to standard output, and say so if that fails."""
    try:
        # Colours were decided on when the text was made; see NO_COLOR and FORCE_COLOR.
        typer.echo(text, color=True)
    except BrokenPipeError:
        raise typer.Exit(141) from None  # as shells report a program that SIGPIPE ended
    except OSError as error:
        raise TilingDiagError(
            f"standard output can't be written to ({error.strerror}): send it elsewhere"
        ) from None
