"""Folders of walls: many pictures measured as `diag` measures one, kept as rows in one folder.

What the work is (`work`, `measuring`) is apart from what runs it (`local`): an engine takes jobs
and gives outcomes, and only the process that called it writes files.
"""

from __future__ import annotations

from tiling_diag.batch.options import BatchOptions
from tiling_diag.batch.run import run_batch
from tiling_diag.batch.totals import Totals

__all__ = ["BatchOptions", "Totals", "run_batch"]
