"""`tiling-diag schema`: what `summary.json` holds."""

from __future__ import annotations

from tiling_diag.command.options import print_json, user_errors

EXAMPLES = """Examples:

  tiling-diag schema > summary.schema.json
"""


def schema() -> None:
    """Print the JSON Schema of summary.json, and of what diag --json prints."""
    with user_errors():
        from tiling_diag.report.schema import summary_schema

        print_json(summary_schema())
