"""Power cepstrum: the transform of the log power spectrum. Quefrencies are in pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from tiling_diag.errors import InputError
from tiling_diag.kernels.spectrum import check_one_sided, column_counts, lags_of_power


def power_cepstrum(
    power: Tensor,
    size: tuple[int, int],
    *,
    max_quefrency_px: tuple[int, int] | None = None,
    floor: float = 1e-7,
) -> Tensor:
    """Real cepstrum of a one-sided power spectrum: inverse transform of its logarithm.

    A family of harmonics, equally spaced in frequency, becomes one peak at its period.

    Args:
        power: ``(..., h, w // 2 + 1)``, at least 0.
        size: the ``(h, w)`` of the transform.
        max_quefrency_px: ``(my, mx)``; default (and most): ``((h - 1) // 2, (w - 1) // 2)``.
        floor: share of the plane's mean power that is added before the logarithm, so that an
            empty bin is low, not -inf.

    Returns:
        ``(..., 2 * my + 1, 2 * mx + 1)``, zero quefrency in the centre (the mean of the log
        power), symmetric through it. Without any power: 0 everywhere but at zero quefrency.

    Raises:
        InputError: if the plane does not fit `size` or a quefrency does not fit the transform.

    References:
        Bogert, Healy and Tukey, "The quefrency alanysis of time series for echoes", 1963.
    """
    check_one_sided(power, size)
    if not floor > 0:
        raise InputError(f"floor={floor} must be above 0, or an empty bin would be -inf")
    h, w = size
    lags = max_quefrency_px or ((h - 1) // 2, (w - 1) // 2)
    counts = column_counts(size, device=power.device, dtype=power.dtype)
    mean = (power * counts).sum((-2, -1), keepdim=True) / (h * w)
    tiny = torch.finfo(power.dtype).tiny
    return lags_of_power(torch.log(power + (floor * mean + tiny)), size, lags)
