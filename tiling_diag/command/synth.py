"""`tiling-diag synth`: write walls and defects whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tiling_diag.command.options import out_option, print_json, print_result, user_errors

EXAMPLES = """Examples:

  tiling-diag synth --out check

  tiling-diag synth --picture wall.jpg --defects grid_8 -o check
"""


def synth(
    out: Annotated[Path, out_option("Folder for the pictures.", show_default=False)],
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
            print_json(truth)
        else:
            pictures = truth["pictures"]
            lines = [
                f"{e['file']}  {', '.join(e['expected_codes']) or 'no finding'}" for e in pictures
            ]
            print_result("\n".join(lines))
        typer.echo(f"truth: {out / TRUTH_FILE}", err=True)
