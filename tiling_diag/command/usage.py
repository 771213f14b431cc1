"""Bad usage of the command line as one line, like every other error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup


class OneLineErrors(TyperGroup):
    """A group of commands whose usage errors fit on one line of standard error."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command and, with `standalone_mode`, end with its exit code."""
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except Exception as error:
            # By what it can do: Typer carries its own Click and exports no class for all of these.
            if not standalone_mode or not hasattr(error, "format_message"):
                raise
            # Called with nothing at all, a command has shown its help instead of a message.
            if message := _one_line(error.format_message(), getattr(error, "ctx", None)):
                typer.echo(message, err=True)
            code = getattr(error, "exit_code", 2)
        if standalone_mode:
            sys.exit(code)
        return code


def _one_line(message: str, context: Any) -> str:
    command = "tiling-diag" if context is None else context.command_path
    words = " ".join(message.split())
    return words and f"{command}: {words.rstrip('.')} (see {command} --help)"
