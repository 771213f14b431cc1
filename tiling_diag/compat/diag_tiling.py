"""The original's `diag_tiling`: `run_diagnostics_from_tensors`, and a command line.

``python -m tiling_diag.compat.diag_tiling --pred ...`` is ``tiling-diag diag --pred ...``.
"""

from __future__ import annotations

import sys
from os import PathLike

from torch import Tensor

from tiling_diag import training
from tiling_diag.training.tensors import Writer

# Lengths of runs, in rows or columns of the local map.
RUNS = ("band_row_max_run", "band_col_max_run", "band_max_run")


def run_diagnostics_from_tensors(
    pred_bchw: Tensor,
    mask_bchw: Tensor | None,
    out_dir: str | PathLike[str] | None,
    ref_chw: Tensor | None = None,
    global_step: int = 0,
    writer: Writer | None = None,
    tag_prefix: str = "train",
) -> dict[str, float | int | str | None]:
    """`tiling_diag.run_diagnostics_from_tensors`, with runs as whole numbers.

    Arguments and keys as there. A mean of runs over several items is rounded.

    Raises:
        InputError: if shapes don't fit or values are not finite.
    """
    found = training.run_diagnostics_from_tensors(
        pred_bchw, mask_bchw, out_dir, ref_chw, global_step, writer, tag_prefix
    )
    numbers: dict[str, float | int | str | None] = {**found}
    for name in RUNS:
        run = found[name]
        numbers[name] = round(run) if isinstance(run, float) else None
    return numbers


if __name__ == "__main__":
    from tiling_diag.command.main import main

    sys.argv[1:1] = ["diag"]
    main()
