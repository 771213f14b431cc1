"""Tables of groups, as pages and terminals show them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tiling_diag.compare.by_group import GroupTable
from tiling_diag.compare.share_text import percent
from tiling_diag.language import said

if TYPE_CHECKING:
    from rich.console import Console

# On a page, and in a terminal.
MOST_GROUPS, _GROUPS_SAID = 50, 10


def group_texts(table: GroupTable) -> dict[str, Any]:
    """A table as text: shares in percent, differences in points."""

    def text(share: float) -> str:
        return f"{100 * share:.1f}" if math.isfinite(share) else "–"

    last = percent(table.lines[0].shares[-1].estimate)
    return {
        "name": table.group,
        "said": said(f"{table.pictures} pictures, {last} with a defect"),
        "lines": [
            (
                said(line.what),
                [text(share.estimate) for share in line.shares],
                "" if line.difference is None else f"{100 * line.difference.estimate + 0.0:+.1f}",
                "" if line.p_value is None else f"{line.p_value:.2g}",
            )
            for line in table.lines
        ],
    }


def print_groups(groups: Sequence[GroupTable], console: Console) -> None:
    """Print the share of defects of the worst groups; the others are counted."""
    from rich.markup import escape

    for group in groups[:_GROUPS_SAID]:
        share = percent(group.lines[0].shares[-1].estimate)
        pictures = said(f"({group.pictures} pictures)")
        console.print(f"  {share:>7}  {escape(group.group)} {pictures}")
    if len(groups) > _GROUPS_SAID:
        more = said(f"and {len(groups) - _GROUPS_SAID} more groups, in compare.json")
        console.print(f"  {more}")
