"""TilingMetric: what `diagnose` finds in the walls of a validation set, for torchmetrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tiling_diag.diagnosis import diagnose_batch
from tiling_diag.findings.advice import ADVICE
from tiling_diag.settings import Settings
from tiling_diag.training.numbers import codes_of, is_octave_error, octaves_off, period_error
from tiling_diag.training.pictures import one_reference
from tiling_diag.training.value_range import ValueRange, checked_range, to_unit

try:
    from torchmetrics import Metric
except ImportError as error:
    raise ImportError(
        "TilingMetric needs torchmetrics: pip install 'tiling-diag[train]'"
    ) from error

CODES = tuple(sorted(ADVICE))


class TilingMetric(Metric):
    """Shares of walls with each finding, octave-error rate and median period error.

    `compute` gives ``share/<code>`` and ``defect_share`` (of all walls), and, of the walls that
    could be compared with a reference, ``octave_error_rate`` (the period is nearer to its double
    or half than to the reference's) and ``median_period_error`` (relative); NaN where there is no
    wall. Each rank diagnoses its own walls; counts are summed and errors gathered.

    Args:
        value_range: of the pictures, ``(0, 1)`` or ``(-1, 1)``.
        settings: options of `diagnose`.
        kwargs: of `torchmetrics.Metric`.

    Raises:
        InputError: if the value range is neither.
    """

    full_state_update = False
    higher_is_better = False
    counts: Tensor
    defects: Tensor
    walls: Tensor
    octaves: list[Tensor]

    def __init__(
        self,
        *,
        value_range: ValueRange,
        settings: Settings | None = None,
        **kwargs: Any,
    ) -> None:
        """Make the states."""
        super().__init__(**kwargs)
        self.value_range, self.settings = checked_range(value_range), settings
        self.add_state("counts", torch.zeros(len(CODES)), dist_reduce_fx="sum")
        self.add_state("defects", torch.zeros(()), dist_reduce_fx="sum")
        self.add_state("walls", torch.zeros(()), dist_reduce_fx="sum")
        self.add_state("octaves", [], dist_reduce_fx="cat")

    def update(
        self,
        pred: Tensor,
        mask: Tensor | None = None,
        ref: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Diagnose a batch.

        Args:
            pred: ``(B, C, H, W)`` in the value range, C in {1, 3}.
            mask: ``(B, 1, H, W)`` in [0, 1].
            ref: ``(C, h, w)`` one reference for all, or B of them.

        Raises:
            InputError: if shapes don't fit.
        """
        for index in range(len(pred)):
            own = one_reference(ref, index)
            (found,) = diagnose_batch(
                self._unit(pred[index : index + 1]),
                None if mask is None else mask[index : index + 1].detach(),
                None if own is None else self._unit(own),
                self.settings,
            )
            codes = codes_of(found)
            self.counts += torch.tensor([float(code in codes) for code in CODES]).to(self.counts)
            self.defects += float(found.verdict == "defect")
            self.walls += 1
            octaves = octaves_off(found.summary())
            if octaves is not None:
                self.octaves.append(torch.tensor([octaves], device=self.walls.device))

    def compute(self) -> dict[str, Tensor]:
        """The shares, the rate and the median over all walls of all ranks."""
        shares = self.counts / self.walls
        values = {f"share/{code}": shares[place] for place, code in enumerate(CODES)}
        values["defect_share"] = self.defects / self.walls
        found = self.octaves
        octaves = torch.cat(found) if isinstance(found, list) and found else found
        if isinstance(octaves, list) or octaves.numel() == 0:
            nothing = torch.full_like(self.walls, torch.nan)
            return values | {"octave_error_rate": nothing, "median_period_error": nothing}
        each = octaves.tolist()
        wrong = sum(map(is_octave_error, each)) / len(each)
        errors = torch.tensor([period_error(one) for one in each], device=self.walls.device)
        return values | {
            "octave_error_rate": torch.full_like(self.walls, wrong),
            "median_period_error": errors.median(),
        }

    def _unit(self, picture: Tensor) -> Tensor:
        return to_unit(picture.detach(), self.value_range).clamp(0, 1)
