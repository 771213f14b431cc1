"""`tiling-diag score`: results of a batch against the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tiling_diag.command.options import print_json, print_result, user_errors

EXAMPLES = """Examples:

  tiling-diag synth --out check

  tiling-diag batch check/pictures.csv --out results

  tiling-diag score results check/truth.json
"""


def score(
    results: Annotated[
        str,
        typer.Argument(metavar="RESULTS", help="Results of batch.", show_default=False),
    ],
    truth: Annotated[
        Path,
        typer.Argument(
            metavar="TRUTH", help="The truth.json that synth wrote.", show_default=False
        ),
    ],
    json_: Annotated[
        bool, typer.Option("--json", help="Print the score as one JSON document.")
    ] = False,
) -> None:
    """Say how often each finding was found where it is, and where it is not."""
    with user_errors():
        from tiling_diag.command.scoring import render_score
        from tiling_diag.command.scoring import score as hold

        result = hold(results, truth)
        if json_:
            print_json(result.plain())
        else:
            from tiling_diag.report.console import as_text

            print_result(as_text(lambda console: render_score(result, console)))
